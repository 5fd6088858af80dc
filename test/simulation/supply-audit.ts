// Whether what is sold fits the supply it is sold on (invariant 2), worked out from supply documents and budgets alone:
// a subcampaign needs the same fraction of every opportunity it may take, and no hour of a cell may be needed more than once.
import type { SupplyDay } from '../../shared/contracts/documents.ts';
import { HOUR_MS } from '../support/instants.ts';
import { committedOf, leasedOf, type EntryModel } from './money-model.ts';

/** Of each hour of each cell: `day hour segment surface` -> the sum of the fractions needed of it. */
export type Loads = Map<string, number>;

/** What each entry needs of its cells from `nowMs` on. */
export function needs(entries: Iterable<EntryModel>, supply: readonly SupplyDay[], nowMs: number): Map<string, Loads> {
  const all = new Map<string, Loads>();
  for (const entry of entries) {
    if (entry.status === 'closing') continue;
    // Clicks beyond the expected cost can bring what is leased past the budget: it takes supply all the same.
    const committed = committedOf(entry);
    const remaining = Math.max(entry.budget, committed) - (committed - leasedOf(entry));
    let value = 0;
    const touched: string[] = [];
    for (const ofDay of supply) {
      const midnight = Date.parse(ofDay.day);
      for (let hour = 0; hour < 24; hour++) {
        const fromMs = Math.max(midnight + hour * HOUR_MS, entry.startAtMs, nowMs);
        const toMs = Math.min(midnight + (hour + 1) * HOUR_MS, entry.endAtMs);
        if (fromMs >= toMs) continue;
        const share = ((ofDay.hourShape[hour] as number) * (toMs - fromMs)) / HOUR_MS;
        for (const cell of ofDay.cells) {
          if (!entry.segments.includes(cell.segment) || cell.surface !== 'home') continue;
          // The lower quartile lies 0.526 of the way from the median to the first decile.
          const bookable = Math.max(0, cell.q50 - 0.526 * (cell.q50 - cell.q10));
          value += (share * bookable * cell.clickPpm * entry.priceMicros) / 1e6;
          touched.push(`${ofDay.day} ${hour} ${cell.segment}`);
        }
      }
    }
    const fraction = remaining === 0 ? 0 : value > 0 ? Math.min(1, remaining / value) : 1;
    all.set(entry.key, new Map(touched.map((key) => [key, fraction])));
  }
  return all;
}

/** An hour of a cell that was sold more than once by this decision, as a sentence. */
export function oversold(before: Map<string, Loads>, after: Map<string, Loads>): string | undefined {
  const loads = sumOf(after);
  for (const [key, own] of after) {
    for (const [cell, fraction] of own) {
      const rose = fraction > (before.get(key)?.get(cell) ?? 0) + 1e-9;
      if (rose && (loads.get(cell) as number) > 1 + 1e-6)
        return `${key} was sold ${cell}, which is now needed ${(loads.get(cell) as number).toFixed(6)} times`;
    }
  }
  return undefined;
}

function sumOf(all: Map<string, Loads>): Loads {
  const loads: Loads = new Map();
  for (const own of all.values())
    for (const [cell, fraction] of own) loads.set(cell, (loads.get(cell) ?? 0) + fraction);
  return loads;
}
