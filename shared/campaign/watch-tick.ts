// What operators are to see of a tick: what was overrun, and promises that its decision does not keep. It decides nothing.
import type { BookEntry, BookPage } from '../contracts/documents.ts';
import type { TickDecision } from './decide-tick.ts';
import { committedMicros, openMicros } from './entry-money.ts';
import { entryKey } from './fold-reports.ts';

/** A promise that does not hold, by its number in README, "Invariants". */
export interface Violation {
  invariant: 1 | 5;
  /** Whose it is; absent where it is the market's. */
  line?: Pick<BookEntry, 'tenantId' | 'campaignId'>;
  where: string;
  expected: string;
  found: string;
}

export interface TickWatch {
  /** Lines whose reports passed what had been granted. */
  overruns: number;
  overrunMicros: number;
  violations: Violation[];
}

/** Shares are sums of fractions. */
const ROUNDING = 1e-9;

export function watchTick(
  before: readonly BookPage[],
  { pages, plan }: Pick<TickDecision, 'pages' | 'plan'>,
): TickWatch {
  const watch: TickWatch = { overruns: 0, overrunMicros: 0, violations: [] };
  const oldPages = new Map(before.map((page) => [page.page, page]));
  for (const { page, entries } of pages) {
    const known = new Map(oldPages.get(page)?.entries.map((entry) => [entryKey(entry), entry]));
    for (const entry of entries) {
      const old = known.get(entryKey(entry));
      if (entry === old) continue;
      const overrunMicros = entry.overrunMicros - (old?.overrunMicros ?? 0);
      if (overrunMicros > 0) {
        watch.overruns += 1;
        watch.overrunMicros += overrunMicros;
      }
      watch.violations.push(...grantedAbove(entry, old));
    }
  }
  if (plan) watch.violations.push(...givenTwice(plan));
  return watch;
}

/** Invariant 1: above its budget a line may come by late clicks and by what servers charge, by a grant never. */
function grantedAbove(entry: BookEntry, old: BookEntry | undefined): Violation[] {
  // What was charged above a lease is granted afterwards, and leaves nothing open.
  const openBefore = new Map(old?.leases.map((lease) => [lease.group, openMicros(lease)]));
  if (!entry.leases.some((lease) => openMicros(lease) > (openBefore.get(lease.group) ?? 0))) return [];
  const found = committedMicros(entry);
  if (found <= entry.budgetMicros) return [];
  const { tenantId, campaignId, budgetMicros } = entry;
  const where = `${entryKey(entry)} committedMicros`;
  return [
    { invariant: 1, line: { tenantId, campaignId }, where, expected: `at most ${budgetMicros}`, found: `${found}` },
  ];
}

/** Invariant 5: no cell is given away more than once. */
function givenTwice({ market, lines }: NonNullable<TickDecision['plan']>): Violation[] {
  const loads = new Map<string, number>();
  for (const { segments, surfaces, fallbackShare } of lines)
    for (const segment of segments)
      for (const surface of surfaces) {
        const cell = `${segment}/${surface}`;
        loads.set(cell, (loads.get(cell) ?? 0) + fallbackShare);
      }
  return [...loads].flatMap(([cell, load]): Violation[] => {
    if (load <= 1 + ROUNDING) return [];
    return [{ invariant: 5, where: `plan of ${market}, fallback of ${cell}`, expected: 'at most 1', found: `${load}` }];
  });
}
