// What an allocation is judged by, counted apart from the code that made it.
import { firstParts } from '../../shared/planning/fairness.ts';
import type { AllocationProblem } from '../../shared/planning/problem.ts';

export interface Excess {
  /** The most that a cell gives above its supply, as a share of it; 0 when none does. */
  cell: number;
  /** The same of demands, and of caps. */
  demand: number;
  cap: number;
}

export function excessOf(problem: AllocationProblem, y: Float64Array): Excess {
  const { supply, demand, edgeCell, cap } = problem;
  const filled = new Float64Array(supply.length);
  let overCap = 0;
  y.forEach((units, edge) => {
    const cell = edgeCell[edge] as number;
    filled[cell] = (filled[cell] as number) + units;
    overCap = Math.max(overCap, share(units, cap[edge] as number), units < 0 ? Infinity : 0);
  });
  const worst = (used: Float64Array, most: Float64Array) =>
    used.reduce((excess, amount, index) => Math.max(excess, share(amount, most[index] as number)), 0);
  return { cell: worst(filled, supply), demand: worst(deliveredOf(problem, y), demand), cap: overCap };
}

function share(amount: number, most: number): number {
  if (amount <= most) return 0;
  return most === 0 ? Infinity : (amount - most) / most;
}

/** What each line gets, in units of its demand. */
export function deliveredOf({ demand, lineStart, use }: AllocationProblem, y: Float64Array): Float64Array {
  return demand.map((_, line) => {
    let sum = 0;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      sum += (y[edge] as number) * (use[edge] as number);
    }
    return sum;
  });
}

/** The share of lines with a demand that get less than 5% of it. */
export function starvedShareOf(problem: AllocationProblem, y: Float64Array): number {
  let starved = 0;
  let lines = 0;
  deliveredOf(problem, y).forEach((amount, line) => {
    const wanted = problem.demand[line] as number;
    if (wanted <= 0) return;
    lines += 1;
    if (amount < 0.05 * wanted) starved += 1;
  });
  return lines === 0 ? 0 : starved / lines;
}

/**
 * What is earned when fractions of cells meet another supply than the one they were made for; a line stops at its
 * demand, all over its cells at once.
 * @param shares of each edge, the fraction of its cell
 */
export function servedUnits(problem: AllocationProblem, shares: Float64Array, trueSupply: Float64Array): Float64Array {
  const units = shares.map((share, edge) => share * (trueSupply[problem.edgeCell[edge] as number] as number));
  const delivered = deliveredOf(problem, units);
  for (let line = 0; line < delivered.length; line++) {
    const wanted = problem.demand[line] as number;
    const keep = (delivered[line] as number) > wanted ? wanted / (delivered[line] as number) : 1;
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      units[edge] = (units[edge] as number) * keep;
    }
  }
  return units;
}

export function worthOf({ worth }: AllocationProblem, units: Float64Array): number {
  return units.reduce((sum, one, edge) => sum + one * (worth[edge] as number), 0);
}

/** What fairness maximises: the worth, and the bonus of what falls into the first parts. */
export function fairWorthOf(problem: AllocationProblem, units: Float64Array): number {
  const { amount, bonus } = firstParts(problem);
  const delivered = deliveredOf(problem, units);
  return delivered.reduce(
    (sum, one, line) => sum + (bonus[line] as number) * Math.min(one, amount[line] as number),
    worthOf(problem, units),
  );
}
