// Prices of lines before any request of a market has been seen: from the dual of its cells, as if every listener of a
// cell were the average one and every offer the expected one.
import { allocate } from './allocation.ts';
import { assertAmounts, assertLiveMarket } from './assert-live-market.ts';
import { HIGHEST_PRICE, type LiveLines } from './live-price.ts';
import type { LiveCells } from './offer-curve.ts';
import type { AllocationProblem } from './problem.ts';

export interface ForecastCells extends LiveCells {
  /** The best offer of spot demand expected for an opportunity, money; none when absent. */
  offer?: Float64Array;
}

/**
 * The price of each line, 0 to 1, in the sense of solveLivePrices: 0 for a line that cannot spend its money on what is
 * left, 1 for one without money and for no other.
 * @throws PlanningError INVALID_PROBLEM
 */
export function fallbackPrices(lines: LiveLines, cells: ForecastCells): Float64Array {
  const { linePrice } = allocate(cellProblem(lines, cells), { fairness: false });
  return linePrice.map((price, line) => {
    if (lines.budget[line] === 0) return 1;
    return price > 0 ? Math.min(HIGHEST_PRICE, price / (lines.worth[line] as number)) : 0;
  });
}

/**
 * The cells of a live market and its lines as an allocation: units are opportunities, demand is money, and worth is what
 * an opportunity brings above the expected offer and the floor. Without the edges over which nothing can be gained.
 * @throws PlanningError INVALID_PROBLEM
 */
export function cellProblem(lines: LiveLines, cells: ForecastCells): AllocationProblem {
  assertLiveMarket({ cell: new Uint32Array(), multiplier: new Float64Array() }, lines, { cells });
  if (cells.offer) assertAmounts('offer of cell', cells.offer, cells.opportunities.length);
  const lineStart = new Uint32Array(lines.budget.length + 1);
  const [edgeCell, use, worth]: [number[], number[], number[]] = [[], [], []];
  for (let line = 0; line < lines.budget.length; line++) {
    for (let edge = lines.lineStart[line] as number; edge < (lines.lineStart[line + 1] as number); edge++) {
      const cell = lines.edgeCell[edge] as number;
      const money = (cells.clickRate[cell] as number) * (lines.clickPrice[line] as number);
      const offer = Math.max(cells.offer?.[cell] ?? 0, cells.floor?.[cell] ?? 0);
      const gain = (lines.worth[line] as number) * money - offer;
      if (!(gain > 0)) continue;
      edgeCell.push(cell);
      use.push(money);
      worth.push(gain);
    }
    lineStart[line + 1] = edgeCell.length;
  }
  return {
    supply: cells.opportunities,
    demand: lines.budget,
    lineStart,
    edgeCell: Uint32Array.from(edgeCell),
    use: Float64Array.from(use),
    worth: Float64Array.from(worth),
    cap: new Float64Array(use.length).fill(Infinity),
  };
}
