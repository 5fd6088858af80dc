// The quantile of a whole market's supply: above the sum of its cells' quantiles, because their errors cancel in part.
import { drawSupply, type DrawOptions, type SupplyQuantiles } from './draw-supply.ts';
import { quantile } from './quantile.ts';

/**
 * Opportunities of all cells together, at a probability of their sum: .25 is what the market could be booked to.
 * 0 without cells.
 * @param probability 0 to 1
 * @throws PlanningError `INVALID_PROBLEM`, see {@link drawSupply}
 */
export function marketQuantile(cells: readonly SupplyQuantiles[], probability: number, options: DrawOptions): number {
  const sums = drawSupply(cells, options).map((world) => world.reduce((sum, opportunities) => sum + opportunities, 0));
  return quantile(Float64Array.from(sums).sort(), probability);
}
