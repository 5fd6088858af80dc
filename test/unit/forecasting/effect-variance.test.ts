import assert from 'node:assert/strict';
import { drawLogNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { effectVariance } from '../../../shared/forecasting/effect-variance.ts';

/** Counts of levels that were each expected to bring `mean`, and truly differ by a log-normal factor of mean 1. */
function countsOf(seed: number, { levels, mean, sigma }: { levels: number; mean: number; sigma: number }) {
  const random = createRandom(seed, 'levels');
  const expected = new Float64Array(levels).fill(mean);
  return {
    expected,
    counts: expected.map((own) =>
      drawPoisson(random, drawLogNormal(random, own * Math.exp((-sigma * sigma) / 2), sigma)),
    ),
  };
}

describe('the variance of effects', () => {
  it('is found again where levels differ, with much data and with little', () => {
    for (const [levels, mean, sigma] of [
      [400, 100, 0.5],
      [2000, 3, 0.5],
      [400, 1000, 0.1],
    ] as const) {
      const { expected, counts } = countsOf(1, { levels, mean, sigma });
      const { variance, possible } = effectVariance(expected, counts);
      assert(Math.abs(variance / sigma ** 2 - 1) < 0.25, `${variance}, not ${sigma ** 2}`);
      assert(Math.abs(possible / sigma ** 2 - 1) < 0.25, `${possible}, not ${sigma ** 2}`);
    }
  });

  it('shrinks to next to nothing what differs by chance alone, however many clicks there are', () => {
    for (const mean of [1, 100, 1e4]) {
      const beliefs = Array.from({ length: 200 }, (_, seed) => {
        const { expected, counts } = countsOf(seed, { levels: 20, mean, sigma: 0 });
        const { variance } = effectVariance(expected, counts);
        return (variance * mean) / (1 + variance * mean);
      });
      beliefs.sort((a, b) => a - b);
      assert((beliefs[100] as number) < 0.15, `${beliefs[100]} at ${mean}`);
      assert((beliefs[180] as number) < 0.4, `${beliefs[180]} at ${mean}`);
    }
  });

  it('is 0 for nothing, levels that expect nothing, and very much that is exactly as expected', () => {
    const of = (expected: number[], counts: number[]) =>
      effectVariance(Float64Array.from(expected), Float64Array.from(counts)).variance;
    assert.equal(of([], []), 0);
    assert.equal(of([0, 0], [0, 0]), 0);
    assert.equal(of([1e5, 2e5, 3e5], [1e5, 2e5, 3e5]), 0);
    assert(of([5], [5]) < 0.1);
  });

  it('may be anything while nothing is known, and little once many levels agree', () => {
    const { possible } = effectVariance(new Float64Array(5), new Float64Array(5));
    assert(possible > 0.3 && possible < 1, `${possible}`);
    const { expected, counts } = countsOf(1, { levels: 100, mean: 1e4, sigma: 0 });
    assert(effectVariance(expected, counts).possible < 0.0015);
  });

  it('is a number for extremes', () => {
    for (const expected of [1e-300, 1e-9, 1, 1e9, 1e15]) {
      for (const count of [0, 1e-300, 1, 1e9, 1e15]) {
        const { variance, possible } = effectVariance(Float64Array.of(expected, 10), Float64Array.of(count, 10));
        assert(variance >= 0 && variance <= 4 && possible > 0 && possible <= 4, `${expected}, ${count}: ${variance}`);
      }
    }
  });
});
