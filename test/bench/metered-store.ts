// Counts what a store's callers would pay for, by document: every document a read, a transaction or a query asks for or
// finds, a query that finds nothing as one, and every document written. Reads of a transaction's reruns count too.
import type { AllocationStore, Ref, Stored } from '../../shared/store/allocation-store.ts';

export interface Touches {
  reads: number;
  writes: number;
}

export interface Meter {
  /** Sums over the documents whose path `takes`; of all when it is left out. */
  sum(takes?: (path: string) => boolean): Touches;
  reset(): void;
}

/** The path under which queries that found nothing are counted. */
export const EMPTY_QUERY = '(empty query)';

export function meterStore(store: AllocationStore): { store: AllocationStore; meter: Meter } {
  const touched = new Map<string, Touches>();
  const count = (kind: keyof Touches, path: string) => {
    const known = touched.get(path) ?? { reads: 0, writes: 0 };
    known[kind] += 1;
    touched.set(path, known);
  };
  const countAll = (kind: keyof Touches, refs: readonly Ref[]) => refs.forEach(({ path }) => count(kind, path));
  const countFound = <S extends Pick<Stored<'ledger' | 'quarantine' | 'booking'>, 'ref'>>(found: S[]): S[] => {
    if (found.length === 0) count('reads', EMPTY_QUERY);
    for (const { ref } of found) count('reads', ref.path);
    return found;
  };
  const metered: AllocationStore = {
    read: async (refs) => {
      countAll('reads', refs);
      return store.read(refs);
    },
    async transact(body) {
      let written: Ref[] = [];
      const result = await store.transact((transaction) => {
        written = [];
        return body({
          get: async (refs) => {
            countAll('reads', refs);
            return transaction.get(refs);
          },
          set: (ref, document) => {
            written.push(ref);
            transaction.set(ref, document);
          },
          create: (ref, document) => {
            written.push(ref);
            transaction.create(ref, document);
          },
          delete: (ref) => {
            written.push(ref);
            transaction.delete(ref);
          },
        });
      });
      countAll('writes', written);
      return result;
    },
    create: async (ref, document) => {
      count('writes', ref.path);
      return store.create(ref, document);
    },
    waitingReports: async (market, limit) => countFound(await store.waitingReports(market, limit)),
    undrained: async (limit, afterId) => countFound(await store.undrained(limit, afterId)),
    quarantined: async (limit, afterId) => countFound(await store.quarantined(limit, afterId)),
    openBookings: async (limit, afterId) => countFound(await store.openBookings(limit, afterId)),
    markDrained: async (refs, expireAtMs) => {
      countAll('writes', refs);
      return store.markDrained(refs, expireAtMs);
    },
    markets: async () => {
      const found = await store.markets();
      if (found.length === 0) count('reads', EMPTY_QUERY);
      for (const market of found) count('reads', `markets/${market}`);
      return found;
    },
  };
  const sum = (takes: (path: string) => boolean = () => true): Touches => {
    const total = { reads: 0, writes: 0 };
    for (const [path, { reads, writes }] of touched) {
      if (!takes(path)) continue;
      total.reads += reads;
      total.writes += writes;
    }
    return total;
  };
  return { store: metered, meter: { sum, reset: () => touched.clear() } };
}
