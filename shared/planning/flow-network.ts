// The fixed side of a flow: the edges of a problem by line and by cell, in amounts that are whole numbers.
// A total below 2^52 of them is exact in a double, so that sums and differences never round: nothing is lost or made by
// re-routing, however often, and "full" means 0 left.
import { assertProblem } from './assert-problem.ts';
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';
import { productForm } from './product-form.ts';

export interface FlowNetwork {
  /** Supply of each cell in grains. */
  supply: Float64Array;
  /** Cap of each edge in grains, Infinity for none. */
  cap: Float64Array;
  lineStart: Uint32Array;
  edgeCell: Uint32Array;
  edgeLine: Uint32Array;
  /** Edges by cell: those of cell i are `cellEdge[cellStart[i]]` up to and without `cellStart[i + 1]`. */
  cellStart: Uint32Array;
  cellEdge: Uint32Array;
  /** Grains that a unit of each cell is. */
  grainsPerUnit: Float64Array;
  /** What a grain is worth of each line's demand, in the unit of its demand. */
  demandPerGrain: Float64Array;
}

/**
 * The network of a problem whose uses are all 1, or a factor of the cell times a factor of the line; undefined for
 * others. A grain is a power of two, 2^-52 to 2^-51 of all supply; supplies and caps are rounded down to whole grains.
 * @throws PlanningError `INVALID_PROBLEM`
 */
export function flowNetwork(problem: AllocationProblem): FlowNetwork | undefined {
  assertProblem(problem);
  const { lineStart, edgeCell } = problem;
  const byCell = edgesByCell(problem);
  const form = productForm(problem, byCell);
  if (!form) return undefined;
  const { cellFactor, lineFactor } = form;
  let total = 0;
  problem.supply.forEach((units, cell) => (total += units * (cellFactor[cell] as number)));
  if (total === Infinity) throw new PlanningError('INVALID_PROBLEM', 'all supply together is no finite amount');
  const grain = total > 0 ? 2 ** Math.max(-900, Math.floor(Math.log2(total)) - 51) : 1;
  const grainsPerUnit = cellFactor.map((factor) => factor / grain);
  return {
    supply: problem.supply.map((units, cell) => Math.floor(units * (grainsPerUnit[cell] as number))),
    cap: problem.cap.map((units, edge) => Math.floor(units * (grainsPerUnit[edgeCell[edge] as number] as number))),
    lineStart,
    edgeCell,
    ...byCell,
    grainsPerUnit,
    demandPerGrain: lineFactor.map((factor) => factor * grain),
  };
}

/** The line of each edge, and the edges by cell, in the order of lines. */
export function edgesByCell({ supply, demand, lineStart, edgeCell }: AllocationProblem) {
  const cellStart = new Uint32Array(supply.length + 1);
  for (const cell of edgeCell) cellStart[cell + 1] = (cellStart[cell + 1] as number) + 1;
  for (let cell = 0; cell < supply.length; cell++)
    cellStart[cell + 1] = (cellStart[cell + 1] as number) + (cellStart[cell] as number);
  const edgeLine = new Uint32Array(edgeCell.length);
  const cellEdge = new Uint32Array(edgeCell.length);
  const next = cellStart.slice();
  for (let line = 0; line < demand.length; line++) {
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      const cell = edgeCell[edge] as number;
      edgeLine[edge] = line;
      cellEdge[next[cell] as number] = edge;
      next[cell] = (next[cell] as number) + 1;
    }
  }
  return { edgeLine, cellStart, cellEdge };
}
