// What a market's lines will be served from now on: their demand allocated over the supply of all their flights, and what
// that makes of their prices.
import type { SupplyDay } from '../contracts/documents.ts';
import { allocate } from './allocation.ts';
import { HIGHEST_PRICE } from './live-price.ts';
import { modelMarket, type SoldDemand } from './market-model.ts';
import type { AllocationProblem } from './problem.ts';

export interface ServingPlan {
  /** Of each line: the dual of its money over its worth, 0 to 1; 0 where supply is short of it. */
  prices: Float64Array;
  /** Of each line: what it will have been delivered by the end of its flight, micros. */
  deliveredMicros: Float64Array;
  /** Of each line: what its audience has beyond what all lines are allocated, at its own price, micros. */
  spareMicros: Float64Array;
  /** Of each line: all that its audience has, at its own price, micros. */
  eligibleMicros: Float64Array;
}

/**
 * Allocates lines over the median of supply; what proportional serving would give a line counts more (fairness.ts).
 * @param supplyFactor what forecasts are multiplied by: the nowcast
 */
export function planServing(
  lines: readonly SoldDemand[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
  supplyFactor: number,
): ServingPlan {
  const { problem } = modelMarket(lines, supply, nowMs, (cell) => cell.q50 * supplyFactor);
  const { y, linePrice } = allocate(problem);
  const deliveredMicros = new Float64Array(lines.length);
  lines.forEach(({ clickPriceMicros }, line) => {
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      deliveredMicros[line] = (deliveredMicros[line] as number) + (y[edge] as number) * clickPriceMicros;
    }
  });
  const prices = Float64Array.from(lines, ({ clickPriceMicros }, line) =>
    Math.min(HIGHEST_PRICE, Math.max(0, (linePrice[line] as number) / clickPriceMicros)),
  );
  return { prices, deliveredMicros, ...audienceMicros(lines, problem, y) };
}

function audienceMicros(
  lines: readonly SoldDemand[],
  { supply, lineStart, edgeCell }: AllocationProblem,
  y: Float64Array,
): Pick<ServingPlan, 'spareMicros' | 'eligibleMicros'> {
  const left = Float64Array.from(supply);
  edgeCell.forEach((cell, edge) => (left[cell] = (left[cell] as number) - (y[edge] as number)));
  const clicksOf = (line: number, clicks: Float64Array) => {
    let sum = 0;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++)
      sum += Math.max(0, clicks[edgeCell[edge] as number] as number);
    return sum;
  };
  return {
    spareMicros: Float64Array.from(lines, ({ clickPriceMicros }, line) => clicksOf(line, left) * clickPriceMicros),
    eligibleMicros: Float64Array.from(lines, ({ clickPriceMicros }, line) => clicksOf(line, supply) * clickPriceMicros),
  };
}
