// Reach and capped impressions of serving at random, in closed form from listeners by slots, and their inverses.
import { cappedExposures } from './capped-exposures.ts';
import { assertCap, assertOfferRate, assertSlots, type Slots } from './slots.ts';
import { ForecastError } from './forecast-error.ts';

/**
 * The listeners who are shown it at least once when each slot is taken with probability x: sum n_k (1 - (1 - x)^k).
 * A cap of 1 and more changes nothing.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function reach(supply: Slots, offerRate: number): number {
  assertSlots(supply);
  assertOfferRate(offerRate);
  return reachAt(supply, offerRate);
}

/**
 * Exposures when each slot is taken with probability x until a listener has `cap`: sum n_k E[min(Bin(k, x), cap)].
 * @param cap exposures of one listener; 0 allows none, Infinity any number
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function impressions(supply: Slots, offerRate: number, cap: number): number {
  assertSlots(supply);
  assertOfferRate(offerRate);
  assertCap(cap);
  return impressionsAt(supply, offerRate, cap);
}

/**
 * All exposures there are: sum n_k min(k, cap). With a cap of 1 it is the number of listeners.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function cappedSupply(supply: Slots, cap: number): number {
  return impressions(supply, 1, cap);
}

/**
 * The least offer rate that reaches so many listeners; 1 when there are not that many.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function offerRateForReach(supply: Slots, listeners: number): number {
  assertSlots(supply);
  return rateFor(listeners, impressionsAt(supply, 1, Infinity), (rate) => reachAt(supply, rate));
}

/**
 * The least offer rate that brings so many exposures under a cap; 1 when there are not that many.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function offerRateForImpressions(supply: Slots, wanted: number, cap: number): number {
  assertSlots(supply);
  assertCap(cap);
  return rateFor(wanted, impressionsAt(supply, 1, Infinity), (rate) => impressionsAt(supply, rate, cap));
}

function reachAt({ slots, listeners }: Slots, offerRate: number): number {
  const logMissed = Math.log1p(-offerRate);
  let reached = 0;
  for (let bin = 0; bin < slots.length; bin++) {
    const count = slots[bin] as number;
    if (count > 0) reached -= (listeners[bin] as number) * Math.expm1(count * logMissed);
  }
  return reached;
}

function impressionsAt({ slots, listeners }: Slots, offerRate: number, cap: number): number {
  let exposures = 0;
  for (let bin = 0; bin < slots.length; bin++) {
    exposures += (listeners[bin] as number) * cappedExposures(slots[bin] as number, offerRate, cap);
  }
  return exposures;
}

/** Bisection halves so often until the rate is known to the last digits. */
const HALVINGS = 60;

/**
 * Inverts a concave rising function of the rate: it lies above its chord and below `slope` x rate.
 * @param slope its slope at 0
 */
function rateFor(wanted: number, slope: number, valueAt: (rate: number) => number): number {
  if (!(wanted >= 0))
    throw new ForecastError('INVALID_HISTOGRAM', `wanted must be a number of at least 0, not ${wanted}`);
  if (wanted === 0) return 0;
  const most = valueAt(1);
  if (wanted >= most) return 1;
  let [low, high] = [wanted / slope, wanted / most];
  for (let step = 0; step < HALVINGS && low < high; step++) {
    const middle = (low + high) / 2;
    if (valueAt(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}
