// Small allocation problems drawn by fast-check, and what must hold of every allocation.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createProblem, type CreatedProblem, type ProblemInput } from '../../shared/planning/create-problem.ts';
import type { AllocationProblem } from '../../shared/planning/problem.ts';

const anyAmount = (max: number) => fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true }), fc.nat(max));
const hundredths = (max: number) => fc.nat(max * 100).map((count) => count / 100);

/** Up to 8 cells, 8 lines and 30 edges; zeros, caps, repeated edges and numbers next to nothing among them. */
export const problemInputs = inputsOf(anyAmount);

export const problems: fc.Arbitrary<CreatedProblem> = problemInputs.map(createProblem);

/** The same in whole hundredths, for a solver with absolute tolerances. */
export const tidyProblems: fc.Arbitrary<CreatedProblem> = inputsOf(hundredths).map(createProblem);

function inputsOf(amount: (max: number) => fc.Arbitrary<number>): fc.Arbitrary<ProblemInput> {
  const amounts = fc.array(amount(100), { minLength: 1, maxLength: 8 });
  return fc.tuple(amounts, amounts).chain(([supply, demand]) => {
    const edge = fc.record({
      cell: fc.nat(supply.length - 1),
      line: fc.nat(demand.length - 1),
      worth: amount(10),
      use: fc.oneof(
        fc.constant(1),
        amount(10).map((one) => Math.max(0.01, one)),
      ),
      cap: fc.oneof(fc.constant(Infinity), amount(50)),
    });
    return fc.array(edge, { maxLength: 30 }).map((edges) => ({ supply, demand, edges: columnsOf(edges) }));
  });
}

interface Edge {
  cell: number;
  line: number;
  worth: number;
  use: number;
  cap: number;
}

function columnsOf(edges: readonly Edge[]) {
  return {
    cell: edges.map(({ cell }) => cell),
    line: edges.map(({ line }) => line),
    worth: edges.map(({ worth }) => worth),
    use: edges.map(({ use }) => use),
    cap: edges.map(({ cap }) => cap),
  };
}

/** That no cell is over-filled, no demand exceeded and no cap passed, by more than 1e-9 of it. */
export function assertFeasible({ supply, demand, lineStart, edgeCell, use, cap }: AllocationProblem, y: Float64Array) {
  const filled = new Float64Array(supply.length);
  for (let line = 0; line < demand.length; line++) {
    let used = 0;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      const units = y[edge] as number;
      assert(units >= 0 && units <= (cap[edge] as number), `edge ${edge} has ${units} of at most ${cap[edge]}`);
      used += units * (use[edge] as number);
      filled[edgeCell[edge] as number] = (filled[edgeCell[edge] as number] as number) + units;
    }
    assert(used <= (demand[line] as number) * (1 + 1e-9), `line ${line} uses ${used} of ${demand[line]}`);
  }
  filled.forEach((units, cell) => {
    assert(units <= (supply[cell] as number) * (1 + 1e-9), `cell ${cell} gives ${units} of ${supply[cell]}`);
  });
}
