// What the entries of a book are to be served, by the allocation of the market's supply over the rest of their flights, and at
// what price.
import type { BookEntry, Market, SupplyDay } from '../contracts/documents.ts';
import { dayOf } from '../forecasting/traffic-clock.ts';
import { planServing } from '../planning/serving-plan.ts';
import { accruedMicros, leasedMicros } from './entry-money.ts';
import { entryKey } from './fold-reports.ts';
import { priceLines } from './price-lines.ts';

export interface ServedEntry {
  /** Its share of a cell's opportunities from now on, 0 to 1. */
  shareOf(cell: { segment: string; surface: string }): number;
  /** The dual of its money over its worth, 0 to 1. */
  price: number;
  /** Its money that is left to deliver. */
  remainingMicros: number;
  /** What of its money supply is not expected to deliver by the end of its flight, micros. */
  shortMicros: number;
}

/** By {@link entryKey}: every active entry with money and time left. Prices are the cell dual's where nothing was sampled. */
export function serveEntries(
  entries: Iterable<BookEntry>,
  { nowcast, sample }: Pick<Market, 'nowcast' | 'sample'>,
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): Map<string, ServedEntry> {
  const lines = servedLines(entries, nowMs);
  const supplyFactor = nowcast?.factor ?? 1;
  const { audiences, shares, prices: fallback, deliveredMicros } = planServing(lines, supply, nowMs, supplyFactor);
  const today = supply.get(dayOf(nowMs));
  const placeOf = new Map(audiences.map((audience, place) => [cellName(audience), place]));
  const prices =
    today && sample ? priceLines({ lines, supply: today, supplyFactor, sample, nowMs, fallback }) : fallback;
  return new Map(
    lines.map((line, index): [string, ServedEntry] => {
      const own = shares[index] as Float64Array;
      const shareOf: ServedEntry['shareOf'] = (cell) => own[placeOf.get(cellName(cell)) ?? -1] ?? 0;
      const shortMicros = Math.max(0, line.remainingMicros - (deliveredMicros[index] as number));
      const { remainingMicros } = line;
      return [entryKey(line), { shareOf, price: prices[index] as number, remainingMicros, shortMicros }];
    }),
  );
}

/** The active entries with money and time left, and that money. */
export function servedLines(entries: Iterable<BookEntry>, nowMs: number): (BookEntry & { remainingMicros: number })[] {
  return [...entries].flatMap((entry) => {
    const remainingMicros = Math.max(leasedMicros(entry), entry.budgetMicros - accruedMicros(entry));
    const isServed = entry.status === 'active' && nowMs < entry.endAtMs && remainingMicros > 0;
    return isServed ? [{ ...entry, remainingMicros }] : [];
  });
}

function cellName({ segment, surface }: { segment: string; surface: string }): string {
  return `${segment} ${surface}`;
}
