// Given a price of each line, what every line takes of every cell, and the price at which each cell is just not
// over-subscribed: the inner problem of the regularised dual, solved exactly cell by cell.
import type { CellMarket } from './cell-market.ts';

/** What a position takes falls linearly with the prices: intercept - slope x (use x line price + cell price). */
export interface Response {
  intercept: Float64Array;
  slope: Float64Array;
  /** slope x use. */
  useSlope: Float64Array;
}

/** Written by {@link takeFromCells}. */
export interface Taken {
  /** Of each position, units. */
  units: Float64Array;
  /** Of each cell; also where the next search starts. */
  cellPrice: Float64Array;
  /** Of each line, in the scaled units of demand. */
  delivered: Float64Array;
  /** As long as the largest cell has lines. */
  scratch: Float64Array;
}

/** A cell may be over-subscribed by this much of its supply. */
const TOLERANCE = 1e-12;
const MAX_STEPS = 100;

/**
 * y_e = min(c_e, max(0, v_e - k_e beta)), v_e = q_e - k_e u_e pi_j, and per cell the smallest beta >= 0 with
 * sum y_e <= s: Newton on a decreasing piecewise linear function, with a bracket because caps make it not convex.
 * (SHALE's "for each i solve", Bharadwaj et al., KDD 2012.) The inner loops count what is between its bounds by
 * multiplying with 0 or 1: as branches they would be guessed wrong half the time.
 *
 * q intercept, k slope, u use, c cap (per position); pi linePrice (per line); s supply, beta cellPrice (per cell).
 */
export function takeFromCells(market: CellMarket, response: Response, linePrice: Float64Array, taken: Taken): void {
  const { cellStart, line, use, cap, supply } = market;
  const { intercept, slope, useSlope } = response;
  const { units, cellPrice, delivered, scratch } = taken;
  delivered.fill(0);
  for (let cell = 0; cell < supply.length; cell++) {
    const start = cellStart[cell] as number;
    const end = cellStart[cell + 1] as number;
    const s = supply[cell] as number;
    let beta = cellPrice[cell] as number;
    let sum = 0;
    let slopes = 0;
    for (let e = start; e < end; e++) {
      const v = (intercept[e] as number) - (useSlope[e] as number) * (linePrice[line[e] as number] as number);
      scratch[e - start] = v;
      const k = slope[e] as number;
      const z = v - k * beta;
      const c = cap[e] as number;
      const isTaken = Number(z > 0) | 0;
      let y = z * isTaken;
      slopes += k * isTaken;
      if (z > c) {
        y = c;
        slopes -= k;
      }
      units[e] = y;
      sum += y;
    }
    let low = 0;
    let high = Infinity;
    for (let step = 0; step < MAX_STEPS; step++) {
      const excess = sum - s;
      if (Math.abs(excess) <= TOLERANCE * s || (beta === 0 && excess <= 0)) break;
      if (excess > 0) low = beta;
      else high = beta;
      let next = slopes > 0 ? beta + excess / slopes : NaN;
      if (excess < 0 && low === 0 && !(next > 0)) next = 0;
      else if (!(next > low && next < high)) {
        if (high === Infinity) high = highestPrice(slope, scratch, start, end);
        next = low + (high - low) / 2;
      }
      if (next === beta) break;
      beta = next;
      sum = 0;
      slopes = 0;
      for (let e = start; e < end; e++) {
        const k = slope[e] as number;
        const z = (scratch[e - start] as number) - k * beta;
        const c = cap[e] as number;
        const isTaken = Number(z > 0) | 0;
        let y = z * isTaken;
        slopes += k * isTaken;
        if (z > c) {
          y = c;
          slopes -= k;
        }
        units[e] = y;
        sum += y;
      }
    }
    cellPrice[cell] = beta;
    for (let e = start; e < end; e++) {
      const j = line[e] as number;
      delivered[j] = (delivered[j] as number) + (use[e] as number) * (units[e] as number);
    }
  }
}

/** The price from which on nobody takes anything of a cell. */
function highestPrice(slope: Float64Array, scratch: Float64Array, start: number, end: number): number {
  let highest = 0;
  for (let e = start; e < end; e++) {
    const k = slope[e] as number;
    if (k > 0) highest = Math.max(highest, (scratch[e - start] as number) / k);
  }
  return highest;
}
