// How likely a request's budget is spent, which budgets are sensible, and what any budget brings: by the quick law, or by the exact one.
import { MAX_MICROS } from '../contracts/micros.ts';
import type { QuoteRequest } from '../contracts/quotes.ts';
import { clickLaw } from '../forecasting/click-law.ts';
import { clicksReached } from '../forecasting/clicks-reached.ts';
import { SUGGESTED_PROBABILITY } from '../forecasting/full-spend.ts';
import { lawBeside } from '../forecasting/later-bookings.ts';
import { deliveryCurve, type Delivery } from '../forecasting/spend-delivery.ts';
import { meanRate, medianOf } from './pooled-parts.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { quickDelivery, quickDeliveryOf, quickMid, quickMost } from './quick-delivery.ts';
import { quickClicks } from './quick-law.ts';
import { requestReach } from './request-reach.ts';

export interface SpendOutlook {
  suggestedMinimumMicros: number;
  suggestedMaximumMicros: number;
  /** What each budget brings, in their order. */
  deliveries: (budgetsMicros: readonly number[]) => Delivery[];
  /** The least budget whose middle reaches a goal, or the most that is of use with what it reaches. */
  budgetFor: (goal: NonNullable<QuoteRequest['goal']>) => { budgetMicros: number; isReached: boolean; reaches: number };
}

/** Clicks below which chance alone decides what a campaign comes to: their number varies by a fifth. */
const LEAST_CLICKS = 25;

export function spendOutlook(prepared: PreparedRequest, isExact: boolean): SpendOutlook {
  return isExact ? exactOutlook(prepared) : quickOutlook(prepared);
}

function quickOutlook(prepared: PreparedRequest): SpendOutlook {
  const { available, conversion, paced, later, mixVariance } = prepared;
  const reachAt = requestReach(prepared);
  const quick = quickDelivery({ ...available, conversion, paced, later, mixVariance, reachAt });
  return {
    suggestedMinimumMicros: leastMicros(prepared),
    suggestedMaximumMicros: mostMicros(prepared, Math.floor(quickMost(quick, SUGGESTED_PROBABILITY))),
    deliveries: (budgets) => budgets.map((budgetMicros) => quickDeliveryOf(quick, budgetMicros)),
    budgetFor: (goal) =>
      searchBudget(prepared, quickClicks(quick.law, 0.5), goal, (budgetMicros) =>
        quickMid(quick, goal.kind, budgetMicros),
      ),
  };
}

function exactOutlook(prepared: PreparedRequest): SpendOutlook {
  const { available, conversion, paced, later, mixVariance } = prepared;
  const law = clickLaw(available.supply, available.rate);
  const lawOfOwn = (clicks: number) => lawBeside(law, clicks, later)(clicks);
  const reachAt = requestReach(prepared);
  const terms = { ...available, conversion, later, mixVariance, capped: paced, ...(reachAt ? { reachAt } : {}) };
  const guess = meanRate(available.rate) * medianOf(available.supply);
  return {
    suggestedMinimumMicros: leastMicros(prepared),
    suggestedMaximumMicros: mostMicros(prepared, clicksReached(lawOfOwn, SUGGESTED_PROBABILITY, guess)),
    deliveries: (budgets) => deliveryCurve(terms, budgets, law),
    budgetFor: (goal) =>
      searchBudget(
        prepared,
        clicksReached(law, 0.5, guess),
        goal,
        (budgetMicros) => (deliveryCurve(terms, [budgetMicros], law)[0] as Delivery)[goal.kind]?.mid ?? 0,
      ),
  };
}

/** Halvings of a budget, and the part of the goal that rounding may cost. */
const HALVINGS = 48;
const NEARLY = 1e-9;

/** Whole clicks; of what is spent at the median no more brings more. */
function searchBudget(
  { available: { clickPriceMicros }, paced }: PreparedRequest,
  potentialClicks: number,
  { amount }: NonNullable<QuoteRequest['goal']>,
  midAt: (budgetMicros: number) => number,
): { budgetMicros: number; isReached: boolean; reaches: number } {
  const price = clickPriceMicros;
  const mostMicros = Math.min(MAX_MICROS, Math.floor(paced.spentOf(Math.ceil(potentialClicks) * price)));
  const most = Math.floor(mostMicros / price);
  const reaches = midAt(mostMicros);
  if (reaches < amount * (1 - NEARLY)) return { budgetMicros: mostMicros, isReached: false, reaches };
  let [low, high] = [0, Math.max(1, most)];
  for (let halving = 0; halving < HALVINGS && high - low > 1; halving++) {
    const middle = Math.floor((low + high) / 2);
    if (midAt(middle * price) >= amount * (1 - NEARLY)) high = middle;
    else low = middle;
  }
  return { budgetMicros: Math.min(mostMicros, Math.ceil(high * price)), isReached: true, reaches };
}

/** The most clicks that are likely to be had, in money, as far as caps and a booking would let it. */
function mostMicros(
  { available: { clickPriceMicros }, paced, bookableMicros }: PreparedRequest,
  clicks: number,
): number {
  const micros = Math.min(paced.spentOf(clicks * clickPriceMicros), bookableMicros, MAX_MICROS);
  return Math.max(0, Math.floor(micros));
}

/** Enough clicks that more than chance decides, and every floor. */
function leastMicros({ parts, available }: PreparedRequest): number {
  const floors = parts.reduce((sum, { floorMicros }) => sum + floorMicros, 0);
  return Math.min(MAX_MICROS, Math.max(floors, Math.ceil(LEAST_CLICKS * available.clickPriceMicros)));
}
