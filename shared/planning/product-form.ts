// Finds out whether what a unit uses up is a factor of the cell times a factor of the line (click rate times click
// price): then scaling the units of each cell makes every use 1, and flow with gains is plain flow.
import type { AllocationProblem } from './problem.ts';

export interface ProductForm {
  /** Of each cell, above 0. */
  cellFactor: Float64Array;
  /** Of each line, above 0. The use of an edge is the product of its two factors. */
  lineFactor: Float64Array;
}

/** How far a use may be from the product, relative: rounding along a spanning tree, not data. */
const TOLERANCE = 1e-12;

/**
 * The factors, or undefined when there are none. In each connected component the first line's first cell has factor 1,
 * as has everything without an edge. Linear in the edges.
 * @param problem one that `assertProblem` passes
 * @param cellStart edges by cell: those of cell i are `cellEdge[cellStart[i]]` up to and without `cellStart[i + 1]`
 */
export function productForm(
  { use, edgeCell, lineStart, demand, supply }: AllocationProblem,
  { cellStart, cellEdge, edgeLine }: { cellStart: Uint32Array; cellEdge: Uint32Array; edgeLine: Uint32Array },
): ProductForm | undefined {
  const cellFactor = new Float64Array(supply.length);
  const lineFactor = new Float64Array(demand.length);
  const queue = new Uint32Array(demand.length);
  for (let first = 0; first < demand.length; first++) {
    if (lineFactor[first] !== 0) continue;
    const start = lineStart[first] as number;
    lineFactor[first] = start === lineStart[first + 1] ? 1 : (use[start] as number);
    queue[0] = first;
    for (let next = 0, end = 1; next < end; next++) {
      const line = queue[next] as number;
      for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
        const cell = edgeCell[edge] as number;
        if (cellFactor[cell] !== 0) continue;
        cellFactor[cell] = (use[edge] as number) / (lineFactor[line] as number);
        for (let at = cellStart[cell] as number; at < (cellStart[cell + 1] as number); at++) {
          const back = cellEdge[at] as number;
          const other = edgeLine[back] as number;
          if (lineFactor[other] !== 0) continue;
          lineFactor[other] = (use[back] as number) / cellFactor[cell];
          queue[end++] = other;
        }
      }
    }
  }
  cellFactor.forEach((factor, cell) => {
    if (factor === 0) cellFactor[cell] = 1;
  });
  for (let edge = 0; edge < use.length; edge++) {
    const product = (cellFactor[edgeCell[edge] as number] as number) * (lineFactor[edgeLine[edge] as number] as number);
    const given = use[edge] as number;
    if (!(Math.abs(product - given) <= TOLERANCE * given)) return undefined;
  }
  return { cellFactor, lineFactor };
}
