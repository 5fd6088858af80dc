// Files a delivery report: one write, no read, no contention. The market's next tick folds it.
import type { LedgerEntry } from '../contracts/documents.ts';
import type { DeliveryReported } from '../contracts/events.ts';
import { AndanteError } from '../runtime/errors.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { ledgerId, payloadHash } from './ledger-key.ts';
import { newLedgerEntry, type Persisted } from './persist-campaign-event.ts';

/** @throws AndanteError EVENT_CONFLICT, STORE_UNAVAILABLE */
export async function fileReport(store: AllocationStore, event: DeliveryReported, nowMs: number): Promise<Persisted> {
  const ref = refs.ledger(ledgerId(event));
  const hash = payloadHash(event);
  // It has outcomes to come: nothing is to forget it before.
  const { expireAtMs: _never, ...filed } = newLedgerEntry(event, { hash, nowMs, outcomes: [], result: 'filed' });
  const entry: LedgerEntry = { ...filed, report: event.data, waitingFor: event.data.market };
  if (await store.create(ref, entry)) return { ref, entry, isDuplicate: false };
  const [known] = await store.read([ref]);
  if (known?.payloadHash === hash) return { ref, entry: known, isDuplicate: true };
  throw new AndanteError(
    'EVENT_CONFLICT',
    'this event id was used by another payload: publish the report under an id of its own',
  );
}
