// What the books of its markets can still sell to a campaign. Its own entries are left out of the books: what it holds is an
// argument, because a campaign that is being created is not in them yet.
import type { BookEntry } from '../contracts/documents.ts';
import { availability, type Availability, type SoldDemand } from '../planning/availability.ts';
import type { CampaignContext, MarketView } from './campaign-state.ts';
import { accruedMicros, leasedMicros } from './entry-money.ts';

interface Asked {
  market: string;
  segments: readonly string[];
  surfaces: readonly string[];
  clickPriceMicros: number;
  /** What it was sold already and has still to spend: availability is what comes on top. */
  remainingMicros?: number;
}

/** Availability of each subcampaign, in their order; an unknown market offers nothing. */
export function capacities(
  campaignId: string,
  asked: readonly Asked[],
  flight: { startAtMs: number; endAtMs: number },
  context: CampaignContext,
): Availability[] {
  const offers: Availability[] = asked.map(() => ({ capacityMicros: 0, emptyMarketMicros: 0, trafficByDay: [] }));
  for (const [market, view] of context.markets) {
    const here = asked.flatMap((sub, index) => (sub.market === market ? [index] : []));
    const demands = here.map((index) => ({ ...(asked[index] as Asked), ...flight }));
    const own = demands.map((demand) => ({ ...demand, remainingMicros: demand.remainingMicros ?? 0 }));
    const offered = availability(demands, [...soldDemand(view, campaignId), ...own], view.supply, context.nowMs);
    here.forEach((index, position) => (offers[index] = offered[position] as Availability));
  }
  return offers;
}

/**
 * Everything sold in a market but to this campaign. What is closing has been given back; what is paused has not. What is
 * leased will be served, also where clicks beyond their expected cost have used up the budget meanwhile.
 */
function soldDemand(view: MarketView, campaignId: string): SoldDemand[] {
  const entries: BookEntry[] = view.pages.flatMap((page) => page.entries);
  return entries
    .filter((entry) => entry.campaignId !== campaignId && entry.status !== 'closing')
    .map((entry) => ({
      ...entry,
      remainingMicros: Math.max(leasedMicros(entry), entry.budgetMicros - accruedMicros(entry)),
    }));
}
