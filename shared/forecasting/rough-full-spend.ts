// The probability that a budget is spent, roughly and in no time: a screen before full-spend.ts, which is exact.
import type { SpendTerms } from './full-spend.ts';
import { normalCdf } from './normal-cdf.ts';

/**
 * As `fullSpend`, with the logarithms of the click rate and of chance taken as normal: within 0.03 of it where ten clicks or
 * more are needed and the rate rests on ten or more. It is not rounded and checks nothing.
 */
export function roughFullSpend({ supply, rate, clickPriceMicros }: SpendTerms, budgetMicros: number): number {
  const clicks = Math.ceil(budgetMicros / clickPriceMicros);
  if (clicks <= 0) return 1;
  if (rate.alpha <= 0) return 0;
  const share = rate.alpha / (rate.alpha + rate.beta);
  const rateVariance = (1 - share) / rate.alpha;
  const logNeeded = Math.log(clicks) - 1 / (2 * clicks);
  const logRate = Math.log(share) - rateVariance / 2;
  let [sum, weights] = [0, 0];
  for (const { weight, median, sigma } of supply) {
    const deviation = Math.sqrt(sigma ** 2 + rateVariance + 1 / clicks);
    weights += weight;
    if (median > 0) sum += weight * normalCdf((Math.log(median) + logRate - logNeeded) / deviation);
  }
  return weights > 0 ? sum / weights : 0;
}
