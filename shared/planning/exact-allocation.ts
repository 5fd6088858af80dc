// The same allocation by a linear programme: the oracle that allocate() is judged against. It builds the programme and
// reads the answer; whoever calls brings the solver, because loading one is asynchronous.
import type { Allocation } from './allocation.ts';
import { firstParts } from './fairness.ts';
import type { AllocationProblem } from './problem.ts';

/** Maximise objective x over columns from 0 to `upper`, rows at most `rowUpper`; the matrix by columns (CSC). */
export interface LinearProgram {
  objective: Float64Array;
  /** Of each column; may be Infinity. */
  upper: Float64Array;
  rowUpper: Float64Array;
  /** Entries of column c are `starts[c]` up to and without `starts[c + 1]`. */
  starts: Int32Array;
  rows: Int32Array;
  values: Float64Array;
}

export interface LinearSolution {
  objective: number;
  columns: Float64Array;
  /** The worth of one more unit of each row's right side, 0 or more. */
  rowPrices: Float64Array;
  iterations: number;
}

export interface LinearSolver {
  /** @throws when it finds no optimum */
  maximise(program: LinearProgram): LinearSolution;
}

/**
 * As allocate(), to the tolerance of the solver.
 * @param options.fairness what proportional serving would give a line counts more (fairness.ts); true when absent
 */
export function allocateExactly(
  solver: LinearSolver,
  problem: AllocationProblem,
  { fairness = true }: { fairness?: boolean } = {},
): Allocation {
  const [cells, lines, edges] = [problem.supply.length, problem.demand.length, problem.edgeCell.length];
  if (edges === 0) {
    const none = (length: number) => new Float64Array(length);
    return { y: none(0), cellPrice: none(cells), linePrice: none(lines), value: 0, iterations: 0 };
  }
  const solution = solver.maximise(toLinearProgram(problem, fairness));
  const y = solution.columns.slice(0, edges);
  let value = 0;
  for (let edge = 0; edge < edges; edge++) value += (y[edge] as number) * (problem.worth[edge] as number);
  const linePrice = solution.rowPrices.slice(cells, cells + lines);
  if (fairness) {
    for (let line = 0; line < lines; line++) {
      linePrice[line] = (linePrice[line] as number) - (solution.rowPrices[cells + lines + line] as number);
    }
  }
  return { y, cellPrice: solution.rowPrices.slice(0, cells), linePrice, value, iterations: solution.iterations };
}

/**
 * Rows: cells, then lines. With fairness a column more for each line, what of its first part is delivered, and a row
 * more that keeps it below what the edges deliver.
 */
export function toLinearProgram(problem: AllocationProblem, fairness: boolean): LinearProgram {
  const { supply, demand, lineStart, edgeCell, use, worth, cap } = problem;
  const [cells, lines, edges] = [supply.length, demand.length, edgeCell.length];
  const first = fairness ? firstParts(problem) : { amount: new Float64Array(0), bonus: new Float64Array(0) };
  const perEdge = fairness ? 3 : 2;
  const entries = perEdge * edges + first.amount.length;
  const starts = new Int32Array(edges + first.amount.length + 1);
  const rows = new Int32Array(entries);
  const values = new Float64Array(entries);
  let entry = 0;
  const add = (row: number, value: number) => {
    rows[entry] = row;
    values[entry] = value;
    entry += 1;
  };
  for (let line = 0; line < lines; line++) {
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      add(edgeCell[edge] as number, 1);
      add(cells + line, use[edge] as number);
      if (fairness) add(cells + lines + line, -(use[edge] as number));
      starts[edge + 1] = entry;
    }
  }
  for (let line = 0; line < first.amount.length; line++) {
    add(cells + lines + line, 1);
    starts[edges + line + 1] = entry;
  }
  return {
    objective: Float64Array.from([...worth, ...first.bonus]),
    upper: Float64Array.from([...cap, ...first.amount]),
    rowUpper: Float64Array.from([...supply, ...demand, ...new Float64Array(first.amount.length)]),
    starts,
    rows,
    values,
  };
}
