// The port to what forecasts are made of: observations and past forecasts, added up by BigQuery. What comes back grows with
// cells and hours, never with reports. Implementations: bigquery-features.ts and memory-features.ts, held to one contract
// suite (test/contract).
import type {
  ArrivedByAge,
  CellHours,
  CellResponse,
  InputDay,
  PastError,
  SampledListeners,
} from '../forecasting/market-features.ts';

export interface FeatureScope {
  market: string;
  /** UTC, `2026-01-31`: earlier partitions are not read. */
  fromDay: string;
  /** Nothing that happened from this instant on, epoch ms: forecasts of the past see only its past. */
  untilMs: number;
}

/** Every method throws AndanteError OUTCOMES_UNAVAILABLE. */
export interface FeatureReader {
  /** Markets with observations since `fromDay`. */
  markets(fromDay: string): Promise<string[]>;
  supplyHours(scope: FeatureScope): Promise<CellHours[]>;
  /** Oldest first; a day without reports is absent. */
  inputDays(scope: FeatureScope): Promise<InputDay[]>;
  listeners(scope: FeatureScope): Promise<SampledListeners[]>;
  /** Of impressions whose clicks had a day to come. */
  responses(scope: FeatureScope): Promise<CellResponse[]>;
  arrivals(scope: FeatureScope): Promise<ArrivedByAge[]>;
  /** Of forecasts whose period ended before `untilMs`, oldest first. */
  pastErrors(scope: FeatureScope): Promise<PastError[]>;
}

/** Responses are of impressions whose hour ended so long before, so that most of their clicks have come. */
export const ARRIVAL_MS = 86_400_000;
