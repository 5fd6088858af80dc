// What the quote function would tell a campaign of a season at the moment of its booking: its answers, read as people get them.
import type { MarketView } from '../../shared/campaign/campaign-state.ts';
import type { Range } from '../../shared/contracts/forecast-outcomes.ts';
import type { QuoteAnswer, QuoteRequest } from '../../shared/contracts/quotes.ts';
import type { DeliveryForecast } from '../../shared/forecasting/delivery-forecast.ts';
import { openQuoteMarket, type QuoteMarket } from '../../shared/quoting/quote-market.ts';
import { quoteRequest } from '../../shared/quoting/quote-request.ts';
import type { SeasonPromise, SeasonQuote } from './season-play.ts';

type Metrics = DeliveryForecast['points'][number]['metrics'];

/**
 * One that quotes in each tier; they share the markets that were made ready.
 * @param told every answer, as it would be sent
 */
export function tierQuotes(told: (answer: QuoteAnswer) => void = () => undefined): {
  fast: SeasonQuote;
  exact: SeasonQuote;
} {
  const opened = new Map<string, { view: MarketView; market: QuoteMarket }>();
  const open = (name: string, view: MarketView, nowMs: number): QuoteMarket => {
    const before = opened.get(name);
    if (before?.view === view) return before.market;
    const market = openQuoteMarket(view, nowMs, before?.market);
    opened.set(name, { view, market });
    return market;
  };
  const of =
    (isExact: boolean): SeasonQuote =>
    ({ budgetMicros }, _, { nowMs, markets }, { currency, objective, startAtMs, endAtMs, subcampaigns }) => {
      const request: QuoteRequest = { currency, objective, startAtMs, endAtMs, budgetMicros, subcampaigns };
      const own = new Map([...markets].map(([name, view]) => [name, open(name, view, nowMs)]));
      const answer = quoteRequest(request, own, { nowMs, isExact, trackRecordOf: () => ({ quotes: 0 }) });
      told(answer);
      return promiseOf(answer);
    };
  return { fast: of(false), exact: of(true) };
}

/** The point of its forecast at the budget. */
function promiseOf({ forecast, budgetMicros, fullSpendProbability }: QuoteAnswer): SeasonPromise {
  const { points } = forecast as unknown as DeliveryForecast;
  const at = points.find(({ budget }) => Math.round(budget * 1e6) === budgetMicros);
  const { spend, clicks, impressions, conversions, reach } = (at as (typeof points)[number]).metrics;
  return {
    budgetMicros,
    fullSpendPpm: Math.round(1e6 * fullSpendProbability),
    spendMicros: inMicros(spend),
    clicks,
    impressions,
    conversions,
    ...(reach && { reach }),
  };
}

function inMicros({ low, mid, high }: Metrics['spend']): Range {
  const micros = (amount: number) => Math.round(1e6 * amount);
  return { low: micros(low), mid: micros(mid), high: micros(high) };
}
