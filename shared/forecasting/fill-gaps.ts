// Hours nobody knows, filled with what the same hour of other weeks was, at the level around them.
import { ForecastError } from './forecast-error.ts';

export const WEEK_HOURS = 168;
/** Half of the window around an hour whose known hours give the level there. */
const LEVEL_HOURS = WEEK_HOURS / 2;
/** Profile and level are taken from each other so often: the level without a profile is off where a day is missing. */
const ROUNDS = 3;

/** Where an hour since the epoch lies in its week, 0 to 167, UTC; the epoch's own weekday is the first. */
export function hourOfWeek(hour: number): number {
  return ((hour % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
}

/**
 * The series with every NaN filled: the median of the same hour of the week (of the day, where that hour of the week is
 * known once or never) times the level of the known hours within half a week, or further away where there are none.
 * @param startHour of the first value, in hours since the epoch
 * @param values amounts of 0 or more, or NaN; not changed
 * @throws ForecastError INVALID_SERIES when there are values and none is known
 */
export function fillGaps(startHour: number, values: Float64Array): Float64Array {
  const filled = Float64Array.from(values);
  if (!values.some(Number.isNaN)) return filled;
  if (values.every(Number.isNaN)) {
    throw new ForecastError('INVALID_SERIES', `none of ${values.length} hours is known`);
  }
  let expected = (_index: number) => 1;
  let level = levels(values, expected);
  for (let round = 0; round < ROUNDS; round++) {
    const around = level;
    const profile = medianProfile(
      startHour,
      values.map((value, index) => (Number.isNaN(value) ? NaN : relative(value, around(index)))),
    );
    expected = (index) => profile[hourOfWeek(startHour + index)] as number;
    level = levels(values, expected);
  }
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) filled[index] = expected(index) * level(index);
  }
  return filled;
}

function relative(value: number, level: number): number {
  return level > 0 ? value / level : 0;
}

/** The level around an hour: known amounts over what is expected of the same hours; 0 where nothing is expected. */
function levels(values: Float64Array, expected: (index: number) => number): (index: number) => number {
  const [amounts, weights] = [new Float64Array(values.length + 1), new Float64Array(values.length + 1)];
  values.forEach((value, index) => {
    const isKnown = !Number.isNaN(value);
    amounts[index + 1] = (amounts[index] as number) + (isKnown ? value : 0);
    weights[index + 1] = (weights[index] as number) + (isKnown ? expected(index) : 0);
  });
  return (index) => levelAround(index, amounts, weights);
}

/** Known amounts over what the profile says of the same hours, around one hour; 0 where the profile says nothing. */
function levelAround(index: number, amounts: Float64Array, weights: Float64Array): number {
  const last = amounts.length - 1;
  for (let half = LEVEL_HOURS; ; half *= 2) {
    const [from, to] = [Math.max(0, index - half), Math.min(last, index + half + 1)];
    const weight = (weights[to] as number) - (weights[from] as number);
    if (weight > 0) return ((amounts[to] as number) - (amounts[from] as number)) / weight;
    if (from === 0 && to === last) return 0;
  }
}

/** What the hours of a week usually are, 168 amounts. */
function medianProfile(startHour: number, values: Float64Array): Float64Array {
  const byHour: number[][] = Array.from({ length: WEEK_HOURS }, () => []);
  const byDayHour: number[][] = Array.from({ length: 24 }, () => []);
  let [sum, known] = [0, 0];
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const hour = hourOfWeek(startHour + index);
    (byHour[hour] as number[]).push(value);
    (byDayHour[hour % 24] as number[]).push(value);
    sum += value;
    known += 1;
  });
  const ofDay = byDayHour.map((list) => (list.length > 0 ? medianOf(list) : sum / known));
  return Float64Array.from(byHour, (list, hour) => (list.length > 1 ? medianOf(list) : (ofDay[hour % 24] as number)));
}

function medianOf(list: number[]): number {
  list.sort((a, b) => a - b);
  const middle = list.length >> 1;
  return list.length % 2 === 1
    ? (list[middle] as number)
    : ((list[middle - 1] as number) + (list[middle] as number)) / 2;
}
