import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  drawBinomial,
  drawInteger,
  drawLogNormal,
  drawOne,
  drawPoisson,
  drawSome,
  drawSplit,
} from '../../../emulators/world/draws.ts';
import { type Random, createRandom } from '../../../emulators/world/random.ts';

const DRAWS = 20_000;

function meanAndVariance(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: DRAWS }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS };
}

function assertClose(actual: number, expected: number, share: number, what: string): void {
  assert(Math.abs(actual - expected) <= expected * share, `${what}: expected about ${expected}, got ${actual}`);
}

describe('draws', () => {
  for (const mean of [0.3, 4, 9.9, 10, 60, 5000]) {
    it(`draws Poisson counts whose mean and variance are ${mean}`, () => {
      const random = createRandom(11, 'poisson', mean);
      const found = meanAndVariance(() => drawPoisson(random, mean));
      assertClose(found.mean, mean, 0.03, 'mean');
      assertClose(found.variance, mean, 0.06, 'variance');
    });
  }

  for (const [trials, probability] of [
    [1, 0.5],
    [40, 0.02],
    [3000, 0.003],
    [200, 0.3],
    [5000, 0.9],
    [1_000_000, 0.02],
  ] as const) {
    it(`draws binomial counts of ${trials} trials at ${probability}`, () => {
      const random = createRandom(12, 'binomial', trials, probability);
      const found = meanAndVariance(() => drawBinomial(random, trials, probability));
      assertClose(found.mean, trials * probability, 0.03, 'mean');
      assertClose(found.variance, trials * probability * (1 - probability), 0.06, 'variance');
    });
  }

  it('never draws more successes than trials, nor fewer than none', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(100_000),
        fc.double({ min: 0, max: 1.1, noNaN: true }),
        (seed, trials, probability) => {
          const count = drawBinomial(createRandom(seed), trials, probability);
          assert(Number.isInteger(count) && count >= 0 && count <= trials);
        },
      ),
    );
  });

  it('splits a total without losing any of it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(10_000), fc.integer({ min: 1, max: 6 }), (seed, total, parts) => {
        const counts = drawSplit(createRandom(seed), total, parts);
        assert.equal(counts.length, parts);
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0),
          total,
        );
      }),
    );
  });

  it('draws log-normal numbers around their median', () => {
    const random = createRandom(13);
    const below = Array.from({ length: DRAWS }, () => drawLogNormal(random, 10, 1)).filter(
      (value) => value < 10,
    ).length;
    assertClose(below, DRAWS / 2, 0.03, 'below the median');
  });

  it('draws exactly as many different items as asked, in their order', () => {
    const random = createRandom(14);
    for (let count = 0; count <= 6; count += 1) {
      const drawn = drawSome(random, [1, 2, 3, 4, 5], count);
      assert.equal(drawn.length, Math.min(5, count));
      assert.deepEqual(
        drawn,
        [...new Set(drawn)].sort((a, b) => a - b),
      );
    }
  });

  it('refuses a mean or probability that is no number, and an empty list', () => {
    const random: Random = createRandom(1);
    assert.throws(() => drawPoisson(random, NaN), /finite/);
    assert.throws(() => drawPoisson(random, -1), /finite/);
    assert.throws(() => drawBinomial(random, 3, NaN), /must be a number/);
    assert.throws(() => drawOne(random, []), /nothing to draw/);
  });

  it('includes both ends of an integer range', () => {
    const random = createRandom(15);
    const seen = new Set(Array.from({ length: 200 }, () => drawInteger(random, 3, 5)));
    assert.deepEqual([...seen].sort(), [3, 4, 5]);
  });

  it('gives the same stream for the same labels and another for others', () => {
    const take = (random: Random) => Array.from({ length: 8 }, random);
    assert.deepEqual(take(createRandom(1, 'a')), take(createRandom(1, 'a')));
    assert.notDeepEqual(take(createRandom(1, 'a')), take(createRandom(2, 'a')));
    assert.notDeepEqual(take(createRandom(1, 'a')), take(createRandom(1, 'b')));
  });
});
