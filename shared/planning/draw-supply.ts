// Possible worlds of a market's supply: what all its cells could come to together, drawn from the quantiles of each.
import { normalDraws } from '../forecasting/normal-draws.ts';
import { PlanningError } from './planning-error.ts';

/** What of a cell's error (as variance of its logarithm) all cells of a market share. */
const MARKET_SHARE = 0.2;

/** The ninth decile of a standard normal law. */
const Z90 = 1.2815515655446004;

export interface SupplyQuantiles {
  q10: number;
  q50: number;
  q90: number;
}

export interface DrawOptions {
  draws: number;
  /** Any integer. */
  seed: number;
  /** 0 to 1. {@link MARKET_SHARE} when absent. */
  marketShare?: number;
}

/**
 * Opportunities of every cell in every draw. A cell's error is normal in its logarithm, with one spread below its median and
 * one above, so that its own deciles are those that were given; part of it is one draw for the whole market. A median or
 * a lower decile of nothing has no logarithm: there the cell's own law is normal, and cut at nothing.
 *
 * The default share of the market reproduces what was measured over cells of one market: their summed q10s are .73 of the
 * mean, which makes the spread of a cell .2255, and the q10 of their sum is .87 of it.
 * @returns one array for each draw, in the order of `cells`
 * @throws PlanningError `INVALID_PROBLEM` for a share outside 0 to 1, a seed or a count of draws that is no integer, and
 *   quantiles that fall
 */
export function drawSupply(
  cells: readonly SupplyQuantiles[],
  { draws, seed, marketShare = MARKET_SHARE }: DrawOptions,
): Float64Array[] {
  if (!(marketShare >= 0 && marketShare <= 1)) throw invalid(`the market's share is ${marketShare}, not 0 to 1`);
  if (!(Number.isInteger(draws) && draws >= 1)) throw invalid(`${draws} draws were asked for, expected 1 or more`);
  if (!Number.isSafeInteger(seed)) throw invalid(`the seed is ${seed}, expected an integer`);
  const bad = cells.findIndex(({ q10, q50, q90 }) => !(q10 >= 0 && q10 <= q50 && q50 <= q90 && q90 < Infinity));
  if (bad >= 0) throw invalid(`the quantiles of cell ${bad} must rise from 0 on: ${JSON.stringify(cells[bad])}`);
  const next = normalDraws(seed);
  const [shared, own] = [Math.sqrt(marketShare), Math.sqrt(1 - marketShare)];
  return Array.from({ length: draws }, () => {
    const market = shared * next();
    return Float64Array.from(cells, (cell) => opportunitiesAt(cell, market + own * next()));
  });
}

/** A cell's supply where its error is `z` spreads. */
function opportunitiesAt({ q10, q50, q90 }: SupplyQuantiles, z: number): number {
  const decile = z < 0 ? q10 : q90;
  const deciles = Math.abs(z) / Z90;
  if (q10 === 0) return Math.max(0, q50 + (decile - q50) * deciles);
  return q50 * (decile / q50) ** deciles;
}

function invalid(message: string): PlanningError {
  return new PlanningError('INVALID_PROBLEM', message);
}
