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
  const someValues = () => sampled(values.length, (step) => values[step] as number);
  if (zeros > SPARSE_SHARE * values.length) {
    const most = SPARSE_TIMES * quantileOf(someValues(), SPARSE_QUANTILE);
    return most > 0 ? values.map((value) => Math.min(value, most)) : values;
  }
  const usual = usualValues(values, season);
  // Of what is usual, not of all: a single endless value would make everything small.
  const offset = SMALL_SHARE * quantileOf(someValues(), 0.5);
  if (!(offset > 0)) return values;
  const distance = (step: number) => Math.log(((values[step] as number) + offset) / ((usual[step] as number) + offset));
  const some = sampled(values.length, (step) => Math.abs(distance(step)));
  const limit = Math.max(LEAST_LIMIT, LIMIT_TIMES * quantileOf(some, LIMIT_QUANTILE));
  const furthest = Math.exp(limit);
  const isNear = (value: number, other: number | undefined) =>
    other !== undefined &&
    value + offset <= furthest * (other + offset) &&
    other + offset <= furthest * (value + offset);
  const areZerosOdd = zeros <= ODD_ZEROS_SHARE * values.length;
  const isSound = (step: number) => {
    const value = values[step] as number;
    const [before, after] = [values[step - season], values[step + season]];
    if (value === 0 && areZerosOdd) return before === 0 || after === 0;
    return isNear(value, usual[step]) || isNear(value, before) || isNear(value, after);
  };
  const cut = Float64Array.from(values);
  for (let step = 0; step < values.length; step++) {
    if (isSound(step)) continue;
    const isOutage = values[step] === 0 && areZerosOdd;
    const own = distance(step);
    const kept = isOutage ? 0 : Math.sign(own) * Math.max(0, 2 * limit - Math.abs(own));
    const around = kept === 0 ? distanceAround(step, values.length, distance, isSound) : 0;
    cut[step] = Math.max(0, ((usual[step] as number) + offset) * Math.exp(kept + around) - offset);
  }
  return cut;
}

/** How far from usual the nearest sound values before and after are, on the straight line between them. */
function distanceAround(
  step: number,
  length: number,
  distance: (step: number) => number,
  isSound: (step: number) => boolean,
): number {
  let [before, after] = [step - 1, step + 1];
  while (before >= 0 && !isSound(before)) before -= 1;
  while (after < length && !isSound(after)) after += 1;
  if (before < 0 && after === length) return 0;
  if (before < 0) return distance(after);
  if (after === length) return distance(before);
  return distance(before) + ((distance(after) - distance(before)) * (step - before)) / (after - before);
}

function usualValues(values: Float64Array, season: number): Float64Array {
  const isLong = season === HOURS_SEASON && values.length >= 2 * WEEK_SEASONS * season;
  const profile = placeMedians(values, isLong ? WEEK_SEASONS * season : season);
  // From the end, so that the last season is a whole one.
  const middles = new Float64Array(Math.ceil(values.length / season));
  const column = new Float64Array(Math.max(season, 2 * AROUND + 1));
  for (let back = 0; back < middles.length; back++) {
    const end = values.length - back * season;
    let count = 0;
    for (let step = Math.max(0, end - season); step < end; step++) {
      const of = profile[step % profile.length] as number;
      if (of > 0) column[count++] = (values[step] as number) / of;
    }
    middles[back] = medianOf(column, count);
  }
  const usual = new Float64Array(values.length);
  for (let back = 0; back < middles.length; back++) {
    let count = 0;
    for (let near = Math.max(0, back - AROUND); near <= Math.min(middles.length - 1, back + AROUND); near++) {
      if (!Number.isNaN(middles[near])) column[count++] = middles[near] as number;
    }
    const level = count > 0 ? medianOf(column, count) : 1;
    const end = values.length - back * season;
    for (let step = Math.max(0, end - season); step < end; step++) {
      usual[step] = level * (profile[step % profile.length] as number);
    }
  }
  return usual;
}

function placeMedians(values: Float64Array, period: number): Float64Array {
  const column = new Float64Array(Math.ceil(values.length / period));
  return Float64Array.from({ length: period }, (_, place) => {
    let count = 0;
    for (let step = place; step < values.length; step += period) column[count++] = values[step] as number;
    return medianOf(column, count);
  });
}

/** Of the first `count`, which it sorts in place (by insertion: they are few); NaN of none. */
function medianOf(column: Float64Array, count: number): number {
  for (let end = 1; end < count; end++) {
    const value = column[end] as number;
    let place = end;
    for (; place > 0 && (column[place - 1] as number) > value; place--) column[place] = column[place - 1] as number;
    column[place] = value;
  }
  if (count === 0) return NaN;
  const upper = column[count >> 1] as number;
  return count % 2 === 1 ? upper : ((column[(count >> 1) - 1] as number) + upper) / 2;
}

/** Of every fifth step, all places of a day in turns; of all where they are few. */
function sampled(length: number, of: (step: number) => number): Float64Array {
  const stride = length < FEW ? 1 : STRIDE;
  return Float64Array.from({ length: Math.ceil(length / stride) }, (_, index) => of(index * stride));
}

/** Sorts in place. */
function quantileOf(column: Float64Array, level: number): number {
  column.sort();
  return column[Math.min(column.length - 1, Math.floor(level * column.length))] as number;
}
