// A memory store that keeps the history of its ledger, for the invariants.
import type { LedgerEntry, Quarantined } from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import type { Write } from '../../shared/store/memory-store.ts';
import type { History } from './invariants.ts';
import { seededStore, type Seed } from './stores.ts';

export interface StoreWithHistory {
  store: AllocationStore;
  /** Notes an event that was answered with this ledger entry. */
  answer: (path: string, report?: DeliveryReported) => void;
  history: () => History;
}

export async function storeWithHistory(seed: Seed): Promise<StoreWithHistory> {
  const created = new Map<string, number>();
  const ledger = new Map<string, LedgerEntry>();
  const quarantined = new Map<string, Quarantined>();
  const reports = new Map<string, DeliveryReported>();
  const [rewritten, answered, outcomes]: [string[], string[], Outcome[]] = [[], [], []];
  const onCommit = (writes: readonly Write[]) => {
    for (const { ref, before, after } of writes) {
      if (ref.kind === 'quarantine') quarantined.set(ref.path, after as Quarantined);
      if (ref.kind !== 'ledger') continue;
      const entry = after as LedgerEntry;
      if (before === undefined) created.set(ref.path, (created.get(ref.path) ?? 0) + 1);
      else if ((before as LedgerEntry).result !== 'filed') rewritten.push(ref.path);
      ledger.set(ref.path, entry);
      outcomes.push(...entry.outcomes);
    }
  };
  const store = await seededStore({ ...seed, options: { ...seed.options, onCommit } });
  return {
    store,
    answer(path, report) {
      answered.push(path);
      if (report) reports.set(path, report);
    },
    history: () => ({
      created,
      rewritten,
      answered,
      outcomes,
      ledger: [...ledger.values()],
      reports: [...reports.values()],
      quarantined: [...quarantined.values()],
    }),
  };
}
