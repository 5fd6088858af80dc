// One market's supply forecast anew: reads what BigQuery added up, asks the gate, forecasts or keeps the last good forecast,
// writes and records. What goes wrong in the forecast itself is a reason to keep the last one, not to fail.
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { ForecastModels, ForecastSettings, SupplyDay } from '../contracts/documents.ts';
import type { RefreshOutcome } from '../contracts/forecast-outcomes.ts';
import * as validators from '../contracts/validators.generated.js';
import {
  MODEL_ID,
  VALID_MS,
  forecastMarket,
  type MarketForecast,
  type MarketInput,
} from '../forecasting/forecast-market.ts';
import { freezeSupply } from '../forecasting/freeze-supply.ts';
import type { MarketFeatures } from '../forecasting/market-features.ts';
import { checkQuality, type FreezeReason } from '../forecasting/quality-gate.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../forecasting/traffic-clock.ts';
import { refs } from '../store/allocation-store.ts';
import { canonicalJson, ledgerId, payloadHash } from '../store/ledger-key.ts';
import { persistRefresh, refreshEvent, type RefreshDecision, type RefreshOf } from '../store/persist-refresh.ts';
import type { FeatureReader } from './feature-reader.ts';
import { record, type RecordDeps } from './record.ts';

export interface RefreshDeps extends RecordDeps {
  features: FeatureReader;
}

export interface Refreshed {
  result: 'refreshed' | 'frozen' | 'superseded' | 'duplicate';
  cells: number;
  /** Days of supply that were written. */
  days: number;
  isFitted: boolean;
  /** Of the forecast that is in force; absent where nothing was ever forecast. */
  ageMs?: number;
  reasons: FreezeReason[];
}

/** Days of supply that are kept ahead of now: a flight of a month may be booked ten days before it begins. */
export const HORIZON_DAYS = 42;
/** What forecasts are fitted on. */
const HISTORY_DAYS = 70;
const RESPONSE_DAYS = 28;
const ERROR_DAYS = 200;
/** How many days before today the gate compares with what came. */
const GATE_DAYS = 14;
/** Coefficients are fitted once a night; refreshes between use them again. */
const FIT_MS = 20 * 3_600_000;

/** Reports of an hour come within minutes after it; an hour that is not complete would look like a fall. */
const REPORT_LAG_MS = 30 * 60_000;

/** @throws AndanteError OUTCOMES_UNAVAILABLE, STORE_UNAVAILABLE */
export async function refreshSupply(deps: RefreshDeps, of: RefreshOf): Promise<Refreshed> {
  const { store } = deps;
  const [known] = await store.read([refs.ledger(ledgerId(refreshEvent(of)))]);
  if (known) return { result: 'duplicate', cells: 0, days: 0, isFitted: false, reasons: [] };
  const state = await readState(deps, of);
  const decided = decide(deps, of, state);
  const { ref, entry, isDuplicate } = await persistRefresh(store, of, state.supplyVersion, decided);
  await record(deps, [{ ref, entry }]);
  const { outcome, days } = decided;
  const inForce = entry.result === 'superseded' ? [...state.known.values()] : days;
  const issuedAtMs = Math.max(0, ...inForce.map((day) => day.issuedAtMs ?? 0));
  return {
    result: isDuplicate
      ? 'duplicate'
      : entry.result === 'superseded'
        ? 'superseded'
        : outcome.type === 'supply-forecast'
          ? 'refreshed'
          : 'frozen',
    cells: days[0]?.cells.length ?? 0,
    days: days.length,
    isFitted: decided.models !== undefined,
    ...(issuedAtMs > 0 ? { ageMs: Math.max(0, of.nowMs - issuedAtMs) } : {}),
    reasons: outcome.type === 'supply-frozen' ? outcome.reasons : [],
  };
}

interface State {
  supplyVersion: number;
  settings: ForecastSettings | undefined;
  models: ForecastModels | undefined;
  known: ReadonlyMap<string, SupplyDay>;
  features: MarketFeatures & Pick<MarketInput, 'analogues'>;
  days: Awaited<ReturnType<FeatureReader['inputDays']>>;
}

async function readState({ store, features }: RefreshDeps, { market, nowMs }: RefreshOf): Promise<State> {
  const today = Math.floor(nowMs / DAY_MS);
  const dayNames = Array.from({ length: GATE_DAYS + HORIZON_DAYS }, (_, index) =>
    dayOf((today - GATE_DAYS + index) * DAY_MS),
  );
  // The version first: supply that is replaced while it is read is seen by the version that it was read under.
  const [found, settings, models] = await store.read([
    refs.market(market),
    refs.forecastSettings(market),
    refs.forecastModels(market),
  ]);
  const supply = await store.read(dayNames.map((day) => refs.supply(market, day)));
  const since = (days: number) => ({ market, fromDay: dayOf((today - days) * DAY_MS), untilMs: closedMs(nowMs) });
  const [cells, days, listeners, responses, arrivals, pastErrors, analogues] = await Promise.all([
    features.supplyHours(since(HISTORY_DAYS)),
    features.inputDays({ ...since(GATE_DAYS), untilMs: nowMs }),
    features.listeners(since(LISTENER_DAYS)),
    features.responses(since(RESPONSE_DAYS)),
    features.arrivals(since(RESPONSE_DAYS)),
    features.pastErrors(since(ERROR_DAYS)),
    Promise.all(
      (settings?.analogues ?? []).map(async (analogue) => {
        const [theirs] = await store.read([refs.forecastSettings(analogue)]);
        const own = await features.supplyHours({ ...since(HISTORY_DAYS), market: analogue });
        return { market: analogue, cells: own, activeListeners: theirs?.activeListeners };
      }),
    ),
  ]);
  return {
    supplyVersion: found?.supplyVersion ?? 0,
    settings,
    models,
    known: new Map(supply.flatMap((day) => (day ? [[day.day, day]] : []))),
    features: { cells, listeners, responses, arrivals, pastErrors, analogues },
    days,
  };
}

/** The end of the last hour that is complete. */
function closedMs(nowMs: number): number {
  return Math.floor((nowMs - REPORT_LAG_MS) / HOUR_MS) * HOUR_MS;
}

/** A histogram's window ends with the last complete day. */
const LISTENER_DAYS = 11;

function decide({ log }: RefreshDeps, of: RefreshOf, state: State): RefreshDecision {
  const { market, nowMs, forecastId } = of;
  const { known, models, settings, features, days } = state;
  const inputsHash = payloadHash({ features: unordered(features), settings, modelsHash: models?.inputsHash, nowMs });
  const hasAnalogue = features.analogues.some(({ cells }) => cells.length > 0);
  const frozen = (why: FreezeReason[]) => freeze({ of, known, why, inputsHash, modelId: models?.modelId ?? MODEL_ID });
  const ageMs = models?.modelId === MODEL_ID ? nowMs - models.fittedAtMs : Infinity;
  // Coefficients of a later time know what a past one must not.
  const stored = ageMs >= 0 && ageMs < FIT_MS ? models : undefined;
  try {
    const reasons = checkQuality({ nowMs, days, cells: features.cells, forecasts: known, hasAnalogue });
    if (reasons.length > 0) return frozen(reasons);
    const forecast: MarketForecast = forecastMarket({
      tenantId: PLATFORM_TENANT,
      market,
      forecastId,
      nowMs: closedMs(nowMs),
      issuedAtMs: nowMs,
      horizonDays: HORIZON_DAYS,
      inputsHash,
      ...features,
      settings,
      models: stored,
      known,
    });
    const { days: supply, outcome } = forecast;
    supply.forEach(assertStorable);
    return { days: supply, outcome, ...(stored ? {} : { models: forecast.models }) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    log.error('the forecast failed: the last good one stays', { market, error: detail });
    return frozen([{ code: 'MODEL_FAILED', detail: detail.slice(0, 300) }]);
  }
}

/** The same rows hash the same, in whichever order BigQuery gave them. */
function unordered(features: State['features']): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries<readonly unknown[]>({ ...features }).map(([name, rows]) => [name, rows.map(canonicalJson).sort()]),
  );
}

/** A document that its readers refuse would stop every tick and campaign of the market. */
function assertStorable(day: SupplyDay): void {
  if (validators.supplyDocument(day)) return;
  const [error] = validators.supplyDocument.errors ?? [];
  throw new Error(`the forecast of ${day.day} cannot be stored: ${error?.instancePath ?? ''} ${error?.message ?? ''}`);
}

interface Freeze {
  of: RefreshOf;
  known: ReadonlyMap<string, SupplyDay>;
  why: FreezeReason[];
  inputsHash: string;
  modelId: string;
}

function freeze({ of, known, why, inputsHash, modelId }: Freeze): RefreshDecision {
  const { market, forecastId, nowMs } = of;
  const { widening, days } = freezeSupply(known, { nowMs, horizonDays: HORIZON_DAYS });
  const outcome: RefreshOutcome = {
    type: 'supply-frozen',
    tenantId: PLATFORM_TENANT,
    market,
    forecastId,
    inputsHash,
    modelId: days[0]?.modelId ?? modelId,
    issuedAtMs: nowMs,
    validUntilAtMs: nowMs + VALID_MS,
    widening,
    reasons: why,
  };
  return { days, outcome };
}
