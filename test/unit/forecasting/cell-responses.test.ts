import assert from 'node:assert/strict';
import type { SupplyDay } from '../../../shared/contracts/forecast-documents.ts';
import { cellResponses } from '../../../shared/forecasting/cell-responses.ts';
import type { CellResponse } from '../../../shared/forecasting/market-features.ts';
import { START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';

const cells = ['home', 'search'].map((surface) => ({ segment: 'casual', surface }));
const seen = (own: Partial<CellResponse> = {}): CellResponse => ({
  segment: 'casual',
  surface: 'home',
  impressions: 100_000,
  clicks: 2_000,
  conversions: 200,
  ...own,
});
const nothing = new Map<string, SupplyDay>();
const near = (value: number | undefined, expected: number, share = 0.1) =>
  assert(value !== undefined && Math.abs(value / expected - 1) < share, `${value} for ${expected}`);

describe('Rates of a market’s cells', () => {
  it('are what was seen where much was, and near to the others where little was', () => {
    const responses = [seen(), seen({ surface: 'search', impressions: 50, clicks: 0, conversions: 0 })];
    const [home, search] = cellResponses(responses, cells, nothing);
    near(home?.clickPpm, 20_000);
    near(home?.conversionPpm, 100_000);
    assert((search?.clickPpm ?? 0) > 5_000, 'fifty impressions without a click say little');
    assert((home?.clickTrials ?? 0) > (search?.clickTrials ?? 0));
  });

  it('of a cell that showed nothing are those of its market', () => {
    near(cellResponses([seen()], cells, nothing)[1]?.clickPpm, 20_000);
  });

  it('mix the formats that a cell showed by their impressions', () => {
    const formats = [seen({ format: 'audio' }), seen({ format: 'banner', impressions: 300_000, clicks: 1_500 })];
    near(cellResponses(formats, cells, nothing)[0]?.clickPpm, (2_000 + 1_500) / 0.4);
  });

  it('are known before the first click', () => {
    const [home] = cellResponses([seen({ clicks: 0, conversions: 0 })], cells, nothing);
    assert(home && home.clickPpm < 1_000);
    assert.equal(home.conversionPpm, 0);
  });

  it('count no more clicks than impressions and no more conversions than clicks', () => {
    const [home] = cellResponses([seen({ impressions: 10, clicks: 30, conversions: 90 })], cells, nothing);
    assert(home && home.clickPpm <= 1_000_000 && (home.conversionPpm ?? 0) <= 1_000_000);
  });

  it('stay what they were where nothing was shown, and are a careful guess where they never were anything', () => {
    const before = cell({ surface: 'home', clickPpm: 4_000, clickTrials: 7, conversionPpm: 5 });
    const known = new Map([['2026-03-02', supplyDay(START_MS, { cells: [before] })]]);
    for (const responses of [[], [seen({ impressions: 0, clicks: 0, conversions: 0 })]]) {
      assert.deepEqual(cellResponses(responses, cells, known), [
        { clickPpm: 4_000, clickTrials: 7, conversionPpm: 5 },
        { clickPpm: 10_000, clickTrials: 200 },
      ]);
    }
  });

  it('cannot be learnt from counts that are none', () => {
    for (const impressions of [1e16, Infinity]) {
      assert.throws(() => cellResponses([seen({ impressions })], cells, nothing), { code: 'INVALID_RESPONSE' });
    }
    assert.throws(() => cellResponses([seen({ clicks: -1 })], cells, nothing), { code: 'INVALID_RESPONSE' });
  });
});
