// The parts of a running campaign as a split sees them: what each may have, what it holds, and what nobody can take back.
import type { Campaign } from '../contracts/documents.ts';
import { committedOf, entryOf, type CampaignContext } from './campaign-state.ts';
import { accruedMicros } from './entry-money.ts';
import type { ResponseCurve } from '../planning/response-curve.ts';
import { limits, type Limits } from './limits.ts';
import { partCurves } from './split-within.ts';

export interface CampaignPart extends Limits {
  subcampaignId: string;
  market: string;
  isEnded: boolean;
  /** What supply offered it when it was accepted. One whose audience was not there takes what supply has by now. */
  weight: number;
  /** What money brings there, by the market as it was then. */
  curve: ResponseCurve;
  budgetMicros: number;
  /** Spent and in flight: it takes no supply any more. */
  accruedMicros: number;
  committedMicros: number;
  /** What no cut takes back: what is committed inside its budget. Past the budget is an overrun, which nobody pays for. */
  keptMicros: number;
}

/** In the order of the campaign's subcampaigns. */
export function campaignParts(campaign: Campaign, context: CampaignContext): CampaignPart[] {
  const { objective } = campaign.terms as NonNullable<Campaign['terms']>;
  const curves = partCurves(objective, campaign.subcampaigns);
  return campaign.subcampaigns.map((sub, index): CampaignPart => {
    const committedMicros = committedOf(context, campaign.campaignId, sub);
    const isEnded = sub.status === 'ended';
    const own = isEnded ? { floorMicros: committedMicros, capMicros: committedMicros, isLocked: true } : limits(sub);
    const entry = entryOf(context, campaign.campaignId, sub);
    const keptMicros = Math.min(committedMicros, sub.budgetMicros);
    const money = {
      budgetMicros: sub.budgetMicros,
      accruedMicros: entry ? accruedMicros(entry) : 0,
      committedMicros,
      keptMicros,
    };
    return {
      ...own,
      subcampaignId: sub.subcampaignId,
      market: sub.market,
      isEnded,
      weight: isEnded ? 0 : Math.max(1, sub.weightMicros),
      curve: curves[index] as ResponseCurve,
      ...money,
    };
  });
}
