// What is stored of a cell's or an audience's listeners: how often they came in a trailing window and on how many days.
import { ForecastError } from './forecast-error.ts';
import { assertSlots, type Slots } from './slots.ts';

/** Listeners of a window of some days; those who did not come are not in it. */
export interface VisitHistogram {
  /** 1 to 31. */
  windowDays: number;
  /** Visits in the window, whole numbers of at least 1, ascending. */
  visits: readonly number[];
  /** Listeners with so many visits. */
  visitListeners: readonly number[];
  /** Listeners who came on exactly 1, 2, ... `windowDays` of the days; as many in all as `visitListeners`. */
  activeDayListeners: readonly number[];
}

/** The longest window and the longest flight. */
export const MAX_WINDOW_DAYS = 31;

/** The two counts may differ by so much of the listeners: they are rounded and sampled apart. */
const TOLERANCE = 1e-6;

/**
 * Refuses what is no histogram. An empty one, of nobody, is one.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function assertHistogram({ windowDays, visits, visitListeners, activeDayListeners }: VisitHistogram): void {
  assertWindow(windowDays);
  if (activeDayListeners.length !== windowDays)
    refuse(`a window of ${windowDays} days has ${activeDayListeners.length} numbers of active days`);
  assertSlots({ slots: visits, listeners: visitListeners });
  assertSlots({ slots: activeDayListeners.map((_, day) => day + 1), listeners: activeDayListeners });
  if (visits[0] === 0) refuse('listeners without a visit are not in the histogram');
  const [byVisits, byDays] = [total(visitListeners), total(activeDayListeners)];
  if (Math.abs(byVisits - byDays) > TOLERANCE * Math.max(byVisits, byDays))
    refuse(`${byVisits} listeners by visits, ${byDays} by active days`);
}

/**
 * Refuses what is no window or flight.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function assertWindow(days: number): void {
  if (!(Number.isInteger(days) && days >= 1 && days <= MAX_WINDOW_DAYS))
    refuse(`a window has 1 to ${MAX_WINDOW_DAYS} whole days, not ${days}`);
}

/** Its visits as slots, for what is drawn at each request. */
export function visitSlots({ visits, visitListeners }: VisitHistogram): Slots {
  return { slots: visits, listeners: visitListeners };
}

/** Its active days as slots, for draws that hold for a listener's whole day: at most one exposure a day. */
export function daySlots({ activeDayListeners }: VisitHistogram): Slots {
  return { slots: activeDayListeners.map((_, day) => day + 1), listeners: activeDayListeners };
}

/** Listeners of the window. */
export function uniques({ activeDayListeners }: VisitHistogram): number {
  return total(activeDayListeners);
}

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
