// From what was observed, as it came, to a history without gaps that can be forecast from; and what was wrong with it.
// An hour in which the market reported but the cell had nothing is a real 0: whoever reads the observations says so, here
// an absent hour is an unknown one.
import { ForecastError } from './forecast-error.ts';
import { fillGaps } from './fill-gaps.ts';
import { HOUR_MS } from './traffic-clock.ts';

export interface RawObservation {
  /** The start of the hour; an instant within it counts as the hour, and is counted as `offHour`. */
  hourAtMs: number;
  /** Opportunities of that hour. */
  amount: number;
}

/** Hourly amounts without gaps, oldest first: finite and 0 or more. */
export interface HourlyHistory {
  /** Of the first value, in hours since the epoch, UTC. */
  startHour: number;
  values: Float64Array;
}

/** How many observations, or hours, were wrong in which way. */
export interface CleaningReport {
  given: number;
  /** Hours of the history that were observed, and that were filled. */
  observed: number;
  filled: number;
  /** Observations of an hour that said what another of it had said. */
  duplicated: number;
  /** Hours of which observations said different things. */
  conflicting: number;
  negative: number;
  /** The amount or the instant is no finite number. */
  notFinite: number;
  /** Above 2^53 - 1, where counts end. */
  tooLarge: number;
  offHour: number;
  /** Of hours that are not over. */
  future: number;
  /** Too old, or before the hours of which less than half were observed. */
  leftOut: number;
}

/** A year and the weeks around it: last year's holidays are seen, and no wild instant makes an endless series. */
const WINDOW_HOURS = 60 * 168;

/**
 * The history up to the last hour observed: doubles count once, impossible amounts are dropped, gaps are filled from the same
 * hours of other weeks ({@link fillGaps}). Of several amounts for one hour the one that lies nearest to what the
 * other weeks say counts (a count taken too early, a double count and a corrected one are all known that way), the
 * smaller of two as near. It begins where from there on at least half of the hours were observed. Hours after the last
 * observed are the model's to fill. The order of the observations does not matter.
 * @param nowHour the first hour that is not over, in hours since the epoch
 * @returns an empty history at `nowHour` when nothing usable was observed
 * @throws ForecastError INVALID_SERIES when `nowHour` is no whole number
 */
export function cleanObservations(
  raw: readonly RawObservation[],
  nowHour: number,
): { history: HourlyHistory; report: CleaningReport } {
  if (!Number.isSafeInteger(nowHour)) {
    throw new ForecastError('INVALID_SERIES', `the hour it is must be a whole number, not ${nowHour}`);
  }
  const report: CleaningReport = {
    given: raw.length,
    observed: 0,
    filled: 0,
    duplicated: 0,
    conflicting: 0,
    negative: 0,
    notFinite: 0,
    tooLarge: 0,
    offHour: 0,
    future: 0,
    leftOut: 0,
  };
  const amountsByHour = collectAmounts(raw, nowHour, report);
  const hours = [...amountsByHour.keys()].sort((a, b) => a - b);
  const [startHour, used] = densePart(hours);
  if (used === 0) return { history: { startHour: nowHour, values: new Float64Array(0) }, report };
  const values = new Float64Array((hours.at(-1) as number) - startHour + 1).fill(NaN);
  const conflicts: [number, number[]][] = [];
  for (const hour of hours) {
    const amounts = amountsByHour.get(hour) as number[];
    if (hour < startHour) report.leftOut += amounts.length;
    else if (amounts.length > 1) conflicts.push([hour - startHour, amounts]);
    else values[hour - startHour] = amounts[0] as number;
  }
  settleConflicts(startHour, values, conflicts);
  report.conflicting = conflicts.length;
  report.observed = used;
  report.filled = values.length - used;
  return { history: { startHour, values: fillGaps(startHour, values) }, report };
}

/** The different usable amounts of each hour. */
function collectAmounts(
  raw: readonly RawObservation[],
  nowHour: number,
  report: CleaningReport,
): Map<number, number[]> {
  const amountsByHour = new Map<number, number[]>();
  for (const { hourAtMs, amount } of raw) {
    const hour = Math.floor(hourAtMs / HOUR_MS);
    const fault = faultOf(hour, amount, nowHour);
    if (fault) {
      report[fault] += 1;
      continue;
    }
    if (hour * HOUR_MS !== hourAtMs) report.offHour += 1;
    const amounts = amountsByHour.get(hour);
    // -0 is 0.
    if (!amounts) amountsByHour.set(hour, [amount + 0]);
    else if (amounts.includes(amount)) report.duplicated += 1;
    else amounts.push(amount + 0);
  }
  return amountsByHour;
}

function faultOf(hour: number, amount: number, nowHour: number): keyof CleaningReport | undefined {
  if (!Number.isFinite(hour) || !Number.isFinite(amount)) return 'notFinite';
  if (amount < 0) return 'negative';
  if (amount > Number.MAX_SAFE_INTEGER) return 'tooLarge';
  if (hour >= nowHour) return 'future';
  return hour < nowHour - WINDOW_HOURS ? 'leftOut' : undefined;
}

/** The earliest hour from which on at least half were observed, and how many were; [0, 0] without any. */
function densePart(hours: readonly number[]): [startHour: number, observed: number] {
  const end = (hours.at(-1) ?? 0) + 1;
  for (const [index, hour] of hours.entries()) {
    const observed = hours.length - index;
    if (2 * observed >= end - hour) return [hour, observed];
  }
  return [0, 0];
}

/** Each hour gets the amount nearest, as a ratio, to what the hours without a conflict say of it. */
function settleConflicts(startHour: number, values: Float64Array, conflicts: readonly [number, number[]][]): void {
  if (conflicts.length === 0) return;
  const isAnyKnown = values.some((value) => !Number.isNaN(value));
  const expected = isAnyKnown ? fillGaps(startHour, values) : new Float64Array(values.length);
  for (const [index, amounts] of conflicts) {
    const nearness = (amount: number) => Math.abs(Math.log(amount / (expected[index] as number)));
    values[index] = amounts
      .sort((a, b) => a - b)
      .reduce((best, amount) => (nearness(amount) < nearness(best) ? amount : best));
  }
}
