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
const [LEAST_LIMIT, LIMIT_QUANTILE, LIMIT_TIMES] = [Math.log(2), 0.95, 2];
const [SPARSE_QUANTILE, SPARSE_TIMES] = [0.98, 2];

/**
 * The series with values that are far from usual, and from those a season before and after, moved towards it, the further off the more: up to the limit as they are,
 * at twice the limit and beyond as usual (Hampel's redescending function of logarithms). Usual is the median at the
 * same place of the season (the week, for hours) times the median level of the seasons around. An odd 0 counts
 * as far off. Sparse series are only capped. With less than three seasons nothing is usual.
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
    const most = SPARSE_TIMES * quantileOf(Float64Array.from(values), SPARSE_QUANTILE);
    return most > 0 ? values.map((value) => Math.min(value, most)) : values;
  }
  const usual = usualValues(values, season);
  // Of what is usual, not of all: a single endless value would make everything small.
  const offset = SMALL_SHARE * quantileOf(Float64Array.from(values), 0.5);
  if (!(offset > 0)) return values;
  const distances = values.map((value, step) => Math.log((value + offset) / ((usual[step] as number) + offset)));
  const limit = Math.max(LEAST_LIMIT, LIMIT_TIMES * quantileOf(distances.map(Math.abs), LIMIT_QUANTILE));
  const isLike = (value: number, other: number | undefined) =>
    other !== undefined && Math.abs(Math.log((value + offset) / (other + offset))) <= limit;
  return values.map((value, step) => {
    const distance = Math.abs(distances[step] as number);
    const isOutage = value === 0 && zeros <= ODD_ZEROS_SHARE * values.length;
    if (
      (distance <= limit && !isOutage) ||
      isLike(value, values[step - season]) ||
      isLike(value, values[step + season])
    )
      return value;
    if (isOutage) return usual[step] as number;
    const kept = Math.sign(distances[step] as number) * Math.max(0, 2 * limit - distance);
    return Math.max(0, ((usual[step] as number) + offset) * Math.exp(kept) - offset);
  });
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

/** Sorts in place. */
function quantileOf(column: Float64Array, level: number): number {
  column.sort();
  return column[Math.min(column.length - 1, Math.floor(level * column.length))] as number;
}
