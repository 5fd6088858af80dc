import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextRateCard, priceChanges, type RateCard, type RateCardRow } from '../../../shared/forecasting/rate-card.ts';

const NOW = { generatedAtMs: 1_000, validUntilAtMs: 2_000 };
const LATER = { generatedAtMs: 2_000, validUntilAtMs: 3_000 };
const row = (over: Partial<RateCardRow> = {}): RateCardRow => ({
  market: 'SE',
  audience: 'fans',
  shadowPriceMicros: 10_000,
  clickRate: 0.02,
  floorMicros: 200_000,
  ...over,
});
const priceOf = (over: Partial<RateCardRow>) => nextRateCard([row(over)], NOW).prices[0];

describe('the rate card', () => {
  it('prices a click at the shadow price over the click rate, and no lower than the floor', () => {
    assert.deepEqual(priceOf({}), { market: 'SE', audience: 'fans', clickPriceMicros: 500_000, basis: 'shadow-price' });
    assert.deepEqual(priceOf({ floorMicros: 600_000 }), {
      market: 'SE',
      audience: 'fans',
      clickPriceMicros: 600_000,
      basis: 'floor',
    });
  });

  it('rounds upwards to a whole micro, and does not take a rounding error for a micro', () => {
    assert.equal(priceOf({ shadowPriceMicros: 10_000.001 })?.clickPriceMicros, 500_001);
    assert.equal(priceOf({ shadowPriceMicros: 0, floorMicros: 7.2 })?.clickPriceMicros, 8);
    // 700 / .07 is 10000.000000000002 in floating point.
    assert.equal(priceOf({ shadowPriceMicros: 700, clickRate: 0.07, floorMicros: 0 })?.clickPriceMicros, 10_000);
    assert.equal(priceOf({ shadowPriceMicros: 0, floorMicros: 0 })?.clickPriceMicros, 1);
  });

  it('never prices below floor or worth, and never a micro too much', () => {
    const amount = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(
        amount,
        amount,
        fc.double({ min: 0.0001, max: 1, noNaN: true }),
        (shadowPriceMicros, floorMicros, clickRate) => {
          const price = priceOf({ shadowPriceMicros, floorMicros, clickRate })?.clickPriceMicros ?? NaN;
          const least = Math.max(1, floorMicros, shadowPriceMicros / clickRate);
          assert(
            Number.isSafeInteger(price) && price >= least * (1 - 1e-11) && price < least + 1,
            `${price}, ${least}`,
          );
        },
      ),
    );
  });

  it('is sorted, whatever the order of its rows', () => {
    const rows = [row({ market: 'US' }), row({ audience: 'new' }), row(), row({ market: 'DE', audience: 'new' })];
    const [one, other] = [nextRateCard(rows, NOW), nextRateCard([...rows].reverse(), NOW)];
    assert.deepEqual(one, other);
    assert.deepEqual(
      one.prices.map(({ market, audience }) => `${market} ${audience}`),
      ['DE new', 'SE fans', 'SE new', 'US fans'],
    );
  });

  it('gets a new version with a new price, and else only lives longer', () => {
    const first = nextRateCard([row()], NOW);
    assert.equal(first.version, 1);
    const same = nextRateCard([row()], LATER, first);
    assert.deepEqual(same, { ...first, ...LATER });
    const dearer = nextRateCard([row({ shadowPriceMicros: 11_000 })], LATER, first);
    assert.equal(dearer.version, 2);
    assert.equal(nextRateCard([row()], LATER, dearer).version, 3);
  });

  it('names what came, went and moved', () => {
    const before = nextRateCard([row(), row({ audience: 'new' }), row({ audience: 'old' })], NOW);
    const after = nextRateCard(
      [row(), row({ audience: 'new', floorMicros: 900_000 }), row({ market: 'US' })],
      LATER,
      before,
    );
    assert.deepEqual(priceChanges(before, after), [
      { market: 'SE', audience: 'new', fromMicros: 500_000, toMicros: 900_000 },
      { market: 'SE', audience: 'old', fromMicros: 500_000 },
      { market: 'US', audience: 'fans', toMicros: 500_000 },
    ]);
    assert.deepEqual(priceChanges(after, after), []);
    assert.equal(priceChanges(undefined, after).length, 3);
  });

  it('keeps names apart that run together', () => {
    const rows = [row({ market: 'A', audience: 'B,C' }), row({ market: 'A,B', audience: 'C' })];
    assert.equal(nextRateCard(rows, NOW).prices.length, 2);
  });

  it('may be empty', () => {
    assert.deepEqual(nextRateCard([], NOW), { version: 1, ...NOW, prices: [] } satisfies RateCard);
  });

  const refused: { name: string; rows: RateCardRow[]; message: RegExp }[] = [
    {
      name: 'the same audience twice',
      rows: [row(), row({ floorMicros: 1 })],
      message: /audience fans of market SE has two rows/,
    },
    {
      name: 'a negative shadow price',
      rows: [row({ shadowPriceMicros: -1 })],
      message: /shadowPriceMicros of audience fans .* not -1/,
    },
    { name: 'a floor that is no number', rows: [row({ floorMicros: NaN })], message: /floorMicros .* not NaN/ },
    { name: 'an endless shadow price', rows: [row({ shadowPriceMicros: Infinity })], message: /shadowPriceMicros/ },
    { name: 'a rate above 1', rows: [row({ clickRate: 1.5 })], message: /click rate .* from 0 to 1, not 1.5/ },
    { name: 'a rate that is no number', rows: [row({ clickRate: NaN })], message: /click rate .* not NaN/ },
    { name: 'a worth without clicks', rows: [row({ clickRate: 0 })], message: /a worth and no clicks/ },
    { name: 'a price past all numbers', rows: [row({ clickRate: 1e-300 })], message: /passes 2\^53 - 1/ },
  ];
  for (const { name, rows, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => nextRateCard(rows, NOW), { name: 'ForecastError', code: 'INVALID_QUOTE', message });
    });
  }

  it('refuses to end before it begins', () => {
    for (const validUntilAtMs of [1_000, 999, NaN]) {
      assert.throws(() => nextRateCard([], { generatedAtMs: 1_000, validUntilAtMs }), {
        code: 'INVALID_QUOTE',
        message: /valid for some time/,
      });
    }
  });
});
