// The built-in suite of the allocation bench: value, robustness, fairness and time on synthetic markets.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { drawNormal } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { allocate, type Allocation } from '../../shared/planning/allocation.ts';
import type { CreatedProblem } from '../../shared/planning/create-problem.ts';
import { allocateExactly } from '../../shared/planning/exact-allocation.ts';
import { proportionalServing } from '../../shared/planning/fairness.ts';
import { servingShares } from '../../shared/planning/serving-shares.ts';
import type { HighsSolver } from '../../shared/cli/highs-solver.ts';
import { createMarketInstance, problemOf, type MarketShape } from './allocation-instances.ts';
import { deliveredOf, excessOf, servedUnits, starvedShareOf, worthOf } from './allocation-measures.ts';
import type { Figure } from './figure.ts';
import { median } from './median.ts';

export const SEEDS = [1, 2, 3, 4, 5];
const LOADS = [0.7, 0.95, 1.15];
/** About 10,000 edges. */
const MARKET: MarketShape = { cells: 384, lines: 150, edgesPerLine: 70, load: 1, rows: 'units' };
/** About 30,000 edges. */
const LARGE: MarketShape = { cells: 5000, lines: 1000, edgesPerLine: 30, load: 0.95, rows: 'units' };

const SHAPES: [string, MarketShape][] = [
  ...(['units', 'money'] as const).flatMap((rows) =>
    LOADS.map((load): [string, MarketShape] => [`${rows} rows, load ${load}`, { ...MARKET, rows, load }]),
  ),
  ['edges with caps', { ...MARKET, load: 0.95, isCapped: true }],
  ['sizes of lines 100x apart', { ...MARKET, load: 0.95, sizeSpread: 1.5 }],
  ['prices 10x apart', { ...MARKET, load: 1.15, priceSpread: 0.6 }],
  ['few big lines', { ...MARKET, cells: 2000, lines: 8, edgesPerLine: 800, load: 0.95 }],
  ['many tiny lines', { ...MARKET, cells: 60, lines: 2000, edgesPerLine: 6, load: 1.15 }],
  ['three edges a line', { ...MARKET, cells: 1500, lines: 1000, edgesPerLine: 3, load: 0.95, targeting: 'random' }],
  ['dense targeting', { ...MARKET, cells: 150, lines: 80, edgesPerLine: 120, load: 1.15, targeting: 'random' }],
];

/** The least value of five seeds as a share of the optimum, for every shape; and the worst excess over a bound. */
export function measureValue(solver: HighsSolver): Figure[] {
  let worstExcess = 0;
  const figures = SHAPES.map(([name, shape]): Figure => {
    console.error(`value: ${name}`);
    const shares = SEEDS.map((seed) => {
      const problem = problemOf(createMarketInstance(shape, seed));
      const { y, value } = allocate(problem, { fairness: false });
      for (const plan of [y, allocate(problem).y]) {
        const { cell, demand, cap } = excessOf(problem, plan);
        worstExcess = Math.max(worstExcess, cell, demand, cap);
      }
      return value / allocateExactly(solver, problem, { fairness: false }).value;
    });
    return { name: `value, ${name}`, measured: Math.min(...shares), unit: 'of the optimum', bar: { atLeast: 0.9995 } };
  });
  figures.push({
    name: 'most above any supply, demand or cap',
    measured: worstExcess,
    unit: 'share',
    bar: { atMost: 1e-9 },
  });
  return figures;
}

/** Time beside HiGHS on the same instances in turns, cold and from the prices of markets 5% off. */
export function measureTime(solver: HighsSolver, rounds: number): Figure[] {
  return (['units', 'money'] as const).flatMap((rows) => {
    const shape = { ...LARGE, rows };
    const truth = createMarketInstance(shape, 1);
    const problem = problemOf(truth);
    const earlier = perturbed(truth, 0.05, createRandom(1, 'an hour ago'));
    const start = allocate(problemOf(earlier), { fairness: false }).linePrice;
    const times: Record<'cold' | 'warm' | 'highs', number[]> = { cold: [], warm: [], highs: [] };
    const plans: Allocation[] = [];
    let best = 0;
    for (let round = 0; round < rounds; round++) {
      console.error(`time, ${rows} rows: round ${round + 1} of ${rounds}`);
      // A first call of each compiles it.
      for (let turn = round === 0 ? -2 : 0; turn < 1; turn++) {
        const cold = timed(() => allocate(problem, { fairness: false }));
        const warm = timed(() => allocate(problem, { fairness: false, start }));
        if (turn < 0) continue;
        times.cold.push(cold.ms);
        times.warm.push(warm.ms);
        plans.push(cold.result, warm.result);
      }
      best = allocateExactly(solver, problem, { fairness: false }).value;
      times.highs.push(solver.lastRunMs());
    }
    const ratio = (ours: number[]) => median(times.highs.map((ms, round) => ms / (ours[round] as number)));
    const edges = problem.edgeCell.length;
    const least = Math.min(...plans.map(({ value }) => value)) / best;
    return [
      {
        name: `${edges} edges, ${rows} rows: faster than HiGHS`,
        measured: ratio(times.cold),
        unit: 'times',
        bar: { atLeast: 10 },
      },
      {
        name: `${edges} edges, ${rows} rows: faster when warm`,
        measured: ratio(times.warm),
        unit: 'times',
        bar: { atLeast: 30 },
      },
      {
        name: `${edges} edges, ${rows} rows: value, cold and warm`,
        measured: least,
        unit: 'of the optimum',
        bar: { atLeast: 0.9995 },
      },
      { name: `${edges} edges, ${rows} rows: HiGHS`, measured: median(times.highs), unit: 'ms' },
      { name: `${edges} edges, ${rows} rows: cold`, measured: median(times.cold), unit: 'ms' },
      { name: `${edges} edges, ${rows} rows: warm`, measured: median(times.warm), unit: 'ms' },
    ];
  });
}

/** A million edges beside thirty thousand: time and memory of each edge. */
export function measureSize(): Figure[] {
  console.error('a million edges');
  const small = problemOf(createMarketInstance(LARGE, 1));
  const large = problemOf(createMarketInstance({ ...LARGE, cells: 60_000, lines: 33_000 }, 1));
  const perEdge = (problem: CreatedProblem, times: number) => {
    const runs = Array.from({ length: times }, () => timed(() => allocate(problem, { fairness: false })).ms);
    return median(runs) / problem.edgeCell.length;
  };
  perEdge(small, 3);
  const ratio = perEdge(large, 3) / perEdge(small, 5);
  const edges = large.edgeCell.length;
  return [
    { name: `${edges} edges: time of an edge beside 30,000`, measured: ratio, unit: 'times', bar: { atMost: 2 } },
    { name: `${edges} edges: memory`, measured: bytesOf(large) / edges, unit: 'bytes an edge', bar: { atMost: 200 } },
  ];
}

/** What the process holds more right after a plan than before, with the problem itself. */
function bytesOf(problem: CreatedProblem): number {
  const ofProblem = Object.values(problem).reduce(
    (sum: number, { byteLength }: { byteLength: number }) => sum + byteLength,
    0,
  );
  // Without what earlier runs left behind, which would be given back while this one takes.
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const before = process.memoryUsage();
  const plan = allocate(problem);
  const after = process.memoryUsage();
  if (plan.y.length === 0) throw new Error('a plan of nothing');
  return ofProblem + after.arrayBuffers - before.arrayBuffers + Math.max(0, after.heapUsed - before.heapUsed);
}

/** The plan's fractions of cells on a supply 20% off, beside the optimum in hindsight. */
export function measureRobustness(solver: HighsSolver): Figure[] {
  const bars = [0.965, 0.96, 0.96];
  return (['units', 'money'] as const).flatMap((rows) =>
    LOADS.map((load, index): Figure => {
      console.error(`supply 20% off: ${rows} rows, load ${load}`);
      const shares = SEEDS.map((seed) => {
        const instance = createMarketInstance({ ...MARKET, rows, load }, seed);
        const problem = problemOf(instance);
        const random = createRandom(seed, 'supply off');
        const truth = problem.supply.map((units) => units * logNormal(random, 0.2));
        const { y } = allocate(problem, { fairness: false });
        const served = servedUnits(problem, servingShares(problem, y), truth);
        return (
          worthOf(problem, served) / allocateExactly(solver, { ...problem, supply: truth }, { fairness: false }).value
        );
      });
      const measured = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      const bar = { atLeast: bars[index] as number };
      return { name: `supply 20% off, ${rows} rows, load ${load}`, measured, unit: 'of hindsight', bar };
    }),
  );
}

/** Who gets too little in a short market, with fairness and without, and what that costs. */
export function measureFairness(): Figure[] {
  console.error('fairness');
  return (['units', 'money'] as const).flatMap((rows) => {
    let [starved, starvedPlain, lost, below, lines] = [0, 0, 0, 0, 0];
    for (const seed of SEEDS) {
      const problem = problemOf(createMarketInstance({ ...MARKET, rows, load: 1.15 }, seed));
      const [fair, plain] = [allocate(problem), allocate(problem, { fairness: false })];
      starved += starvedShareOf(problem, fair.y) / SEEDS.length;
      starvedPlain += starvedShareOf(problem, plain.y) / SEEDS.length;
      lost += (1 - fair.value / plain.value) / SEEDS.length;
      const proportional = proportionalServing(problem);
      deliveredOf(problem, fair.y).forEach((amount, line) => {
        lines += 1;
        if (amount < 0.95 * (proportional[line] as number)) below += 1;
      });
    }
    const name = (what: string) => `load 1.15, ${rows} rows: ${what}`;
    return [
      { name: name('lines under 5% of their purchase'), measured: starved, unit: 'share', bar: { atMost: 0.06 } },
      { name: name('the same without fairness'), measured: starvedPlain, unit: 'share' },
      { name: name('value that fairness costs'), measured: lost, unit: 'share', bar: { atMost: 0.04 } },
      {
        name: name('lines under 95% of proportional serving'),
        measured: below / lines,
        unit: 'share',
        bar: { atMost: 0.05 },
      },
    ];
  });
}

function perturbed(instance: ReturnType<typeof createMarketInstance>, spread: number, random: Random) {
  const off = (amounts: readonly number[]) => amounts.map((amount) => amount * logNormal(random, spread));
  return { ...instance, supply: off(instance.supply), demand: off(instance.demand) };
}

/** Log-normal with mean 1. */
function logNormal(random: Random, spread: number): number {
  return Math.exp(spread * drawNormal(random) - spread ** 2 / 2);
}

function timed<Result>(work: () => Result): { ms: number; result: Result } {
  const startedAtMs = performance.now();
  const result = work();
  return { ms: performance.now() - startedAtMs, result };
}
