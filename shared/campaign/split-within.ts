// A campaign's budget over its parts by what money brings in each, inside what each may have and can reach.
import type { Campaign } from '../contracts/documents.ts';
import type { EmptyMarket } from '../planning/availability.ts';
import { reachPoints } from '../forecasting/reach-points.ts';
import { reachCurve, spendCurve, type ResponseCurve } from '../planning/response-curve.ts';
import { splitByResponse, type ResponsePart } from '../planning/response-split.ts';
import type { Split } from '../planning/split-budget.ts';

/**
 * What a budget brings to a part, by its market as it was when the part was accepted, so that a split depends on nothing
 * later: listeners reached where those are the objective, the money's worth of clicks that supply will deliver where
 * clicks or conversions are. Where listeners were never counted, the day with most traffic stands for them.
 */
function partCurve(
  objective: NonNullable<Campaign['terms']>['objective'],
  { weightMicros, medianMicros, trafficByDay, audience }: EmptyMarket,
): ResponseCurve {
  if (objective !== 'reach')
    return spendCurve({ medianMicros, lowMicros: Math.min(weightMicros, medianMicros) }, POINTS);
  const opportunities = Math.min(
    Number.MAX_SAFE_INTEGER,
    trafficByDay.reduce((sum, ofDay) => sum + ofDay, 0),
  );
  const costPerOpportunityMicros = opportunities > 0 ? medianMicros / opportunities : 0;
  if (audience) {
    const { micros, reach } = reachPoints({ supply: audience, costPerOpportunityMicros, cap: Infinity });
    return { micros, response: reach };
  }
  return reachCurve({ listeners: Math.max(0, ...trafficByDay), opportunities, costPerOpportunityMicros }, POINTS);
}

/** Within a thousandth of the curve, which is more than a forecast knows, at every booking and change. */
const POINTS = 33;

/** With nobody to share with, there is nothing to compare. */
const ANY_CURVE: ResponseCurve = { micros: [0], response: [0] };

/** The curves of a campaign's parts. */
export function partCurves(
  objective: NonNullable<Campaign['terms']>['objective'],
  parts: readonly EmptyMarket[],
): ResponseCurve[] {
  return parts.map((part) => (parts.length === 1 ? ANY_CURVE : partCurve(objective, part)));
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
