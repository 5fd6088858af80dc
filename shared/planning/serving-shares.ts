// The fractions by which an allocation is served: of each cell, what share of whatever comes goes to which line.
import type { AllocationProblem } from './problem.ts';

/**
 * Of each edge, 0 to 1; those of a cell add up to at most 1. What the allocation leaves of a cell is offered to all its
 * lines, in proportion to the worth of a fair share: a line that stops at its demand takes no more for it, and one whose
 * other cells fall short has a second source. (Measured with supply 20% off: value .98 -> .99 of the optimum in
 * hindsight where a part of the supply is left; the value of the allocation as planned is the same.)
 * @param y units of each edge, feasible
 */
export function servingShares(problem: AllocationProblem, y: Float64Array): Float64Array {
  const { supply, demand, lineStart, edgeCell, use, worth } = problem;
  const left = supply.slice();
  for (let edge = 0; edge < y.length; edge++) {
    const cell = edgeCell[edge] as number;
    left[cell] = (left[cell] as number) - (y[edge] as number);
  }
  const weight = new Float64Array(y.length);
  const weights = new Float64Array(supply.length);
  for (let line = 0; line < demand.length; line++) {
    const [start, end] = [lineStart[line] as number, lineStart[line + 1] as number];
    let reach = 0;
    for (let edge = start; edge < end; edge++) {
      reach += (supply[edgeCell[edge] as number] as number) * (use[edge] as number);
    }
    if (!(reach > 0)) continue;
    for (let edge = start; edge < end; edge++) {
      const cell = edgeCell[edge] as number;
      weight[edge] = ((demand[line] as number) / reach) * (worth[edge] as number);
      weights[cell] = (weights[cell] as number) + (weight[edge] as number);
    }
  }
  return y.map((units, edge) => {
    const cell = edgeCell[edge] as number;
    const all = supply[cell] as number;
    if (all === 0) return 0;
    const offered = (weights[cell] as number) > 0 ? (weight[edge] as number) / (weights[cell] as number) : 0;
    return Math.min(1, (units + Math.max(0, left[cell] as number) * offered) / all);
  });
}
