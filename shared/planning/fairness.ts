// Fairness: the first part of each purchase counts double, so that a short market starves fewer lines. The optimum alone
// gives the dearest lines everything and the cheapest nothing.
import type { AllocationProblem } from './problem.ts';

/** What counts more than its worth. Both arrays have an entry per line. */
export interface FirstPart {
  /** How much of the line's demand counts more, in the units of demand. */
  amount: Float64Array;
  /** What each unit of demand in the first part counts on top of its worth. */
  bonus: Float64Array;
}

/**
 * The first half of each demand at double worth. A line's worth of a unit of demand is that of its edges on average,
 * weighted with the supply of their cells.
 */
export function firstHalves({ supply, demand, lineStart, edgeCell, use, worth }: AllocationProblem): FirstPart {
  const amount = demand.map((whole) => whole / 2);
  const bonus = new Float64Array(demand.length);
  for (let line = 0; line < demand.length; line++) {
    let worths = 0;
    let uses = 0;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      const units = supply[edgeCell[edge] as number] as number;
      worths += units * (worth[edge] as number);
      uses += units * (use[edge] as number);
    }
    bonus[line] = uses > 0 ? worths / uses : 0;
  }
  return { amount, bonus };
}
