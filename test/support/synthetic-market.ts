// Weeks of reports of a small market, one an hour, as rows of the log in memory: two cells with a daily and a weekly rhythm.
import type { SupplyObserved } from '../../shared/contracts/outcomes.ts';
import type { MemoryLog } from '../../shared/outcomes/memory-log.ts';
import { HOUR_MS } from './instants.ts';
import { observed, rowOf } from './observed-rows.ts';

export const SURFACES = ['home', 'search'] as const;

/** Opportunities of an hour in one cell: 1,000 to 6,000, half as many on Sundays. */
export function trafficOf(surface: string, hourAtMs: number): number {
  const hours = hourAtMs / HOUR_MS;
  const ofDay = 2000 + 1000 * Math.sin(((hours % 24) / 24) * 2 * Math.PI);
  const weekday = Math.floor(hours / 24) % 7;
  // Not quite regular: no forecast is sure of itself.
  const noise = 1 + 0.1 * Math.sin(hours * 12.9898 + weekday);
  return Math.round(ofDay * noise * (weekday === 3 ? 0.5 : 1) * (surface === 'home' ? 2 : 1));
}

/** Appends the reports of the hours from one instant to another. */
export function reportHours(
  log: Pick<MemoryLog, 'append'>,
  { market = 'SE', fromMs, toMs, factor = 1 }: { market?: string; fromMs: number; toMs: number; factor?: number },
  own: (hourAtMs: number) => Partial<SupplyObserved> = () => ({}),
): Promise<void> {
  const rows = Array.from({ length: Math.round((toMs - fromMs) / HOUR_MS) }, (_, index) => {
    const hourAtMs = fromMs + index * HOUR_MS;
    const opportunities = SURFACES.map((surface) => ({
      segment: 'casual',
      surface,
      opportunities: Math.round(factor * trafficOf(surface, hourAtMs)),
    }));
    const report = observed({ market, windowStartAtMs: hourAtMs, opportunities, ...own(hourAtMs) });
    return rowOf(report, `report:${market}:${hourAtMs / HOUR_MS}`, hourAtMs + HOUR_MS);
  });
  return log.append(rows);
}
