import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { allocate } from '../../../shared/planning/allocation.ts';
import type { AllocationProblem } from '../../../shared/planning/problem.ts';
import { fairWorthOf } from '../../bench/allocation-measures.ts';
import { assertFeasible } from '../../support/problems.ts';

interface Golden {
  problem: Record<Exclude<keyof AllocationProblem, 'cap'>, number[]> & { cap: (number | null)[] };
  value: number;
  fairWorth: number;
}

const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));

describe('Allocation beside optima recorded from HiGHS', () => {
  it('has a market of every kind', () => assert.equal(names.length, 7));

  for (const name of names) {
    const {
      problem: rows,
      value: optimum,
      fairWorth,
    } = JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Golden;
    const problem: AllocationProblem = {
      supply: Float64Array.from(rows.supply),
      demand: Float64Array.from(rows.demand),
      lineStart: Uint32Array.from(rows.lineStart),
      edgeCell: Uint32Array.from(rows.edgeCell),
      use: Float64Array.from(rows.use),
      worth: Float64Array.from(rows.worth),
      cap: Float64Array.from(rows.cap, (one) => one ?? Infinity),
    };

    it(`reaches the value of ${name}, and not more`, () => {
      const { y, value } = allocate(problem, { fairness: false });
      assertFeasible(problem, y);
      assert(value >= 0.9995 * optimum && value <= optimum * (1 + 1e-8), `${value} of ${optimum}`);
    });

    it(`reaches what fairness maximises in ${name}, and not more`, () => {
      const { y } = allocate(problem);
      assertFeasible(problem, y);
      const ours = fairWorthOf(problem, y);
      assert(ours >= 0.9995 * fairWorth && ours <= fairWorth * (1 + 1e-8), `${ours} of ${fairWorth}`);
    });
  }
});
