// A campaign's budget over its parts by what money brings in each, inside what each may have and can reach.
import type { Campaign } from '../contracts/documents.ts';
import { reachCurve, spendCurve, type ResponseCurve } from '../planning/response-curve.ts';
import { splitByResponse, type ResponsePart } from '../planning/response-split.ts';
import type { Split } from '../planning/split-budget.ts';

/** What is stored of a part's market as it was accepted: a split depends on nothing that changes after it. */
export interface PartMarket {
  weightMicros: number;
  medianMicros: number;
  trafficByDay: readonly number[];
}

/**
 * What a budget brings to a part: listeners reached where those are the objective, money's worth of clicks delivered where
 * clicks or conversions are. The day with most traffic stands for the part's listeners.
 */
export function partCurve(
  objective: NonNullable<Campaign['terms']>['objective'],
  { weightMicros, medianMicros, trafficByDay }: PartMarket,
): ResponseCurve {
  if (objective !== 'reach') return spendCurve({ medianMicros, lowMicros: Math.min(weightMicros, medianMicros) });
  const opportunities = trafficByDay.reduce((sum, ofDay) => sum + ofDay, 0);
  const costPerOpportunityMicros = opportunities > 0 ? medianMicros / opportunities : 0;
  return reachCurve({ listeners: Math.max(0, ...trafficByDay), opportunities, costPerOpportunityMicros });
}

/** Shares and escrow of a budget; nobody gets more than it can reach. */
export function splitWithin(
  budgetMicros: number,
  parts: readonly ResponsePart[],
  reachMicros: readonly number[],
): Split {
  return splitByResponse(
    budgetMicros,
    parts.map((part, index) => ({ ...part, capMicros: Math.min(part.capMicros, reachMicros[index] as number) })),
  );
}

/** The shares of as much of a budget as parts can reach; floors where not even those fit. */
export function sharesWithin(
  budgetMicros: number,
  parts: readonly ResponsePart[],
  reachMicros: readonly number[],
): number[] {
  const split = splitWithin(budgetMicros, parts, reachMicros);
  return split.kind === 'split' ? split.sharesMicros : parts.map((part) => part.floorMicros);
}
