// At what price the entries of a book are served, and what the allocation of the market's supply over the rest of their
// flights will leave of their money.
import type { BookEntry, Market, SupplyDay } from '../contracts/documents.ts';
import { dayOf } from '../forecasting/traffic-clock.ts';
import { GUARANTEE_WORTH } from '../planning/guarantee-worth.ts';
import { houseWorthCpm } from '../planning/house-worth.ts';
import { isEligible } from '../planning/market-model.ts';
import { planServing } from '../planning/serving-plan.ts';
import { accruedMicros, leasedMicros } from './entry-money.ts';
import { entryKey } from './fold-reports.ts';
import { priceLines } from './price-lines.ts';
import { isServable, priceSet } from './serving-gate.ts';

export interface ServedEntry {
  /** The dual of its money over its worth, 0 to 1. */
  price: number;
  /** Of a unit of its money, beside one of spot money. */
  worth: number;
  /** Its money that is left to deliver. */
  remainingMicros: number;
  /** What of its money supply is not expected to deliver by the end of its flight, micros. */
  shortMicros: number;
  /** What its audience has beyond what all guaranteed lines are allocated, and all that it has, at its own price, micros. */
  spareMicros: number;
  eligibleMicros: number;
}

/** By {@link entryKey}: every active entry with money and time left that may be served. Prices are the cell dual's where nothing was sampled. */
export function serveEntries(
  entries: Iterable<BookEntry>,
  { nowcast, sample, serving }: Pick<Market, 'nowcast' | 'sample' | 'serving'>,
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): Map<string, ServedEntry> {
  const all = [...entries];
  const lines = servedLines(all, serving, nowMs);
  const supplyFactor = nowcast?.factor ?? 1;
  // What bids in auctions holds no supply: what guaranteed lines are allocated does not depend on it.
  const guaranteed = lines.filter((line) => !line.isAuctioned);
  const planned = planServing(guaranteed, supply, nowMs, supplyFactor);
  const planOf = new Map(guaranteed.map((line, index) => [line, index]));
  const worth = Float64Array.from(lines, (line) => (line.isAuctioned ? 1 : GUARANTEE_WORTH));
  const today = supply.get(dayOf(nowMs));
  const houseCpmMicros = houseCpmOf(all, serving, today, nowMs);
  const fallback = Float64Array.from(lines, (line, index) =>
    Math.min(
      planned.prices[planOf.get(line) ?? -1] ?? 0,
      highestPrice((worth[index] as number) * line.clickPriceMicros, line, today?.cells ?? [], houseCpmMicros),
    ),
  );
  const prices =
    today && sample
      ? priceLines({
          houseCpmMicros,
          lines,
          worth,
          supply: today,
          supplyFactor,
          sample,
          floors: serving?.floors ?? [],
          nowMs,
          fallback,
        })
      : fallback;
  return new Map(
    lines.map((line, index): [string, ServedEntry] => {
      const { remainingMicros } = line;
      const place = planOf.get(line);
      const deliveredMicros = place === undefined ? remainingMicros : (planned.deliveredMicros[place] as number);
      const served: ServedEntry = {
        price: priceSet(line, serving, nowMs) ?? (prices[index] as number),
        worth: worth[index] as number,
        remainingMicros,
        shortMicros: Math.max(0, remainingMicros - deliveredMicros),
        spareMicros: planned.spareMicros[place ?? -1] ?? 0,
        eligibleMicros: planned.eligibleMicros[place ?? -1] ?? 0,
      };
      return [entryKey(line), served];
    }),
  );
}

/** The active entries with money and time left that may be served, and that money. */
export function servedLines(
  entries: Iterable<BookEntry>,
  serving: Market['serving'],
  nowMs: number,
): (BookEntry & { remainingMicros: number })[] {
  return [...entries].flatMap((entry) => {
    const remainingMicros = Math.max(leasedMicros(entry), entry.budgetMicros - accruedMicros(entry));
    const isServed = entry.status === 'active' && nowMs < entry.endAtMs && remainingMicros > 0;
    return isServed && isServable(entry, serving, nowMs) ? [{ ...entry, remainingMicros }] : [];
  });
}

/** What the house's own ad is worth in a market: as its operator says, or by what runs in it. */
export function houseCpmOf(
  entries: readonly BookEntry[],
  serving: Market['serving'],
  today: SupplyDay | undefined,
  nowMs: number,
): number {
  const running = entries.filter(({ status, endAtMs }) => status === 'active' && nowMs < endAtMs);
  return serving?.houseCpmMicros ?? houseWorthCpm(running, today?.cells ?? []);
}

/** The price at which the average listener of a line's best cell is still worth twice the house's own ad, 0 to 1. */
function highestPrice(clickWorth: number, line: BookEntry, cells: SupplyDay['cells'], houseCpmMicros: number): number {
  const bestPpm = cells.reduce((best, cell) => (isEligible(line, cell) ? Math.max(best, cell.clickPpm) : best), 0);
  const bestMicros = (clickWorth * bestPpm) / 1e6;
  return bestMicros > 0 ? Math.max(0, 1 - (2 * houseCpmMicros) / 1000 / bestMicros) : 0;
}
