import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawLogNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import { listenerMultiplier, listenerVariance } from '../../../shared/forecasting/listener-multiplier.ts';

function listenersOf(
  seed: number,
  { sigma, count = 3000, expectedClicks = 2 }: { sigma: number; count?: number; expectedClicks?: number },
) {
  const random = createRandom(seed, 'listeners');
  return Array.from({ length: count }, () => {
    const truth = drawLogNormal(random, Math.exp((-sigma * sigma) / 2), sigma);
    const expected = expectedClicks * random();
    return { truth, history: { clicks: drawPoisson(random, truth * expected), expectedClicks: expected } };
  });
}

/** The best there is: the posterior mean under the true log-normal law, by a sum over its logarithm. */
function bestMultiplier({ clicks, expectedClicks }: { clicks: number; expectedClicks: number }, sigma: number): number {
  let [top, bottom] = [0, 0];
  for (let z = -6; z <= 6; z += 0.05) {
    const factor = Math.exp(sigma * z - (sigma * sigma) / 2);
    const weight = Math.exp(-(z * z) / 2 - factor * expectedClicks) * factor ** clicks;
    top += weight * factor;
    bottom += weight;
  }
  return top / bottom;
}

describe('the listener multiplier', () => {
  it('errs hardly more than the best estimate that knows the law', () => {
    for (const sigma of [0.3, 0.8]) {
      const listeners = listenersOf(1, { sigma });
      const variance = listenerVariance(listeners.map(({ history }) => history));
      const errorOf = (estimate: (history: { clicks: number; expectedClicks: number }) => number) =>
        listeners.reduce((sum, { truth, history }) => sum + (estimate(history) - truth) ** 2, 0);
      const ours = errorOf((history) => listenerMultiplier(history, variance));
      const best = errorOf((history) => bestMultiplier(history, sigma));
      assert(ours < 1.1 * best, `sigma ${sigma}: ${ours / best}`);
      assert(ours < errorOf(() => 1), `sigma ${sigma}`);
    }
  });

  it('has mean 1 over listeners: their expected clicks still add up', () => {
    const listeners = listenersOf(2, { sigma: 0.6, count: 20_000 });
    const variance = listenerVariance(listeners.map(({ history }) => history));
    const mean =
      listeners.reduce((sum, { history }) => sum + listenerMultiplier(history, variance), 0) / listeners.length;
    assert(Math.abs(mean - 1) < 0.02, `${mean}`);
  });

  it('is 1 for nothing known, for what was expected, and where all respond alike', () => {
    assert.equal(listenerMultiplier({ clicks: 0, expectedClicks: 0 }, 0.5), 1);
    assert.equal(listenerMultiplier({ clicks: 3, expectedClicks: 3 }, 0.5), 1);
    assert.equal(listenerMultiplier({ clicks: 30, expectedClicks: 3 }, 0), 1);
  });

  it('rises with clicks, falls with what was expected, and never leaves a tenth to ten', () => {
    const amount = fc.oneof(fc.constantFrom(0, 1e-300, 1e300), fc.double({ min: 0, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(amount, amount, amount, amount, (clicks, expectedClicks, variance, more) => {
        const multiplier = listenerMultiplier({ clicks, expectedClicks }, variance);
        assert(multiplier >= 0.1 && multiplier <= 10, `${multiplier}`);
        assert(listenerMultiplier({ clicks: clicks + more, expectedClicks }, variance) >= multiplier);
        assert(listenerMultiplier({ clicks, expectedClicks: expectedClicks + more }, variance) <= multiplier);
      }),
    );
  });

  it('refuses amounts that cannot be', () => {
    for (const bad of [-1, NaN, Infinity]) {
      for (const run of [
        () => listenerMultiplier({ clicks: bad, expectedClicks: 1 }, 1),
        () => listenerMultiplier({ clicks: 1, expectedClicks: bad }, 1),
        () => listenerMultiplier({ clicks: 1, expectedClicks: 1 }, bad),
        () => listenerVariance([{ clicks: bad, expectedClicks: 1 }]),
      ]) {
        assert.throws(run, (error: unknown) => error instanceof ForecastError && error.code === 'INVALID_RESPONSE');
      }
    }
  });
});
