// What becomes of a campaign when a tick ends its flight in a market, or its parts there: settling, then final with its bill,
// its refund, and an offer to make good what a guarantee did not deliver.
import type { BookEntry, Campaign, Subcampaign } from '../contracts/documents.ts';
import type { CampaignFinal, LifecycleOutcome, MakeGoodOffered } from '../contracts/lifecycle-outcomes.ts';
import { MAX_MICROS, sumMicros } from '../contracts/micros.ts';
import type { SubcampaignEnded } from '../contracts/outcomes.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { isOver } from './campaign-state.ts';
import { billedMicros } from './entry-money.ts';
import { evolve, withLiveNumbers } from './evolve.ts';
import { pausedOfFlightMs } from './flight-pauses.ts';

/** What one market's tick has to tell a campaign. */
export interface MarketNews {
  /** Entries whose flight ended at this tick. */
  settling: readonly BookEntry[];
  ended: readonly SubcampaignEnded[];
  nowMs: number;
}

/** A guarantee is missed when less than this share of its parts' budgets is billed. */
const GUARANTEED_SHARE = 0.98;
/** How long an offer to make good stands. */
export const MAKE_GOOD_MS = 14 * DAY_MS;

/**
 * The campaign after one market's news, and what it came to. The last market to tell of its flight's end makes it settling,
 * the last to end its parts makes it final: each once, because the campaign is read and written in the tick's transaction.
 */
export function advanceCampaign(
  stored: Campaign,
  { settling, ended, nowMs }: MarketNews,
): { campaign: Campaign; outcomes: LifecycleOutcome[] } {
  const told = ended.reduce(evolve, withLiveNumbers(stored, settling));
  const { terms, tenantId, campaignId, subcampaigns } = told;
  const outcomes: LifecycleOutcome[] = [];
  const wasLive = stored.status === 'active' || stored.status === 'paused';
  if (wasLive && terms && subcampaigns.every(isOver)) {
    outcomes.push({ type: 'campaign-settling', tenantId, campaignId, endAtMs: terms.endAtMs });
  }
  if (stored.status !== 'ended' && told.status === 'ended') {
    outcomes.push(...accountOf(told));
    const offer = stored.status === 'closing' ? undefined : makeGood(told, nowMs);
    if (offer) outcomes.push(offer);
  }
  return { campaign: outcomes.reduce(evolve, told), outcomes };
}

/** The bill of an ended campaign, and what goes back: its parts' rest and the escrow. */
function accountOf(campaign: Campaign): LifecycleOutcome[] {
  const { tenantId, campaignId, requestedMicros, budgetMicros, escrowMicros, subcampaigns } = campaign;
  const { currency } = campaign.terms as NonNullable<Campaign['terms']>;
  const billed = sumMicros(subcampaigns.map(billedMicros));
  const refundMicros = budgetMicros - billed;
  const about = { tenantId, campaignId, currency };
  const final: CampaignFinal = {
    type: 'campaign-final',
    ...about,
    requestedMicros,
    budgetMicros,
    billedMicros: billed,
    refundMicros,
    overrunMicros: totalOf(subcampaigns, 'overrunMicros'),
    deliveredShare: budgetMicros > 0 ? billed / budgetMicros : 1,
    impressions: totalOf(subcampaigns, 'impressions'),
    clicks: totalOf(subcampaigns, 'clicks'),
    conversions: totalOf(subcampaigns, 'conversions'),
  };
  return refundMicros > 0 ? [final, { type: 'campaign-refunded', ...about, refundMicros, escrowMicros }] : [final];
}

/** Each part's number fits an integer; what lies add up to over fifty parts need not. */
function totalOf(
  subcampaigns: readonly Subcampaign[],
  name: 'overrunMicros' | 'impressions' | 'clicks' | 'conversions',
): number {
  return Math.min(
    MAX_MICROS,
    subcampaigns.reduce((sum, sub) => sum + sub[name], 0),
  );
}

/** None where the owner paused it for most of its flight, or more was served than booked: what is short is not ours to make good. */
function makeGood(campaign: Campaign, nowMs: number): MakeGoodOffered | undefined {
  const { currency, startAtMs, endAtMs } = campaign.terms as NonNullable<Campaign['terms']>;
  const hasOverrun = campaign.subcampaigns.some(({ overrunMicros }) => overrunMicros > 0);
  const isPaused = pausedOfFlightMs(campaign, nowMs) > (endAtMs - startAtMs) / 2;
  if (hasOverrun || isPaused) return undefined;
  const guaranteed = campaign.subcampaigns.filter((sub) => !sub.isAuctioned);
  const soldMicros = sumMicros(guaranteed.map((sub) => sub.budgetMicros));
  const missingMicros = soldMicros - sumMicros(guaranteed.map(billedMicros));
  if (missingMicros <= (1 - GUARANTEED_SHARE) * soldMicros) return undefined;
  const subcampaigns = guaranteed.flatMap(({ subcampaignId, market, clickPriceMicros, ...sub }) => {
    const shortMicros = sub.budgetMicros - billedMicros(sub);
    const clicks = Math.floor(shortMicros / clickPriceMicros);
    return clicks > 0 ? [{ subcampaignId, market, shortMicros, clicks }] : [];
  });
  if (subcampaigns.length === 0) return undefined;
  return {
    type: 'make-good-offered',
    tenantId: campaign.tenantId,
    campaignId: campaign.campaignId,
    currency,
    shortMicros: sumMicros(subcampaigns.map((part) => part.shortMicros)),
    clicks: subcampaigns.reduce((sum, { clicks }) => sum + clicks, 0),
    subcampaigns,
    validUntilAtMs: nowMs + MAKE_GOOD_MS,
  };
}
