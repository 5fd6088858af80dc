// The port to what was recorded of one campaign, for those who own it: its history in pages, and what it was told when it was
// accepted. Implementations: bigquery-history.ts and memory-history.ts, held to one contract suite (test/contract).
import type { QuoteIssued } from '../contracts/forecast-outcomes.ts';
import type { Outcome } from '../contracts/outcomes.ts';

export interface CampaignName {
  tenantId: string;
  campaignId: string;
}

/** A place in a history: of what happened at one instant, the rows of an event follow each other in its order. */
export interface HistoryPlace {
  /** When it happened, epoch ms. */
  occurredAtMs: number;
  rowId: string;
}

export interface HistoryRow extends HistoryPlace {
  eventId: string;
  outcome: Outcome;
}

export interface HistoryPage {
  /** A whole number of at least 1. */
  limit: number;
  /** Absent: from its beginning. */
  after?: HistoryPlace;
}

/** What a campaign is measured by. */
export interface Promised {
  /** Absent where none was recorded. */
  quote?: QuoteIssued;
  /** When its owner called it off. */
  stoppedAtMs?: number;
}

/** Every method throws AndanteError OUTCOMES_UNAVAILABLE. */
export interface HistoryReader {
  /** The campaign's own outcomes, oldest first; what ticks and reports said of its lines is in no row of its own. */
  page(campaign: CampaignName, page: HistoryPage): Promise<HistoryRow[]>;
  promised(campaign: CampaignName): Promise<Promised>;
}

/** Rows of one instant are sorted by this text, as BigQuery sorts it: by the event, then by the place in it. */
export function rowKey({ rowId }: Pick<HistoryPlace, 'rowId'>): string {
  return rowId.padStart(ROW_KEY_LENGTH, '0');
}

/** Longer than a row id. */
export const ROW_KEY_LENGTH = 40;

/** Oldest first. */
export function byPlace(a: HistoryPlace, b: HistoryPlace): number {
  return a.occurredAtMs - b.occurredAtMs || compare(rowKey(a), rowKey(b));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
