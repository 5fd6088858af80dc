// From a market's observations to its supply: every cell and the market as a whole is forecast, click rates and listeners are
// estimated, and what comes of it is the documents that are sold on and the outcome that is scored.
import type { ForecastModels, ForecastSettings, Modifier, SupplyDay } from '../contracts/forecast-documents.ts';
import { MAX_CELLS, type SupplyForecast } from '../contracts/forecast-outcomes.ts';
import { analoguePrior } from './analogue-prior.ts';
import { STALE_HOURS, fitCell, forecastCell, type CellForecast, type CellModel } from './cell-forecast.ts';
import { cleanObservations, type HourlyHistory } from './clean-observations.ts';
import type { ColdStartPrior } from './cold-start-prior.ts';
import type { CellHours, MarketFeatures } from './market-features.ts';
import { marketModifiers } from './market-modifiers.ts';
import type { FamilyVariances } from './hierarchy.ts';
import { decideAgreement, reconcileDays } from './reconcile-days.ts';
import { cellResponses, type CellRates } from './cell-responses.ts';
import { listenerHistograms } from './listener-histograms.ts';
import { fitDelayCurve, type DelayCurve } from './delay-curve.ts';
import { ForecastError } from './forecast-error.ts';
import { hourlyDelays } from './hourly-delays.ts';
import { ERROR_DAYS, forecastSpread } from './forecast-spread.ts';
import { sharePrior } from './share-prior.ts';
import { DAY_MS, HOUR_MS, dayOf } from './traffic-clock.ts';

/** Of the methods that make a forecast: scores of one do not speak for another. */
export const MODEL_ID = 'hourly-mix-1';
/** Of a market that nobody has reported of yet. */
export const ANALOGUE_MODEL_ID = 'analogues-1';
/** A forecast is replaced several times a day; one that was not for so long is stale. */
export const VALID_MS = DAY_MS;

export interface MarketInput extends MarketFeatures {
  tenantId: string;
  market: string;
  forecastId: string;
  /** The instant that is forecast from; what `cells` says of hours before it is complete. Epoch ms. */
  nowMs: number;
  issuedAtMs: number;
  /** Days of supply, the one of `issuedAtMs` being the first. */
  horizonDays: number;
  inputsHash: string;
  settings: ForecastSettings | undefined;
  /** Coefficients to use again; absent: fit. */
  models: ForecastModels | undefined;
  /** The supply that was known before, by day. */
  known: ReadonlyMap<string, SupplyDay>;
  /** Markets that a cell without history is expected to be like. */
  analogues: readonly { market: string; cells: readonly CellHours[]; activeListeners: number | undefined }[];
}

export interface MarketForecast {
  days: SupplyDay[];
  models: ForecastModels;
  outcome: SupplyForecast;
}

interface Cell {
  segment: string;
  surface: string;
  history: HourlyHistory;
}

/** A cell of which nobody knows anything is no cell. */
type Forecast = Cell & { model: CellModel; forecast: CellForecast };

/**
 * A market without any cell, observed, known or of an analogue, has no supply: its days are empty.
 * @throws ForecastError INVALID_SERIES
 */
export function forecastMarket(input: MarketInput): MarketForecast {
  const { nowMs, issuedAtMs, horizonDays, settings } = input;
  const nowHour = Math.floor(nowMs / HOUR_MS);
  const cells = cellsOf(input, nowHour);
  const whole: Cell = { segment: ALL, surface: ALL, history: sumOf(cells, nowHour) };
  const priors = priorsOf(input, cells, whole.history, nowHour);
  const { holidays = [], modifiers = [] } = settings ?? {};
  // Shortly after midnight the hour that is forecast from is one of the day before.
  const days = horizonDays + Math.floor(issuedAtMs / DAY_MS) - Math.floor(nowMs / DAY_MS);
  const ofCell = (cell: Cell, stored: unknown, told: readonly Modifier[], prior?: ColdStartPrior): Forecast => {
    const model = (stored as CellModel | undefined) ?? fitCell(cell.history, holidays);
    const forecast = forecastCell(model, cell.history, {
      cell,
      nowHour,
      days,
      holidays,
      modifiers: told,
      ...(prior ? { prior } : {}),
    });
    return { ...cell, model, forecast };
  };
  const isKnown = ({ history }: Cell, prior: ColdStartPrior | undefined) =>
    prior !== undefined ||
    (history.values.length > 0 && history.startHour + history.values.length >= nowHour - STALE_HOURS);
  const forecasts = cells.flatMap((cell, index) =>
    isKnown(cell, priors[index]) ? [ofCell(cell, storedModel(input.models, cell), modifiers, priors[index])] : [],
  );
  const ofWhole = marketModifiers(
    modifiers,
    cells.map((cell) => ({ ...cell, traffic: trafficOf(cell) })),
  );
  const priorOfWhole = wholePrior(input, whole, nowHour);
  const isAnyKnown = forecasts.length > 0 && isKnown(whole, priorOfWhole);
  const total = isAnyKnown ? ofCell(whole, input.models?.whole, ofWhole, priorOfWhole) : undefined;
  const variances =
    total && (input.models ? storedVariances(input.models, forecasts) : decideAgreement(total, forecasts, holidays));
  const reconciled = total && variances ? reconcileDays(total, forecasts, { variances, nowHour }) : forecasts;
  const rates = cellResponses(input.responses, forecasts, input.known);
  return {
    days: total ? supplyDays(input, total, reconciled, rates) : [],
    models: modelsOf(input, total, forecasts, variances),
    outcome: outcomeOf(input, total, forecasts),
  };
}

/** What modifiers of single segments or surfaces do not touch: the market's own series. */
const ALL = '';

/**
 * What was observed, what was known before, and what an analogue has where that is all there is. Of more cells than a market
 * has room for, those with most traffic: a broken ad server can name any number.
 */
function cellsOf({ cells, known, analogues }: MarketInput, nowHour: number): Cell[] {
  const names = new Map<string, { segment: string; surface: string }>();
  const note = ({ segment, surface }: { segment: string; surface: string }) =>
    names.set(JSON.stringify([segment, surface]), { segment, surface });
  cells.forEach(note);
  if (names.size === 0) {
    [...known.values()].at(-1)?.cells.forEach(note);
    analogues.forEach((analogue) => analogue.cells.forEach(note));
  }
  const byName = new Map(cells.map((cell) => [JSON.stringify([cell.segment, cell.surface]), cell]));
  const found = [...names]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, name]): Cell => ({ ...name, history: historyOf(byName.get(key), nowHour) }));
  if (found.length <= MAX_CELLS) return found;
  const largest = new Set([...found].sort((left, right) => trafficOf(right) - trafficOf(left)).slice(0, MAX_CELLS));
  return found.filter((cell) => largest.has(cell));
}

function trafficOf({ history }: Cell): number {
  return history.values.reduce((sum, value) => sum + value, 0);
}

function historyOf(own: CellHours | undefined, nowHour: number): HourlyHistory {
  const { hoursAtMs = [], opportunities = [] } = own ?? {};
  const raw = hoursAtMs.map((hourAtMs, index) => ({ hourAtMs, amount: opportunities[index] as number }));
  return cleanObservations(raw, nowHour).history;
}

function sumOf(cells: readonly Cell[], nowHour: number): HourlyHistory {
  const observed = cells.filter(({ history }) => history.values.length > 0);
  const startHour = Math.min(nowHour, ...observed.map(({ history }) => history.startHour));
  const endHour = Math.max(startHour, ...observed.map(({ history }) => history.startHour + history.values.length));
  const values = new Float64Array(endHour - startHour);
  for (const { history } of observed) {
    history.values.forEach((value, index) => {
      const hour = history.startHour - startHour + index;
      values[hour] = (values[hour] as number) + value;
    });
  }
  return { startHour, values };
}

/** What a cell with a short history starts from: the same cell of like markets, else its part of its own market. */
function priorsOf(
  { analogues, settings }: MarketInput,
  cells: readonly Cell[],
  whole: HourlyHistory,
  nowHour: number,
): (ColdStartPrior | undefined)[] {
  const isShort = ({ history }: Cell) => history.values.length < SHORT_HOURS;
  if (!cells.some(isShort)) return cells.map(() => undefined);
  const traffic = cells.map(trafficOf);
  const total = traffic.reduce((sum, own) => sum + own, 0);
  return cells.map((cell, index) => {
    if (!isShort(cell)) return undefined;
    const like = analogues.flatMap(({ cells: theirs, activeListeners }) => {
      const same = theirs.find(({ segment, surface }) => segment === cell.segment && surface === cell.surface);
      return same ? [{ history: historyOf(same, nowHour), ...ifAny(activeListeners) }] : [];
    });
    const fromAnalogues = analoguePrior(like, settings?.activeListeners || undefined);
    if (fromAnalogues || total === 0) return fromAnalogues;
    const siblingShares = traffic
      .filter((_, sibling) => sibling !== index)
      .map((own) => own / total)
      .filter((share) => share > 0 && share < 1);
    return sharePrior({ history: whole, siblingShares });
  });
}

const SHORT_HOURS = 21 * 24;

/** What the market as a whole starts from while its own history is short: like markets as a whole. */
function wholePrior({ analogues, settings }: MarketInput, whole: Cell, nowHour: number): ColdStartPrior | undefined {
  if (whole.history.values.length >= SHORT_HOURS) return undefined;
  const like = analogues.map(({ cells, activeListeners }) => {
    const histories = cells.map((cell) => ({ ...cell, history: historyOf(cell, nowHour) }));
    return { history: sumOf(histories, nowHour), ...ifAny(activeListeners) };
  });
  return analoguePrior(like, settings?.activeListeners || undefined);
}

/** Nobody is not known. */
function ifAny(activeListeners: number | undefined): { activeListeners?: number } {
  return activeListeners ? { activeListeners } : {};
}

function modelIdOf(whole: Forecast | undefined): string {
  return whole?.history.values.length === 0 ? ANALOGUE_MODEL_ID : MODEL_ID;
}

function storedModel(models: ForecastModels | undefined, { segment, surface }: Cell): unknown {
  return models?.cells.find((cell) => cell.segment === segment && cell.surface === surface)?.model;
}

function modelsOf(
  { market, models, issuedAtMs, inputsHash }: MarketInput,
  whole: Forecast | undefined,
  forecasts: readonly Forecast[],
  variances: FamilyVariances | undefined,
): ForecastModels {
  if (models) return models;
  return {
    schemaVersion: 1,
    market,
    modelId: modelIdOf(whole),
    fittedAtMs: issuedAtMs,
    inputsHash,
    cells: forecasts.map(({ segment, surface, model }, index) => ({
      segment,
      surface,
      model,
      ...(variances ? { variance: variances.children[index] as number } : {}),
    })),
    ...(whole ? { whole: whole.model } : {}),
    ...(variances ? { wholeVariance: variances.parent } : {}),
  };
}

/** What was decided when the coefficients were fitted; nothing where a cell is new since. */
function storedVariances(models: ForecastModels, forecasts: readonly Forecast[]): FamilyVariances | undefined {
  const children = forecasts.map(({ segment, surface }) => {
    return models.cells.find((cell) => cell.segment === segment && cell.surface === surface)?.variance;
  });
  const { wholeVariance: parent } = models;
  if (parent === undefined || children.includes(undefined)) return undefined;
  return { parent, children: children as number[] };
}

function supplyDays(
  input: MarketInput,
  whole: Forecast,
  forecasts: readonly Forecast[],
  rates: readonly CellRates[],
): SupplyDay[] {
  const { market, inputsHash, issuedAtMs } = input;
  const listeners = listenerHistograms(input.listeners);
  const stated = whole.forecast.totals.find(({ days }) => days === ERROR_DAYS) ?? NO_TOTAL;
  const errorSpread = forecastSpread(input.pastErrors, stated);
  const clickDelay = clickDelayOf(input.arrivals);
  const days = whole.forecast.days.map(({ day }, index) => ({
    schemaVersion: 1 as const,
    market,
    day,
    modelId: modelIdOf(whole),
    hourShape: hourShape(forecasts.map(({ forecast }) => forecast.days[index]?.hours as Float64Array)),
    cells: forecasts.map(({ segment, surface, forecast }, cell) => {
      const { q10, q50, q90 } = forecast.days[index] as CellForecast['days'][number];
      return { segment, surface, ...counts({ q10, q50, q90 }), ...(rates[cell] as CellRates) };
    }),
    foreseen: foreseenOf(input, whole, index),
    ...(listeners.length > 0 ? { listeners } : {}),
    errorSpread,
    clickDelay,
    inputsHash,
    issuedAtMs,
  }));
  return days.filter(({ day }) => day >= dayOf(issuedAtMs));
}

/** Of a day that has begun, what was said of it before, where something was. */
function foreseenOf({ nowMs, known }: MarketInput, whole: Forecast, index: number): NonNullable<SupplyDay['foreseen']> {
  const { day, notional } = whole.forecast.days[index] as CellForecast['days'][number];
  const { q10, q50 } = counts(notional);
  return (Date.parse(day) < nowMs ? known.get(day)?.foreseen : undefined) ?? { q10, q50 };
}

/** As long as cohorts wait for their clicks: the hour of the impressions and six more. */
const CLICK_WINDOW_MS = 7 * HOUR_MS;
/** Before anything was seen: half of the clicks within the hour. */
const GUESS = { medianMs: HOUR_MS, sigma: 1 };

/** Arrivals are of hours whose window has closed, but for the last few of weeks. */
function clickDelayOf(arrivals: MarketInput['arrivals']): DelayCurve {
  const byHour = new Array<number>(CLICK_WINDOW_MS / HOUR_MS).fill(0);
  for (const { ageHours, clicks } of arrivals) {
    if (!(ageHours >= 0)) throw new ForecastError('INVALID_RESPONSE', `an age of ${ageHours} hours makes no sense`);
    if (byHour[ageHours] !== undefined) byHour[ageHours] = byHour[ageHours] + clicks;
  }
  const { windowMs, shares } = fitDelayCurve(hourlyDelays(byHour, GUESS), CLICK_WINDOW_MS, GUESS);
  return { windowMs, shares: shares.map((share) => Math.round(share * 1e5) / 1e5) };
}

const NO_TOTAL = { q10: 0, q50: 0, q90: 0 };

/** Shares of the day's hours over all cells; even where nothing is expected. */
function hourShape(ofCells: readonly Float64Array[]): number[] {
  const hours = Array.from({ length: 24 }, (_, hour) => ofCells.reduce((sum, own) => sum + (own[hour] as number), 0));
  const total = hours.reduce((sum, amount) => sum + amount, 0);
  return hours.map((amount) => (total > 0 ? Math.min(1, amount / total) : 1 / 24));
}

/** Whole opportunities, in order, within what a count holds. */
function counts({ q10, q50, q90 }: { q10: number; q50: number; q90: number }) {
  const whole = (value: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)));
  return { q10: Math.min(whole(q10), whole(q50)), q50: whole(q50), q90: Math.max(whole(q50), whole(q90)) };
}

function outcomeOf(input: MarketInput, whole: Forecast | undefined, forecasts: readonly Forecast[]): SupplyForecast {
  const { tenantId, market, forecastId, inputsHash, issuedAtMs, nowMs, models } = input;
  return {
    type: 'supply-forecast',
    tenantId,
    market,
    forecastId,
    inputsHash,
    modelId: modelIdOf(whole),
    issuedAtMs,
    validUntilAtMs: issuedAtMs + VALID_MS,
    fittedAtMs: models?.fittedAtMs ?? issuedAtMs,
    fromAtMs: Math.floor(nowMs / HOUR_MS) * HOUR_MS,
    totals: [
      ...(whole ? totalsOf(whole.forecast, {}) : []),
      ...forecasts.flatMap(({ segment, surface, forecast }) => totalsOf(forecast, { segment, surface })),
    ],
  };
}

function totalsOf({ totals }: CellForecast, of: { segment?: string; surface?: string }): SupplyForecast['totals'] {
  return totals.map(({ days, ...quantiles }) => ({ ...of, days, ...counts(quantiles) }));
}
