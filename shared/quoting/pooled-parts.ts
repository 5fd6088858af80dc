// The parts of a request as one: the law of what all of them together could be shown and clicked.
import type { ClickRate, SupplyLaw } from '../forecasting/click-law.ts';
import type { SpendTerms } from '../forecasting/full-spend.ts';
import { poolParts } from '../forecasting/spend-pool.ts';
import type { QuotedPart } from './quoted-part.ts';

/** Which of a part's opportunities are meant. */
export type ShareOf = (part: QuotedPart, which: number) => number;

/**
 * @param weights of the cases of soft holds
 * @param shareIn of each case: the share of each part's opportunities
 */
export function pooledParts(
  parts: readonly QuotedPart[],
  weights: readonly number[],
  shareIn: (index: number) => ShareOf,
): SpendTerms {
  const pooled = weights.map((_, index) => {
    const shareOf = shareIn(index);
    return poolParts(
      parts.map((part, which) => ({
        market: part.asked.market,
        forecast: part.opportunities * shareOf(part, which),
        spread: part.spread,
        widening: part.widening,
        rate: part.rate,
        clickPriceMicros: part.clickPriceMicros,
      })),
    );
  });
  if (pooled.length === 1) return pooled[0] as SpendTerms;
  // Opportunities of another case count by what they would earn beside those of the first that has any.
  const base = pooled.find(({ supply, rate }) => supply.some(({ median }) => median > 0) && rate.alpha > 0);
  if (!base) return pooled[0] as SpendTerms;
  const supply: { weight: number; median: number; sigma: number }[] = [];
  pooled.forEach((terms, index) => {
    const worth = earned(terms) / earned(base);
    for (const { weight, median, sigma } of terms.supply) {
      if ((weights[index] as number) > 0)
        supply.push({ weight: weight * (weights[index] as number), median: median * worth, sigma });
    }
  });
  return { ...base, supply };
}

/** Of an opportunity, in micros. */
function earned({ rate, clickPriceMicros }: { rate: ClickRate; clickPriceMicros: number }): number {
  return meanRate(rate) * clickPriceMicros;
}

/** Of a click of any part: each counts by the clicks that it is expected to get. */
export function pooledConversion(parts: readonly QuotedPart[], clicks: readonly number[]): ClickRate {
  let [converted, all, trials] = [0, 0, 0];
  parts.forEach(({ conversion: { alpha, beta } }, index) => {
    converted += (clicks[index] as number) * (alpha / (alpha + beta));
    all += clicks[index] as number;
    trials += alpha + beta;
  });
  const share = all > 0 ? converted / all : 0;
  return { alpha: share * trials, beta: (1 - share) * trials };
}

export function meanRate({ alpha, beta }: ClickRate): number {
  return alpha > 0 ? alpha / (alpha + beta) : 0;
}

/** The middle of a law. */
export function medianOf(supply: SupplyLaw): number {
  let [sum, weights] = [0, 0];
  for (const { weight, median } of supply) {
    sum += weight * median;
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}
