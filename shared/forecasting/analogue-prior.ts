// What the same cell of other markets says of one that has no history yet: their level per active listener, their shape of
// the week, how they differ from each other, and how wide intervals had to be when each of them began.
import type { HourlyHistory } from './clean-observations.ts';
import { CALIBRATED_HOURS, NO_PRIOR, type ColdStartPrior } from './cold-start-prior.ts';
import { deviationsOf, startCell, totalColdStart } from './cold-start.ts';
import { WEEK_HOURS } from './fill-gaps.ts';
import { ForecastError } from './forecast-error.ts';
import { summariseHistory, type HistorySummary } from './history-summary.ts';

export interface Analogue {
  /** Clean; with less than two whole weeks it says nothing. */
  history: HourlyHistory;
  /** Listeners of a usual day, where somebody knows: levels are compared per listener. */
  activeListeners?: number;
}

/**
 * Before any market is seen: how unlike the levels per listener, the whole levels, the hours and the weekdays of like
 * cells are, worth one of them.
 */
const USUAL = { levelPerListener: 0.4, level: 1.5, shape: 0.3, weekday: 0.15 };
const USUAL_WEIGHT = 1;
/** Factors of widths learnt from few markets count for less: so many say half. */
const CALIBRATION_WEIGHT = 3;
const [LEAST_CALIBRATION, MOST_CALIBRATION] = [0.4, 3];
/** Starts looked at in each market, a week or more apart, and hours ahead of each. */
const STARTS = 4;
const HOURS_AHEAD = WEEK_HOURS;
const [WIDE, NARROW] = [1.959963984540054, 1.2815515655446004];

/**
 * The prior of a cell from analogue markets, scaled to its active listeners: levels and shapes are averaged in logarithms,
 * and their differences, with Student's factor for how few there are, are the doubt. Widths are then calibrated by
 * letting each analogue begin anew as the others' newcomer, with 0, 1, 3 and 7 days of its history (conformal: the
 * quantile of how far off it came).
 * @param activeListeners of a usual day of the cell's market; where these or an analogue's are not known, whole levels are
 * compared, which are more unlike
 * @returns undefined when no analogue has two weeks of history with any traffic
 * @throws ForecastError INVALID_SERIES for listeners that are not above 0, or values that are negative or no number
 */
export function analoguePrior(analogues: readonly Analogue[], activeListeners?: number): ColdStartPrior | undefined {
  const listeners = [activeListeners, ...analogues.map((analogue) => analogue.activeListeners)];
  const wrong = listeners.find((count) => count !== undefined && !(count > 0 && count < Infinity));
  if (wrong !== undefined) {
    throw new ForecastError('INVALID_SERIES', `active listeners must be above 0, not ${wrong}`);
  }
  const isPerListener = !listeners.includes(undefined);
  const known = analogues.flatMap(({ history, activeListeners: own = 1 }): Known[] => {
    const summary = summariseHistory(history);
    return summary ? [{ history, summary, logListeners: isPerListener ? Math.log(own) : 0 }] : [];
  });
  if (known.length === 0) return undefined;
  const usualLevel = isPerListener ? USUAL.levelPerListener : USUAL.level;
  const prior = poolOf(known, usualLevel, isPerListener ? Math.log(activeListeners as number) : 0);
  return known.length < 2 ? prior : { ...prior, ...calibrate(known, usualLevel) };
}

interface Known {
  history: HourlyHistory;
  summary: HistorySummary;
  logListeners: number;
}

function poolOf(known: readonly Known[], usualLevel: number, logListeners: number): ColdStartPrior {
  const count = known.length;
  const levels = known.map(({ summary, logListeners: own }) => summary.logLevel - own);
  const logShape = averageOf(known.map(({ summary }) => summary.logShape));
  const meanShape = logShape.reduce((sum, value) => sum + Math.exp(value), 0) / WEEK_HOURS;
  const root = (pick: (summary: HistorySummary) => number) =>
    Math.sqrt(known.reduce((sum, { summary }) => sum + pick(summary) ** 2, 0) / count);
  const oneMore = Math.sqrt(1 + 1 / count);
  const student = studentQuantile(count + USUAL_WEIGHT) / WIDE;
  return {
    ...NO_PRIOR,
    basis: 'analogue',
    logLevel: meanOf(levels) + logListeners,
    levelSpread: oneMore * student * spreadOf([levels], usualLevel),
    shape: logShape.map((value) => Math.exp(value) / meanShape),
    shapeSpread: oneMore * spreadOf(transposed(known.map(({ summary }) => summary.logDay)), USUAL.shape),
    weekdaySpread: oneMore * spreadOf(transposed(known.map(({ summary }) => summary.logWeekdays)), USUAL.weekday),
    hourSpread: root(({ hourSpread }) => hourSpread),
    daySpread: root(({ daySpread }) => daySpread),
    driftSpread: root(({ driftSpread }) => driftSpread),
    isCounted: known.every(({ summary }) => summary.isCounted),
  };
}

/** Standard deviation of one more, over several properties of the same markets, with the usual one mixed in. */
function spreadOf(properties: readonly (readonly number[])[], usual: number): number {
  const count = (properties[0] as readonly number[]).length;
  let squares = 0;
  for (const values of properties) {
    const mean = meanOf(values);
    for (const value of values) squares += (value - mean) ** 2;
  }
  return Math.sqrt((USUAL_WEIGHT * usual ** 2 + squares / properties.length) / (USUAL_WEIGHT + count - 1));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function averageOf(lists: readonly (readonly number[])[]): number[] {
  return transposed(lists).map(meanOf);
}

function transposed(lists: readonly (readonly number[])[]): number[][] {
  return (lists[0] as readonly number[]).map((_, index) => lists.map((list) => list[index] as number));
}

/** Each market as the others' newcomer. */
function calibrate(
  known: readonly Known[],
  usualLevel: number,
): Pick<ColdStartPrior, 'hourCalibration' | 'totalCalibration'> {
  const ofHours = CALIBRATED_HOURS.map((): number[] => []);
  const ofTotals = CALIBRATED_HOURS.map((): number[] => []);
  for (const newcomer of known) {
    const prior = poolOf(
      known.filter((other) => other !== newcomer),
      usualLevel,
      newcomer.logListeners,
    );
    for (const [at, ownHours] of CALIBRATED_HOURS.entries()) {
      for (const begin of startsOf(newcomer.history.values.length)) {
        addDeviations(newcomer.history, begin, ownHours, prior, ofHours[at] as number[], ofTotals[at] as number[]);
      }
    }
  }
  const trust = known.length / (known.length + CALIBRATION_WEIGHT);
  const factor = (deviations: number[], level: number, width: number) => {
    if (deviations.length === 0) return 1;
    deviations.sort((a, b) => a - b);
    const at = Math.min(deviations.length - 1, Math.ceil(level * (deviations.length + 1)) - 1);
    const needed = Math.max(LEAST_CALIBRATION, Math.min(MOST_CALIBRATION, (deviations[at] as number) / width));
    return needed ** trust;
  };
  return {
    hourCalibration: ofHours.map((deviations) => factor(deviations, 0.95, WIDE)),
    totalCalibration: ofTotals.map((deviations) => factor(deviations, 0.8, NARROW)),
  };
}

/** Where a market is taken to begin: a week of its own at most and a week ahead must follow. */
function startsOf(length: number): number[] {
  const room = length - HOURS_AHEAD - WEEK_HOURS;
  const count = Math.min(STARTS, Math.floor(room / WEEK_HOURS) + 1);
  return Array.from({ length: count }, (_, index) => (count === 1 ? room : Math.floor((room * index) / (count - 1))));
}

function addDeviations(
  { startHour, values }: HourlyHistory,
  begin: number,
  ownHours: number,
  prior: ColdStartPrior,
  ofHours: number[],
  ofTotals: number[],
): void {
  const now = begin + ownHours;
  const start = startCell({ startHour: startHour + begin, values: values.subarray(begin, now) }, prior);
  ofHours.push(...deviationsOf(start, startHour + now, values.subarray(now, now + HOURS_AHEAD)));
  for (const [from, hours] of [
    [0, 24],
    [72, 24],
    [0, 168],
  ] as const) {
    const { q50, q90 } = totalColdStart(start, startHour + now + from, hours);
    const truth = values.subarray(now + from, now + from + hours).reduce((sum, value) => sum + value, 0);
    const small = q50 / 1000;
    ofTotals.push((NARROW * Math.abs(Math.log((truth + small) / (q50 + small)))) / Math.log(q90 / q50));
  }
}

/**
 * The 97.5% quantile of Student's law, by the expansion around the normal one (Fisher and Cornish, Technometrics 2, 1960):
 * within 4% from 2 degrees of freedom on.
 */
function studentQuantile(degrees: number): number {
  const z = WIDE;
  const [first, second, third] = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
