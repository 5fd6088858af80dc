// After the commit: appends an event's outcomes and marks its ledger entry drained. What fails here is not lost and not
// the event's failure: the entry stays undrained, and outcome-drain appends the same rows later.
import type { LedgerEntry } from '../contracts/documents.ts';
import { AndanteError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { AllocationStore, Ref } from '../store/allocation-store.ts';
import type { OutcomeLog } from './outcome-log.ts';
import { toRows } from './to-rows.ts';

/** How long a drained entry is kept: longer than the oldest event that is still taken. */
export const LEDGER_MS = 90 * 86_400_000;

export interface RecordDeps {
  store: AllocationStore;
  outcomes: OutcomeLog;
  log: Log;
  /** Wall clock, epoch ms. */
  clock: () => number;
}

export interface Written {
  ref: Ref<'ledger'>;
  entry: LedgerEntry;
}

/** Appends and marks; resolves to whether all of it worked. Entries that owe nothing are passed over. */
export async function record(deps: RecordDeps, written: readonly Written[]): Promise<boolean> {
  const owing = written.filter(({ entry }) => entry.undrained);
  if (owing.length === 0) return true;
  try {
    await appendAndMark(deps, owing);
    return true;
  } catch (error) {
    const isInvalid = error instanceof AndanteError && error.code === 'OUTCOME_ROW_INVALID';
    const fields = { entries: owing.length, error: error instanceof Error ? error.message : String(error) };
    if (isInvalid) deps.log.critical('outcomes refused by BigQuery: they stay in the ledger', fields);
    else deps.log.warn('outcomes not recorded yet: outcome-drain will', fields);
    return false;
  }
}

/** @throws AndanteError OUTCOMES_UNAVAILABLE, OUTCOME_ROW_INVALID, STORE_UNAVAILABLE */
export async function appendAndMark({ store, outcomes, clock }: RecordDeps, owing: readonly Written[]): Promise<void> {
  const nowMs = clock();
  await outcomes.append(owing.flatMap(({ ref, entry }) => toRows(ref.path.slice(ref.path.lastIndexOf('/') + 1), entry, nowMs)));
  await store.markDrained(
    owing.map(({ ref }) => ref),
    nowMs + LEDGER_MS,
  );
}
