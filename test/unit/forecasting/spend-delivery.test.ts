import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { deliveryCurve, type DeliveryRange, type DeliveryTerms } from '../../../shared/forecasting/spend-delivery.ts';
import { drawBeta, drawGamma } from '../../bench/full-spend-world.ts';

const PRICE = 500_000;
const terms: DeliveryTerms = {
  supply: [{ weight: 1, median: 20_000, sigma: 0.25 }],
  rate: { alpha: 60, beta: 2940 },
  clickPriceMicros: PRICE,
  conversion: { alpha: 30, beta: 270 },
  reachAt: (impressions) => 15_000 * (1 - Math.exp(-impressions / 15_000)),
};
const rangesOf = (delivery: object) =>
  Object.values(delivery).filter((value): value is DeliveryRange => typeof value === 'object');

/** The q10, q50 and q90 of what a budget of so many clicks brings, drawn. */
function simulated(clicks: number): Record<'impressions' | 'clicks' | 'conversions', DeliveryRange> {
  const random = createRandom('delivery', clicks);
  const drawn = Array.from({ length: 8000 }, () => {
    const supply = 20_000 * Math.exp(0.25 * drawNormal(random));
    const rate = drawBeta(random, 60, 2940);
    const needed = drawGamma(random, clicks) / rate;
    // Clicks come one by one: a budget that ends them ends the impressions too.
    const got = needed <= supply ? clicks : Math.min(clicks - 1, drawPoisson(random, supply * rate));
    const conversions = drawPoisson(random, got * drawBeta(random, 30, 270));
    return { impressions: Math.min(supply, needed), clicks: got, conversions };
  });
  const range = (name: 'impressions' | 'clicks' | 'conversions') => {
    const sorted = drawn.map((one) => one[name]).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * sorted.length)] as number;
    return { low: at(0.1), mid: at(0.5), high: at(0.9) };
  };
  return { impressions: range('impressions'), clicks: range('clicks'), conversions: range('conversions') };
}

describe('the delivery of a budget', () => {
  for (const clicks of [50, 300, 400, 2000]) {
    it(`is what simulation brings for ${clicks} clicks' worth`, () => {
      const [delivery] = deliveryCurve(terms, [clicks * PRICE]);
      assert(delivery);
      for (const [name, expected] of Object.entries(simulated(clicks)) as ['impressions', DeliveryRange][]) {
        for (const end of ['low', 'mid', 'high'] as const) {
          const [one, other] = [delivery[name][end], expected[end]];
          assert(Math.abs(one - other) <= 0.05 * other + 1, `${name} ${end}: ${one}, drawn ${other}`);
        }
      }
    });
  }

  it('is ordered, never spends more than the budget, and never falls as it grows', () => {
    const positive = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const world = fc.record({
      median: positive(0, 1e6),
      sigma: positive(0, 1.5),
      alpha: positive(0.01, 200),
      beta: positive(0, 1e5),
      converted: positive(0, 50),
      clickPriceMicros: fc.integer({ min: 1, max: 1e7 }),
    });
    const micros = fc.integer({ min: 0, max: 1e10 });
    fc.assert(
      fc.property(world, micros, micros, ({ median, sigma, alpha, beta, converted, clickPriceMicros }, one, other) => {
        const [less, more] = deliveryCurve(
          {
            ...terms,
            supply: [{ weight: 1, median, sigma }],
            rate: { alpha, beta },
            conversion: { alpha: converted, beta: 100 },
            clickPriceMicros,
          },
          [Math.min(one, other), Math.max(one, other)],
        );
        assert(less && more);
        for (const delivery of [less, more]) {
          for (const { low, mid, high } of rangesOf(delivery)) {
            assert(low >= 0 && low <= mid && mid <= high && high < Infinity, JSON.stringify(delivery));
          }
          assert(delivery.spendMicros.high <= delivery.budgetMicros);
        }
        for (const name of ['spendMicros', 'clicks', 'impressions', 'conversions'] as const) {
          for (const end of ['low', 'mid', 'high'] as const) {
            assert(less[name][end] <= more[name][end] * (1 + 1e-4), `${name} ${end} falls`);
          }
        }
        assert(less.fullSpend >= more.fullSpend);
      }),
      { numRuns: 60 },
    );
  });

  it('brings ever less for more money', () => {
    const budgets = Array.from({ length: 41 }, (_, index) => index * 10e6);
    const curve = deliveryCurve(terms, budgets);
    for (const name of ['spendMicros', 'clicks', 'impressions', 'conversions', 'reach'] as const) {
      const mids = curve.map((delivery) => delivery[name]?.mid ?? NaN);
      for (let at = 2; at < mids.length; at++) {
        const [a, b, c] = mids.slice(at - 2, at + 1) as [number, number, number];
        assert(c - b <= b - a + 1e-3 * c, `${name} at ${budgets[at]}: ${a}, ${b}, ${c}`);
      }
    }
  });

  it('is nothing for no money, without supply and without clicks', () => {
    for (const own of [terms, { ...terms, supply: [{ weight: 1, median: 0, sigma: 0 }] }]) {
      const [delivery] = deliveryCurve(own, [own === terms ? 0 : 1e8]);
      for (const range of rangesOf(delivery as object)) assert.deepEqual(range, { low: 0, mid: 0, high: 0 });
    }
    const [unclicked] = deliveryCurve({ ...terms, rate: { alpha: 0, beta: 10 } }, [1e8]);
    assert.equal(unclicked?.spendMicros.high, 0);
    assert((unclicked?.impressions.mid ?? 0) > 19_000, 'impressions that nobody clicks cost nothing and are shown');
  });

  it('has no reach where no listeners were counted', () => {
    const { supply, rate, conversion } = terms;
    const [delivery] = deliveryCurve({ supply, rate, conversion, clickPriceMicros: PRICE }, [1e8]);
    assert(delivery && !('reach' in delivery) && !('frequency' in delivery));
  });

  const refused: { name: string; own: Partial<DeliveryTerms>; budget?: number; message: RegExp }[] = [
    { name: 'a negative budget', own: {}, budget: -1, message: /budget must be 0 or more/ },
    { name: 'a price of nothing', own: { clickPriceMicros: 0 }, message: /price of a click/ },
    {
      name: 'a conversion rate that is no number',
      own: { conversion: { alpha: NaN, beta: 1 } },
      message: /alpha of the conversion/,
    },
    {
      name: 'a negative conversion rate',
      own: { conversion: { alpha: 1, beta: -1 } },
      message: /beta of the conversion/,
    },
    { name: 'a supply that is none', own: { supply: [] }, message: /a supply needs/ },
  ];
  for (const { name, own, budget = 1, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => deliveryCurve({ ...terms, ...own }, [budget]), { code: 'INVALID_QUOTE', message });
    });
  }
});
