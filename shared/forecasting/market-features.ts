// What forecasts are made of: a market's observations and how its past forecasts turned out, added up before they come here.

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
  /** Whole hours from the hour of the impressions to the last instant of the report's window. */
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

/** What one forecast of a market is made of. */
export interface MarketFeatures {
  cells: readonly CellHours[];
  listeners: readonly SampledListeners[];
  responses: readonly CellResponse[];
  arrivals: readonly ArrivedByAge[];
  /** Oldest first. */
  pastErrors: readonly PastError[];
}
