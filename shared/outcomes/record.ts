// After the commit: appends an event's outcomes, publishes those that booking flows are told of, and marks its ledger entry
// drained. What fails here is not lost and not the event's failure: the entry stays undrained, and outcome-drain appends
// the same rows and publishes the same events later.
import type { EventBus } from '../bus/event-bus.ts';
import type { LedgerEntry } from '../contracts/documents.ts';
import { AndanteError } from '../runtime/errors.ts';
import { endWith } from '../runtime/handling.ts';
import type { Log } from '../runtime/log.ts';
import type { AllocationStore, Ref } from '../store/allocation-store.ts';
import { LEDGER_MS } from '../store/persist-campaign-event.ts';
import type { OutcomeLog } from './outcome-log.ts';
import { toNotices } from './to-notices.ts';
import { toRows } from './to-rows.ts';

export interface RecordDeps {
  store: AllocationStore;
  outcomes: OutcomeLog;
  bus: EventBus;
  log: Log;
  /** Wall clock, epoch ms. */
  clock: () => number;
}

export interface Written {
  ref: Ref<'ledger'>;
  entry: LedgerEntry;
}

/** Appends, publishes and marks; resolves to whether all of it worked. Entries that owe nothing are passed over. */
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

/** @throws AndanteError OUTCOMES_UNAVAILABLE, OUTCOME_ROW_INVALID, BUS_UNAVAILABLE, STORE_UNAVAILABLE */
async function appendAndMark(deps: RecordDeps, owing: readonly Written[]): Promise<void> {
  const { store, outcomes, clock } = deps;
  const nowMs = clock();
  await outcomes.append(owing.flatMap(({ ref, entry }) => toRows(idOf(ref), entry, nowMs)));
  await notify(deps, owing);
  for (const [keepMs, own] of Map.groupBy(owing, keepMsOf)) {
    await store.markDrained(
      own.map(({ ref }) => ref),
      nowMs + keepMs,
    );
  }
}

async function notify({ bus }: RecordDeps, owing: readonly Written[]): Promise<void> {
  await Promise.all(
    owing.flatMap(({ ref, entry }) => {
      // Drained later, they still belong to what was decided.
      const trace = entry.traceparent === undefined ? {} : { traceparent: entry.traceparent };
      return toNotices(idOf(ref), entry).map((notice) => bus.publish(notice, trace));
    }),
  );
}

function idOf({ path }: Ref<'ledger'>): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A doubled tick meets the watermark, not its entry, and no other entry is as large: it need not stay as long. */
const TICK_LEDGER_MS = 7 * 86_400_000;

function keepMsOf({ entry }: Written): number {
  return entry.eventType === 'andante.delivery-tick.v1' ? TICK_LEDGER_MS : LEDGER_MS;
}

/** What is left to drain: how many entries, as far as they were read, and how old the oldest is. */
interface Left {
  undrained: number;
  oldestMs: number;
}

/** Entries read and appended at a time. */
const DRAIN_PAGE = 100;

/**
 * Appends the outcomes of every undrained entry. An entry that BigQuery refuses for good does not keep the others back:
 * it stays, and is said aloud at every drain, to booking flows too. What is left is on the line that ends the drain, also of
 * one that fails.
 * @param nowMs the time that ages are of
 * @throws AndanteError OUTCOMES_UNAVAILABLE, BUS_UNAVAILABLE, STORE_UNAVAILABLE
 */
export async function drain(deps: RecordDeps, nowMs: number): Promise<{ drained: number; refused: number }> {
  const total = { drained: 0, refused: 0 };
  const left: Left = { undrained: 0, oldestMs: 0 };
  for (let afterId: string | undefined; ;) {
    const owing = (await deps.store.undrained(DRAIN_PAGE, afterId)).map(({ ref, document }) => ({
      ref,
      entry: document,
    }));
    if (owing.length === 0) {
      endWith({ ...left });
      return total;
    }
    afterId = owing.at(-1)?.ref.path.split('/').at(-1);
    const refused = await appendPage(deps, owing).catch((error: unknown) => {
      endWith({ ...leave(left, owing, nowMs) });
      throw error;
    });
    leave(left, refused, nowMs);
    total.drained += owing.length - refused.length;
    total.refused += refused.length;
  }
}

function leave(left: Left, entries: readonly Written[], nowMs: number): Left {
  left.undrained += entries.length;
  left.oldestMs = Math.max(left.oldestMs, ...entries.map(({ entry }) => nowMs - entry.recordedAtMs));
  return left;
}

/** One page together, or one by one when BigQuery refuses a row of it; returns the entries it refused. */
async function appendPage(deps: RecordDeps, owing: readonly Written[]): Promise<Written[]> {
  try {
    await appendAndMark(deps, owing);
    return [];
  } catch (error) {
    if (!(error instanceof AndanteError) || error.code !== 'OUTCOME_ROW_INVALID') throw error;
    const [only, ...others] = owing;
    if (only && others.length === 0) {
      deps.log.critical('outcomes refused by BigQuery: they stay in the ledger', {
        event: only.entry.eventId,
        error: error.message,
      });
      await notify(deps, [only]);
      return [only];
    }
  }
  const refused: Written[] = [];
  for (const one of owing) refused.push(...(await appendPage(deps, [one])));
  return refused;
}
