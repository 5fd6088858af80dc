// Small markets of every kind for the comparison with the linear programme: units, money by product and money with
// gains, with and without caps, wide and narrow lines, equal and unequal cells.
import type { Random } from '../../emulators/world/random.ts';
import type { AllocationProblem } from '../../shared/planning/problem.ts';
import { problemOf, type LineEdge } from '../support/flow-problems.ts';

export const kinds = ['unit', 'product', 'gains'] as const;

export interface InstanceShape {
  kind: (typeof kinds)[number];
  hasCaps: boolean;
  cells: number;
  lines: number;
  load: number;
}

/** The last line is the one that asks: its demand is 0. */
export function drawInstance(random: Random, { kind, hasCaps, cells, lines, load }: InstanceShape): AllocationProblem {
  const spread = [0.2, 1, 3][Math.floor(random() * 3)] as number;
  const supply = Array.from({ length: cells }, () => (random() < 0.03 ? 0 : 1000 * Math.exp(spread * random())));
  const clickRate = supply.map(() => 0.002 * Math.exp(2 * random()));
  const edgesPerLine = [3, 8, cells / 3][Math.floor(random() * 3)] as number;
  const drawn = Array.from({ length: lines }, () => {
    const price = 0.1 * Math.exp(2 * random());
    const edges: LineEdge[] = [];
    for (let cell = 0; cell < cells; cell++) {
      if (random() >= edgesPerLine / cells) continue;
      const product = (clickRate[cell] as number) * price;
      const use = { unit: 1, product, gains: product * Math.exp(random() - 0.5) }[kind];
      edges.push({ cell, use, cap: hasCaps && random() < 0.4 ? random() * (supply[cell] as number) : Infinity });
    }
    return { edges, units: random() ** 2 };
  });
  const units = drawn.slice(0, -1).reduce((sum, line) => sum + line.units, 0);
  const total = supply.reduce((sum, one) => sum + one, 0);
  return problemOf(
    supply,
    drawn.map(({ edges, units: own }, line) => {
      const perUnit = edges.reduce((sum, { use }) => sum + (use as number), 0) / Math.max(1, edges.length);
      return { edges, demand: line === lines - 1 ? 0 : (perUnit * own * load * total) / units };
    }),
  );
}
