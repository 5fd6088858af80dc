import assert from 'node:assert/strict';
import { drawInteger, drawLogNormal } from '../../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import type { LiveLines } from '../../../shared/planning/live-price.ts';
import { hindsightBound } from '../../bench/live-price-bound.ts';
import { bestValue, dualValue, type Request } from '../../bench/live-price-oracle.ts';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';

/** Up to 300 requests of 3 cells and 4 lines. */
function drawDay(random: Random): { requests: Request[]; lines: LiveLines } {
  const requests = Array.from({ length: drawInteger(random, 1, 300) }, () => ({
    cell: drawInteger(random, 0, 2),
    count: 1,
    clicks: drawLogNormal(random, 0.02, 0.5),
    offer: drawLogNormal(random, 0.01, 0.8),
  }));
  const amounts = (middle: number) => Float64Array.from({ length: 4 }, () => drawLogNormal(random, middle, 0.7));
  const lines = {
    budget: amounts(requests.length / 200),
    worth: amounts(1.5),
    clickPrice: amounts(1),
    lineStart: Uint32Array.of(0, 1, 3, 6, 7),
    edgeCell: Uint32Array.of(0, 0, 1, 0, 1, 2, 2),
  };
  return { requests, lines };
}

describe('The hindsight bound', () => {
  it('is the optimum of the exact programme where each request is a part of its own', async () => {
    const solver = await loadHighsSolver({ crossover: true });
    for (let seed = 1; seed <= 20; seed++) {
      const { requests, lines } = drawDay(createRandom(seed, 'hindsight'));
      const best = bestValue(solver, requests, lines);
      const { value, possible } = hindsightBound(solver, requests, lines);
      assert(Math.abs(value / best - 1) < 1e-6, `seed ${seed}: bound ${value}, optimum ${best}`);
      assert(Math.abs(possible / best - 1) < 1e-6, `seed ${seed}: possible ${possible}, optimum ${best}`);
    }
  });

  it('is above the optimum, and what is possible below it, where requests are taken together', async () => {
    const solver = await loadHighsSolver({ crossover: true });
    const { requests, lines } = drawDay(createRandom(3, 'hindsight'));
    const many = requests.flatMap((request, index) =>
      [0.8, 0.9, 1, 1.1].map((factor) => ({ ...request, offer: request.offer * factor * (1 + index / 1e4) })),
    );
    const [best, bound] = [bestValue(solver, many, lines), hindsightBound(solver, many, lines)];
    assert(bound.value >= best * (1 - 1e-9) && bound.value < best * 1.001, `bound ${bound.value}, optimum ${best}`);
    assert(bound.possible <= best * (1 + 1e-9), `possible ${bound.possible}, optimum ${best}`);
  });

  it('holds at any prices: the dual never falls below the optimum', async () => {
    const solver = await loadHighsSolver({ crossover: true });
    const random = createRandom(9, 'prices');
    const { requests, lines } = drawDay(createRandom(4, 'hindsight'));
    const best = bestValue(solver, requests, lines);
    for (let round = 0; round < 50; round++) {
      const prices = lines.worth.map(() => random());
      assert(dualValue(requests, lines, prices) >= best * (1 - 1e-9));
    }
  });
});
