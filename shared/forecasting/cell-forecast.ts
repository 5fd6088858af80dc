// A cell's forecast, day by day and in total, from whatever is known of it: its own model, a short history, analogue
// markets, or its parent.
import { TOTAL_DAYS } from '../contracts/forecast-outcomes.ts';
import type { Modifier } from '../contracts/forecast-documents.ts';
import type { HourlyHistory } from './clean-observations.ts';
import { forecastColdStart, startCell, totalColdStart } from './cold-start.ts';
import { NO_PRIOR, type ColdStartPrior } from './cold-start-prior.ts';
import { cutSpikes } from './cut-spikes.ts';
import { WEEK_HOURS } from './fill-gaps.ts';
import { ForecastError } from './forecast-error.ts';
import { NO_HOLIDAY_EFFECT, holidayFactors, withoutHolidays, type HolidayEffect } from './holidays.ts';
import { modifierFactors } from './modifiers.ts';
import { sellableShare } from './phantom-cap.ts';
import { fitSeries } from './series-fit.ts';
import { forecastSeries, type SeriesForecast } from './series-forecast.ts';
import type { SeriesModel } from './series-model.ts';
import { totalForecast, type TotalForecast } from './series-totals.ts';
import { fitTodayGain, todayFactor } from './today-gain.ts';
import { DAY_MS, dayOf } from './traffic-clock.ts';

/** What is stored of a fit; plain JSON. */
export interface CellModel {
  /** Absent while the history is too short for one. */
  series?: SeriesModel;
  /** What spikes add in a usual week: forecasts are of usual hours. */
  spikes?: number;
  /** How much today's hours move the rest of today ({@link fitTodayGain}). */
  todayGain?: number;
  holidayEffect: HolidayEffect;
}

export interface CellForecastContext {
  cell: { segment: string; surface: string };
  /** The first hour that is not over, since the epoch. */
  nowHour: number;
  /** UTC days, today being the first. */
  days: number;
  holidays: readonly string[];
  modifiers: readonly Modifier[];
  /** Of analogue markets or the parent: what a cell with a short history, or none, starts from. */
  prior?: ColdStartPrior;
  /** What intervals are widened by, 1 or more: the input could not be trusted. */
  widening?: number;
}

export interface CellDay extends TotalForecast {
  /** UTC. q10, q50 and q90 are what may be sold: {@link sellableShare} of `notional`. Today's hold what was already seen. */
  day: string;
  /** What is likely to come, whatever it rests on: this is what is scored. */
  notional: TotalForecast;
  /** Expected in each of the day's 24 hours; what was observed in hours that are over. */
  hours: Float64Array;
}

export interface CellForecast {
  basis: 'model' | ColdStartPrior['basis'];
  days: CellDay[];
  /** From now on; what is likely to come, as `notional`. */
  totals: ({ days: number } & TotalForecast)[];
}

const SEASON_HOURS = 24;
const HORIZON_HOURS = 14 * 24;
/** With less there are too few weeks to judge models by. */
const MODEL_HOURS = 21 * 24;
const LONGEST_DAYS = 45;
/** A history that ended longer ago says nothing of now. */
export const STALE_HOURS = 28 * 24;

/**
 * @param history clean ({@link cleanObservations}), of any length, also empty
 * @param holidays UTC days of the market, past ones too: they are kept out of what is learnt
 * @throws ForecastError INVALID_SERIES for a value that is negative or no number, or a holiday that is no day
 */
export function fitCell(history: HourlyHistory, holidays: readonly string[]): CellModel {
  assertHistory(history);
  if (history.values.length === 0) return { holidayEffect: NO_HOLIDAY_EFFECT };
  const { history: usual, effect } = withoutHolidays(history, holidays);
  const holidayEffect = effect.map((log) => Number(log.toFixed(4))) as HolidayEffect;
  if (usual.values.length < MODEL_HOURS) return { holidayEffect };
  const series = fitSeries(usual.values, { season: SEASON_HOURS, horizon: HORIZON_HOURS });
  const calm = cutSpikes(usual.values, SEASON_HOURS);
  const spikes = Number(spikesFactor(usual.values, calm).toFixed(4));
  return { series, spikes, todayGain: fitTodayGain(series, usual.startHour, calm), holidayEffect };
}

/**
 * The forecast from a stored model and newer history: the hours of today that are over move the rest of it ({@link
 * todayFactor}), and the days to come by themselves, for the model looks at the last hours.
 * @param history clean; hours from `nowHour` on are not looked at; where it ends before, the model fills the gap
 * @throws ForecastError INVALID_SERIES when nothing is known to forecast from, or the context makes no sense
 */
export function forecastCell(model: CellModel, history: HourlyHistory, context: CellForecastContext): CellForecast {
  assertContext(context);
  assertHistory(history);
  const { nowHour, days, holidays, modifiers, cell, widening = 1 } = context;
  const known = until(history, nowHour);
  const endHour = known.values.length === 0 ? nowHour : known.startHour + known.values.length;
  const firstHour = Math.floor(nowHour / 24) * 24;
  const longest = Math.max(days, ...TOTAL_DAYS);
  const hours = Math.max(firstHour + days * 24, nowHour + longest * 24) - endHour;
  const source = sourceOf(model, withoutHolidays(known, holidays).history, context.prior, endHour, hours);
  const ofHolidays = holidayFactors(model.holidayEffect, holidays, endHour, hours);
  const ofModifiers = modifierFactors(modifiers, cell, endHour, hours);
  const mean = source.mean.map((value, index) => {
    return value * (ofHolidays[index] as number) * (ofModifiers[index] as number);
  });
  const total = (fromHour: number, count: number): TotalForecast => {
    if (count === 0) return { q10: 0, q50: 0, q90: 0 };
    const from = fromHour - endHour;
    const { q10, q50, q90 } = source.total(from, count);
    const expected = mean.subarray(from, from + count).reduce((sum, value) => sum + value, 0);
    if (q50 <= 0) return { q10: 0, q50: expected, q90: Math.max(expected, q90) };
    return { q10: expected * (q10 / q50) ** widening, q50: expected, q90: expected * (q90 / q50) ** widening };
  };
  return {
    basis: source.basis,
    days: Array.from({ length: days }, (_, index) => {
      return dayForecast(known, { dayHour: firstHour + index * 24, endHour, nowHour, mean, total, source });
    }),
    totals: TOTAL_DAYS.map((count) => ({ days: count, ...total(nowHour, count * 24) })),
  };
}

interface Source {
  basis: CellForecast['basis'];
  mean: Float64Array;
  /** By steps after the history. */
  total: (fromHour: number, hours: number) => TotalForecast;
  /** Of an hour, by how far ahead of now it is. */
  sellable: (aheadHours: number) => number;
}

function sourceOf(
  { series, spikes = 1, todayGain = 0 }: CellModel,
  usual: HourlyHistory,
  prior: ColdStartPrior | undefined,
  endHour: number,
  hours: number,
): Source {
  if (series && usual.values.length > 0) {
    const forecast: SeriesForecast = forecastSeries(series, usual.values, hours);
    const today = todayFactor(series, todayGain, usual.startHour, usual.values);
    const restHours = (24 - (endHour % 24)) % 24;
    for (const amounts of [forecast.mean, forecast.q90]) {
      for (let hour = 0; hour < restHours; hour++) amounts[hour] = today * (amounts[hour] as number);
    }
    const total = (from: number, count: number) => {
      const { q10, q50, q90 } = laterTotal(series, forecast, from, count);
      return { q10: q10 * spikes, q50: q50 * spikes, q90: q90 * spikes };
    };
    return { basis: 'model', mean: forecast.mean.map((value) => value * spikes), total, sellable: () => 1 };
  }
  const own = usual.values.length === 0 ? { startHour: endHour, values: usual.values } : usual;
  const start = startCell(own, prior ?? ownPrior(own));
  const ownHours = start.ownHours;
  return {
    basis: ownHours > 0 ? 'short-history' : start.prior.basis,
    mean: forecastColdStart(start, endHour, hours).mean,
    total: (from, count) => totalColdStart(start, endHour + from, count),
    sellable: (aheadHours) => sellableShare(ownHours, aheadHours),
  };
}

/** Those that come every week are supply, one that came once is not. */
function spikesFactor(values: Float64Array, calm: Float64Array): number {
  const factors: number[] = [];
  for (let end = values.length; end >= WEEK_HOURS; end -= WEEK_HOURS) {
    let [amount, calmAmount] = [0, 0];
    for (let hour = end - WEEK_HOURS; hour < end; hour++) {
      amount += values[hour] as number;
      calmAmount += calm[hour] as number;
    }
    if (calmAmount > 0) factors.push(amount / calmAmount);
  }
  factors.sort((a, b) => a - b);
  return factors[factors.length >> 1] ?? 1;
}

/**
 * A total that begins later is less certain than one of the same length that begins now: by as much as its hours are, for
 * what moves the level until then moves all of them. Variances of logarithms are added.
 */
function laterTotal(series: SeriesModel, forecast: SeriesForecast, from: number, count: number): TotalForecast {
  const now = totalForecast(series, forecast, from, count);
  const later = hourVariance(forecast, from, count) - hourVariance(forecast, 0, count);
  if (now.q50 <= 0 || later <= 0) return now;
  const further = (quantile: number) => Math.exp(Math.sqrt(Math.log(quantile / now.q50) ** 2 + later));
  return { q10: now.q10 > 0 ? now.q50 / further(now.q10) : 0, q50: now.q50, q90: now.q50 * further(now.q90) };
}

/** Mean of the squares of half an 80% interval, as logarithms. */
function hourVariance({ mean, q90 }: SeriesForecast, from: number, count: number): number {
  let [sum, hours] = [0, 0];
  for (let hour = from; hour < from + count; hour++) {
    if (!((mean[hour] as number) > 0)) continue;
    sum += Math.log((q90[hour] as number) / (mean[hour] as number)) ** 2;
    hours += 1;
  }
  return hours > 0 ? sum / hours : 0;
}

/** Whole numbers are counts. */
function ownPrior({ values }: HourlyHistory): ColdStartPrior {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const isCounted = values.every(Number.isInteger);
  return { ...NO_PRIOR, isCounted, logLevel: mean > 0 ? Math.log(mean) : 0 };
}

interface DayInput {
  dayHour: number;
  endHour: number;
  nowHour: number;
  mean: Float64Array;
  total: (fromHour: number, hours: number) => TotalForecast;
  source: Source;
}

function dayForecast(known: HourlyHistory, { dayHour, endHour, nowHour, mean, total, source }: DayInput): CellDay {
  const hours = new Float64Array(24);
  let [observed, expected, sold] = [0, 0, 0];
  for (let hour = dayHour; hour < dayHour + 24; hour++) {
    if (hour < endHour) {
      const amount = known.values[hour - known.startHour] ?? 0;
      hours[hour - dayHour] = amount;
      observed += amount;
      continue;
    }
    const amount = mean[hour - endHour] as number;
    hours[hour - dayHour] = amount;
    expected += amount;
    sold += amount * source.sellable(Math.max(0, hour - nowHour));
  }
  const from = Math.max(dayHour, endHour);
  const { q10, q50, q90 } = total(from, Math.max(0, dayHour + 24 - from));
  const share = expected > 0 ? sold / expected : 1;
  const withObserved = (part: number): TotalForecast => ({
    q10: observed + part * q10,
    q50: observed + part * q50,
    q90: observed + part * q90,
  });
  return { day: dayOf((dayHour / 24) * DAY_MS), ...withObserved(share), notional: withObserved(1), hours };
}

/** What was before an hour; nothing when that ended long before. */
function until({ startHour, values }: HourlyHistory, nowHour: number): HourlyHistory {
  const isStale = startHour + values.length < nowHour - STALE_HOURS;
  return { startHour, values: values.subarray(0, isStale ? 0 : Math.max(0, nowHour - startHour)) };
}

function assertHistory({ startHour, values }: HourlyHistory): void {
  if (!Number.isSafeInteger(startHour)) {
    throw new ForecastError('INVALID_SERIES', `a history starts at a whole hour, not at ${startHour}`);
  }
  const wrong = values.find((value) => !(value >= 0 && value < Infinity));
  if (wrong !== undefined) throw new ForecastError('INVALID_SERIES', `a history must be of 0 or more, not ${wrong}`);
}

function assertContext({ nowHour, days, widening = 1 }: CellForecastContext): void {
  if (!Number.isSafeInteger(nowHour)) {
    throw new ForecastError('INVALID_SERIES', `the hour it is must be a whole number, not ${nowHour}`);
  }
  if (!(Number.isInteger(days) && days >= 1 && days <= LONGEST_DAYS)) {
    throw new ForecastError('INVALID_SERIES', `a cell is forecast for 1 to ${LONGEST_DAYS} days, not ${days}`);
  }
  if (!(widening >= 1 && widening < Infinity)) {
    throw new ForecastError('INVALID_SERIES', `intervals are widened by 1 or more, not ${widening}`);
  }
}
