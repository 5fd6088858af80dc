// Records golden vectors of allocation: small markets and their optima by HiGHS (interior point with crossover,
// exact to its tolerance). Run it again only when a market is added: `node test/golden/allocation/record.ts`.
import { writeFile } from 'node:fs/promises';
import { allocateExactly } from '../../../shared/planning/exact-allocation.ts';
import { createMarketInstance, problemOf, type MarketShape } from '../../bench/allocation-instances.ts';
import { fairWorthOf } from '../../bench/allocation-measures.ts';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';

const SMALL = { cells: 24, lines: 10, edgesPerLine: 6 };
const SHAPES: Record<string, MarketShape> = {
  'units-loose': { ...SMALL, load: 0.7, rows: 'units' },
  'units-tight': { ...SMALL, load: 0.95, rows: 'units' },
  'units-short': { ...SMALL, load: 1.15, rows: 'units' },
  'money-tight': { ...SMALL, load: 0.95, rows: 'money' },
  'money-short': { ...SMALL, load: 1.15, rows: 'money' },
  'caps-short': { ...SMALL, load: 1.15, rows: 'units', isCapped: true },
  'prices-apart': { ...SMALL, load: 1.15, rows: 'money', priceSpread: 1.2 },
};

const solver = await loadHighsSolver({ crossover: true });
for (const [name, shape] of Object.entries(SHAPES)) {
  const problem = problemOf(createMarketInstance(shape, 1));
  const list = (numbers: ArrayLike<number>) =>
    Array.from(numbers, (one) => (one === Infinity ? null : Number(one.toPrecision(10))));
  const rounded = {
    supply: list(problem.supply),
    demand: list(problem.demand),
    lineStart: list(problem.lineStart),
    edgeCell: list(problem.edgeCell),
    use: list(problem.use),
    worth: list(problem.worth),
    cap: list(problem.cap),
  };
  const { value } = allocateExactly(solver, problem, { fairness: false });
  const fairWorth = fairWorthOf(problem, allocateExactly(solver, problem).y);
  const golden = { problem: rounded, value, fairWorth };
  await writeFile(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(golden)}\n`);
}
