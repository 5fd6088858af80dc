// A budget changed in mid-flight: up where supply is there, down to no less than is committed, split again.
import type { Campaign } from '../contracts/documents.ts';
import { MAX_MICROS, sumMicros } from '../contracts/micros.ts';
import type { BudgetApplied, BudgetRefused, ReasonCode } from '../contracts/outcomes.ts';
import { splitBudget, type SplitPart } from '../planning/split-budget.ts';
import { committedOf, effectiveMicros, entryOf, type CampaignContext } from './campaign-state.ts';
import { capacities } from './capacities.ts';
import { accruedMicros } from './entry-money.ts';
import { limits, reachable, type Limits } from './limits.ts';

interface Part extends Limits {
  subcampaignId: string;
  market: string;
  isEnded: boolean;
  budgetMicros: number;
  /** Spent and in flight: it takes no supply any more. */
  accruedMicros: number;
  committedMicros: number;
}

/** Decides a change that is newer than the campaign's register. A refusal uses its version up. */
export function changeBudget(campaign: Campaign, requestedMicros: number, budgetVersion: number, context: CampaignContext): BudgetApplied | BudgetRefused {
  const about = { tenantId: campaign.tenantId, campaignId: campaign.campaignId };
  const refuse = (code: ReasonCode, reason: string, counterOfferMicros?: number): BudgetRefused => ({
    type: 'budget-refused',
    ...about,
    requestedMicros,
    budgetVersion,
    code,
    reason,
    ...(counterOfferMicros === undefined ? {} : { counterOfferMicros }),
  });
  if (campaign.status === 'closing' || campaign.status === 'ended') {
    return refuse('CAMPAIGN_CLOSED', `campaign ${campaign.campaignId} is ${campaign.status}: its budget cannot change`);
  }
  const terms = campaign.terms as NonNullable<Campaign['terms']>;
  if (context.nowMs >= terms.endAtMs) return refuse('FLIGHT_ENDED', `the flight of campaign ${campaign.campaignId} is over`);

  const parts = campaign.subcampaigns.map((sub): Part => {
    const committedMicros = committedOf(context, campaign.campaignId, sub);
    const isEnded = sub.status === 'ended';
    const own = isEnded ? { floorMicros: committedMicros, capMicros: committedMicros, isLocked: true } : limits(sub);
    const entry = entryOf(context, campaign.campaignId, sub);
    const money = { budgetMicros: sub.budgetMicros, accruedMicros: entry ? accruedMicros(entry) : 0, committedMicros };
    return { ...own, subcampaignId: sub.subcampaignId, market: sub.market, isEnded, ...money };
  });
  const isRaise = requestedMicros > campaign.budgetMicros;
  const reach = isRaise ? raiseReach(campaign, parts, context) : parts.map((part) => Math.max(part.budgetMicros, part.committedMicros, part.floorMicros));
  const fit = reachable(requestedMicros, parts.map((part, index) => ({ ...part, reachMicros: reach[index] as number })));
  if (fit.kind === 'floors') return refuse(fit.code, fit.reason);
  if (isRaise && fit.kind === 'short' && (terms.ifShort === 'refuse' || fit.reachMicros <= campaign.budgetMicros)) {
    return refuse('SUPPLY_SHORT', `supply is there for ${fit.reachMicros} of ${requestedMicros} micros`, fit.reachMicros);
  }
  const budgetMicros = isRaise && fit.kind === 'short' ? fit.reachMicros : requestedMicros;
  const { sharesMicros, escrowMicros } = isRaise ? raise(budgetMicros, parts, reach) : lower(budgetMicros, parts);
  const subcampaigns = parts.map((part, index) => ({
    subcampaignId: part.subcampaignId,
    market: part.market,
    budgetMicros: sharesMicros[index] as number,
  }));
  return {
    type: 'budget-applied',
    ...about,
    budgetVersion,
    splitVersion: campaign.splitVersion + 1,
    requestedMicros,
    budgetMicros,
    effectiveMicros: effectiveMicros(escrowMicros, subcampaigns.map((sub, index) => ({ ...sub, committedMicros: (parts[index] as Part).committedMicros }))),
    escrowMicros,
    ...(budgetMicros < requestedMicros ? { code: 'SCALED_DOWN' as const } : {}),
    subcampaigns,
  };
}

/** What each part could spend in all: what it has or is committed to, and what supply can add to it. */
function raiseReach(campaign: Campaign, parts: readonly Part[], context: CampaignContext): number[] {
  const terms = campaign.terms as NonNullable<Campaign['terms']>;
  const held = parts.map((part) => (part.isEnded ? part.committedMicros : Math.max(part.budgetMicros, part.committedMicros)));
  // What a part holds and has not accrued yet, leased or not, takes supply that no other part may be given.
  const asked = campaign.subcampaigns.map((sub, index) => {
    const { isEnded, accruedMicros } = parts[index] as Part;
    return { ...sub, remainingMicros: isEnded ? 0 : Math.max(0, (held[index] as number) - accruedMicros) };
  });
  const offers = capacities(campaign.campaignId, asked, terms, context);
  return parts.map((part, index) => {
    const { capacityMicros } = offers[index] as { capacityMicros: number };
    return part.isEnded ? part.committedMicros : Math.min(MAX_MICROS, (held[index] as number) + capacityMicros);
  });
}

/** Nobody loses; what is added goes where supply is. */
function raise(budgetMicros: number, parts: readonly Part[], reach: readonly number[]): { sharesMicros: number[]; escrowMicros: number } {
  const wish = parts.map((part, index): SplitPart => {
    const keepMicros = part.isEnded ? part.committedMicros : Math.max(part.budgetMicros, part.committedMicros, part.floorMicros);
    return { floorMicros: keepMicros, capMicros: Math.min(part.capMicros, reach[index] as number), weight: Math.max(0, (reach[index] as number) - keepMicros) };
  });
  const split = splitBudget(budgetMicros, wish);
  return split.kind === 'split' ? split : lower(budgetMicros, parts);
}

/** In proportion to what each had, and never below what is committed; if even that is too much, in proportion to it. */
function lower(budgetMicros: number, parts: readonly Part[]): { sharesMicros: number[]; escrowMicros: number } {
  const wish = parts.map((part): SplitPart => {
    const floorMicros = Math.max(part.floorMicros, part.committedMicros);
    // Nobody gets more than supply was checked for.
    return { floorMicros, capMicros: Math.min(part.capMicros, part.budgetMicros), weight: part.isEnded ? 0 : part.budgetMicros };
  });
  const split = splitBudget(budgetMicros, wish);
  if (split.kind === 'split') return split;
  // What an ended part is billed is final: it stays, and fits (an ended part is a lock).
  const committed = parts.map((part): SplitPart => ({
    floorMicros: part.isEnded ? part.committedMicros : 0,
    capMicros: part.committedMicros,
    weight: part.isEnded ? 0 : part.committedMicros,
  }));
  if (sumMicros(committed.map((part) => part.capMicros)) >= budgetMicros) return splitBudget(budgetMicros, committed) as { sharesMicros: number[]; escrowMicros: number };
  // The owner's floors fit the budget and what is committed fits it, only their maximum does not: what is committed stays.
  const kept = splitBudget(budgetMicros, parts.map((part) => ({ floorMicros: part.committedMicros, capMicros: Math.max(part.floorMicros, part.committedMicros), weight: Math.max(0, part.floorMicros - part.committedMicros) })));
  return kept as { sharesMicros: number[]; escrowMicros: number };
}
