// How a campaign's money went out beside how it was to: accrued spend and plan at the full hours of its flight.
import type { Campaign } from '../shared/contracts/documents.ts';
import { HOUR_MS, dayOf } from '../shared/forecasting/traffic-clock.ts';
import { plannedShare } from '../shared/pacing/spend-curve.ts';
import type { PacedRow } from './day-readings.ts';
import type { Population } from './world/population.ts';

export interface SpendPoint {
  atMs: number;
  plannedMicros: number;
  accruedMicros: number;
}

/**
 * From the first full hour of the flight to its end; empty for a campaign that was never paced. The plan is that of the split
 * as it ended: a budget changed in mid-flight shows as a distance until then.
 */
export function spendSeries(
  { terms, subcampaigns }: Campaign,
  paced: readonly PacedRow[],
  population: Population,
  tickIntervalMs: number,
): SpendPoint[] {
  if (!terms || paced.length === 0) return [];
  const accrued = new Map<string, number>();
  const points: SpendPoint[] = [];
  let next = 0;
  for (let atMs = terms.startAtMs; atMs <= terms.endAtMs; atMs += HOUR_MS) {
    // What was served until now is in the tick after it.
    for (; next < paced.length && (paced[next] as PacedRow).atMs <= atMs + tickIntervalMs; next++) {
      const row = paced[next] as PacedRow;
      accrued.set(row.subcampaignId, row.accruedMicros);
    }
    const plannedMicros = subcampaigns.reduce((sum, sub) => {
      const { hourShape } = population.expectedSupply(sub.market, dayOf(Math.min(atMs, terms.endAtMs - 1)));
      return sum + sub.budgetMicros * plannedShare({ ...terms, ...sub }, hourShape, atMs);
    }, 0);
    const accruedMicros = [...accrued.values()].reduce((sum, micros) => sum + micros, 0);
    points.push({ atMs, plannedMicros: Math.round(plannedMicros), accruedMicros });
  }
  return points;
}

/** Mean distance of accrued spend from the plan, in parts of the budget; undefined where nothing was paced. */
export function pacingError(points: readonly SpendPoint[], budgetMicros: number): number | undefined {
  const after = points.slice(1);
  if (after.length === 0 || budgetMicros === 0) return undefined;
  const distance = after.reduce((sum, point) => sum + Math.abs(point.accruedMicros - point.plannedMicros), 0);
  return distance / after.length / budgetMicros;
}

const LEVELS = '▁▂▃▄▅▆▇█';
/** What one level up or down says: parts of the budget. */
export const SPARK_STEP = 0.04;
const ON_PLAN = 3;

/** Spend beside the plan in so many characters: `▄` is on it, each level is {@link SPARK_STEP} of the budget above or below. */
export function sparkline(points: readonly SpendPoint[], budgetMicros: number, width: number): string {
  const after = points.slice(1);
  if (after.length === 0 || budgetMicros === 0) return '';
  return Array.from({ length: Math.min(width, after.length) }, (_, column) => {
    const index = Math.floor(((column + 1) * after.length) / Math.min(width, after.length)) - 1;
    const { accruedMicros, plannedMicros } = after[index] as SpendPoint;
    const level = Math.round((accruedMicros - plannedMicros) / budgetMicros / SPARK_STEP) + ON_PLAN;
    return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, level))];
  }).join('');
}
