// The port to what BigQuery knows, as reconciliation asks for it. It reads the views that show each row once and lets
// BigQuery add up; nothing here grows with the number of ticks. Implementations: bigquery-reader.ts, memory-reader.ts.
import type { SubcampaignStatus, Outcome } from '../contracts/outcomes.ts';
import type { Table } from './outcome-log.ts';

/** A row and where it came from: `rowId` is the ledger entry's id and the outcome's place in it. */
export interface RecordedOutcome {
  rowId: string;
  outcome: Outcome;
  /** When this copy was appended, wall clock. */
  ingestedAtMs: number;
}

/** An outcome with the event that it came of, as far as rows know it. */
export interface RecordedEvent extends RecordedOutcome {
  source: string;
  eventId: string;
  /** When the event occurred. */
  eventAtMs: number;
}

/** A market's rows from a day on, of one campaign or of all. */
export interface MarketScope {
  market: string;
  /** UTC, `2026-01-31`: earlier partitions are not read. */
  fromDay: string;
  campaignId?: string;
}

export interface OfSubcampaign {
  campaignId: string;
  subcampaignId: string;
}

/** A subcampaign's line in a tick's row. */
export interface PacedLine extends OfSubcampaign {
  rowId: string;
  eventId: string;
  slot: number;
  status: SubcampaignStatus;
  /** Where it fell in this slot. */
  budgetMicros?: number;
  spentMicros: number;
  inFlightMicros: number;
  leasedMicros: number;
  overrunMicros: number;
  impressions: number;
  clicks: number;
  conversions: number;
}

/** What all folded reports add up to. */
export interface Delivered extends OfSubcampaign {
  impressions: number;
  clicks: number;
  conversions: number;
  confirmedMicros: number;
  /** Listeners that were shown it for the first time; absent where no ad server counts them. */
  reached?: number;
}

/** The most that was ever committed right after a grant. */
export interface GrantPeak extends OfSubcampaign {
  committedMicros: number;
}

/** The highest budget a subcampaign ever had. */
export interface HighestBudget extends OfSubcampaign {
  budgetMicros: number;
}

/** Rows that a view shows, and how many different ones they are. */
export interface RowCount {
  table: Table;
  rows: number;
  rowIds: number;
}

/** Every method throws AndanteError OUTCOMES_UNAVAILABLE. */
export interface OutcomeReader {
  /** Outcomes of one campaign's own events and of its subcampaigns' ends. */
  campaignOutcomes(tenantId: string, campaignId: string): Promise<RecordedOutcome[]>;
  /**
   * Outcomes of whoever is not the Scheduler, by row id, of events that occurred on `fromDay` or later: of campaigns and their
   * changes, or of reports.
   */
  recordedSince(fromDay: string, of: 'campaigns' | 'reports'): Promise<RecordedEvent[]>;
  /**
   * The lines of each subcampaign's latest slot; several where that slot was folded in pieces. With them the latest line
   * in which its budget fell: later ones do not repeat it.
   */
  latestPaced(scope: MarketScope): Promise<PacedLine[]>;
  delivered(scope: MarketScope): Promise<Delivered[]>;
  grantPeaks(scope: MarketScope): Promise<GrantPeak[]>;
  /** Over all days: a budget may be older than the flight. */
  highestBudgets(scope: Omit<MarketScope, 'fromDay'>): Promise<HighestBudget[]>;
  /** Of one market, all campaigns. */
  rowCounts(scope: Omit<MarketScope, 'campaignId'>): Promise<RowCount[]>;
}
