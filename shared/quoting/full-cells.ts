// Where a market is full or nearly so, and when. What contends there is not said.
import { formatInstant } from '../contracts/instants.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { freeShares, type SoldDays } from './sold-days.ts';

/** Runs of days on which an audience is nearly full, by audience of the supply, in the order of time. */
export type FullCells = readonly (readonly FullDays[])[];

export interface FullDays {
  fromAtMs: number;
  toAtMs: number;
  /** The same as RFC 3339. */
  fromAt: string;
  toAt: string;
  /** Of what can be sold, of all days of the run. */
  soldShare: number;
}

/** From this share on a cell contends. */
const NEARLY_FULL = 0.9;

export function fullCells(sold: SoldDays): FullCells {
  const { supply, bookable } = sold;
  const width = supply.audiences.length;
  const free = freeShares(sold);
  return supply.audiences.map((_, audience) => {
    const runs: (Pick<FullDays, 'fromAtMs' | 'toAtMs'> & { all: number; taken: number; lastDay: number })[] = [];
    for (let day = 0; day < supply.days; day++) {
      const cell = day * width + audience;
      const all = bookable[cell] as number;
      const taken = all * (1 - (free[cell] as number));
      if (all <= 0 || taken < NEARLY_FULL * all) continue;
      const fromAtMs = (supply.firstDay + day) * DAY_MS;
      const last = runs.at(-1);
      if (last?.lastDay === day - 1)
        Object.assign(last, {
          toAtMs: fromAtMs + DAY_MS,
          lastDay: day,
          all: last.all + all,
          taken: last.taken + taken,
        });
      else runs.push({ fromAtMs, toAtMs: fromAtMs + DAY_MS, all, taken, lastDay: day });
    }
    return runs.map(({ fromAtMs, toAtMs, all, taken }) => ({
      fromAtMs,
      toAtMs,
      fromAt: formatInstant(fromAtMs),
      toAt: formatInstant(toAtMs),
      soldShare: Math.round((100 * taken) / all) / 100,
    }));
  });
}
