// A cell with less than three weeks of history: what is known of its like, moved towards what it has shown itself, as far
// as that says something. Empirical Bayes in logarithms: the level by a Kalman filter over days, then the shape of the
// day, then that of the week.
import type { HourlyHistory } from './clean-observations.ts';
import { CALIBRATED_HOURS, type ColdStartPrior } from './cold-start-prior.ts';
import { WEEK_HOURS, hourOfWeek } from './fill-gaps.ts';
import { ForecastError } from './forecast-error.ts';
import type { SeriesForecast } from './series-forecast.ts';
import type { TotalForecast } from './series-totals.ts';

/** What is believed of a cell at the end of its short history. */
export interface ColdStart {
  prior: ColdStartPrior;
  /** The first hour after the history, since the epoch. */
  endHour: number;
  ownHours: number;
  /** Logarithm of the mean amount of an hour, and the variance of that belief. */
  logLevel: number;
  levelVariance: number;
  /** By hour of the week, 1 on average in the prior. */
  shape: Float64Array;
  /** What is left of the doubt about each hour of the day, and about weekdays. */
  shapeVariance: Float64Array;
  weekdayVariance: number;
  hourSpread: number;
}

/** Older hours say nothing of a cell that has a model of its own by then. */
const LONGEST_HOURS = 21 * 24;
/** Errors of the hours of a day are alike: so many of them say as much as one that stands alone. */
const ALIKE_HOURS = 4;
/** Of what is expected: an hour further off, in spreads, counts as being so far. */
const FURTHEST = 4;
/** Where deviations end that widths are calibrated on. */
const FURTHEST_SEEN = 100;
/** So many hours of one's own count as much as the prior's spread of hours. */
const SPREAD_HOURS = 48;
/** Added before logarithms are taken: half an event, or this share of the level. */
const [HALF_EVENT, SMALL_SHARE] = [0.5, 0.01];
/** Half of a 95% and of an 80% interval of a normal law, in standard deviations. */
const [WIDE, NARROW] = [1.959963984540054, 1.2815515655446004];
/** An interval of counts that begins at 0 misses nothing below: all of its 5% lie above. */
const ONE_SIDED = 1.6448536269514722;

/**
 * The belief after a history, which may be empty: then it is the prior.
 * @param history clean: finite, 0 or more; only the last three weeks count
 * @throws ForecastError INVALID_SERIES for a value that is negative or no number, or nothing known at all
 */
export function startCell(history: HourlyHistory, prior: ColdStartPrior): ColdStart {
  const wrong = history.values.find((value) => !(value >= 0 && value < Infinity));
  if (wrong !== undefined) {
    throw new ForecastError('INVALID_SERIES', `a history must be of 0 or more, not ${wrong}`);
  }
  const values = history.values.slice(-LONGEST_HOURS);
  const startHour = history.startHour + history.values.length - values.length;
  if (values.length === 0 && prior.basis === 'short-history') {
    throw new ForecastError('INVALID_SERIES', 'no history, no analogue market and no parent: nothing to forecast from');
  }
  const start: ColdStart = {
    prior,
    endHour: startHour + values.length,
    ownHours: values.length,
    logLevel: prior.logLevel,
    levelVariance: prior.levelSpread ** 2,
    shape: Float64Array.from(prior.shape),
    shapeVariance: new Float64Array(24).fill(prior.shapeSpread ** 2),
    weekdayVariance: prior.weekdaySpread ** 2,
    hourSpread: prior.hourSpread,
  };
  if (values.length === 0) return start;
  const own = { startHour, values: cutSpikes(startHour, values, prior) };
  const offset = offsetOf(own.values, prior);
  filterLevel(start, own, offset);
  learnDay(start, own, offset);
  learnWeek(start, own, offset);
  learnSpread(start, own, offset);
  return start;
}

/**
 * The hours from `fromHour`, none before the end of the history. `mean` is what is expected at the level that is most
 * likely; lower <= q10 <= mean <= q90 <= upper.
 */
export function forecastColdStart(start: ColdStart, fromHour: number, hours: number): SeriesForecast {
  const { prior, shape, shapeVariance, levelVariance, weekdayVariance, hourSpread } = start;
  const level = Math.exp(start.logLevel);
  const calibration = calibrationOf(prior.hourCalibration, start.ownHours);
  const [mean, lower, upper] = [new Float64Array(hours), new Float64Array(hours), new Float64Array(hours)];
  const [q10, q90] = [new Float64Array(hours), new Float64Array(hours)];
  for (let index = 0; index < hours; index++) {
    const hour = fromHour + index;
    const own = level * (shape[hourOfWeek(hour)] as number);
    const aheadDays = Math.max(0, hour - start.endHour + 1) / 24;
    const variance =
      levelVariance +
      prior.driftSpread ** 2 * aheadDays +
      prior.daySpread ** 2 +
      weekdayVariance +
      (shapeVariance[hourOfWeek(hour) % 24] as number) +
      hourSpread ** 2;
    const moved = (deviations: number) => moveBy(own, calibration * deviations, Math.sqrt(variance), prior.isCounted);
    mean[index] = own;
    lower[index] = moved(-WIDE);
    upper[index] = moved(prior.isCounted && lower[index] === 0 ? ONE_SIDED : WIDE);
    q10[index] = moved(-NARROW);
    q90[index] = moved(NARROW);
  }
  return { mean, lower, upper, q10, q90 };
}

/**
 * An expected amount moved by some deviations: by `spread` as a logarithm and, for counts, by what a Poisson law does (whose
 * root has the deviation 1/2), both at right angles. Below, counts reach down to a whole number.
 */
function moveBy(own: number, deviations: number, spread: number, isCounted: boolean): number {
  const byRate = own * Math.expm1(deviations * spread);
  if (!isCounted) return own + byRate;
  const root = Math.max(0, Math.sqrt(own) + deviations / 2);
  const distance = Math.hypot(byRate, root ** 2 - own);
  return deviations > 0 ? own + distance : Math.max(0, Math.floor(own - distance));
}

/** The total of some hours, with its 80% interval. */
export function totalColdStart(start: ColdStart, fromHour: number, hours: number): TotalForecast {
  const { prior, levelVariance, weekdayVariance, shapeVariance, hourSpread } = start;
  let q50 = 0;
  for (let hour = fromHour; hour < fromHour + hours; hour++) {
    q50 += Math.exp(start.logLevel) * (start.shape[hourOfWeek(hour)] as number);
  }
  const days = Math.max(1, hours / 24);
  const middleDays = Math.max(0, fromHour + hours / 2 - start.endHour) / 24;
  const ofShape = shapeVariance.reduce((sum, variance) => sum + variance, 0) / 24;
  const variance =
    levelVariance +
    prior.driftSpread ** 2 * middleDays +
    (prior.daySpread ** 2 + weekdayVariance) / days +
    ofShape * Math.max(0, 1 / hours - 1 / 24) +
    (ALIKE_HOURS * hourSpread ** 2) / Math.max(ALIKE_HOURS, hours) +
    (prior.isCounted ? 1 / (q50 + HALF_EVENT) : 0);
  const width = NARROW * calibrationOf(prior.totalCalibration, start.ownHours) * Math.sqrt(variance);
  return { q10: q50 * Math.exp(-width), q50, q90: q50 * Math.exp(width) };
}

/** How far, in its own spreads, the truth lay from each hour's forecast: what widths are calibrated on. */
export function deviationsOf(start: ColdStart, fromHour: number, truth: Float64Array): Float64Array {
  const { mean, lower, upper } = forecastColdStart(start, fromHour, truth.length);
  const offset = start.prior.isCounted ? HALF_EVENT : SMALL_SHARE * Math.exp(start.logLevel);
  return truth.map((value, hour) => {
    const expected = mean[hour] as number;
    const bound = (value > expected ? upper[hour] : lower[hour]) as number;
    const distance = Math.log((value + offset) / (expected + offset));
    return Math.min(FURTHEST_SEEN, (WIDE * distance) / Math.log((bound + offset) / (expected + offset)));
  });
}

/** By the logarithm of the hours of one's own between those that were looked at. */
function calibrationOf(factors: readonly number[], ownHours: number): number {
  const next = CALIBRATED_HOURS.findIndex((hours) => hours >= ownHours);
  if (next === 0) return factors[0] as number;
  if (next === -1) return factors.at(-1) as number;
  const [before, after] = [CALIBRATED_HOURS[next - 1] as number, CALIBRATED_HOURS[next] as number];
  const part = Math.log((ownHours + 1) / (before + 1)) / Math.log((after + 1) / (before + 1));
  return (factors[next - 1] as number) * (1 - part) + (factors[next] as number) * part;
}

function offsetOf(values: Float64Array, { isCounted }: ColdStartPrior): number {
  if (isCounted) return HALF_EVENT;
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  return mean > 0 ? SMALL_SHARE * mean : 1e-12;
}

/** Hours far above what the middle one says of all, in the shape expected, are cut to what is still likely. */
function cutSpikes(startHour: number, values: Float64Array, prior: ColdStartPrior): Float64Array {
  const ratios = values.map((value, index) => value / (prior.shape[hourOfWeek(startHour + index)] as number)).sort();
  const middle = ratios[ratios.length >> 1] as number;
  const spread = Math.hypot(prior.hourSpread, prior.daySpread, prior.shapeSpread);
  return values.map((value, index) => {
    const usual = middle * (prior.shape[hourOfWeek(startHour + index)] as number);
    const most =
      usual * Math.exp(FURTHEST * spread) + (prior.isCounted ? FURTHEST ** 2 + FURTHEST * Math.sqrt(usual) : 0);
    return middle > 0 ? Math.min(value, most) : value;
  });
}

/** A local level, a day at a time, the last day ending with the history. */
function filterLevel(start: ColdStart, { startHour, values }: HourlyHistory, offset: number): void {
  const { prior } = start;
  const ofShape = prior.shapeSpread ** 2;
  for (let end = values.length % 24 || 24; end <= values.length; end += 24) {
    const from = Math.max(0, end - 24);
    const hours = end - from;
    let [amount, weight] = [0, 0];
    for (let index = from; index < end; index++) {
      amount += values[index] as number;
      weight += start.shape[hourOfWeek(startHour + index)] as number;
    }
    const noise =
      prior.daySpread ** 2 +
      prior.weekdaySpread ** 2 +
      ofShape * Math.max(0, 1 / hours - 1 / 24) +
      (ALIKE_HOURS * prior.hourSpread ** 2) / Math.max(ALIKE_HOURS, hours) +
      (prior.isCounted ? 1 / (amount + HALF_EVENT) : 0);
    const seen = Math.log(Math.max(amount, prior.isCounted ? HALF_EVENT : offset * hours) / weight);
    start.levelVariance += (prior.driftSpread ** 2 * hours) / 24;
    const gain = start.levelVariance / (start.levelVariance + noise);
    start.logLevel += gain * (seen - start.logLevel);
    start.levelVariance *= 1 - gain;
  }
}

/** Each hour of the day moves by what its own hours were beside the shape, at the level of their days. */
function learnDay(start: ColdStart, { startHour, values }: HourlyHistory, offset: number): void {
  const { prior, shape } = start;
  const [actual, expected, counts] = [new Float64Array(24), new Float64Array(24), new Float64Array(24)];
  for (let end = values.length % 24 || 24; end <= values.length; end += 24) {
    const from = Math.max(0, end - 24);
    const level = end - from < 24 ? Math.exp(start.logLevel) : levelOf(values, from, end, startHour, shape);
    for (let index = from; index < end; index++) {
      const hour = hourOfWeek(startHour + index);
      actual[hour % 24] = (actual[hour % 24] as number) + (values[index] as number);
      expected[hour % 24] = (expected[hour % 24] as number) + level * (shape[hour] as number);
      counts[hour % 24] = (counts[hour % 24] as number) + 1;
    }
  }
  const own = start.shapeVariance[0] as number;
  const steps = new Float64Array(24);
  for (let hour = 0; hour < 24; hour++) {
    const count = counts[hour] as number;
    if (count === 0 || own === 0) continue;
    const of = expected[hour] as number;
    const noise = prior.hourSpread ** 2 / count + (prior.isCounted ? 1 / (of + HALF_EVENT) : 0);
    const gain = own / (own + noise);
    steps[hour] = gain * Math.log(((actual[hour] as number) + offset) / (of + offset));
    start.shapeVariance[hour] = own * (1 - gain);
  }
  for (let hour = 0; hour < WEEK_HOURS; hour++) {
    shape[hour] = (shape[hour] as number) * Math.exp(steps[hour % 24] as number);
  }
}

/** Whole weeks say what the weekdays are. */
function learnWeek(start: ColdStart, { startHour, values }: HourlyHistory, offset: number): void {
  const weeks = Math.floor(values.length / WEEK_HOURS);
  if (weeks === 0 || start.weekdayVariance === 0) return;
  const { prior, shape } = start;
  const from = values.length - weeks * WEEK_HOURS;
  const level = levelOf(values, from, values.length, startHour, shape);
  const [actual, expected] = [new Float64Array(7), new Float64Array(7)];
  for (let index = from; index < values.length; index++) {
    const hour = hourOfWeek(startHour + index);
    const day = Math.floor(hour / 24);
    actual[day] = (actual[day] as number) + (values[index] as number);
    expected[day] = (expected[day] as number) + level * (shape[hour] as number);
  }
  const noise = prior.daySpread ** 2 / weeks;
  const gain = start.weekdayVariance / (start.weekdayVariance + noise);
  for (let hour = 0; hour < WEEK_HOURS; hour++) {
    const day = Math.floor(hour / 24);
    const ratio = ((actual[day] as number) + offset) / ((expected[day] as number) + offset);
    shape[hour] = (shape[hour] as number) * ratio ** gain;
  }
  start.weekdayVariance *= 1 - gain;
}

/** How far the hours lie from what is believed by now, with the prior's spread counting as some hours. */
function learnSpread(start: ColdStart, { startHour, values }: HourlyHistory, offset: number): void {
  const { prior, shape } = start;
  let squares = SPREAD_HOURS * prior.hourSpread ** 2;
  for (let end = values.length % 24 || 24; end <= values.length; end += 24) {
    const from = Math.max(0, end - 24);
    const level = end - from < 24 ? Math.exp(start.logLevel) : levelOf(values, from, end, startHour, shape);
    for (let index = from; index < end; index++) {
      const expected = level * (shape[hourOfWeek(startHour + index)] as number);
      const ofCounts = prior.isCounted ? 1 / (expected + HALF_EVENT) : 0;
      const most = FURTHEST ** 2 * (prior.hourSpread ** 2 + ofCounts);
      const square = Math.log(((values[index] as number) + offset) / (expected + offset)) ** 2;
      squares += Math.max(0, Math.min(square, most) - ofCounts);
    }
  }
  start.hourSpread = Math.sqrt(squares / (SPREAD_HOURS + values.length));
}

function levelOf(values: Float64Array, from: number, end: number, startHour: number, shape: Float64Array): number {
  let [amount, weight] = [0, 0];
  for (let index = from; index < end; index++) {
    amount += values[index] as number;
    weight += shape[hourOfWeek(startHour + index)] as number;
  }
  return amount / weight;
}
