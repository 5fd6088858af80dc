// Fairness: what a simple proportional serving would give a line counts more than the rest of its demand, so that a short
// market does not give the dearest lines everything and the cheapest nothing.
import type { AllocationProblem } from './problem.ts';

/** What counts more than its worth. Both arrays have an entry per line. */
export interface FirstPart {
  /** How much of the line's demand counts more, in the units of demand. */
  amount: Float64Array;
  /** What each unit of demand in the first part counts on top of its worth. */
  bonus: Float64Array;
}

/** The first part counts three times. */
const BONUS = 2;
/** A little less than all: what is left pays for better places for everybody. */
const PART = 0.96;

/**
 * Nearly what proportional serving would give each line, and twice its worth as a bonus: lines can have their first
 * parts all at once, so next to none goes short of it (measured at load 1.15: starved lines 14% -> 0.1% for 2.6% of the
 * value; the first half of each demand at double worth leaves 27% of lines below 95% of proportional serving). A line's
 * worth of a unit of demand is that of its edges on average, weighted with the supply of their cells.
 */
export function firstParts(problem: AllocationProblem): FirstPart {
  const { supply, demand, lineStart, edgeCell, use, worth } = problem;
  const bonus = new Float64Array(demand.length);
  for (let line = 0; line < demand.length; line++) {
    let worths = 0;
    let uses = 0;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      const units = supply[edgeCell[edge] as number] as number;
      worths += units * (worth[edge] as number);
      uses += units * (use[edge] as number);
    }
    bonus[line] = uses > 0 ? (BONUS * worths) / uses : 0;
  }
  return { amount: proportionalServing(problem).map((amount) => PART * amount), bonus };
}

/**
 * What each line gets, in units of its demand, when every line takes the same fraction of each of its cells, no more
 * than an edge's cap, and the lines over a cell that is asked for too much are scaled down together.
 */
export function proportionalServing(problem: AllocationProblem): Float64Array {
  const { supply, demand, lineStart, edgeCell, use, cap } = problem;
  const lines = demand.length;
  const fraction = new Float64Array(lines);
  const asked = new Float64Array(supply.length);
  for (let line = 0; line < lines; line++) {
    const [start, end] = [lineStart[line] as number, lineStart[line + 1] as number];
    let reach = 0;
    for (let edge = start; edge < end; edge++) {
      reach += (supply[edgeCell[edge] as number] as number) * (use[edge] as number);
    }
    fraction[line] = reach > 0 ? Math.min(1, (demand[line] as number) / reach) : 0;
    for (let edge = start; edge < end; edge++) {
      const cell = edgeCell[edge] as number;
      const units = Math.min((fraction[line] as number) * (supply[cell] as number), cap[edge] as number);
      asked[cell] = (asked[cell] as number) + units;
    }
  }
  const served = new Float64Array(lines);
  for (let line = 0; line < lines; line++) {
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      const cell = edgeCell[edge] as number;
      const room = supply[cell] as number;
      const units = Math.min((fraction[line] as number) * room, cap[edge] as number);
      const scale = (asked[cell] as number) > room ? room / (asked[cell] as number) : 1;
      served[line] = (served[line] as number) + units * scale * (use[edge] as number);
    }
  }
  return served;
}
