// How likely a request's budget is spent, which budgets are sensible, and what any budget brings: by the quick law, or by the exact one.
import { MAX_MICROS } from '../contracts/micros.ts';
import type { QuoteRequest } from '../contracts/quotes.ts';
import { clickLaw } from '../forecasting/click-law.ts';
import { clicksReached } from '../forecasting/clicks-reached.ts';
import { SUGGESTED_PROBABILITY } from '../forecasting/full-spend.ts';
import { deliveryCurve, type Delivery } from '../forecasting/spend-delivery.ts';
import { meanRate, medianOf } from './pooled-parts.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { quickDelivery, quickDeliveryOf, quickMid } from './quick-delivery.ts';
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
  const { available, conversion, paced } = prepared;
  const quick = quickDelivery({ ...available, conversion, paced, reachAt: requestReach(prepared) });
  const likely = Math.floor(quickClicks(quick.law, SUGGESTED_PROBABILITY));
  return {
    suggestedMinimumMicros: leastMicros(prepared),
    suggestedMaximumMicros: mostMicros(prepared, likely),
    deliveries: (budgets) => budgets.map((budgetMicros) => quickDeliveryOf(quick, budgetMicros)),
    budgetFor: (goal) =>
      searchBudget(prepared, quick.potential.mid, goal, (budgetMicros) => quickMid(quick, goal.kind, budgetMicros)),
  };
}

function exactOutlook(prepared: PreparedRequest): SpendOutlook {
  const { available, conversion, paced } = prepared;
  const law = clickLaw(available.supply, available.rate);
  const reachAt = requestReach(prepared);
  const terms = { ...available, conversion, ...(reachAt ? { reachAt } : {}) };
  const deliver = (budgetMicros: number): Delivery =>
    paced.limitMicros === Infinity
      ? (deliveryCurve(terms, [budgetMicros], law)[0] as Delivery)
      : exactDelivery(prepared, reachAt, budgetMicros);
  const guess = meanRate(available.rate) * medianOf(available.supply);
  return {
    suggestedMinimumMicros: leastMicros(prepared),
    suggestedMaximumMicros: mostMicros(prepared, clicksReached(law, SUGGESTED_PROBABILITY, guess)),
    deliveries: (budgets) =>
      paced.limitMicros === Infinity ? deliveryCurve(terms, budgets, law) : budgets.map(deliver),
    budgetFor: (goal) =>
      searchBudget(
        prepared,
        clicksReached(law, 0.5, guess),
        goal,
        (budgetMicros) => deliver(budgetMicros)[goal.kind]?.mid ?? 0,
      ),
  };
}

/** Caps of money take as much more supply as `paced` says: the law is thinned by that. */
function exactDelivery(
  { available, conversion, paced }: PreparedRequest,
  reachAt: ReachAt,
  budgetMicros: number,
): Delivery {
  const { clickPriceMicros, supply, rate } = available;
  const payableMicros = Math.min(budgetMicros, Math.floor(paced.limitMicros * (1 - 1e-9)));
  const thinned = payableMicros > 0 ? paced.neededFor(payableMicros) / payableMicros : 1;
  const terms = {
    supply: supply.map(({ weight, median, sigma }) => ({ weight, median: median / thinned, sigma })),
    rate,
    clickPriceMicros,
    conversion,
    ...(reachAt ? { reachAt } : {}),
  };
  const [delivery] = deliveryCurve(terms, [payableMicros]) as [Delivery];
  return { ...delivery, budgetMicros, fullSpend: payableMicros < budgetMicros ? 0 : delivery.fullSpend };
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

type ReachAt = ReturnType<typeof requestReach>;

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
