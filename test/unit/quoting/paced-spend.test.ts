import assert from 'node:assert/strict';
import { openQuoteMarket } from '../../../shared/quoting/quote-market.ts';
import { pacedSpend } from '../../../shared/quoting/paced-spend.ts';
import { quotedPart, type AskedPart } from '../../../shared/quoting/quoted-part.ts';
import { quoteRequest } from '../../../shared/quoting/quote-request.ts';
import type { QuoteRequest } from '../../../shared/contracts/quotes.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { SEGMENTS, SURFACES, quoteWorld } from '../../support/quote-worlds.ts';

const market = openQuoteMarket(quoteWorld(2, { lines: 0, hasListeners: false }), START_MS);
const flight = { startAtMs: START_MS, endAtMs: START_MS + 4 * DAY_MS };
const asked: AskedPart = { market: 'SE', segments: SEGMENTS, surfaces: SURFACES, clickPriceMicros: 500_000 };
const partOf = (own: Partial<AskedPart> = {}) => quotedPart({ ...asked, ...own }, flight, market);

describe('spending under caps of money', () => {
  it('is what supply brings where nothing is capped', () => {
    const paced = pacedSpend([partOf()], [1e9]);
    assert.equal(paced.isCapped, false);
    assert.equal(paced.spentOf(3e8), 3e8);
    assert.equal(paced.neededFor(3e8), 3e8);
  });

  it('ends at the daily cap of every day, and takes more supply the nearer it comes to that', () => {
    const paced = pacedSpend([partOf({ dailyCapMicros: 100_000_000 })], [1e9]);
    assert.equal(Math.round(paced.spentOf(1e14)), 400_000_000);
    assert.equal(paced.neededFor(400_000_100), Infinity);
    let before = 0;
    for (const micros of [1e8, 2e8, 3e8, 3.9e8, 4e8]) {
      const needed = paced.neededFor(micros);
      assert(needed >= micros && needed / micros >= before, `${needed} for ${micros}`);
      before = needed / micros;
      assert(Math.abs(paced.spentOf(needed) - micros) < 1e-5 * micros);
    }
  });

  it('ends at the caps of parts, while others go on', () => {
    const paced = pacedSpend([partOf({ capMicros: 200_000_000 }), partOf()], [5e8, 5e8]);
    assert.equal(Math.round(paced.spentOf(1e9)), 700_000_000);
    assert.equal(Math.round(paced.neededFor(700_000_000)), 1_000_000_000);
  });

  it('makes a quote of a capped line spend its cap for sure where supply is ample, and never more', () => {
    const request: QuoteRequest = {
      ...flight,
      currency: 'SEK',
      objective: 'clicks',
      budgetMicros: 40_000_000,
      subcampaigns: [{ ...asked, dailyCapMicros: 10_000_000 }],
    };
    const context = { nowMs: START_MS, isExact: false, trackRecordOf: () => ({ quotes: 0 }) };
    for (const isExact of [false, true]) {
      const quote = (budgetMicros: number) =>
        quoteRequest({ ...request, budgetMicros }, new Map([['SE', market]]), { ...context, isExact });
      assert(quote(39_000_000).fullSpendProbability > 0.95);
      assert.equal(quote(41_000_000).fullSpendProbability, 0);
      assert(quote(80_000_000).suggestedMaximumMicros <= 40_000_000);
    }
  });
});
