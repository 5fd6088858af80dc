// The rate card as a request sees it: the segments that it asks for, in its markets.
import type { QuoteAnswer, QuoteRequest } from '../contracts/quotes.ts';
import { formatInstant } from '../contracts/instants.ts';
import type { QuoteMarket } from './quote-market.ts';

const MOST_PRICES = 400;
const LONGEST_VERSION = 100;

/** @param markets those of the request that are known */
export function requestPrices(
  { subcampaigns }: QuoteRequest,
  markets: readonly QuoteMarket[],
  nowMs: number,
): QuoteAnswer['rateCard'] {
  const prices: QuoteAnswer['rateCard']['prices'] = [];
  let validUntilAtMs = Infinity;
  for (const { market, rateCard } of markets) {
    validUntilAtMs = Math.min(validUntilAtMs, rateCard.validUntilAtMs);
    for (const { audience, clickPriceMicros, basis } of rateCard.prices) {
      const isAsked = subcampaigns.some((part) => part.market === market && part.segments.includes(audience));
      if (isAsked && prices.length < MOST_PRICES) prices.push({ market, segment: audience, clickPriceMicros, basis });
    }
  }
  return {
    version: markets
      .map(({ market, rateCard }) => `${market}.${rateCard.version}`)
      .join(' ')
      .slice(0, LONGEST_VERSION),
    validUntilAt: formatInstant(Number.isFinite(validUntilAtMs) ? Math.max(nowMs, validUntilAtMs) : nowMs),
    prices,
  };
}
