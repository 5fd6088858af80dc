// Spikes and outages taken out of what a model learns and forecasts from, so that they do not poison the week after. What
// comes again a day later is no spike but a new level, or a clock that was changed, and stays.

/** Days hold so many seasons of hours, a week seven; other seasons have no longer one that is known. */
const [HOURS_SEASON, WEEK_SEASONS] = [24, 7];
/** Seasons to either side whose middles say what the level is. */
const AROUND = 2;
/** Of the middle value, added before logarithms are taken. */
const SMALL_SHARE = 0.15;
/** A series of which more than this is 0 has no usual hours. */
const SPARSE_SHARE = 0.25;
/** Where fewer than these are 0, a 0 is an outage. */
const ODD_ZEROS_SHARE = 0.02;
/** Nothing within this factor of what is usual is touched, nor within so many times what one hour in twenty exceeds. */
const [LEAST_LIMIT, LIMIT_QUANTILE, LIMIT_TIMES] = [Math.log(2), 0.95, 1.5];
/** Quantiles of many values are taken of some. */
const [FEW, STRIDE] = [500, 5];
const [SPARSE_QUANTILE, SPARSE_TIMES] = [0.98, 2];

/**
 * The series with values that are far from usual, and from those a season before and after, moved towards it, the further off the more: up to the limit as they are,
 * at twice the limit and beyond as usual as their neighbours (Hampel's redescending function of logarithms). Usual is the median at the
 * same place of the season (the week, for hours) times the median level of the seasons around. An odd 0 is an
 * outage, and as usual. Sparse series are only capped. With less than three seasons nothing is usual.
 * @param values finite and 0 or more, oldest first; not changed
 * @param season steps after which the series repeats: 24 for hours, 7 for days
 */
export function cutSpikes(values: Float64Array, season: number): Float64Array {
  if (values.length < 3 * season) return values;
  let [zeros, mean] = [0, 0];
  for (const value of values) {
    if (value === 0) zeros += 1;
    mean += value / values.length;
  }
  if (mean === 0) return values;
  if (zeros > SPARSE_SHARE * values.length) {
    const most = SPARSE_TIMES * quantileOf(values, SPARSE_QUANTILE);
    return most > 0 ? values.map((value) => Math.min(value, most)) : values;
  }
  const usual = usualValues(values, season);
  // Of what is usual, not of all: a single endless value would make everything small.
  const offset = SMALL_SHARE * quantileOf(values, 0.5);
  if (!(offset > 0)) return values;
  const distances = values.map((value, step) => Math.log((value + offset) / ((usual[step] as number) + offset)));
  const limit = Math.max(LEAST_LIMIT, LIMIT_TIMES * quantileOf(distances.map(Math.abs), LIMIT_QUANTILE));
  const areZerosOdd = zeros <= ODD_ZEROS_SHARE * values.length;
  const isLike = (value: number, other: number | undefined) =>
    other !== undefined && Math.abs(Math.log((value + offset) / (other + offset))) <= limit;
  const isSound = values.map((value, step) => {
    const [before, after] = [values[step - season], values[step + season]];
    if (value === 0 && areZerosOdd) return Number(before === 0 || after === 0);
    return Number(Math.abs(distances[step] as number) <= limit || isLike(value, before) || isLike(value, after));
  });
  return values.map((value, step) => {
    if (isSound[step] === 1) return value;
    const distance = distances[step] as number;
    const isOutage = value === 0 && areZerosOdd;
    const kept = isOutage ? 0 : Math.sign(distance) * Math.max(0, 2 * limit - Math.abs(distance));
    const around = kept === 0 ? distanceAround(step, distances, isSound) : 0;
    return Math.max(0, ((usual[step] as number) + offset) * Math.exp(kept + around) - offset);
  });
}

/** How far from usual the nearest sound values before and after are, on the straight line between them. */
function distanceAround(step: number, distances: Float64Array, isSound: Float64Array): number {
  let [before, after] = [step - 1, step + 1];
  while (before >= 0 && isSound[before] === 0) before -= 1;
  while (after < isSound.length && isSound[after] === 0) after += 1;
  const [one, other] = [distances[before], distances[after]];
  if (one === undefined || other === undefined) return one ?? other ?? 0;
  return one + ((other - one) * (step - before)) / (after - before);
}

function usualValues(values: Float64Array, season: number): Float64Array {
  const isLong = season === HOURS_SEASON && values.length >= 2 * WEEK_SEASONS * season;
  const profile = placeMedians(values, isLong ? WEEK_SEASONS * season : season);
  const ratios = values.map((value, step) => {
    const of = profile[step % profile.length] as number;
    return of > 0 ? value / of : NaN;
  });
  const seasons = Math.ceil(values.length / season);
  // From the end, so that the last season is a whole one.
  const middles = Array.from({ length: seasons }, (_, back) => {
    const end = values.length - back * season;
    return medianOf(ratios.slice(Math.max(0, end - season), end));
  });
  const levels = middles.map((_, back) => {
    return medianOf(Float64Array.from(middles.slice(Math.max(0, back - AROUND), back + AROUND + 1)));
  });
  return values.map((_, step) => {
    const level = levels[Math.floor((values.length - 1 - step) / season)] as number;
    return (Number.isNaN(level) ? 1 : level) * (profile[step % profile.length] as number);
  });
}

function placeMedians(values: Float64Array, period: number): Float64Array {
  return Float64Array.from({ length: period }, (_, place) => {
    const column = new Float64Array(Math.ceil((values.length - place) / period));
    for (let row = 0; row < column.length; row++) column[row] = values[place + row * period] as number;
    return medianOf(column);
  });
}

/** Of what is a number: sorted, those that are none come last. Sorts in place; NaN without any. */
function medianOf(column: Float64Array): number {
  column.sort();
  let count = column.length;
  while (count > 0 && Number.isNaN(column[count - 1])) count -= 1;
  const upper = column[count >> 1] as number;
  if (count === 0) return NaN;
  return count % 2 === 1 ? upper : ((column[(count >> 1) - 1] as number) + upper) / 2;
}

/** Of every fifth value, all places of a day in turns; of all where they are few. */
function quantileOf(values: Float64Array, level: number): number {
  const stride = values.length < FEW ? 1 : STRIDE;
  const column = new Float64Array(Math.ceil(values.length / stride));
  for (let index = 0; index < column.length; index++) column[index] = values[index * stride] as number;
  column.sort();
  return column[Math.min(column.length - 1, Math.floor(level * column.length))] as number;
}
