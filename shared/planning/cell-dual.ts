// Prices of lines and cells by the regularised dual of the allocation problem, and the allocation they imply: nearly
// optimal, no cell over-filled, demands met only nearly. See fill.ts for what makes it exact.
import type { CellMarket } from './cell-market.ts';
import type { Response, Taken } from './cell-prices.ts';
import { dualBound, scaledValue } from './dual-bound.ts';
import { takeGradientSteps } from './gradient-steps.ts';
import { createNewton, takeNewtonSteps } from './newton-steps.ts';

/** The dual of one market at its current line prices. Every array but those of `taken` has an entry per line. */
export interface CellDual {
  market: CellMarket;
  response: Response;
  taken: Taken;
  /** Scaled; of a line in its first part below 0 by up to its bonus. */
  linePrice: Float64Array;
  /** V of each line. */
  smoothing: Float64Array;
  /** How fast a line's delivery can fall with its price at most. */
  steepest: Float64Array;
  /** Prices of lines at which {@link takeFromCells} was asked. */
  iterations: number;
}

/** How the search goes; V in mean worths of a unit, tolerances as a share of the demand of all lines. */
interface Search {
  /** V: the price that moves a line from its fair share of a cell to nothing, at first. */
  smoothing: number;
  /** How easily an edge moves: by its fair share, and by what it has. */
  fairPart: number;
  takenPart: number;
  /** Rounds that only come near: the centre moves on anyway. */
  looseRounds: number;
  maxRounds: number;
  gradientSteps: number;
  newtonSteps: number;
  tolerance: number;
}

/** Of many settings drawn at random those that came closest to the optimum for their time, over all shapes of markets. */
const COLD: Search = {
  smoothing: 0.05,
  fairPart: 0.7,
  takenPart: 1.4,
  looseRounds: 4,
  maxRounds: 8,
  gradientSteps: 12,
  newtonSteps: 2,
  tolerance: 3e-3,
};
const WARM: Search = {
  smoothing: 0.006,
  fairPart: 1,
  takenPart: 0.3,
  looseRounds: 1,
  maxRounds: 4,
  gradientSteps: 8,
  newtonSteps: 3,
  tolerance: 1e-3,
};
const TIGHT_NEWTON_STEPS = 16;
const TIGHT_TOLERANCE = 5e-5;
/** It ends when the allocation is proved to be this close to the best, as a share of its value. */
const GAP = 4e-4;
/** A line starts at this part of its worth. */
const FIRST_PRICE = 0.5;

/**
 * Maximises worth - (V / 2) sum (y - centre)^2 / share over the allocations; the centre starts at the fair shares
 * (SHALE, Bharadwaj et al., KDD 2012, arXiv 1203.3619) and moves to the allocation found so far after each round
 * (proximal point, Rockafellar 1976), so that what the smoothing costs fades. A round is some accelerated gradient steps
 * on the line prices, which find out who takes from where, and some Newton steps, which then balance the whole market
 * at once (as Li, Sun and Toh, An asymptotically superlinearly convergent semismooth Newton augmented Lagrangian method
 * for linear programming, 2020).
 * @param start scaled line prices to start from; NaN for a line without one
 */
export function solveCellDual(market: CellMarket, start?: Float64Array): CellDual {
  const search = start ? WARM : COLD;
  const dual = createCellDual(market, search, start);
  const newton = createNewton(dual);
  for (let round = 1; ; round++) {
    takeGradientSteps(dual, search.gradientSteps);
    if (round > search.looseRounds) takeNewtonSteps(dual, newton, TIGHT_NEWTON_STEPS, TIGHT_TOLERANCE);
    else takeNewtonSteps(dual, newton, search.newtonSteps, search.tolerance);
    const bound = dualBound(dual);
    if (round === search.maxRounds || bound - scaledValue(dual) <= GAP * bound) return dual;
    moveCentre(dual, search);
  }
}

function createCellDual(market: CellMarket, search: Search, start: Float64Array | undefined): CellDual {
  const { line, use, worth, fair, demand } = market;
  const [edges, lines] = [line.length, demand.length];
  const dual: CellDual = {
    market,
    response: {
      intercept: new Float64Array(edges),
      slope: new Float64Array(edges),
      useSlope: new Float64Array(edges),
    },
    taken: {
      units: fair.slice(),
      cellPrice: new Float64Array(market.supply.length),
      delivered: new Float64Array(lines),
      scratch: new Float64Array(market.largestCell),
    },
    linePrice: new Float64Array(lines),
    smoothing: new Float64Array(lines),
    steepest: new Float64Array(lines),
    iterations: 0,
  };
  const worths = new Float64Array(lines);
  const uses = new Float64Array(lines);
  const shares = new Float64Array(lines);
  for (let position = 0; position < edges; position++) {
    const own = line[position] as number;
    const share = fair[position] as number;
    worths[own] = (worths[own] as number) + share * (worth[position] as number);
    uses[own] = (uses[own] as number) + share * (use[position] as number);
    shares[own] = (shares[own] as number) + share;
  }
  for (let own = 0; own < lines; own++) {
    const sum = worths[own] as number;
    const isWorth = sum > 0;
    // Between one price for all and each line's own, so that cheap lines are told apart too.
    dual.smoothing[own] = search.smoothing * (isWorth ? Math.sqrt(sum / (shares[own] as number)) : 1);
    const given = start?.[own] ?? NaN;
    const first = isWorth ? (FIRST_PRICE * sum) / (uses[own] as number) : 0;
    dual.linePrice[own] = Number.isFinite(given) ? Math.max(given, -(market.bonus[own] as number)) : first;
  }
  moveCentre(dual, search);
  return dual;
}

/** Around what is taken now; what an edge takes can move by its fair share and by what it has. */
function moveCentre({ market, response, taken, smoothing, steepest }: CellDual, { fairPart, takenPart }: Search): void {
  const { line, use, worth, fair } = market;
  const { intercept, slope, useSlope } = response;
  steepest.fill(0);
  for (let position = 0; position < line.length; position++) {
    const own = line[position] as number;
    const units = taken.units[position] as number;
    const one = (fairPart * (fair[position] as number) + takenPart * units) / (smoothing[own] as number);
    const used = use[position] as number;
    slope[position] = one;
    useSlope[position] = one * used;
    intercept[position] = units + one * (worth[position] as number);
    steepest[own] = (steepest[own] as number) + one * used * used;
  }
}
