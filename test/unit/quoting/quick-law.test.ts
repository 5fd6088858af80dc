import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UNCAPPED } from '../../../shared/forecasting/capped-days.ts';
import { clickLaw } from '../../../shared/forecasting/click-law.ts';
import { clicksReached } from '../../../shared/forecasting/clicks-reached.ts';
import { laterBookings, lawBeside } from '../../../shared/forecasting/later-bookings.ts';
import { normalCdf } from '../../../shared/forecasting/normal-cdf.ts';
import { deliveryCurve } from '../../../shared/forecasting/spend-delivery.ts';
import { quickDelivery, quickDeliveryOf } from '../../../shared/quoting/quick-delivery.ts';
import {
  quickBeside,
  quickCdf,
  quickClicks,
  quickFullSpend,
  quickLaw,
  quickSpendBeside,
  quickOpportunities,
} from '../../../shared/quoting/quick-law.ts';

/** Mixtures with one middle, as a market's errors are, or two, as with a soft hold; some nodes have nothing. */
const laws = fc.record({
  median: fc.double({ min: 2000, max: 1e7, noNaN: true }),
  sigmas: fc.array(fc.double({ min: 0.02, max: 0.8, noNaN: true }), { minLength: 1, maxLength: 8 }),
  second: fc.constantFrom(1, 1, 0.7, 0.4),
  share: fc.double({ min: 0.005, max: 0.2, noNaN: true }),
  trials: fc.constantFrom(5000, 50_000, 1e9),
});

function termsOf({ median, sigmas, second, share, trials }: typeof laws extends fc.Arbitrary<infer T> ? T : never) {
  const supply = sigmas.map((sigma, index) => ({
    weight: 1,
    median: index % 2 === 0 ? median : second * median,
    sigma,
  }));
  return { supply, rate: { alpha: share * trials, beta: (1 - share) * trials }, clickPriceMicros: 500_000 };
}

describe('the quick law', () => {
  it('is the normal law to seven digits', () => {
    for (let z = -9; z <= 9; z += 0.01) assert(Math.abs(quickCdf(z) - normalCdf(z)) < 2e-7, `${z}`);
  });

  it('says how likely a budget is spent within .03 of the exact law, from ten clicks on', () => {
    fc.assert(
      fc.property(laws, fc.double({ min: 0.1, max: 3, noNaN: true }), (of, part) => {
        const terms = termsOf(of);
        const clicks = Math.max(10, Math.ceil(part * of.median * of.share));
        const exact = clickLaw(terms.supply, terms.rate)(clicks);
        const quick = quickFullSpend(quickLaw(terms), clicks);
        assert(Math.abs(quick - exact) < 0.03, `${quick} for ${exact}`);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('has the quantiles of clicks within a twentieth or two clicks of the exact ones', () => {
    fc.assert(
      fc.property(laws, fc.constantFrom(0.9, 0.8, 0.5, 0.1), (of, probability) => {
        const terms = termsOf(of);
        const law = clickLaw(terms.supply, terms.rate);
        const exact = clicksReached(law, probability, of.median * of.share);
        const quick = quickClicks(quickLaw(terms), probability);
        // Between two middles far apart any number of clicks is about as likely.
        const isAsLikely = Math.abs(law(quick) - probability) < 0.02;
        assert(isAsLikely || Math.abs(quick - exact) < 2 + 0.05 * exact, `${quick} for ${exact} at ${probability}`);
      }),
      { numRuns: 150, seed: 4 },
    );
  });

  it('knows of later bookings within .03 of the exact law', () => {
    fc.assert(
      fc.property(laws, fc.double({ min: 0.02, max: 2, noNaN: true }), fc.boolean(), (of, part, isAuctioned) => {
        const terms = termsOf({ ...of, second: 1 });
        const clicks = Math.max(10, Math.ceil(part * of.median * of.share));
        const later = laterBookings(0.8 * of.median * of.share, isAuctioned);
        const exact = lawBeside(clickLaw(terms.supply, terms.rate), clicks, later)(clicks);
        const law = quickLaw(terms);
        for (const quick of [
          quickFullSpend(quickBeside(law, clicks, later), clicks),
          quickSpendBeside(law, clicks, clicks, later),
        ])
          assert(Math.abs(quick - exact) < 0.03, `${quick} for ${exact}`);
      }),
      { numRuns: 150, seed: 6 },
    );
  });

  it('has nothing where supply has nothing, and less where it may have nothing', () => {
    const rate = { alpha: 50, beta: 950 };
    const nothing = quickLaw({ supply: [{ weight: 1, median: 0, sigma: 0.2 }], rate });
    assert.equal(quickClicks(nothing, 0.5), 0);
    assert.equal(quickFullSpend(nothing, 10), 0);
    assert.equal(quickFullSpend(nothing, 0), 1);
    const supply = [
      { weight: 0.3, median: 0, sigma: 0.2 },
      { weight: 0.7, median: 10_000, sigma: 0.2 },
    ];
    const perhaps = quickLaw({ supply, rate });
    assert.equal(quickOpportunities(perhaps, 0.8), 0);
    assert(Math.abs(quickFullSpend(perhaps, 10) - 0.7) < 1e-3);
    const unclicked = quickLaw({ supply, rate: { alpha: 0, beta: 1 } });
    assert.equal(quickClicks(unclicked, 0.5), 0);
    assert(quickOpportunities(unclicked, 0.5) > 5000);
  });
});

describe('what a budget brings by the quick law', () => {
  it('is within the stated distance of the exact delivery, and rises with the budget', () => {
    fc.assert(
      fc.property(laws, fc.double({ min: 0.05, max: 3, noNaN: true }), (of, part) => {
        const terms = termsOf({ ...of, second: 1 });
        const conversion = { alpha: 60, beta: 940 };
        const budgetMicros = Math.round(Math.max(20, part * of.median * of.share) * terms.clickPriceMicros);
        const beside = { conversion, later: laterBookings(0.8 * of.median * of.share, false), mixVariance: 0.02 };
        const [exact] = deliveryCurve({ ...terms, ...beside }, [budgetMicros]);
        assert(exact);
        const quick = quickDelivery({ ...terms, ...beside, paced: UNCAPPED, reachAt: undefined });
        const found = quickDeliveryOf(quick, budgetMicros);
        for (const [name, near] of [
          ['clicks', 0.05],
          ['spendMicros', 0.05],
          ['impressions', 0.03],
          ['conversions', 0.2],
        ] as const) {
          for (const side of ['low', 'mid', 'high'] as const) {
            const [one, other] = [found[name][side], exact[name][side]];
            const some = name === 'spendMicros' ? 1e6 : 2;
            assert(Math.abs(one - other) <= some + near * other, `${name} ${side}: ${one} for ${other}`);
          }
          assert(found[name].low <= found[name].mid && found[name].mid <= found[name].high, name);
        }
        assert(found.spendMicros.high <= budgetMicros);
        const more = quickDeliveryOf(quick, 1.3 * budgetMicros);
        assert(more.clicks.mid >= found.clicks.mid && more.fullSpend <= found.fullSpend + 1e-9);
        assert(more.impressions.mid >= found.impressions.mid * (1 - 1e-3));
      }),
      { numRuns: 150, seed: 5, endOnFailure: true },
    );
  });
});
