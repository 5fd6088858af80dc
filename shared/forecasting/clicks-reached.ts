// The quantile of a law of clicks.
import type { ClickLaw } from './click-law.ts';
import { ForecastError } from './forecast-error.ts';

const FIRST_STEP = 8;

/**
 * The most clicks that are reached with this probability or a greater one: the median at .5, a careful forecast at .9. A whole
 * number, 0 where even one click is less likely, and at most 2^53 - 1.
 * @throws ForecastError `INVALID_QUOTE` for a probability that is not between 0 and 1
 */
export function clicksReached(law: ClickLaw, probability: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new ForecastError('INVALID_QUOTE', `the probability must be between 0 and 1, not ${probability}`);
  }
  let [reached, missed] = [0, 1];
  while (law(missed) >= probability) {
    if (missed === Number.MAX_SAFE_INTEGER) return missed;
    [reached, missed] = [missed, Math.min(Number.MAX_SAFE_INTEGER, missed * FIRST_STEP)];
  }
  while (missed - reached > 1) {
    const middle = Math.floor(Math.max(reached + 1, Math.min(missed - 1, Math.sqrt(reached * missed))));
    if (law(middle) >= probability) reached = middle;
    else missed = middle;
  }
  return reached;
}
