// What a market's lines are to be served from now on: their demand allocated over the supply of all their flights, and of
// that the part that begins now.
import type { SupplyDay } from '../contracts/documents.ts';
import { allocate } from './allocation.ts';
import { HIGHEST_PRICE } from './live-price.ts';
import { modelMarket, type SoldDemand } from './market-model.ts';

export interface ServingPlan {
  /** The audiences that supply names. */
  audiences: readonly { segment: string; surface: string }[];
  /** Of each line: its share of the opportunities of each audience from now until the next flight begins or ends. */
  shares: Float64Array[];
  /** Of each line: the dual of its money over its worth, 0 to 1; 0 where supply is short of it. */
  prices: Float64Array;
  /** Of each line: what it will have been delivered by the end of its flight, micros. */
  deliveredMicros: Float64Array;
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
  const { problem, cuts, audiences } = modelMarket(lines, supply, nowMs, (cell) => cell.q50 * supplyFactor);
  const { y, linePrice } = allocate(problem);
  const hasBegun = (cuts[0] ?? Infinity) <= nowMs;
  const shares = lines.map(() => new Float64Array(audiences.length));
  const deliveredMicros = new Float64Array(lines.length);
  lines.forEach(({ clickPriceMicros }, line) => {
    const own = shares[line] as Float64Array;
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      const clicks = y[edge] as number;
      const cell = problem.edgeCell[edge] as number;
      deliveredMicros[line] = (deliveredMicros[line] as number) + clicks * clickPriceMicros;
      // Cells of the first interval come first.
      if (hasBegun && cell < audiences.length) own[cell] = clicks / (problem.supply[cell] as number);
    }
  });
  const prices = Float64Array.from(lines, ({ clickPriceMicros }, line) =>
    Math.min(HIGHEST_PRICE, Math.max(0, (linePrice[line] as number) / clickPriceMicros)),
  );
  return { audiences, shares, prices, deliveredMicros };
}
