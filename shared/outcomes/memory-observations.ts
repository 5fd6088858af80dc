// Reports' rows of the log in memory, taken apart as the views observed_windows, observed_hours, sampled_requests and
// cell_responses do.
import type { SupplyObserved } from '../contracts/outcomes.ts';
import type { RequestsByListener } from '../forecasting/estimate-listeners.ts';
import { DAY_MS, HOUR_MS } from '../forecasting/traffic-clock.ts';
import type { CellHours } from '../forecasting/market-features.ts';
import { instantOf, outcomeOf } from './from-row.ts';
import type { MemoryLog } from './memory-log.ts';
import { rowsOnce } from './rows-once.ts';

/** A report's row, its lists filled. */
export interface Observation extends Required<SupplyObserved> {
  rowId: string;
  eventDay: string;
  eventAtMs: number;
}

export function observationsOf(log: Pick<MemoryLog, 'rows'>): Observation[] {
  return rowsOnce(log, 'supply_observations').map(({ json }) => {
    const lists: Pick<Observation, 'opportunities' | 'sample' | 'responses'> = {
      opportunities: [],
      sample: [],
      responses: [],
    };
    return {
      ...lists,
      // A row leaves out lists that are empty.
      ...(outcomeOf(json) as Omit<Observation, keyof typeof lists> & Partial<typeof lists>),
      rowId: json.row_id,
      eventDay: String(json['event_date']),
      eventAtMs: instantOf(json['event_at']),
    };
  });
}

/** The hours that a report's window covers; none where it is longer than a day. */
export function hoursOf({ windowStartAtMs, windowEndAtMs }: Observation): number[] {
  const hours: number[] = [];
  if (windowEndAtMs - windowStartAtMs > DAY_MS) return hours;
  for (let atMs = Math.floor(windowStartAtMs / HOUR_MS) * HOUR_MS; atMs < windowEndAtMs; atMs += HOUR_MS)
    hours.push(atMs);
  return hours;
}

/** Opportunities by cell and hour: a window over several hours is divided by time, in whole opportunities. */
export function cellHours(reports: readonly Observation[]): CellHours[] {
  const cells = new Map<string, Map<number, number>>();
  for (const report of reports) {
    const { windowStartAtMs, windowEndAtMs, opportunities } = report;
    const windowMs = windowEndAtMs - windowStartAtMs;
    for (const atMs of hoursOf(report)) {
      const from = Math.max(atMs - windowStartAtMs, 0) / windowMs;
      const to = Math.min(atMs - windowStartAtMs + HOUR_MS, windowMs) / windowMs;
      for (const cell of opportunities) {
        const key = JSON.stringify([cell.segment, cell.surface]);
        const hours = cells.get(key) ?? new Map<number, number>();
        const own = Math.floor(cell.opportunities * to) - Math.floor(cell.opportunities * from);
        cells.set(key, hours.set(atMs, (hours.get(atMs) ?? 0) + own));
      }
    }
  }
  return [...cells.keys()].sort().map((key) => {
    const [segment, surface] = JSON.parse(key) as [string, string];
    const hours = [...(cells.get(key) ?? [])].sort(([a], [b]) => a - b);
    return { segment, surface, hoursAtMs: hours.map(([atMs]) => atMs), opportunities: hours.map(([, count]) => count) };
  });
}

/** Sampled requests whose listener is known, by surface and over all: each stands for as many of the report's requests. */
export function sampledRequests({ opportunities, sample }: Observation): RequestsByListener[] {
  const known = sample.flatMap(({ segment, surface, listener }) => (listener ? [{ segment, surface, listener }] : []));
  const requests = opportunities.reduce((total, cell) => total + cell.opportunities, 0) / known.length;
  return known.flatMap(({ segment, surface, listener }) => [
    { segment, surface, visits: listener.visits, activeDays: listener.activeDays, requests },
    { segment, visits: listener.allVisits, activeDays: listener.allActiveDays, requests },
  ]);
}
