// Allocation on forecast cells beside the exact linear programme: the built-in suite, or one instance from a file.
import { loadHighsSolver } from '../../shared/cli/highs-solver.ts';
import { measureClosedLoop } from './allocation-closed-loop.ts';
import { benchInstance } from './allocation-one.ts';
import { measureFairness, measureRobustness, measureSize, measureTime, measureValue } from './allocation-suite.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult } from './figure.ts';
import { UsageError } from './usage-error.ts';

const ROUNDS = 5;

/** @throws UsageError for options or files that make no sense */
export async function run({ rounds = ROUNDS, own = {} }: BenchOptions): Promise<BenchResult> {
  const { instance, out, warm } = own as Record<'instance' | 'out' | 'warm', string | undefined>;
  if (instance !== undefined) return benchInstance({ instance, out, warm, fairness: own['fairness'] === true, rounds });
  const [alone] = Object.keys(own);
  if (alone !== undefined) throw new UsageError(`--${alone} goes with --instance`);
  const solver = await loadHighsSolver({ crossover: false });
  const figures = [
    ...measureValue(solver),
    ...measureTime(solver, rounds),
    ...measureSize(),
    ...measureRobustness(solver),
    ...measureClosedLoop(solver),
    ...measureFairness(),
  ];
  return { figures, notes: [NOTE] };
}

const NOTE = [
  'Synthetic markets (test/bench/allocation-instances.ts), seeds 1 to 5; value is the least of the five, other shares are means.',
  'HiGHS in WebAssembly by its interior point method without presolve and crossover, its fastest; its time is the solve alone.',
  'Times are ratios of runs in turns; memory is what a plan allocates with the problem itself.',
].join('\n');
