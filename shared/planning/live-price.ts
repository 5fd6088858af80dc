// One price per line, to be applied to every single request: what keeps each line's money for the requests that are worth
// most to it, given everybody else's money and spot demand.
//
//   An opportunity of a cell with listener response m brings v = clickRate x m x clickPrice of the line's money, in
//   expectation. The line's net worth is worth x v x (1 - price). Eligible lines draw by `drawWeight` of their net worths;
//   the line drawn must be worth more, net, than the best offer of spot demand and the floor, else spot has it.
import { assertLiveMarket } from './assert-live-market.ts';
import { drawWeight, DRAW_POWER } from './draw-weight.ts';
import {
  LAST_NODE,
  NODES_PER_OCTAVE,
  OFFER_POWER,
  offerCurves,
  type LiveCells,
  type RequestSample,
} from './offer-curve.ts';

/** Lines of one market. The cells of line j are `edgeCell[lineStart[j]]` up to and without `edgeCell[lineStart[j + 1]]`. */
export interface LiveLines {
  /** Money left to spend. */
  budget: Float64Array;
  /** The worth of a unit of money delivered, 0 or more, where a unit of spot money is worth 1. */
  worth: Float64Array;
  /** Money for an expected click; a response that is the line's own belongs in here too. */
  clickPrice: Float64Array;
  lineStart: Uint32Array;
  edgeCell: Uint32Array;
}

export interface LivePriceInput {
  cells: LiveCells;
  /** Prices to start from, such as those of the solve before: only how soon it is done depends on them. */
  start?: Float64Array;
  /** What to believe where the sample is too small to tell, such as the prices of the cell dual. */
  fallback?: Float64Array;
}

/** The highest price of a line with money: one of 1 would beat nobody, not even an empty room. */
export const HIGHEST_PRICE = 1 - 2 ** -(LAST_NODE / NODES_PER_OCTAVE);
/** A sample of this many requests is believed altogether, a smaller one in proportion. */
const ENOUGH_REQUESTS = 10;
const MAX_ROUNDS = 300;
/** Down from prices above this to one of 0 would take more rounds than that; up to them it takes few. */
const HIGHEST_START = 0.9;
/** Done when each line's expected spending is this close to its money, as a difference of logarithms. */
const TOLERANCE = 0.01;

/**
 * The price of each line, 0 to 1: the dual of its money row over its worth. 0 for a line that cannot spend its money on
 * what is left, 1 for one without money and for no other ({@link HIGHEST_PRICE}); in between, the price at which the
 * expected spending is just the money left.
 *
 * The sample is scaled to each cell's forecast ({@link offerCurves}). Prices are found by matching each line's expected
 * spending to its money in turn, which with the draw of {@link drawWeight} is Sinkhorn's iteration on the smoothed dual,
 * accelerated by Nesterov's momentum with restart (Cuturi 2013; O'Donoghue and Candes 2015). The design is that of Vee,
 * Vassilvitskii and Shanmugasundaram, "Optimal online assignment with forecasts", EC 2010: solve the dual on a sample,
 * serve from its prices.
 * @throws PlanningError INVALID_PROBLEM
 */
export function solveLivePrices(sample: RequestSample, lines: LiveLines, input: LivePriceInput): Float64Array {
  assertLiveMarket(sample, lines, input);
  const { cells, start, fallback } = input;
  const gross = grossWorths(lines, cells);
  const top = gross.reduce((highest, one) => Math.max(highest, one), 0);
  const prices = lines.budget.map((budget) => (budget > 0 ? 0 : 1));
  if (top === 0) return prices;
  const curves = offerCurves(sample, cells, top);
  const logKept = solveDual({ lines, gross, top, curves, cellCount: cells.opportunities.length }, start ?? fallback);
  const trust = fallback === undefined ? 1 : trustOf(sample);
  for (let line = 0; line < prices.length; line++) {
    if (gross[line] === 0) continue;
    const solved = Math.max(0, -Math.expm1(logKept[line] as number));
    prices[line] = Math.min(HIGHEST_PRICE, trust * solved + (1 - trust) * (fallback?.[line] ?? 0));
  }
  return prices;
}

/** Worth per expected click of each line; 0 for one without money, or without any traffic left to spend it on. */
function grossWorths({ budget, worth, clickPrice, lineStart, edgeCell }: LiveLines, cells: LiveCells): Float64Array {
  return worth.map((one, line) => {
    const reached = edgeCell.subarray(lineStart[line], lineStart[line + 1]);
    const isReached = reached.some(
      (cell) => (cells.opportunities[cell] as number) * (cells.clickRate[cell] as number) > 0,
    );
    return isReached && (budget[line] as number) > 0 ? one * (clickPrice[line] as number) : 0;
  });
}

/** How far the sample is believed, 0 to 1, by the number of equally weighted requests that would tell as much. */
function trustOf({ cell, weight }: RequestSample): number {
  if (cell.length === 0) return 0;
  let sum = 0;
  let squares = 0;
  const highest = weight?.reduce((most, one) => Math.max(most, one), 0) ?? 1;
  for (let request = 0; request < cell.length; request++) {
    const share = (weight?.[request] ?? 1) / highest;
    sum += share;
    squares += share * share;
  }
  return Math.min(1, (sum * sum) / squares / ENOUGH_REQUESTS);
}

interface Dual {
  lines: LiveLines;
  /** Worth x click price of each line, 0 for those without money. */
  gross: Float64Array;
  top: number;
  curves: Float64Array;
  cellCount: number;
}

/** The logarithm of what each line keeps of its worth, log(1 - price), at most 0. */
function solveDual(dual: Dual, start: Float64Array | undefined): Float64Array {
  const { lines, gross } = dual;
  const lowest = Math.log1p(-HIGHEST_PRICE);
  const point = gross.map((_, line) => Math.log1p(-Math.min(HIGHEST_START, start?.[line] ?? 0)));
  const last = point.slice();
  const next = point.slice();
  const spendingAt = createSpending(dual);
  let momentum = 1;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const spending = spendingAt(point);
    let farthest = 0;
    let uphill = 0;
    for (let line = 0; line < gross.length; line++) {
      if (gross[line] === 0) continue;
      const from = point[line] as number;
      const budget = lines.budget[line] as number;
      const step = Math.log(budget / (spending[line] as number)) / (DRAW_POWER + OFFER_POWER);
      const to = Math.min(0, Math.max(lowest, from + step));
      next[line] = to;
      farthest = Math.max(farthest, Math.abs(to - from));
      uphill += budget * (from - to) * (to - (last[line] as number));
    }
    if (farthest * (DRAW_POWER + OFFER_POWER) <= TOLERANCE) return next;
    if (uphill > 0) momentum = 1;
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = (momentum - 1) / nextMomentum;
    momentum = nextMomentum;
    for (let line = 0; line < gross.length; line++) {
      const to = next[line] as number;
      point[line] = Math.min(0, Math.max(lowest, to + carry * (to - (last[line] as number))));
      last[line] = to;
    }
  }
  return next;
}

/** A function from log(1 - price) of each line to the money it is expected to spend, in one array that is used again. */
function createSpending({ lines, gross, top, curves, cellCount }: Dual) {
  const { lineStart, edgeCell, clickPrice } = lines;
  const net = new Float64Array(gross.length);
  const best = new Float64Array(cellCount);
  const weightSum = new Float64Array(cellCount);
  const weight = new Float64Array(edgeCell.length);
  const spending = new Float64Array(gross.length);
  const nodesPerLog = NODES_PER_OCTAVE / Math.LN2;
  const grossNode = gross.map((one) => Math.log(top / one) * nodesPerLog);
  return (logKept: Float64Array): Float64Array => {
    best.fill(0);
    weightSum.fill(0);
    for (let line = 0; line < gross.length; line++) {
      const own = (gross[line] as number) * Math.exp(logKept[line] as number);
      net[line] = own;
      for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
        const cell = edgeCell[edge] as number;
        if (own > (best[cell] as number)) best[cell] = own;
      }
    }
    for (let line = 0; line < gross.length; line++) {
      const own = net[line] as number;
      if (own === 0) continue;
      for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
        const cell = edgeCell[edge] as number;
        const one = drawWeight(own, best[cell] as number);
        weight[edge] = one;
        weightSum[cell] = (weightSum[cell] as number) + one;
      }
    }
    for (let line = 0; line < gross.length; line++) {
      if (net[line] === 0) continue;
      const position = Math.min(LAST_NODE, (grossNode[line] as number) - (logKept[line] as number) * nodesPerLog);
      const node = Math.min(LAST_NODE - 1, Math.floor(position));
      const part = position - node;
      let clicks = 0;
      for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
        const cell = edgeCell[edge] as number;
        const at = cell * (LAST_NODE + 1) + node;
        const won = (1 - part) * (curves[at] as number) + part * (curves[at + 1] as number);
        clicks += ((weight[edge] as number) / (weightSum[cell] as number)) * won;
      }
      spending[line] = clicks * (clickPrice[line] as number);
    }
    return spending;
  };
}
