// Quotes: what a request would get, from markets that were made ready for it.
import type { QuoteAnswer, QuoteRequest, TrackRecord } from '../contracts/quotes.ts';
import type { QuoteMarket } from './quote-market.ts';

export interface QuoteContext {
  nowMs: number;
  /** By the rules that book, instead of bounds that never promise more than those. */
  isExact: boolean;
  /** How quotes of these markets turned out so far. */
  trackRecordOf: (markets: readonly string[]) => TrackRecord;
}

/**
 * @param request that `checkQuote` has nothing against
 * @param markets those of the request's parts; one that is not there offers nothing
 */
export function quoteRequest(
  request: QuoteRequest,
  markets: ReadonlyMap<string, QuoteMarket>,
  { nowMs, isExact, trackRecordOf }: QuoteContext,
): QuoteAnswer {
  const none = { low: 0, mid: 0, high: 0 };
  const supply = { impressions: none, clicks: none, micros: none };
  const at = new Date(nowMs).toISOString();
  return {
    ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
    quoteId: '0',
    generated_at: at,
    valid_until: at,
    modelVersion: 'none',
    tier: isExact ? 'exact' : 'fast',
    currency: request.currency,
    budgetMicros: request.budgetMicros ?? 0,
    fullSpendProbability: 0,
    suggestedMinimumMicros: 0,
    suggestedMaximumMicros: 0,
    matched: supply,
    possible: supply,
    available: supply,
    forecast: { points: [{ metrics: {} }], method: 'modeled', currency: request.currency },
    rateCard: { version: '1', validUntilAt: at, prices: [] },
    parts: [],
    contention: [],
    trackRecord: trackRecordOf([...markets.keys()]),
  };
}
