import assert from 'node:assert/strict';
import fc from 'fast-check';
import { normalDraws } from '../../../shared/forecasting/normal-draws.ts';
import { bookableOpportunities } from '../../../shared/forecasting/supply-quantile.ts';
import { availableQuantiles } from '../../../shared/planning/available-quantiles.ts';
import { drawSupply } from '../../../shared/planning/draw-supply.ts';
import { marketQuantile } from '../../../shared/planning/market-quantile.ts';
import { quantile } from '../../../shared/planning/quantile.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDays } from '../../support/markets.ts';

const Z90 = 1.2815515655446004;
/** The spread of a cell whose q10 is .73 of its mean. */
const CELL_SPREAD = 0.2255;

function logNormal(median: number, spread = CELL_SPREAD) {
  return { q10: median * Math.exp(-Z90 * spread), q50: median, q90: median * Math.exp(Z90 * spread) };
}

const sorted = (values: Iterable<number>) => Float64Array.from(values).sort();
const sumOf = (values: Iterable<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
const near = (found: number, expected: number, tolerance: number) =>
  assert(Math.abs(found - expected) <= tolerance, `${found} is not within ${tolerance} of ${expected}`);

describe('normal draws', () => {
  it('are normal, each on its own', () => {
    const next = normalDraws(1);
    const draws = Array.from({ length: 40_000 }, next);
    near(sumOf(draws) / draws.length, 0, 0.02);
    near(sumOf(draws.map((z) => z * z)) / draws.length, 1, 0.03);
    near(sumOf(draws.slice(1).map((z, index) => z * (draws[index] as number))) / draws.length, 0, 0.02);
    for (const [probability, expected] of [
      [0.1, -Z90],
      [0.25, -0.6745],
      [0.5, 0],
      [0.9, Z90],
      [0.99, 2.326],
    ] as const)
      near(quantile(sorted(draws), probability), expected, 0.05);
  });

  it('are the same for the same seed, and others for another', () => {
    const take = (seed: number) => Array.from({ length: 5 }, normalDraws(seed));
    assert.deepEqual(take(7), take(7));
    assert.notDeepEqual(take(7), take(8));
    assert.notDeepEqual(take(0), take(1));
  });
});

describe('draws of supply', () => {
  it('reproduce that q10s of cells add up to .73 of the mean, and the q10 of their sum is .87 of it', () => {
    for (const count of [32, 200]) {
      const cells = Array.from({ length: count }, (_, index) => logNormal(1000 + 10 * index));
      const sums = drawSupply(cells, { draws: 4000, seed: 5 }).map(sumOf);
      const mean = sumOf(sums) / sums.length;
      near(sumOf(cells.map(({ q10 }) => q10)) / mean, 0.73, 0.01);
      near(quantile(sorted(sums), 0.1) / mean, 0.87, 0.01);
    }
  });

  it('keep the quantiles of every cell, also where low and high differ', () => {
    const cells = [logNormal(1000), { q10: 500, q50: 1000, q90: 1100 }, { q10: 0, q50: 100, q90: 300 }];
    const worlds = drawSupply(cells, { draws: 20_000, seed: 2 });
    cells.forEach(({ q10, q50, q90 }, index) => {
      const own = sorted(worlds.map((world) => world[index] as number));
      near(quantile(own, 0.1), q10, 0.02 * q50);
      near(quantile(own, 0.5), q50, 0.02 * q50);
      near(quantile(own, 0.9), q90, 0.03 * q90);
    });
  });

  it('move cells as one where all is shared, and each alone where nothing is', () => {
    const cells = Array.from({ length: 100 }, () => logNormal(1000));
    const decile = (marketShare: number) => {
      const sums = sorted(drawSupply(cells, { draws: 2000, seed: 3, marketShare }).map(sumOf));
      return quantile(sums, 0.1) / quantile(sums, 0.5);
    };
    near(decile(1), Math.exp(-Z90 * CELL_SPREAD), 0.02);
    near(decile(0), 1, 0.04);
  });

  it('are certain where the forecast is, and nothing where it is nothing', () => {
    const certain = { q10: 10, q50: 10, q90: 10 };
    const nothing = { q10: 0, q50: 0, q90: 0 };
    for (const world of drawSupply([certain, nothing], { draws: 20, seed: 1 })) assert.deepEqual([...world], [10, 0]);
    assert.deepEqual(drawSupply([], { draws: 2, seed: 1 }), [new Float64Array(), new Float64Array()]);
  });

  it('are the same for the same seed, and never below nothing', () => {
    const wild = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)).map((three) => {
      const [q10, q50, q90] = three.sort((a, b) => a - b);
      return { q10, q50, q90 };
    });
    fc.assert(
      fc.property(
        fc.array(wild, { maxLength: 6 }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cells, seed, marketShare) => {
          const options = { draws: 20, seed, marketShare };
          const worlds = drawSupply(cells, options);
          assert.deepEqual(drawSupply(cells, options), worlds);
          for (const world of worlds) for (const amount of world) assert(amount >= 0 && amount < Infinity, `${amount}`);
        },
      ),
    );
  });

  for (const [what, cells, options, message] of [
    ['quantiles that fall', [{ q10: 2, q50: 1, q90: 3 }], {}, /cell 0 must rise/],
    ['quantiles below nothing', [logNormal(1), { q10: -1, q50: 1, q90: 3 }], {}, /cell 1 must rise/],
    ['quantiles that are no numbers', [{ q10: 1, q50: NaN, q90: 3 }], {}, /cell 0 must rise/],
    ['a share above all', [], { marketShare: 1.1 }, /share is 1.1/],
    ['a share that is no number', [], { marketShare: NaN }, /share is NaN/],
    ['no draws', [], { draws: 0 }, /0 draws/],
    ['half a draw', [], { draws: 0.5 }, /0.5 draws/],
    ['a seed that is no integer', [], { seed: 0.5 }, /seed is 0.5/],
  ] as const) {
    it(`refuse ${what}`, () => {
      assert.throws(() => drawSupply(cells, { draws: 1, seed: 1, ...options }), { code: 'INVALID_PROBLEM', message });
    });
  }
});

describe('the quantile of a market', () => {
  it('is above the sum of what its cells are booked to, by what errors cancel', () => {
    const cells = Array.from({ length: 32 }, () => cell(rounded(logNormal(100_000))));
    const booked = sumOf(cells.map(bookableOpportunities));
    near(marketQuantile(cells, 0.25, { draws: 4000, seed: 9 }) / booked, 1.1, 0.02);
    const one = marketQuantile(cells.slice(0, 1), 0.25, { draws: 20_000, seed: 9 });
    near(one / 100_000, Math.exp(-0.6745 * CELL_SPREAD), 0.01);
    assert.equal(marketQuantile([], 0.25, { draws: 5, seed: 9 }), 0);
  });
});

function rounded({ q10, q50, q90 }: ReturnType<typeof logNormal>) {
  return { q10: Math.round(q10), q50: Math.round(q50), q90: Math.round(q90) };
}

describe('what is available, low, middle and high', () => {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
  const request = { segments: ['a'], surfaces: ['home'], clickPriceMicros: 1_000_000, ...flight };
  const uncertain = (days: number) =>
    supplyDays(days, { cells: [cell({ segment: 'a', ...rounded(logNormal(10_000)), clickPpm: 100_000 })] });

  it('is what supply could come to in an empty market', () => {
    const market = { sold: [], supply: uncertain(1), nowMs: START_MS };
    const { q10, q50, q90 } = availableQuantiles(request, market, { seed: 4, draws: 2000 });
    near(q10 / 1e9, Math.exp(-Z90 * CELL_SPREAD), 0.03);
    near(q50 / 1e9, 1, 0.02);
    near(q90 / 1e9, Math.exp(Z90 * CELL_SPREAD), 0.04);
  });

  it('is what remains where most is sold: less, and sooner nothing', () => {
    const sold = [{ ...request, remainingMicros: 900_000_000 }];
    const { q10, q50, q90 } = availableQuantiles(request, { sold, supply: uncertain(1), nowMs: START_MS }, { seed: 4 });
    assert.equal(q10, 0);
    near(q50 / 1e9, 0.1, 0.04);
    near(q90 / 1e9, Math.exp(Z90 * CELL_SPREAD) - 0.9, 0.08);
  });

  it('does not depend on what else is known, nor on the order in which it became known', () => {
    const days = [...uncertain(2)];
    const quantiles = (supply: ReturnType<typeof uncertain>) => {
      const sold = [{ ...request, endAtMs: START_MS + 2 * DAY_MS, remainingMicros: 900_000_000 }];
      return availableQuantiles(request, { sold, supply, nowMs: START_MS }, { seed: 4 });
    };
    const expected = quantiles(uncertain(2));
    assert.deepEqual(quantiles(new Map(days.toReversed())), expected);
    assert.deepEqual(quantiles(uncertain(5)), expected);
  });

  it('is nothing without supply', () => {
    const market = { sold: [], supply: new Map(), nowMs: START_MS };
    assert.deepEqual(availableQuantiles(request, market, { seed: 1 }), { q10: 0, q50: 0, q90: 0 });
  });
});
