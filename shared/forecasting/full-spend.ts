// Will the whole budget be spent? And how large may it be, so that it most likely is?
import { clickLaw, type ClickLaw, type ClickRate, type SupplyLaw } from './click-law.ts';
import { clicksReached } from './clicks-reached.ts';
import { ForecastError } from './forecast-error.ts';

/** What a campaign can spend its money on. */
export interface SpendTerms {
  /** Opportunities that it would get. */
  supply: SupplyLaw;
  /** Clicks per opportunity. */
  rate: ClickRate;
  /** What a click costs, above 0. */
  clickPriceMicros: number;
}

/** The budget that is called the largest sensible one is spent in full four times in five. */
export const SUGGESTED_PROBABILITY = 0.8;

/**
 * The probability that clicks x price reach the budget, in millionths: 1 for a budget of nothing, 0 without supply, and never
 * rising with the budget. A calibrated probability wants a supply law of past errors, see `estimateSpread`.
 * @throws ForecastError `INVALID_QUOTE` for amounts that are negative or no numbers, and a price of 0
 */
export function fullSpend(terms: SpendTerms, budgetMicros: number): number {
  return fullSpendOf(clickLaw(terms.supply, terms.rate), terms.clickPriceMicros, budgetMicros);
}

/** As {@link fullSpend}, for many budgets of one law. */
export function fullSpendOf(law: ClickLaw, clickPriceMicros: number, budgetMicros: number): number {
  return law(clicksFor(budgetMicros, clickPriceMicros));
}

/**
 * The largest budget, in micros, that is spent in full with the probability: a whole number of clicks, 0 where not one is
 * so likely.
 * @throws ForecastError `INVALID_QUOTE`, as {@link fullSpend}
 */
export function suggestedMaximumBudget(
  law: ClickLaw,
  clickPriceMicros: number,
  probability = SUGGESTED_PROBABILITY,
  guess?: number,
): number {
  assertPrice(clickPriceMicros);
  return Math.min(Number.MAX_SAFE_INTEGER, clicksReached(law, probability, guess) * clickPriceMicros);
}

/** Clicks that use up a budget; the last may cost more than was left. */
function clicksFor(budgetMicros: number, clickPriceMicros: number): number {
  assertPrice(clickPriceMicros);
  if (!(budgetMicros >= 0 && budgetMicros < Infinity)) {
    throw new ForecastError('INVALID_QUOTE', `the budget must be 0 or more micros, not ${budgetMicros}`);
  }
  const rest = budgetMicros % clickPriceMicros;
  return Math.round((budgetMicros - rest) / clickPriceMicros) + (rest > 0 ? 1 : 0);
}

function assertPrice(clickPriceMicros: number): void {
  if (clickPriceMicros > 0 && clickPriceMicros < Infinity) return;
  throw new ForecastError('INVALID_QUOTE', `the price of a click must be above 0 micros, not ${clickPriceMicros}`);
}
