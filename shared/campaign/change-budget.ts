// A budget changed in mid-flight: up where supply is there, down to no less than is committed, split again.
import assert from 'node:assert/strict';
import type { Campaign } from '../contracts/documents.ts';
import { MAX_MICROS, sumMicros } from '../contracts/micros.ts';
import type { BudgetApplied, BudgetRefused, ReasonCode } from '../contracts/outcomes.ts';
import { splitBudget, type Split } from '../planning/split-budget.ts';
import { campaignParts, type CampaignPart } from './campaign-parts.ts';
import { hasFlown, type CampaignContext } from './campaign-state.ts';
import { reachable } from './limits.ts';
import { openMarkets, reachTogether, type ScarceCell } from './open-markets.ts';
import { scarcityWords } from './scarcity-words.ts';
import { splitWithin } from './split-within.ts';

/** Decides a change that is newer than the campaign's register. A refusal uses its version up. */
export function changeBudget(
  campaign: Campaign,
  requestedMicros: number,
  budgetVersion: number,
  context: CampaignContext,
): BudgetApplied | BudgetRefused {
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
  if (hasFlown(campaign, context.nowMs))
    return refuse('FLIGHT_ENDED', `the flight of campaign ${campaign.campaignId} is over`);

  const terms = campaign.terms as NonNullable<Campaign['terms']>;
  const parts = campaignParts(campaign, context);
  const isRaise = requestedMicros > campaign.budgetMicros;
  const { reach, scarceCells } = isRaise
    ? raiseReach(campaign, parts, context, requestedMicros)
    : {
        reach: parts.map((part) => Math.max(part.budgetMicros, part.committedMicros, part.floorMicros)),
        scarceCells: () => [],
      };
  const fit = reachable(
    requestedMicros,
    parts.map((part, index) => ({ ...part, reachMicros: reach[index] as number })),
  );
  if (fit.kind === 'floors') return refuse(fit.code, fit.reason);
  if (isRaise && fit.kind === 'short' && (terms.ifShort === 'refuse' || fit.reachMicros <= campaign.budgetMicros)) {
    return refuse(
      'SUPPLY_SHORT',
      `supply is there for ${fit.reachMicros} of ${requestedMicros} micros${scarcityWords(scarceCells())}`,
      fit.reachMicros,
    );
  }
  const wantedMicros = isRaise && fit.kind === 'short' ? fit.reachMicros : requestedMicros;
  const { sharesMicros, escrowMicros } = split(wantedMicros, parts, reach);
  const subcampaigns = parts.map(({ subcampaignId, market, keptMicros }, index) => {
    const shareMicros = sharesMicros[index] as number;
    // Never below what is committed: the rest of the cut comes as leases settle.
    if (shareMicros >= keptMicros) return { subcampaignId, market, budgetMicros: shareMicros };
    return { subcampaignId, market, budgetMicros: keptMicros, shareMicros };
  });
  return {
    type: 'budget-applied',
    ...about,
    budgetVersion,
    splitVersion: campaign.splitVersion + 1,
    requestedMicros,
    budgetMicros: sumMicros([escrowMicros, ...subcampaigns.map((sub) => sub.budgetMicros)]),
    escrowMicros,
    ...(wantedMicros < requestedMicros ? { code: 'SCALED_DOWN' as const } : {}),
    subcampaigns,
  };
}

/**
 * What each part could spend in all when all follow the split: what it has or is committed to, and what supply can add
 * to it.
 */
function raiseReach(
  campaign: Campaign,
  parts: readonly CampaignPart[],
  context: CampaignContext,
  requestedMicros: number,
): { reach: number[]; scarceCells: () => ScarceCell[] } {
  const terms = campaign.terms as NonNullable<Campaign['terms']>;
  const held = parts.map((part) =>
    part.isEnded ? part.committedMicros : Math.max(part.budgetMicros, part.committedMicros),
  );
  // What a part holds and has not accrued yet, leased or not, takes supply that no other part may be given.
  const asked = campaign.subcampaigns.map((sub, index) => {
    const { isEnded, accruedMicros } = parts[index] as CampaignPart;
    return { ...sub, remainingMicros: isEnded ? 0 : Math.max(0, (held[index] as number) - accruedMicros) };
  });
  const markets = openMarkets(campaign.campaignId, asked, terms, context);
  const alone = parts.map((part, index) => {
    const added = part.isEnded ? 0 : markets.capacityMicros(index);
    return Math.min(MAX_MICROS, (held[index] as number) + added);
  });
  const fits = { heldMicros: held, floorMicros: parts.map((part) => part.floorMicros), reachMicros: alone };
  const reach = reachTogether(markets, fits, (reach) => split(requestedMicros, parts, reach).sharesMicros);
  const isShort = (part: CampaignPart, index: number) => !part.isEnded && (reach[index] as number) < part.capMicros;
  return {
    reach,
    scarceCells: () => parts.flatMap((part, index) => (isShort(part, index) ? markets.scarceCells(index) : [])),
  };
}

/**
 * By the curves that the parts were accepted with, inside floors, caps and reach (nobody gets more than supply was checked
 * for), and never below what is committed: the shares of a budget do not depend on the budgets before it.
 */
function split(
  budgetMicros: number,
  parts: readonly CampaignPart[],
  reach: readonly number[],
): Split & { kind: 'split' } {
  const wish = parts.map((part) => ({ ...part, floorMicros: Math.max(part.floorMicros, part.committedMicros) }));
  const isShort = !fits(
    budgetMicros,
    wish.map((part) => part.floorMicros),
  );
  return isShort ? splitShort(budgetMicros, parts) : feasible(splitWithin(budgetMicros, wish, reach));
}

/** Whether amounts add up to no more than a budget. What was overrun may add up to more than an integer of micros holds. */
function fits(budgetMicros: number, amounts: readonly number[]): boolean {
  return amounts.reduce((sum, amount) => sum + amount, 0) <= budgetMicros;
}

function feasible(split: Split): Split & { kind: 'split' } {
  assert(split.kind === 'split');
  return split;
}

/**
 * Where not even commitments and floors fit: first what was paid for, then overruns, then floors; the level that fits in
 * part is shared in proportion to it. What an ended part is billed is final: it fits (an ended part is a lock).
 */
function splitShort(budgetMicros: number, parts: readonly CampaignPart[]): Split & { kind: 'split' } {
  const levels = parts.map(({ isEnded, keptMicros, committedMicros, floorMicros }): number[] => {
    return [isEnded ? keptMicros : 0, keptMicros, committedMicros, Math.max(committedMicros, floorMicros)];
  });
  const level =
    [2, 1].find((index) =>
      fits(
        budgetMicros,
        levels.map((amounts) => amounts[index] as number),
      ),
    ) ?? 0;
  const between = levels.map((amounts) => amounts.slice(level, level + 2) as [number, number]);
  const whole = sumMicros(between.map(([wholeMicros]) => wholeMicros));
  const { sharesMicros, escrowMicros } = feasible(
    splitBudget(
      budgetMicros - whole,
      between.map(([wholeMicros, nextMicros]) => {
        const restMicros = nextMicros - wholeMicros;
        return { floorMicros: 0, capMicros: restMicros, weight: restMicros };
      }),
    ),
  );
  return {
    kind: 'split',
    sharesMicros: between.map(([wholeMicros], index) => wholeMicros + (sharesMicros[index] as number)),
    escrowMicros,
  };
}
