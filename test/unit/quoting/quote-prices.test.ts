import assert from 'node:assert/strict';
import type { QuoteAnswer, QuoteRequest } from '../../../shared/contracts/quotes.ts';
import { DEFAULT_AUCTION, type ServingSettings } from '../../../shared/contracts/serving.ts';
import { openQuoteMarket } from '../../../shared/quoting/quote-market.ts';
import { quoteRequest } from '../../../shared/quoting/quote-request.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { SEGMENTS, SURFACES, quoteWorld, type WorldOptions } from '../../support/quote-worlds.ts';

/** No price of its own: the rate card's. */
const request: QuoteRequest = {
  currency: 'SEK',
  startAtMs: START_MS + DAY_MS,
  endAtMs: START_MS + 4 * DAY_MS,
  objective: 'clicks',
  budgetMicros: 50_000_000,
  subcampaigns: [{ market: 'SE', segments: SEGMENTS, surfaces: SURFACES }],
};

type Settings = Partial<Pick<ServingSettings, 'floors' | 'clickFloorMicros' | 'houseCpmMicros'>>;

function open({ settings, ...options }: WorldOptions & { settings?: Settings } = {}) {
  const view = quoteWorld(1, { lines: 0, ...options });
  const serving = settings && { ...DEFAULT_AUCTION, version: 1, creatives: [], overrides: [], ...settings };
  return openQuoteMarket({ ...view, market: { ...view.market, ...(serving ? { serving } : {}) } }, START_MS);
}

function quote(market: ReturnType<typeof open> | undefined, nowMs = START_MS, asked = request): QuoteAnswer {
  const markets = new Map(market ? [['SE', market]] : []);
  return quoteRequest(asked, markets, { nowMs, isExact: false, trackRecordOf: () => ({ quotes: 0 }) });
}

function pricesOf({ rateCard }: QuoteAnswer): number[] {
  return rateCard.prices.map(({ clickPriceMicros }) => clickPriceMicros);
}

describe('the price of a click', () => {
  it('is a tenth of the currency at the least where the market has set nothing and nobody contends', () => {
    const answer = quote(open());
    assert.deepEqual(pricesOf(answer), [100_000, 100_000, 100_000, 100_000]);
    assert(answer.rateCard.prices.every(({ basis }) => basis === 'floor'));
    assert.equal(answer.parts[0]?.clickPriceMicros, 100_000);
    // 50 buy 500 clicks, not 50 million.
    const points = answer.forecast['points'] as { budget: number; metrics: { clicks: { high: number } } }[];
    const at = points.find(({ budget }) => budget === 50);
    assert(at && at.metrics.clicks.high <= 500, JSON.stringify(at));
  });

  it('is what the market set at the least, above or below', () => {
    for (const clickFloorMicros of [20_000, 350_000]) {
      assert.deepEqual(
        pricesOf(quote(open({ settings: { clickFloorMicros } }))),
        SEGMENTS.map(() => clickFloorMicros),
      );
    }
    assert.deepEqual(pricesOf(quote(open({ settings: { clickFloorMicros: 0, houseCpmMicros: 0 } }))), [1, 1, 1, 1]);
  });

  it('is what impressions cost at the least where that is more', () => {
    const prices = pricesOf(quote(open({ settings: { floors: [{ cpmMicros: 50_000_000 }] } })));
    assert(
      prices.every((micros) => micros > 100_000),
      prices.join(),
    );
  });

  it('is what others would pay where that is more', () => {
    const { rateCard } = quote(open({ lines: 40, load: 1.4 }));
    const dear = rateCard.prices.filter(({ basis }) => basis === 'shadow-price');
    assert(dear.length > 0 && dear.every(({ clickPriceMicros }) => clickPriceMicros > 100_000));
  });

  it('is the least there is where nothing is known of the audience, or of the market', () => {
    const nobody = { ...request, subcampaigns: [{ market: 'SE', segments: ['nobody'], surfaces: SURFACES }] };
    const market = open({ settings: { clickFloorMicros: 250_000 } });
    assert.equal(quote(market, START_MS, nobody).parts[0]?.clickPriceMicros, 250_000);
    assert.equal(quote(undefined).parts[0]?.clickPriceMicros, 100_000);
  });
});

describe('how long a quote holds', () => {
  it('is an hour from when its market was seen, whatever the time is', () => {
    const market = open();
    const until = (nowMs: number) => Date.parse(quote(market, nowMs).valid_until) - START_MS;
    assert.equal(until(START_MS), HOUR_MS);
    assert.equal(until(START_MS + HOUR_MS / 2), HOUR_MS);
  });

  it('is no time at all once the market has not been seen for longer', () => {
    const nowMs = START_MS + 3 * HOUR_MS;
    const { generated_at, valid_until, rateCard } = quote(open(), nowMs);
    assert.deepEqual([Date.parse(generated_at), Date.parse(valid_until)], [nowMs, nowMs]);
    assert.equal(Date.parse(rateCard.validUntilAt), nowMs);
  });

  it('is an hour at most where there is no market', () => {
    assert.equal(Date.parse(quote(undefined).valid_until), START_MS + HOUR_MS);
  });
});
