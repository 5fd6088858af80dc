// replay rows: publishes again what BigQuery remembers and the ledger does not.
import type { BusinessWire } from '../contracts/events.ts';
import { encodeInstants } from '../contracts/instants.ts';
import type { RecordedEvent } from '../outcomes/outcome-reader.ts';
import { eventOfRows } from '../reconcile/event-of-rows.ts';
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import type { Conclusion, Context } from './command.ts';
import { formatTable } from './table.ts';

export interface ReplayRows {
  /** UTC day. */
  since: string;
  limit: number;
  isDryRun: boolean;
  withReports: boolean;
}

/** Ledger entries looked up at a time. */
const PAGE = 100;

interface Replayed {
  topic: string;
  eventId: string;
  source: string;
  messageId?: string;
  /** Why it was not sent. */
  reason?: string;
}

export async function replayRows(
  { since, limit, isDryRun, withReports }: ReplayRows,
  context: Context,
): Promise<Conclusion> {
  const { store, reader, bus } = (await context.connect()).ports;
  const rows = await reader.recordedSince(since, 'campaigns');
  if (withReports) rows.push(...(await reader.recordedSince(since, 'reports')));
  const lost = (await lostEvents(store, rows)).slice(0, limit);
  const replayed: Replayed[] = [];
  for (const own of lost) {
    const [first] = own as [RecordedEvent];
    const event = eventOfRows(own);
    const about = { eventId: first.eventId, source: first.source };
    if (!event) {
      replayed.push({ topic: '', ...about, reason: 'comes again by itself' });
      continue;
    }
    const topic = event.type.split('.')[1] as string;
    const sent = isDryRun ? {} : { messageId: await bus.publish(encodeInstants(event) as BusinessWire) };
    replayed.push({ topic, ...about, ...sent });
  }
  return conclude(replayed, isDryRun);
}

/** Rows of events that have no ledger entry, by event; campaigns before their changes. */
async function lostEvents(store: AllocationStore, rows: readonly RecordedEvent[]): Promise<RecordedEvent[][]> {
  const byEntry = [...Map.groupBy(rows, ({ rowId }) => rowId.slice(0, rowId.indexOf(':')))];
  const lost: RecordedEvent[][] = [];
  for (let start = 0; start < byEntry.length; start += PAGE) {
    const page = byEntry.slice(start, start + PAGE);
    const entries = await store.read(page.map(([id]) => refs.ledger(id)));
    page.forEach(([, own], index) => {
      if (!entries[index]) lost.push(own);
    });
  }
  const rank = ([first]: RecordedEvent[]) => (first?.outcome.type === 'campaign-accepted' ? 0 : 1);
  return lost.sort((a, b) => rank(a) - rank(b) || (a[0]?.eventAtMs ?? 0) - (b[0]?.eventAtMs ?? 0));
}

function conclude(replayed: readonly Replayed[], isDryRun: boolean): Conclusion {
  const json = { dryRun: isDryRun, replayed };
  if (replayed.length === 0) {
    const message = 'every row has its ledger entry';
    return { exit: 'different', text: message, json: { ...json, error: { message } } };
  }
  const table = formatTable(
    ['topic', 'source', 'event', 'message'],
    replayed.map(({ topic, source, eventId, messageId, reason }) => [
      topic,
      source,
      eventId,
      messageId ?? reason ?? 'not sent',
    ]),
  );
  const verb = isDryRun ? 'would be replayed' : 'replayed';
  return {
    exit: 'ok',
    text: `${table}\n${replayed.filter(({ reason }) => reason === undefined).length} ${verb}`,
    json,
  };
}
