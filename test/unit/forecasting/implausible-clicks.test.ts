import assert from 'node:assert/strict';
import fc from 'fast-check';
import { implausibleClicks, plausibleCount } from '../../../shared/forecasting/implausible-clicks.ts';
import { logGamma } from '../../../shared/forecasting/log-gamma.ts';

/** The chance of more than `count`: the negative binomial masses beyond it, one by one. */
function chanceOfMore(count: number, mean: number, variance: number): number {
  const shape = 1 / variance;
  let chance = 0;
  for (let k = count + 1; k < count + 200_000; k++) {
    const mass = Math.exp(
      logGamma(k + shape) -
        logGamma(shape) -
        logGamma(k + 1) -
        shape * Math.log1p(mean / shape) -
        k * Math.log1p(shape / mean),
    );
    chance += mass;
    if (mass < 1e-18 * chance) break;
  }
  return chance;
}

describe('what is plausible', () => {
  it('is passed by one count in a million at most, and where means are no fractions by one in a hundred million at least', () => {
    for (const mean of [0.001, 0.3, 1, 5, 40, 1000]) {
      for (const variance of [0.01, 0.25, 1]) {
        const chance = chanceOfMore(plausibleCount(mean, variance), mean, variance);
        assert(chance <= 1e-6 && chance > (mean < 1 ? 0 : 1e-8), `${mean}, ${variance}: ${chance}`);
      }
    }
  });

  it('rises with the mean and is a number for any', () => {
    let last = 0;
    for (const mean of [0, 5e-324, 1e-300, 1e-9, 1, 10, 1e6, 1e15, 1e100, 1e300]) {
      const count = plausibleCount(mean, 0.25);
      assert(count >= last && count >= Math.floor(mean) && count < Infinity, `${mean}: ${count}`);
      last = count;
    }
    assert.equal(plausibleCount(0, 0.25), 0);
  });

  it('takes off what is beyond it, and nothing of what chance may bring', () => {
    assert.equal(implausibleClicks({ impressions: 10_000, clicks: 80, expectedRate: 0.005 }), 0);
    const beyond = implausibleClicks({ impressions: 10_000, clicks: 5000, expectedRate: 0.005 });
    assert(beyond > 4500 && beyond < 5000, `${beyond}`);
    assert.equal(implausibleClicks({ impressions: 5, clicks: 9, expectedRate: 0.9 }), 4);
    assert.equal(implausibleClicks({ impressions: 100, clicks: 3, expectedRate: 0 }), 3);
    assert.equal(implausibleClicks({ impressions: 0, clicks: 0, expectedRate: 0.1 }), 0);
  });

  it('takes off between nothing and all, and one more for one more', () => {
    const counts = fc.record({
      impressions: fc.integer({ min: 0, max: 1e9 }),
      clicks: fc.integer({ min: 0, max: 1e9 }),
      expectedRate: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(counts, (own) => {
        const beyond = implausibleClicks(own);
        assert(Number.isInteger(beyond) && beyond >= 0 && beyond <= own.clicks);
        const more = implausibleClicks({ ...own, clicks: own.clicks + 1 }) - beyond;
        assert(more === 1 || (more === 0 && beyond === 0), `${more} more after ${beyond}`);
      }),
    );
  });

  it('refuses counts that cannot be', () => {
    const own = { impressions: 1, clicks: 1, expectedRate: 1 };
    for (const name of Object.keys(own)) {
      for (const bad of [-1, NaN, Infinity]) {
        assert.throws(() => implausibleClicks({ ...own, [name]: bad }), { code: 'INVALID_RESPONSE' });
      }
    }
  });
});
