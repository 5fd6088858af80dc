// Makes an allocation problem from edges in any order, and refuses numbers that make no sense.
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';

/** Edge by edge, in any order; the same cell and line may come twice, each with its own worth and cap. */
export interface EdgeColumns {
  cell: ArrayLike<number>;
  line: ArrayLike<number>;
  worth: ArrayLike<number>;
  /** 1 of each edge when absent. */
  use?: ArrayLike<number>;
  /** Infinity of each edge when absent. */
  cap?: ArrayLike<number>;
}

export interface ProblemInput {
  /** Of each cell, 0 or more. */
  supply: ArrayLike<number>;
  /** Of each line, 0 or more. */
  demand: ArrayLike<number>;
  edges: EdgeColumns;
}

/** A problem that knows where each edge came from. */
export interface CreatedProblem extends AllocationProblem {
  /** Of each edge as it was given: its index in the problem. */
  edgePosition: Uint32Array;
}

/** The largest amount; below its inverse an amount counts as 0. In between, no product of a few of them overflows. */
const LARGEST = 1e50;

/**
 * The problem in its common form. Edges of a line keep the order in which they were given.
 * @throws PlanningError INVALID_PROBLEM for numbers that are negative, above 1e50 or none (a cap may be Infinity), a use
 *   below 1e-50, an index of no cell or no line, and columns of different lengths
 */
export function createProblem({ supply, demand, edges }: ProblemInput): CreatedProblem {
  const count = edges.cell.length;
  for (const column of ['line', 'worth', 'use', 'cap'] as const) {
    const length = edges[column]?.length ?? count;
    if (length !== count) throw invalid(`edges have ${count} cells and ${length} values of ${column}`);
  }
  checkAmounts('supply of cell', supply);
  checkAmounts('demand of line', demand);
  checkAmounts('worth of edge', edges.worth);
  checkIndices('cell', edges.cell, supply.length);
  checkIndices('line', edges.line, demand.length);
  const use = edges.use ?? new Float64Array(count).fill(1);
  const cap = edges.cap ?? new Float64Array(count).fill(Infinity);
  for (let edge = 0; edge < count; edge++) {
    const uses = use[edge] as number;
    if (!(uses >= 1 / LARGEST && uses <= LARGEST)) {
      throw invalid(`use of edge ${edge} must be from ${1 / LARGEST} to ${LARGEST}, not ${uses}`);
    }
    const most = cap[edge] as number;
    if (!(most >= 0)) throw invalid(`cap of edge ${edge} must be 0 or more, not ${most}`);
  }

  const lineStart = new Uint32Array(demand.length + 1);
  for (let edge = 0; edge < count; edge++) {
    const after = (edges.line[edge] as number) + 1;
    lineStart[after] = (lineStart[after] as number) + 1;
  }
  for (let line = 0; line < demand.length; line++) {
    lineStart[line + 1] = (lineStart[line + 1] as number) + (lineStart[line] as number);
  }
  const next = lineStart.slice();
  const edgePosition = new Uint32Array(count);
  const problem: CreatedProblem = {
    supply: Float64Array.from(supply, orNothing),
    demand: Float64Array.from(demand, orNothing),
    lineStart,
    edgeCell: new Uint32Array(count),
    use: new Float64Array(count),
    worth: new Float64Array(count),
    cap: new Float64Array(count),
    edgePosition,
  };
  for (let edge = 0; edge < count; edge++) {
    const line = edges.line[edge] as number;
    const position = next[line] as number;
    next[line] = position + 1;
    edgePosition[edge] = position;
    problem.edgeCell[position] = edges.cell[edge] as number;
    problem.use[position] = use[edge] as number;
    problem.worth[position] = orNothing(edges.worth[edge] as number);
    problem.cap[position] = orNothing(cap[edge] as number);
  }
  return problem;
}

function orNothing(amount: number): number {
  return amount < 1 / LARGEST ? 0 : amount;
}

function checkAmounts(what: string, amounts: ArrayLike<number>): void {
  for (let index = 0; index < amounts.length; index++) {
    const amount = amounts[index] as number;
    if (!(amount >= 0 && amount <= LARGEST)) {
      throw invalid(`${what} ${index} must be from 0 to ${LARGEST}, not ${amount}`);
    }
  }
}

function checkIndices(what: 'cell' | 'line', indices: ArrayLike<number>, count: number): void {
  for (let edge = 0; edge < indices.length; edge++) {
    const index = indices[edge] as number;
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw invalid(`${what} of edge ${edge} must be one of ${count}, counted from 0, not ${index}`);
    }
  }
}

function invalid(message: string): PlanningError {
  return new PlanningError('INVALID_PROBLEM', message);
}
