// The prices of a tick: as the market's solve has them, trimmed line by line by how far each one's spending is from its plan.
import type { BookEntry, Market, SupplyDay } from '../contracts/documents.ts';
import { dueMicros } from '../pacing/spend-curve.ts';
import { gapNoise, trimPrice } from '../pacing/trim-price.ts';
import { HIGHEST_PRICE } from '../planning/live-price.ts';
import { accruedMicros } from './entry-money.ts';
import type { ServedEntry } from './serve-entries.ts';
import { priceSet } from './serving-gate.ts';

/** Digits of what is remembered: a page has room for few, and a price needs no more. */
const TRIM_DIGITS = 1e4;

export interface TrimContext {
  serving: Market['serving'];
  /** The supply of the day. */
  supply: SupplyDay | undefined;
  nowMs: number;
  /** Since the last tick. */
  passedMs: number;
}

/**
 * Trims in place what is served, and the memory of the entries it was trimmed for, where they moved in this tick. A line whose price an operator has set, and all
 * where nobody knows the day's rhythm, are served as they are.
 */
export function trimEntries(
  entries: Map<string, BookEntry>,
  served: Map<string, ServedEntry>,
  before: ReadonlyMap<string, BookEntry>,
  { serving, supply, nowMs, passedMs }: TrimContext,
): void {
  if (!supply) return;
  for (const [key, line] of served) {
    const entry = entries.get(key) as BookEntry;
    if (nowMs < entry.startAtMs || priceSet(entry, serving, nowMs) !== undefined) continue;
    const { budgetMicros, clickPriceMicros } = entry;
    const paidMicros = accruedMicros(entry);
    const { price, trim } = trimPrice({
      price: line.price,
      cap: HIGHEST_PRICE,
      gap: (dueMicros(entry, supply.hourShape, nowMs) - paidMicros) / budgetMicros,
      noise: gapNoise({ accruedMicros: paidMicros, clickPriceMicros, budgetMicros }),
      minutes: passedMs / 60_000,
      trim: entry.trim ?? 0,
    });
    served.set(key, { ...line, price });
    // An entry that nothing happened to has taught nothing, and its page stays unwritten.
    if (entry === before.get(key)) continue;
    const kept = Math.round(trim * TRIM_DIGITS) / TRIM_DIGITS;
    if (kept !== (entry.trim ?? 0)) entries.set(key, { ...entry, trim: kept });
  }
}
