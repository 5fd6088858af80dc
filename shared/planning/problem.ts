// The allocation problem of one market: cells with supply, lines with demand, and an edge where a line may take from a cell.
// All of planning works on this one form: allocation, its exact oracle, the flow of availability.
//
//   maximise sum worth x y  subject to  sum over a cell of y <= supply, sum over a line of use x y <= demand, 0 <= y <= cap

/** Edges are grouped by line: those of line j are `lineStart[j]` up to and without `lineStart[j + 1]`. */
export interface AllocationProblem {
  /** Of each cell, in units (opportunities, listeners or expected clicks). */
  supply: Float64Array;
  /** Of each line: the most that its sum of use x y may be. Units where use is 1, money where it is the expected cost. */
  demand: Float64Array;
  /** One more than there are lines. */
  lineStart: Uint32Array;
  edgeCell: Uint32Array;
  /** The demand that one unit of the cell uses up, above 0. */
  use: Float64Array;
  /** The worth of one unit. */
  worth: Float64Array;
  /** The most units of the edge; Infinity for none. */
  cap: Float64Array;
}
