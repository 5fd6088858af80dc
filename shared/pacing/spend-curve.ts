// How much of a budget is due at an instant: a curve over the flight's expected traffic, and no more in a day than its cap.
import type { BookEntry } from '../contracts/documents.ts';
import { DAY_MS, shareOfDay } from '../forecasting/traffic-clock.ts';

type Flight = Pick<BookEntry, 'startAtMs' | 'endAtMs' | 'trafficByDay'>;

/** What of an entry says how its money is to be spread. */
export type PacedFlight = Flight & Pick<BookEntry, 'pacing' | 'spendCurve'>;
export type CappedFlight = PacedFlight & Pick<BookEntry, 'budgetMicros' | 'dailyCapMicros' | 'today'>;

/**
 * The share of the budget that should be spent by `atMs`, 0 to 1, never falling.
 *
 * - even: the share of the flight's traffic that has passed.
 * - front-loaded: x (2 - x) of the traffic's share x. The rate falls in a straight line from twice the even one to none: half
 *   of the money is out after 29% of the traffic, three quarters after half of it. Nothing is left to end at once when the
 *   flight ends, and the last clicks have time to come.
 * - asap: all of it from the start on; the money stops it.
 * - custom: straight lines from (0, 0) through the points of the order's curve to (1, 1).
 * @param hourShape the hours of the day that `atMs` is in, 24 shares that add up to 1
 */
export function plannedShare(entry: PacedFlight, hourShape: readonly number[], atMs: number): number {
  const passed = passedTrafficShare(entry, hourShape, atMs);
  switch (entry.pacing) {
    case undefined:
    case 'even':
      return passed;
    case 'front-loaded':
      return passed * (2 - passed);
    case 'asap':
      return atMs < entry.startAtMs ? 0 : 1;
    case 'custom':
      return spendShareAt(entry.spendCurve ?? [], passed);
    default:
      entry.pacing satisfies never;
      return passed;
  }
}

/**
 * What should be accrued by `atMs`, in micros: the curve's part of the budget; on a day with a cap no more than what was
 * accrued when the day began and of the cap the part of the day's traffic that has passed (all of it at once for asap).
 */
export function dueMicros(entry: CappedFlight, hourShape: readonly number[], atMs: number): number {
  const { budgetMicros, dailyCapMicros, pacing } = entry;
  const plannedMicros = Math.min(budgetMicros, Math.floor(budgetMicros * plannedShare(entry, hourShape, atMs)));
  const roomMicros = dayRoomMicros(entry, atMs);
  if (dailyCapMicros === undefined || roomMicros === undefined) return plannedMicros;
  const ofToday = pacing === 'asap' ? 1 : passedOfToday(entry, hourShape, atMs);
  return Math.min(plannedMicros, roomMicros - Math.ceil(dailyCapMicros * (1 - ofToday)));
}

/**
 * What may be accrued and leased at most while the day of `atMs` runs, in micros: a daily cap above what was accrued when the
 * day began. Absent without a cap, and on a day that has not begun in the book.
 */
export function dayRoomMicros(
  { dailyCapMicros, today }: Pick<BookEntry, 'dailyCapMicros' | 'today'>,
  atMs: number,
): number | undefined {
  const isToday = today?.day === Math.floor(atMs / DAY_MS);
  return dailyCapMicros === undefined || !isToday ? undefined : today.startMicros + dailyCapMicros;
}

/**
 * The share of the flight's expected opportunities before `atMs`, 0 to 1.
 * @param hourShape the hours of the day that `atMs` is in, 24 shares that add up to 1
 */
export function passedTrafficShare(flight: Flight, hourShape: readonly number[], atMs: number): number {
  if (atMs <= flight.startAtMs) return 0;
  if (atMs >= flight.endAtMs) return 1;
  const total = flight.trafficByDay.reduce((sum, traffic) => sum + traffic, 0);
  // A flight for which nothing is expected passes like the clock.
  if (total === 0) return (atMs - flight.startAtMs) / (flight.endAtMs - flight.startAtMs);
  const firstDay = Math.floor(flight.startAtMs / DAY_MS);
  const today = Math.floor(atMs / DAY_MS);
  const before = flight.trafficByDay.slice(0, today - firstDay).reduce((sum, traffic) => sum + traffic, 0);
  const ofToday = passedOfToday(flight, hourShape, atMs) * (flight.trafficByDay[today - firstDay] ?? 0);
  return Math.min(1, (before + ofToday) / total);
}

/** Of the traffic that the flight sees on the day of `atMs`, the part before it; 0 where none is expected. */
function passedOfToday({ startAtMs, endAtMs }: Flight, hourShape: readonly number[], atMs: number): number {
  const midnightAtMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  const flown = shareOfDay(hourShape, midnightAtMs, startAtMs, atMs);
  const whole = shareOfDay(hourShape, midnightAtMs, startAtMs, endAtMs);
  return whole > 0 ? Math.min(1, flown / whole) : 0;
}

function spendShareAt(curve: NonNullable<BookEntry['spendCurve']>, trafficShare: number): number {
  let from = { trafficShare: 0, spendShare: 0 };
  for (const to of [...curve, { trafficShare: 1, spendShare: 1 }]) {
    if (trafficShare < to.trafficShare) {
      const part = (trafficShare - from.trafficShare) / (to.trafficShare - from.trafficShare);
      return Math.min(to.spendShare, from.spendShare + part * (to.spendShare - from.spendShare));
    }
    from = to;
  }
  return 1;
}
