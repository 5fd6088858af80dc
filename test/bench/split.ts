// How near splits by response curves come to the best there is: S-shaped and concave instances against the exact dynamic
// programme on the same grid, beside the usual rules; promises that must never break, counted; time beside the programme's.
import { responseAt } from '../../shared/planning/response-curve.ts';
import { splitByResponse, type ResponsePart } from '../../shared/planning/response-split.ts';
import type { BenchOptions } from './bench.ts';
import type { Bar, BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';
import { createSplitInstance, type SplitInstance } from './split-instances.ts';
import { bestResponse } from './split-oracle.ts';
import { equalShares, priceBisection, proportionalShares, type SplitRule } from './split-rules.ts';

const INSTANCES = 1_000;
const ROUNDS = 3;

const rules: Record<string, SplitRule> = {
  'equal shares': equalShares,
  proportional: proportionalShares,
  'price bisection': priceBisection,
};

export function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const figures: Figure[] = [];
  const notes = [
    `${INSTANCES} instances each: 2 to 20 parts, budgets 5% to 95% of the caps, grids of about 200 to 400 steps; the dynamic`,
    'programme splits whole steps, ours any micros, scored on the straight line between points and never above 1.',
    `Time: the median of ${rounds} rounds over all instances in turns.`,
  ];
  const kinds = [
    { kind: 's-shaped', bars: { mean: { atLeast: 0.9995 }, least: { atLeast: 0.995 } } },
    { kind: 'concave', bars: { least: { atLeast: 0.99999 } } },
  ] as const;
  for (const { kind, bars } of kinds) {
    const instances = Array.from({ length: INSTANCES }, (_, seed) => createSplitInstance(kind, seed));
    const best = instances.map(({ budgetMicros, stepMicros, parts }) => bestResponse(budgetMicros, stepMicros, parts));
    figures.push(...scoreFigures(kind, 'response split', scores(instances, best, responseShares), bars));
    for (const [name, rule] of Object.entries(rules)) {
      figures.push(...scoreFigures(kind, name, scores(instances, best, rule), {}));
    }
    const broken = instances.reduce((sum, instance) => sum + brokenPromises(instance), 0);
    figures.push({
      name: `${kind}: sums, floors, caps, locks broken`,
      measured: broken,
      unit: 'times',
      bar: { atMost: 0 },
    });
    if (kind === 'concave') {
      const lost = instances.reduce((sum, instance) => sum + partsThatLose(instance), 0);
      const name = 'concave: parts that get less of a larger budget';
      figures.push({ name, measured: lost, unit: 'parts', bar: { atMost: 0 } });
    }
    const ratio = timeRatio(instances, rounds);
    figures.push({ name: `${kind}: time beside the dynamic programme`, measured: ratio, unit: 'ratio' });
  }
  return Promise.resolve({ figures, notes: [notes.join('\n')] });
}

function responseShares(budgetMicros: number, parts: readonly ResponsePart[]): number[] {
  const split = splitByResponse(budgetMicros, parts);
  if (split.kind === 'infeasible') throw new Error(`the floors add up to ${split.floorsMicros} of ${budgetMicros}`);
  return split.sharesMicros;
}

/** Of the best response there is: 1 where there is none to be had. */
function scores(instances: readonly SplitInstance[], best: readonly number[], rule: SplitRule): number[] {
  return instances.map(({ budgetMicros, parts }, index) => {
    const shares = rule(budgetMicros, parts);
    const response = parts.reduce((sum, { curve }, part) => sum + responseAt(curve, shares[part] as number), 0);
    return best[index] === 0 ? 1 : Math.min(1, response / (best[index] as number));
  });
}

function scoreFigures(kind: string, rule: string, values: number[], bars: { mean?: Bar; least?: Bar }): Figure[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const least = values.reduce((one, other) => Math.min(one, other));
  return [
    { name: `${kind}: ${rule}, mean`, measured: mean, unit: 'of the best', ...(bars.mean && { bar: bars.mean }) },
    { name: `${kind}: ${rule}, least`, measured: least, unit: 'of the best', ...(bars.least && { bar: bars.least }) },
  ];
}

/** Of the instance's budget and of one that is on no grid. */
function brokenPromises({ budgetMicros, parts }: SplitInstance): number {
  let broken = 0;
  for (const budget of [budgetMicros, budgetMicros - Math.floor(budgetMicros / 97)]) {
    const split = splitByResponse(budget, parts);
    if (split.kind === 'infeasible') {
      broken += 1;
      continue;
    }
    const sum = split.sharesMicros.reduce((one, other) => one + other, split.escrowMicros);
    if (sum !== budget || split.escrowMicros < 0) broken += 1;
    split.sharesMicros.forEach((share, index) => {
      const { floorMicros, capMicros } = parts[index] as ResponsePart;
      if (!Number.isSafeInteger(share) || share < floorMicros || share > capMicros) broken += 1;
    });
  }
  return broken;
}

function partsThatLose({ budgetMicros, parts }: SplitInstance): number {
  const before = responseShares(budgetMicros, parts);
  const after = responseShares(budgetMicros + Math.ceil(budgetMicros / 89), parts);
  return after.filter((share, index) => share < (before[index] as number)).length;
}

function timeRatio(instances: readonly SplitInstance[], rounds: number): number {
  const timed = (work: (instance: SplitInstance) => unknown) => {
    const startMs = performance.now();
    for (const instance of instances) work(instance);
    return performance.now() - startMs;
  };
  const ratios = Array.from({ length: rounds }, () => {
    const own = timed(({ budgetMicros, parts }) => splitByResponse(budgetMicros, parts));
    return own / timed(({ budgetMicros, stepMicros, parts }) => bestResponse(budgetMicros, stepMicros, parts));
  });
  return median(ratios);
}
