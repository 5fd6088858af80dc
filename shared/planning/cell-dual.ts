// Prices of lines and cells by the regularised dual of the allocation problem, and the allocation they imply: nearly
// optimal, no cell over-filled, demands met only nearly. See fill.ts for what makes it exact.
import type { CellMarket } from './cell-market.ts';
import { takeFromCells, type Response, type Taken } from './cell-prices.ts';

export interface CellDual {
  /** Of each position of the market, units. */
  units: Float64Array;
  /** Scaled; of a line in its first part below 0 by up to its bonus. */
  linePrice: Float64Array;
  cellPrice: Float64Array;
  iterations: number;
}

/** V: the price that moves a line's take of a cell from its fair share to nothing, in mean worths of a unit. */
const SMOOTHING = 0.05;
/** Iterations between moves of the centre, and moves at most. */
const ROUND = 20;
const MAX_ROUNDS = 8;

/**
 * Maximises worth - (V / 2) sum (y - centre)^2 / fair share over the allocations; the centre starts at the fair shares
 * (SHALE, Bharadwaj et al., KDD 2012, arXiv 1203.3619) and moves to the allocation found so far after each round
 * (proximal point, Rockafellar 1976), so that what the smoothing costs fades. Each round is projected Nesterov
 * on the line prices with a diagonal preconditioner and gradient restart (O'Donoghue and Candes, 2015).
 * @param start scaled line prices to start from; NaN for a line without one
 */
export function solveCellDual(market: CellMarket, start?: Float64Array): CellDual {
  const edges = market.line.length;
  const lines = market.demand.length;
  const response = createResponse(market);
  const taken: Taken = {
    units: new Float64Array(edges),
    cellPrice: new Float64Array(market.supply.length),
    delivered: new Float64Array(lines),
    scratch: new Float64Array(market.largestCell),
  };
  const step = stepSizes(market, response);
  const price = new Float64Array(lines);
  if (start)
    for (let line = 0; line < lines; line++) price[line] = Number.isNaN(start[line]) ? 0 : (start[line] as number);
  const ahead = price.slice();
  let iterations = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let momentum = 1;
    ahead.set(price);
    for (let turn = 0; turn < ROUND; turn++, iterations++) {
      takeFromCells(market, response, ahead, taken);
      momentum = stepPrices(market, step, taken.delivered, price, ahead, momentum);
    }
    takeFromCells(market, response, price, taken);
    if (round < MAX_ROUNDS - 1) moveCentre(market, response, taken.units);
  }
  return { units: taken.units, linePrice: price, cellPrice: taken.cellPrice, iterations };
}

function createResponse({ worth, fair, use }: CellMarket): Response {
  const slope = fair.map((share) => share / SMOOTHING);
  const useSlope = slope.map((one, position) => one * (use[position] as number));
  const intercept = fair.map((share, position) => share + (slope[position] as number) * (worth[position] as number));
  return { intercept, slope, useSlope };
}

/** The inverse of how fast a line's delivery can fall with its price; 0 of a line that can take nothing. */
function stepSizes({ line, use, demand }: CellMarket, { useSlope }: Response): Float64Array {
  const step = new Float64Array(demand.length);
  for (let position = 0; position < line.length; position++) {
    const own = line[position] as number;
    step[own] = (step[own] as number) + (use[position] as number) * (useSlope[position] as number);
  }
  return step.map((fall) => (fall > 0 ? 1 / fall : 0));
}

/** One accelerated step of all line prices; returns the next momentum. `price` and `ahead` are changed. */
function stepPrices(
  { demand, first, bonus }: CellMarket,
  step: Float64Array,
  delivered: Float64Array,
  price: Float64Array,
  ahead: Float64Array,
  momentum: number,
): number {
  const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
  const push = (momentum - 1) / nextMomentum;
  let uphill = 0;
  for (let line = 0; line < price.length; line++) {
    const before = price[line] as number;
    const from = ahead[line] as number;
    const size = step[line] as number;
    const raised = from + size * (delivered[line] as number);
    const next = settle(raised, size * (demand[line] as number), size * (first[line] as number), bonus[line] as number);
    uphill += (from - next) * (next - before);
    price[line] = next;
    ahead[line] = Math.max(-(bonus[line] as number), next + push * (next - before));
  }
  if (uphill <= 0) return nextMomentum;
  ahead.set(price);
  return 1;
}

/**
 * The proximal step of a line's part of the dual: above 0 the line wants its whole demand, between -bonus and 0 the
 * first part, at either kink anything between. Without a bonus it is the projection to 0 and above.
 */
function settle(raised: number, whole: number, first: number, bonus: number): number {
  if (raised > whole) return raised - whole;
  if (raised >= first) return 0;
  return Math.max(-bonus, raised - first);
}

function moveCentre({ worth }: CellMarket, { intercept, slope }: Response, units: Float64Array): void {
  for (let position = 0; position < units.length; position++) {
    intercept[position] = (units[position] as number) + (slope[position] as number) * (worth[position] as number);
  }
}
