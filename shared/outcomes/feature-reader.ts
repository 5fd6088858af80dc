// The port to what forecasts are made of: observations and past forecasts, added up by BigQuery. What comes back grows with
// cells and hours, never with reports. Implementations: bigquery-features.ts and memory-features.ts, held to one contract
// suite (test/contract).
export interface FeatureScope {
  market: string;
  /** UTC, `2026-01-31`: earlier partitions are not read. */
  fromDay: string;
  /** Nothing that happened from this instant on, epoch ms: forecasts of the past see only its past. */
  untilMs: number;
}

/** What ad servers counted of one cell; an hour that no report covers is absent. */
export interface CellHours {
  segment: string;
  surface: string;
  hoursAtMs: number[];
  opportunities: number[];
}

/** How the reports of one UTC day came in. */
export interface InputDay {
  day: string;
  reports: number;
  groups: number;
  /** Hours of the day that at least one report covers. */
  hours: number;
  /** Windows of a group that two different reports cover: counted twice. */
  repeatedWindows: number;
  /** The end of the latest window, epoch ms. */
  lastWindowEndAtMs: number;
}

/** Listeners by what they did in the last ten days, estimated from the sample: each request counts 1 / its listener's visits. */
export interface SampledListeners {
  segment: string;
  /** Absent: over all surfaces. */
  surface?: string;
  visits: number;
  activeDays: number;
  listeners: number;
}

export interface CellResponse {
  segment: string;
  surface: string;
  format?: string;
  impressions: number;
  clicks: number;
  conversions: number;
}

/** Clicks and conversions by how long after the hour of their impression they were reported. */
export interface ArrivedByAge {
  /** Whole hours from the hour of the impressions to the end of the report's window. */
  ageHours: number;
  clicks: number;
  conversions: number;
}

/** How one past forecast of the whole market turned out. */
export interface PastError {
  issuedAtMs: number;
  days: number;
  /** log(what came / q50). */
  logError: number;
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
