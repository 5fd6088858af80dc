// The parts of a quote: what each would get of the budget, at which price, and how likely it is to spend that.
import type { QuoteAnswer } from '../contracts/quotes.ts';
import { clickLaw } from '../forecasting/click-law.ts';
import { fullSpendOf } from '../forecasting/full-spend.ts';
import { lawBeside } from '../forecasting/later-bookings.ts';
import type { Delivery } from '../forecasting/spend-delivery.ts';
import { pacedSpend } from './paced-spend.ts';
import { meanRate, medianOf, pooledParts } from './pooled-parts.ts';
import { laterOf, servedOf, type PreparedRequest } from './prepared-request.ts';
import { quickLaw, quickSpendBeside } from './quick-law.ts';
import type { QuotedPart } from './quoted-part.ts';

/** @param delivery of the budget that is asked about */
export function quotedParts(
  prepared: PreparedRequest,
  { budgetMicros, fullSpend }: Delivery,
  isExact: boolean,
): QuoteAnswer['parts'] {
  const { parts, reachMicros } = prepared;
  const { sharesMicros } = prepared.split(budgetMicros);
  return parts.map((part, which) => {
    const own = sharesMicros[which] as number;
    const isWhole = parts.length === 1 && own === budgetMicros;
    const probability = isWhole ? fullSpend : chanceOf(part, own, isExact);
    return {
      ...(part.asked.subcampaignId === undefined ? {} : { subcampaignId: part.asked.subcampaignId }),
      market: part.asked.market,
      budgetMicros: own,
      clickPriceMicros: part.clickPriceMicros,
      fullSpendProbability: Math.round(1e4 * Math.max(0, Math.min(1, probability))) / 1e4,
      availableMicros: reachMicros[which] as number,
    };
  });
}

/** That a part spends so much by itself. */
function chanceOf(part: QuotedPart, budgetMicros: number, isExact: boolean): number {
  const { clickPriceMicros } = part;
  const weights = part.market?.cases.map(({ weight }) => weight) ?? [1];
  const terms = pooledParts([part], weights, (index) => () => servedOf(part, index));
  const paced = pacedSpend([part], [medianOf(terms.supply) * meanRate(terms.rate) * clickPriceMicros]);
  const neededMicros = paced.neededFor(budgetMicros);
  if (neededMicros === Infinity) return 0;
  const booked = budgetMicros / clickPriceMicros;
  const later = laterOf([part], [1]);
  return isExact
    ? fullSpendOf(lawBeside(clickLaw(terms.supply, terms.rate), booked, later), clickPriceMicros, neededMicros)
    : quickSpendBeside(quickLaw(terms), Math.ceil(neededMicros / clickPriceMicros - 1e-9), booked, later);
}
