// Where a market is full or nearly so, and when. What contends there is not said.
import { formatInstant } from '../contracts/instants.ts';
import { freeShares, type SoldCells } from './sold-cells.ts';

/** Runs of cells in which an audience is nearly full, by audience of the supply, in the order of time. */
export type FullCells = readonly (readonly FullRun[])[];

export interface FullRun {
  fromAtMs: number;
  toAtMs: number;
  /** The same as RFC 3339. */
  fromAt: string;
  toAt: string;
  /** Of what can be sold, of all cells of the run. */
  soldShare: number;
}

/** From this share on a cell contends. */
const NEARLY_FULL = 0.9;

export function fullCells(sold: SoldCells): FullCells {
  const { supply, cuts, bookable } = sold;
  const width = supply.audiences.length;
  const free = freeShares(sold);
  return supply.audiences.map((_, audience) => {
    const runs: { from: number; to: number; all: number; taken: number }[] = [];
    for (let interval = 0; interval + 1 < cuts.length; interval++) {
      const cell = interval * width + audience;
      const all = bookable[cell] as number;
      const taken = all * (1 - (free[cell] as number));
      if (all <= 0 || taken < NEARLY_FULL * all) continue;
      const last = runs.at(-1);
      if (last?.to === interval)
        Object.assign(last, { to: interval + 1, all: last.all + all, taken: last.taken + taken });
      else runs.push({ from: interval, to: interval + 1, all, taken });
    }
    return runs.map(({ from, to, all, taken }) => {
      const [fromAtMs, toAtMs] = [cuts[from] as number, cuts[to] as number];
      const soldShare = Math.round((100 * taken) / all) / 100;
      return { fromAtMs, toAtMs, fromAt: formatInstant(fromAtMs), toAt: formatInstant(toAtMs), soldShare };
    });
  });
}
