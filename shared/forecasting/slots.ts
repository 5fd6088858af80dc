// How many chances to be shown something listeners have: the form that every question about reach is asked of.
import { ForecastError } from './forecast-error.ts';

/**
 * Listeners by their slots in some window: visits where each request draws, active days where one draw holds for a
 * listener's whole day. Any finite amounts of listeners: they are expectations.
 */
export interface Slots {
  /** Whole numbers of at least 0, ascending. */
  slots: ArrayLike<number>;
  /** At each of `slots`. */
  listeners: ArrayLike<number>;
}

/**
 * Refuses what is no histogram of slots. An empty one is one: of nobody.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function assertSlots({ slots, listeners }: Slots): void {
  if (slots.length !== listeners.length)
    refuse(`${slots.length} numbers of slots for ${listeners.length} of listeners`);
  for (let bin = 0; bin < slots.length; bin++) {
    const [count, people] = [slots[bin] as number, listeners[bin] as number];
    const before = bin === 0 ? -1 : (slots[bin - 1] as number);
    if (!(Number.isInteger(count) && count > before && count <= MAX_SLOTS))
      refuse(`bin ${bin} is of ${count} slots, not of a whole number above ${before} and up to ${MAX_SLOTS}`);
    if (!(people >= 0 && people <= MAX_LISTENERS))
      refuse(`bin ${bin} has ${people} listeners, not a number from 0 to ${MAX_LISTENERS}`);
  }
}

/**
 * Refuses what is no probability that one slot is taken.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function assertOfferRate(rate: number): void {
  if (!(rate >= 0 && rate <= 1)) refuse(`the offer rate must be from 0 to 1, not ${rate}`);
}

/**
 * Refuses what is no frequency cap: a whole number of exposures, or Infinity for none.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function assertCap(cap: number): void {
  if (!(cap === Infinity || (Number.isSafeInteger(cap) && cap >= 0)))
    refuse(`a cap must be a whole number of at least 0, or Infinity, not ${cap}`);
}

/** More often than anybody opens anything in a month, also where one slot stands for a small part of one. */
export const MAX_SLOTS = 1e9;

/** More listeners than there are, and few enough for sums and products with slots to stay numbers. */
export const MAX_LISTENERS = 1e15;

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
