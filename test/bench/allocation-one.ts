// One instance from a file: its allocation beside HiGHS, cold or from the prices of another instance.
import { allocate, type Allocation } from '../../shared/planning/allocation.ts';
import { allocateExactly } from '../../shared/planning/exact-allocation.ts';
import { loadHighsSolver } from '../../shared/cli/highs-solver.ts';
import { readInstance, writeAllocation, type FileInstance } from './allocation-file.ts';
import { excessOf, starvedShareOf } from './allocation-measures.ts';
import type { BenchResult } from './figure.ts';
import { median } from './median.ts';

export interface OneInstance {
  instance: string;
  out?: string | undefined;
  warm?: string | undefined;
  fairness: boolean;
  rounds: number;
}

/** Prices of lines with the same id; a line that is new has none. */
function startFrom({ lineIds, problem }: FileInstance, earlier: FileInstance, fairness: boolean): Float64Array {
  const { linePrice } = allocate(earlier.problem, { fairness });
  const prices = new Map(earlier.lineIds.map((id, line) => [id, linePrice[line] as number]));
  return Float64Array.from(problem.demand, (_, line) => prices.get(lineIds[line] as string) ?? NaN);
}

/** @throws UsageError for files that make no sense */
export async function benchInstance({ instance, out, warm, fairness, rounds }: OneInstance): Promise<BenchResult> {
  const read = await readInstance(instance);
  const earlier = warm === undefined ? undefined : await readInstance(warm);
  const { problem } = read;
  const start = earlier && startFrom(read, earlier, fairness);
  const solver = await loadHighsSolver({ crossover: false });
  const hasEdges = problem.edgeCell.length > 0;
  const [coldMs, warmMs, highsMs]: number[][] = [[], [], []];
  let plan: Allocation | undefined;
  let lpValue = 0;
  for (let round = 0; round < rounds; round++) {
    plan = timed(coldMs as number[], () => allocate(problem, { fairness }));
    if (start) plan = timed(warmMs as number[], () => allocate(problem, { fairness, start }));
    // HiGHS is slow and steady on large instances.
    if (round > 0 && median(highsMs as number[]) > 5000) continue;
    lpValue = allocateExactly(solver, problem, { fairness: false }).value;
    (highsMs as number[]).push(hasEdges ? solver.lastRunMs() : 0);
  }
  const { y, value } = plan as Allocation;
  if (out !== undefined) await writeAllocation(out, problem, y);
  const excess = excessOf(problem, y);
  const ms = median((start ? warmMs : coldMs) as number[]);
  const ofHighs = median(highsMs as number[]);
  const fields: Record<string, number> = {
    value,
    lpValue,
    valueOverLp: lpValue > 0 ? value / lpValue : 1,
    ms,
    highsMs: ofHighs,
    speedup: ms > 0 ? ofHighs / ms : 0,
    maxCellOverfill: excess.cell,
    starvedShare: starvedShareOf(problem, y),
    maxDemandExcess: excess.demand,
    maxCapExcess: excess.cap,
    ...(start ? { coldMs: median(coldMs as number[]) } : {}),
  };
  const units: Record<string, string> = {
    ms: 'ms',
    highsMs: 'ms',
    coldMs: 'ms',
    speedup: 'times',
    value: 'money',
    lpValue: 'money',
  };
  const figures = Object.entries(fields).map(([name, measured]) => ({ name, measured, unit: units[name] ?? 'share' }));
  return { figures, notes: [described(read, fairness, start !== undefined)], fields };
}

function timed<Result>(times: number[], work: () => Result): Result {
  const startedAtMs = performance.now();
  const result = work();
  times.push(performance.now() - startedAtMs);
  return result;
}

function described({ problem }: FileInstance, fairness: boolean, isWarm: boolean): string {
  const { supply, demand, edgeCell } = problem;
  return [
    `${supply.length} cells, ${demand.length} lines, ${edgeCell.length} edges; fairness ${fairness ? 'on' : 'off'}, ${isWarm ? 'started from the prices of the other instance' : 'cold'}.`,
    'lpValue is the optimum without fairness. highsMs is the solve alone, by the interior point method without presolve and',
    'crossover, its fastest; handing the model over is not counted.',
  ].join('\n');
}
