// Newton steps on the line prices of a cell dual: each balances all lines at once over the edges that are neither empty
// nor at their cap, where gradient steps would hand a surplus from neighbour to neighbour.
import type { CellDual } from './cell-dual.ts';
import { takeFromCells } from './cell-prices.ts';
import { settledPrice } from './gradient-steps.ts';

/** Room for the linear system of a step; per line unless said otherwise. */
export interface Newton {
  /** 1 where the price can move; at 0, or at -bonus, a line may be content with what it gets. */
  isFree: Uint8Array;
  /** Delivered above what the line wants at its price; 0 where not free. */
  surplus: Float64Array;
  /** What a free line wants at its price. */
  wanted: Float64Array;
  diagonal: Float64Array;
  direction: Float64Array;
  residual: Float64Array;
  search: Float64Array;
  image: Float64Array;
  before: Float64Array;
  /** Per cell, as in the market: the open edges of free lines, their lines and use x slope. */
  openStart: Uint32Array;
  openLine: Uint32Array;
  openUseSlope: Float64Array;
  /** Of each cell: 1 / the slopes of its open edges; 0 where it has supply left. */
  inverseSlope: Float64Array;
}

export function createNewton({ market }: CellDual): Newton {
  const [cells, lines, edges] = [market.supply.length, market.demand.length, market.line.length];
  const perLine = () => new Float64Array(lines);
  return {
    isFree: new Uint8Array(lines),
    surplus: perLine(),
    wanted: perLine(),
    diagonal: perLine(),
    direction: perLine(),
    residual: perLine(),
    search: perLine(),
    image: perLine(),
    before: perLine(),
    openStart: new Uint32Array(cells + 1),
    openLine: new Uint32Array(edges),
    openUseSlope: new Float64Array(edges),
    inverseSlope: new Float64Array(cells),
  };
}

/** Levenberg and Marquardt's damping, as a share of the steepest fall: at first, the least and the most. */
const [FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING] = [0.03, 1e-4, 0.3];
/** Conjugate gradients end when the residual is this part of what it was, or after so many turns. */
const CONJUGATE_TOLERANCE = 0.1;
const MAX_CONJUGATE_TURNS = 40;
const MAX_TRIES = 2;
/** A way that is still this steep at its end, beside its start, is gone further. */
const STEEP = 0.85;
const MOST_LONGER = 8;

/**
 * Semismooth Newton with conjugate gradients, damping and a secant line search, until deliveries miss what lines want
 * by less than `tolerance` of all demand or after `count` steps. Leaves what is taken at the line prices.
 */
export function takeNewtonSteps(dual: CellDual, newton: Newton, count: number, tolerance: number): void {
  takeFromCells(dual.market, dual.response, dual.linePrice, dual.taken);
  dual.iterations += 1;
  let missed = measureSurplus(dual, newton);
  let damping = FIRST_DAMPING;
  for (let step = 0; step < count && missed > tolerance; step++) {
    openEdges(dual, newton, damping);
    solveDirection(newton);
    const length = moveAlong(dual, newton);
    const before = missed;
    missed = measureSurplus(dual, newton);
    if (length >= 1 && missed < before) damping = Math.max(LEAST_DAMPING, damping / 2);
    else if (length < 0.5 || missed > before) damping = Math.min(MOST_DAMPING, damping * 2);
  }
}

/** Sets which lines are free and their surpluses; the surpluses' sum as a share of all demand. */
function measureSurplus({ market, taken, linePrice, steepest }: CellDual, newton: Newton): number {
  const { demand, first } = market;
  let missed = 0;
  let total = 0;
  for (let line = 0; line < linePrice.length; line++) {
    const price = linePrice[line] as number;
    const fall = steepest[line] as number;
    const delivered = taken.delivered[line] as number;
    const isFree = fall > 0 && settledPrice(market, line, price, delivered, fall) !== price;
    newton.isFree[line] = isFree ? 1 : 0;
    newton.surplus[line] = 0;
    total += demand[line] as number;
    if (!isFree) continue;
    const isAbove = price > 0 || (price === 0 && delivered > (demand[line] as number));
    const wanted = isAbove ? (demand[line] as number) : (first[line] as number);
    newton.wanted[line] = wanted;
    newton.surplus[line] = delivered - wanted;
    missed += Math.abs(delivered - wanted);
  }
  return total > 0 ? missed / total : 0;
}

/** The matrix of the step: how deliveries fall with line prices when the prices of full cells follow. */
function openEdges({ market, response, taken, steepest }: CellDual, newton: Newton, damping: number): void {
  const { cellStart, line, use, cap } = market;
  const { slope, useSlope } = response;
  const { isFree, diagonal, openStart, openLine, openUseSlope, inverseSlope } = newton;
  diagonal.fill(0);
  let open = 0;
  for (let cell = 0; cell < inverseSlope.length; cell++) {
    let slopes = 0;
    openStart[cell] = open;
    for (let position = cellStart[cell] as number; position < (cellStart[cell + 1] as number); position++) {
      const units = taken.units[position] as number;
      if (!(units > 0 && units < (cap[position] as number))) continue;
      slopes += slope[position] as number;
      const own = line[position] as number;
      if (isFree[own] === 0) continue;
      openLine[open] = own;
      openUseSlope[open] = useSlope[position] as number;
      diagonal[own] = (diagonal[own] as number) + (use[position] as number) * (useSlope[position] as number);
      open += 1;
    }
    inverseSlope[cell] = slopes > 0 && (taken.cellPrice[cell] as number) > 0 ? 1 / slopes : 0;
  }
  openStart[inverseSlope.length] = open;
  for (let own = 0; own < diagonal.length; own++) {
    diagonal[own] = (diagonal[own] as number) * (1 + 1e-3) + damping * (steepest[own] as number);
  }
}

/** Conjugate gradients with the diagonal as preconditioner: matrix x direction = surplus. */
function solveDirection(newton: Newton): void {
  const { isFree, surplus, diagonal, direction, residual, search, image } = newton;
  const lines = surplus.length;
  let size = 0;
  for (let line = 0; line < lines; line++) {
    direction[line] = 0;
    residual[line] = surplus[line] as number;
    search[line] = isFree[line] === 1 ? (surplus[line] as number) / (diagonal[line] as number) : 0;
    size += (surplus[line] as number) * (search[line] as number);
  }
  const enough = CONJUGATE_TOLERANCE ** 2 * size;
  for (let turn = 0; turn < MAX_CONJUGATE_TURNS && size > enough; turn++) {
    multiply(newton);
    let curvature = 0;
    for (let line = 0; line < lines; line++) curvature += (search[line] as number) * (image[line] as number);
    const length = size / curvature;
    let nextSize = 0;
    for (let line = 0; line < lines; line++) {
      if (isFree[line] === 0) continue;
      direction[line] = (direction[line] as number) + length * (search[line] as number);
      const rest = (residual[line] as number) - length * (image[line] as number);
      residual[line] = rest;
      nextSize += (rest * rest) / (diagonal[line] as number);
    }
    const share = nextSize / size;
    size = nextSize;
    for (let line = 0; line < lines; line++) {
      if (isFree[line] === 0) continue;
      search[line] = (residual[line] as number) / (diagonal[line] as number) + share * (search[line] as number);
    }
  }
}

/** image = matrix x search. */
function multiply({ diagonal, search, image, openStart, openLine, openUseSlope, inverseSlope }: Newton): void {
  for (let line = 0; line < search.length; line++) image[line] = (diagonal[line] as number) * (search[line] as number);
  for (let cell = 0; cell < inverseSlope.length; cell++) {
    if (inverseSlope[cell] === 0) continue;
    const start = openStart[cell] as number;
    const end = openStart[cell + 1] as number;
    let sum = 0;
    for (let open = start; open < end; open++) {
      sum += (openUseSlope[open] as number) * (search[openLine[open] as number] as number);
    }
    sum *= inverseSlope[cell] as number;
    for (let open = start; open < end; open++) {
      const line = openLine[open] as number;
      image[line] = (image[line] as number) - (openUseSlope[open] as number) * sum;
    }
  }
}

/** Takes a step back that left the numbers. */
function stayAt({ market, response, taken, linePrice }: CellDual, before: Float64Array): number {
  linePrice.set(before);
  takeFromCells(market, response, linePrice, taken);
  return 0;
}

/**
 * Moves the prices along the direction, none past 0 or -bonus, and not where the way leads uphill again or still
 * steeply down; the length gone, 1 for just the direction.
 */
function moveAlong(dual: CellDual, { isFree, surplus, wanted, direction, before }: Newton): number {
  const { market, response, taken, linePrice } = dual;
  before.set(linePrice);
  let descent = 0;
  for (let line = 0; line < before.length; line++) {
    descent += (surplus[line] as number) * (direction[line] as number);
  }
  let length = 1;
  // The slope is known to be downhill at `low` and uphill at `high`.
  let [low, lowSlope, high, highSlope] = [0, -descent, Infinity, 0];
  for (let tries = 0; ; tries++) {
    for (let line = 0; line < before.length; line++) {
      const from = before[line] as number;
      const to = from + length * (direction[line] as number);
      const isPast = (from > 0 && to < 0) || (from < 0 && to > 0);
      linePrice[line] = isPast ? 0 : Math.max(-(market.bonus[line] as number), to);
    }
    takeFromCells(market, response, linePrice, taken);
    dual.iterations += 1;
    let slope = 0;
    for (let line = 0; line < before.length; line++) {
      if (isFree[line] === 0) continue;
      const missing = (wanted[line] as number) - (taken.delivered[line] as number);
      slope += (missing * ((linePrice[line] as number) - (before[line] as number))) / length;
    }
    if (!Number.isFinite(slope)) return stayAt(dual, before);
    const isGood = slope <= descent / 2 && slope >= -STEEP * descent;
    if (isGood || (tries >= MAX_TRIES && (slope <= 0 || low === 0))) return length;
    // Where rounding turns the slope about, there is nothing more to find.
    if (tries > MAX_TRIES) return length;
    if (slope > 0) [high, highSlope] = [length, slope];
    else [low, lowSlope] = [length, slope];
    if (tries >= MAX_TRIES) length = low;
    else if (high === Infinity)
      length = Math.min(MOST_LONGER, slope > -descent ? descent / (descent + slope) : Infinity) * length;
    else length = low + (high - low) * Math.max(0.1, lowSlope / (lowSlope - highSlope));
  }
}
