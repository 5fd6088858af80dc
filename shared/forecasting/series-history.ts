// The values a series is forecast from: checked, in units of their mean, with spikes cut, and as logarithms.
import { cutSpikes } from './cut-spikes.ts';
import { ForecastError } from './forecast-error.ts';

/** Ten weeks of hours: what is older is not looked at. */
export const LONGEST_HISTORY = 1680;

/** What counts as little beside the mean, in units of it. */
export const SMALL = 0.01;

export interface SeriesHistory {
  season: number;
  /** In units, 0 or more, with spikes cut: what forecasts are made from. */
  values: Float64Array;
  /** As they were, in units: what forecasts are judged by. */
  truths: Float64Array;
  /** log(value + offset), of SMALL at least. */
  logs: Float64Array;
  offset: number;
  /** Lowest and highest value that a forecast may have, in units. */
  range: readonly [lowest: number, highest: number];
}

/**
 * The last LONGEST_HISTORY values.
 * @throws ForecastError INVALID_SERIES without values, or with one that is negative or no number
 */
export function recentValues(values: Float64Array): Float64Array {
  if (values.length === 0) throw new ForecastError('INVALID_SERIES', 'a series needs at least one value');
  values.forEach((value, index) => {
    if (!(value >= 0 && value < Infinity)) {
      throw new ForecastError('INVALID_SERIES', `value ${index} of a series must be 0 or more, not ${value}`);
    }
  });
  return values.length > LONGEST_HISTORY ? values.subarray(values.length - LONGEST_HISTORY) : values;
}

/** The mean of values that are 0 or more, however large; 1 when all are 0. */
export function unitOf(values: Float64Array): number {
  let highest = 0;
  for (const value of values) highest = Math.max(highest, value);
  if (highest === 0) return 1;
  let sum = 0;
  for (const value of values) sum += value / highest;
  return Math.max(Number.MIN_VALUE, (sum / values.length) * highest);
}

/** What is added, in units, so that logarithms of small values do not run away: nothing when none is small. */
export function offsetOf(values: Float64Array, unit: number): number {
  let lowest = Infinity;
  for (const value of values) lowest = Math.min(lowest, value);
  return Math.max(0, SMALL - lowest / unit);
}

/** @param unit above 0 */
export function historyOf(values: Float64Array, season: number, unit: number, offset: number): SeriesHistory {
  const truths = values.map((value) => Math.min(Number.MAX_VALUE, value / unit));
  const scaled = cutSpikes(truths, season);
  const logs = scaled.map((value) => logOf(value, offset));
  return { season, values: scaled, truths, logs, offset, range: rangeOf(scaled) };
}

export function logOf(value: number, offset: number): number {
  return Math.log(Math.max(SMALL, value + offset));
}

/** Half the range of the history beyond it, never below 0. */
function rangeOf(values: Float64Array): [number, number] {
  let [lowest, highest] = [Infinity, 0];
  for (const value of values) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  const room = (highest - lowest) / 2;
  return [Math.max(0, lowest - room), highest + room];
}

/** Six digits: what a model keeps of a number. */
export function roundTo6(value: number): number {
  return Number(value.toPrecision(6));
}

/** The logarithm of a ratio of two amounts in units, for which little is as good as nothing. */
export function logRatio(truth: number, said: number): number {
  return Math.log((truth + SMALL) / (said + SMALL));
}
