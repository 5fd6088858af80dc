// Days that are unlike others: kept out of what the model learns from, and what they did to traffic kept for the next one.
import type { HourlyHistory } from './clean-observations.ts';
import { fillGaps } from './fill-gaps.ts';
import { ForecastError } from './forecast-error.ts';
import { DAY_MS } from './traffic-clock.ts';

/** What a holiday does: the logarithm of the factor of each quarter of the day (0, 6, 12 and 18 o'clock UTC). */
export type HolidayEffect = [number, number, number, number];

export const NO_HOLIDAY_EFFECT: HolidayEffect = [0, 0, 0, 0];
const QUARTERS = 4;
const QUARTER_HOURS = 24 / QUARTERS;
/** Standard deviations of logarithms: of what holidays do, and of one quarter of one day around what it should be. */
const [EFFECT_SPREAD, QUARTER_SPREAD] = [0.3, 0.2];
/** A quarter is taken as at most so many times more or less than usual: an outage on a holiday is no effect. */
const FURTHEST = Math.log(5);

/**
 * The days as numbers since the epoch.
 * @param holidays UTC days of a market: `2026-12-25`
 * @throws ForecastError INVALID_SERIES for a text that is no day
 */
function holidayNumbers(holidays: readonly string[]): Set<number> {
  return new Set(
    holidays.map((day) => {
      const atMs = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(day) : NaN;
      if (Number.isNaN(atMs))
        throw new ForecastError('INVALID_SERIES', `a holiday is a day like 2026-12-25, not ${day}`);
      return atMs / DAY_MS;
    }),
  );
}

/**
 * A history as if its holidays had been usual days, and what they did: the ratio of each quarter of theirs to a usual
 * one, averaged over all of them and shrunk towards no effect by how few there were (the posterior mean of a normal law).
 * @throws ForecastError INVALID_SERIES for a text that is no day
 */
export function withoutHolidays(
  { startHour, values }: HourlyHistory,
  holidays: readonly string[],
): { history: HourlyHistory; effect: HolidayEffect } {
  const days = holidayNumbers(holidays);
  const isHoliday = (index: number) => days.has(Math.floor((startHour + index) / 24));
  const masked = values.map((value, index) => (isHoliday(index) ? NaN : value));
  const isAllHoliday = masked.every(Number.isNaN);
  if (isAllHoliday) return { history: { startHour, values }, effect: NO_HOLIDAY_EFFECT };
  const usual = fillGaps(startHour, masked);
  const quarters = new Map<number, [actual: number, usual: number, hours: number]>();
  for (const [index, value] of values.entries()) {
    if (!isHoliday(index)) continue;
    const quarter = Math.floor((startHour + index) / QUARTER_HOURS);
    const [actual, expected, hours] = quarters.get(quarter) ?? [0, 0, 0];
    quarters.set(quarter, [actual + value, expected + (usual[index] as number), hours + 1]);
  }
  return { history: { startHour, values: usual }, effect: effectOf(quarters) };
}

/**
 * What hours of a forecast are multiplied by: the effect on holidays, 1 on other days.
 * @param fromHour in hours since the epoch
 * @throws ForecastError INVALID_SERIES for a text that is no day
 */
export function holidayFactors(
  effect: HolidayEffect,
  holidays: readonly string[],
  fromHour: number,
  hours: number,
): Float64Array {
  const days = holidayNumbers(holidays);
  return Float64Array.from({ length: hours }, (_, index) => {
    const hour = fromHour + index;
    return days.has(Math.floor(hour / 24)) ? Math.exp(effect[quarterOf(hour)] as number) : 1;
  });
}

function quarterOf(hour: number): number {
  return Math.floor((hour - 24 * Math.floor(hour / 24)) / QUARTER_HOURS);
}

function effectOf(quarters: ReadonlyMap<number, [actual: number, usual: number, hours: number]>): HolidayEffect {
  const [sums, counts] = [new Float64Array(QUARTERS), new Float64Array(QUARTERS)];
  for (const [quarter, [actual, usual, hours]] of quarters) {
    if (!(usual > 0)) continue;
    const of = ((quarter % QUARTERS) + QUARTERS) % QUARTERS;
    const weight = hours / QUARTER_HOURS;
    const ratio = Math.max(-FURTHEST, Math.min(FURTHEST, Math.log(actual / usual)));
    sums[of] = (sums[of] as number) + weight * ratio;
    counts[of] = (counts[of] as number) + weight;
  }
  return Array.from(sums, (sum, of) => {
    const noise = (QUARTER_SPREAD / EFFECT_SPREAD) ** 2;
    return sum / ((counts[of] as number) + noise);
  }) as HolidayEffect;
}
