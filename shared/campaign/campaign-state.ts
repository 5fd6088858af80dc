// What a campaign decision reads: the campaign, its entries in the books, and what the markets can offer.
import type { BookEntry, BookPage, Campaign, Market, Subcampaign, SupplyDay } from '../contracts/documents.ts';
import type { QuoteIssued } from '../contracts/forecast-outcomes.ts';
import type { CampaignAccepted, SubcampaignStatus } from '../contracts/outcomes.ts';
import { committedMicros } from './entry-money.ts';

/** One market as a decision sees it: its versions, its whole book, the supply of the days in question. */
export interface MarketView {
  market: Market;
  pages: readonly BookPage[];
  supply: ReadonlyMap<string, SupplyDay>;
}

/** What `decide` may know beside the campaign and the event. */
export interface CampaignContext {
  nowMs: number;
  markets: ReadonlyMap<string, MarketView>;
  /** Of a campaign that a booking brings: what was decided when its supply was held. It stands, whatever was sold since. */
  booked?: { outcome: CampaignAccepted; quote?: QuoteIssued | undefined };
  /** The booking that holds supply under the campaign's id. */
  heldBy?: string | undefined;
}

/** A campaign of which only a change has been seen so far. */
export function expectedCampaign(tenantId: string, campaignId: string): Campaign {
  return {
    schemaVersion: 1,
    tenantId,
    campaignId,
    status: 'expected',
    budgetVersion: 0,
    statusVersion: 0,
    splitVersion: 0,
    requestedMicros: 0,
    budgetMicros: 0,
    escrowMicros: 0,
    subcampaigns: [],
  };
}

/** Whether a part or an entry is served no more: its flight is over, or it was called off. */
export function isOver({ status }: { status: SubcampaignStatus }): boolean {
  return status === 'settling' || status === 'closing' || status === 'ended';
}

/** The flights of all in a page that supply is kept for. */
export function soldFlights({ entries, holds = [] }: BookPage): { startAtMs: number; endAtMs: number }[] {
  return [...entries.filter((entry) => !isOver(entry)), ...holds];
}

/** Whether a campaign's flight is over: by the time, or already by the tick of one of its markets. */
export function hasFlown({ terms, subcampaigns }: Campaign, nowMs: number): boolean {
  const isTimeUp = terms !== undefined && nowMs >= terms.endAtMs;
  return isTimeUp || subcampaigns.some(({ status }) => status === 'settling');
}

/** The book entry of a subcampaign, or undefined once it has ended. */
export function entryOf(context: CampaignContext, campaignId: string, sub: Subcampaign): BookEntry | undefined {
  const page = context.markets.get(sub.market)?.pages.find((candidate) => candidate.page === sub.page);
  return page?.entries.find((entry) => entry.campaignId === campaignId && entry.subcampaignId === sub.subcampaignId);
}

/** What of a subcampaign's budget no change can take back. An ended one keeps what it is billed. */
export function committedOf(context: CampaignContext, campaignId: string, sub: Subcampaign): number {
  if (sub.status === 'ended') return Math.min(sub.spentMicros, sub.budgetMicros);
  const entry = entryOf(context, campaignId, sub);
  return entry ? committedMicros(entry) : 0;
}
