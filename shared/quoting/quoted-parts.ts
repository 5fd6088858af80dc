// The parts of a quote: what each would get of the budget, at which price, and how likely it is to spend that.
import type { QuoteAnswer } from '../contracts/quotes.ts';
import { fullSpend } from '../forecasting/full-spend.ts';
import { pooledParts } from './pooled-parts.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { quickFullSpend, quickLaw } from './quick-law.ts';

export function quotedParts(prepared: PreparedRequest, budgetMicros: number, isExact: boolean): QuoteAnswer['parts'] {
  const { parts, reachMicros, available } = prepared;
  const { sharesMicros } = prepared.split(budgetMicros);
  return parts.map((part, which) => {
    const own = sharesMicros[which] as number;
    const { clickPriceMicros, asked } = part;
    const weights = part.market?.cases.map(({ weight }) => weight) ?? [1];
    const terms =
      parts.length === 1
        ? available
        : pooledParts(
            [part],
            weights,
            (index) =>
              ({ shownShares }) =>
                shownShares[index] ?? 0,
          );
    const probability = isExact
      ? fullSpend(terms, own)
      : quickFullSpend(quickLaw(terms), Math.ceil(own / clickPriceMicros));
    return {
      ...(asked.subcampaignId === undefined ? {} : { subcampaignId: asked.subcampaignId }),
      market: asked.market,
      budgetMicros: own,
      clickPriceMicros,
      fullSpendProbability: Math.round(1e4 * Math.max(0, Math.min(1, probability))) / 1e4,
      availableMicros: reachMicros[which] as number,
    };
  });
}
