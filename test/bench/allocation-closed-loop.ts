// Seven days of a market whose supply is off: plan, serve a day, look at what came, plan again.
import { drawNormal } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';
import { nowcastFactor, type Observation } from '../../shared/forecasting/nowcast.ts';
import { allocate } from '../../shared/planning/allocation.ts';
import type { CreatedProblem } from '../../shared/planning/create-problem.ts';
import { allocateExactly } from '../../shared/planning/exact-allocation.ts';
import { servingShares } from '../../shared/planning/serving-shares.ts';
import type { HighsSolver } from '../../shared/cli/highs-solver.ts';
import { createMarketInstance, problemOf } from './allocation-instances.ts';
import { deliveredOf, servedUnits, worthOf } from './allocation-measures.ts';
import type { Figure } from './figure.ts';

const DAYS = 7;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** Of the logarithm of supply around its forecast: what all cells of the market share, and each cell's own. */
const SPREADS = { market: 0.2, own: 0.2 };

interface Loop {
  replans: boolean;
  nowcasts: boolean;
}

const LOOPS: { name: string; loop: Loop; bar?: Figure['bar'] }[] = [
  { name: 'static', loop: { replans: false, nowcasts: false } },
  { name: 'planned again each day', loop: { replans: true, nowcasts: false } },
  { name: 'and nowcast', loop: { replans: true, nowcasts: true }, bar: { atLeast: 0.99 } },
];

/** Value of a week beside the optimum for the supply that came. */
export function measureClosedLoop(solver: HighsSolver): Figure[] {
  return [0.7, 0.95, 1.15].flatMap((load) => {
    console.error(`seven days, load ${load}`);
    const shares = LOOPS.map(() => 0);
    for (const seed of SEEDS) {
      const shape = { cells: 55 * DAYS, days: DAYS, lines: 150, edgesPerLine: 70, load, rows: 'units' } as const;
      const problem = problemOf(createMarketInstance(shape, seed));
      const random = createRandom(seed, 'a week');
      const shared = SPREADS.market * drawNormal(random);
      const truth = problem.supply.map((units) => units * Math.exp(shared + SPREADS.own * drawNormal(random)));
      const best = allocateExactly(solver, { ...problem, supply: truth }, { fairness: false }).value;
      LOOPS.forEach(({ loop }, which) => {
        shares[which] = (shares[which] as number) + play(problem, truth, loop) / best / SEEDS.length;
      });
    }
    return LOOPS.map(({ name, bar }, which): Figure => {
      const figure = {
        name: `seven days, load ${load}: ${name}`,
        measured: shares[which] as number,
        unit: 'of hindsight',
      };
      return bar ? { ...figure, bar } : figure;
    });
  });
}

/** What is earned over the week. */
function play(problem: CreatedProblem, truth: Float64Array, { replans, nowcasts }: Loop): number {
  const demand = problem.demand.slice();
  const seen: Observation[] = [];
  let earned = 0;
  let shares = new Float64Array(0);
  let start: Float64Array | undefined;
  for (let day = 0; day < DAYS; day++) {
    const isToday = (cell: number) => cell % DAYS === day;
    if (day === 0 || replans) {
      const factor = nowcasts ? nowcastFactor(seen, SPREADS) : 1;
      const supply = problem.supply.map((units, cell) => (cell % DAYS < day ? 0 : units * factor));
      const now = { ...problem, supply, demand };
      const { y, linePrice } = start ? allocate(now, { fairness: false, start }) : allocate(now, { fairness: false });
      shares = Float64Array.from(servingShares(now, y));
      start = linePrice;
    }
    const today = truth.map((units, cell) => (isToday(cell) ? units : 0));
    const remaining = { ...problem, demand };
    const served = servedUnits(remaining, shares, today);
    earned += worthOf(problem, served);
    deliveredOf(problem, served).forEach((amount, line) => {
      demand[line] = Math.max(0, (demand[line] as number) - amount);
    });
    problem.supply.forEach((expected, cell) => {
      if (isToday(cell)) seen.push({ expected, observed: truth[cell] as number });
    });
  }
  return earned;
}
