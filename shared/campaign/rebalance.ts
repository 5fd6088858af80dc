// A running campaign whose money supply does not deliver everywhere: its budget split anew over its parts, a little at a time.
import type { Campaign, Subcampaign } from '../contracts/documents.ts';
import { MAX_MICROS, sumMicros } from '../contracts/micros.ts';
import type { BudgetApplied } from '../contracts/outcomes.ts';
import { spendCurve, type ResponseCurve } from '../planning/response-curve.ts';
import { resplit, type RunningPart } from '../planning/resplit.ts';
import { campaignParts } from './campaign-parts.ts';
import { hasFlown, type CampaignContext } from './campaign-state.ts';
import { openMarkets, reachTogether } from './open-markets.ts';

/** A change that does not bring this share more of what is expected is not worth making. */
const HYSTERESIS = 0.01;

/** The new split, or undefined where none is better by enough: then nothing changes. Nobody is given what supply cannot deliver. */
export function rebalance(campaign: Campaign, context: CampaignContext): BudgetApplied | undefined {
  const { terms } = campaign;
  const isFalling = campaign.subcampaigns.some((sub) => sub.shareMicros !== undefined);
  if (!terms || campaign.status !== 'active' || isFalling || hasFlown(campaign, context.nowMs)) return undefined;
  const parts = campaignParts(campaign, context);
  const asked = campaign.subcampaigns.map((sub, index) => {
    const { isEnded, budgetMicros, accruedMicros, committedMicros } = parts[index] as (typeof parts)[number];
    // What is leased will be served, also where clicks have used up the budget meanwhile.
    const leftMicros = Math.max(budgetMicros, committedMicros) - accruedMicros;
    return { ...sub, remainingMicros: isEnded ? 0 : leftMicros };
  });
  const markets = openMarkets(campaign.campaignId, asked, terms, context);
  const running = parts.map((part, index): RunningPart => {
    const sub = campaign.subcampaigns[index] as Subcampaign;
    // One that an overrun stopped spends nothing; where more is committed than the budget, more would pay for the past.
    const isOpen = sub.status === 'active' && part.committedMicros <= part.budgetMicros;
    const capacityMicros = isOpen ? markets.capacityMicros(index) : 0;
    const leasedMicros = part.committedMicros - part.accruedMicros;
    const restMicros = markets.deliverableMicros(index) + capacityMicros - leasedMicros;
    return {
      currentMicros: part.budgetMicros,
      committedMicros: Math.min(part.committedMicros, part.budgetMicros),
      floorMicros: Math.min(part.floorMicros, part.budgetMicros),
      capMicros: Math.min(Math.max(part.capMicros, part.budgetMicros), part.budgetMicros + capacityMicros),
      curve: restCurve(Math.max(0, restMicros), sub),
    };
  });
  const held = parts.map((part) => part.budgetMicros);
  const splitInside = (reachMicros: readonly number[]) => {
    const inside = running.map((part, index) => ({
      ...part,
      capMicros: Math.min(part.capMicros, Math.max(held[index] as number, reachMicros[index] as number)),
    }));
    const split = resplit({ parts: inside, budgetMicros: campaign.budgetMicros, hysteresis: HYSTERESIS });
    return split.kind === 'split' ? split.sharesMicros : held;
  };
  const reachMicros = reachTogether(
    markets,
    { heldMicros: held, floorMicros: parts.map(() => 0), reachMicros: running.map((part) => part.capMicros) },
    splitInside,
  );
  const sharesMicros = splitInside(reachMicros);
  if (sharesMicros.every((micros, index) => micros === held[index])) return undefined;
  return {
    type: 'budget-applied',
    tenantId: campaign.tenantId,
    campaignId: campaign.campaignId,
    budgetVersion: campaign.budgetVersion,
    splitVersion: campaign.splitVersion + 1,
    requestedMicros: campaign.requestedMicros,
    budgetMicros: campaign.budgetMicros,
    escrowMicros: campaign.budgetMicros - sumMicros(sharesMicros),
    code: 'REBALANCED',
    subcampaigns: parts.map(({ subcampaignId, market }, index) => ({
      subcampaignId,
      market,
      budgetMicros: sharesMicros[index] as number,
    })),
  };
}

/** What money brings of the supply that is left: its median lies as far above its lower quartile as when the part was accepted. */
function restCurve(restMicros: number, { weightMicros, medianMicros }: Subcampaign): ResponseCurve {
  const lowMicros = Math.min(MAX_MICROS, restMicros);
  const ratio = weightMicros > 0 ? Math.max(1, medianMicros / weightMicros) : 1;
  return spendCurve({ lowMicros, medianMicros: Math.min(MAX_MICROS, Math.ceil(lowMicros * ratio)) });
}
