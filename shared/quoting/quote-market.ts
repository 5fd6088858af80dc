// A market made ready for many quick quotes: see quoteRequest.
import type { MarketView } from '../campaign/campaign-state.ts';
import type { RateCard } from '../forecasting/rate-card.ts';

/** Opaque but for what says whether it is still the market's: asking changes scratch inside of it and nothing that can be seen. */
export interface QuoteMarket {
  readonly market: string;
  readonly bookVersion: number;
  readonly supplyVersion: number;
  /** Nothing that has passed by then is quoted; the market is opened again when this has passed by some minutes. */
  readonly asOfMs: number;
  /** What a click costs here by segment; hand it to the next opening, so that its version rises only when a price changes. */
  readonly rateCard: RateCard;
  readonly view: MarketView;
}

/**
 * Routes everything sold through the supply of the days ahead, prices it, and keeps what quotes look up.
 * Some hundred times the cost of a quote.
 * @param nowMs what has passed offers nothing
 * @param rateCardBefore of this market
 */
export function openQuoteMarket(view: MarketView, nowMs: number, rateCardBefore?: RateCard): QuoteMarket {
  const { market, bookVersion, supplyVersion } = view.market;
  const rateCard = rateCardBefore ?? {
    version: 1,
    generatedAtMs: nowMs,
    validUntilAtMs: nowMs + 1,
    prices: [],
  };
  return { market, bookVersion, supplyVersion, asOfMs: nowMs, rateCard, view };
}
