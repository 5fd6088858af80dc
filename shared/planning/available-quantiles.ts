// How much a market has for a request, low, middle and high: availability in many possible worlds of supply.
import type { SupplyDay } from '../contracts/documents.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import { capacityMicros, openAvailability } from './availability.ts';
import type { SoldMarket } from './counter-offers.ts';
import { drawSupply, type DrawOptions, type SupplyQuantiles } from './draw-supply.ts';
import type { Demand } from './market-model.ts';
import { quantile } from './quantile.ts';

const DRAWS = 200;

/**
 * What a request could spend beside all that is sold, whole micros: deciles and median over draws of supply. Where supply
 * falls short of what is sold, what was sold comes first.
 * @throws PlanningError `INVALID_PROBLEM`, see {@link drawSupply}
 */
export function availableQuantiles(
  request: Demand,
  { sold, supply, nowMs }: SoldMarket,
  { draws = DRAWS, ...options }: Partial<DrawOptions> & Pick<DrawOptions, 'seed'>,
): SupplyQuantiles {
  const flown = new Set([request, ...sold].flatMap(({ startAtMs, endAtMs }) => daysBetween(startAtMs, endAtMs)));
  // The same cells in the same order, whatever else is known: they draw the same numbers.
  const days = [...supply.keys()].filter((day) => flown.has(day)).sort();
  const cells = days.flatMap((day) => (supply.get(day) as SupplyDay).cells);
  const micros = drawSupply(cells, { draws, ...options }).map((world) => {
    const drawn = new Map(cells.map((cell, index) => [cell, world[index] as number]));
    return capacityMicros(
      openAvailability([request], sold, supply, nowMs, (cell) => drawn.get(cell) ?? 0),
      0,
    );
  });
  const sorted = Float64Array.from(micros).sort();
  const [q10, q50, q90] = [0.1, 0.5, 0.9].map((probability) => Math.floor(quantile(sorted, probability)));
  return { q10: q10 as number, q50: q50 as number, q90: q90 as number };
}
