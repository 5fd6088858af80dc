// inspect ledger: what one business event came to.
import { encodeInstants } from '../contracts/instants.ts';
import type { LedgerEntry } from '../contracts/documents.ts';
import { refs } from '../store/allocation-store.ts';
import { traceIdOf } from '../runtime/traceparent.ts';
import { ledgerId } from '../store/ledger-key.ts';
import { pathPart, UsageError, type Conclusion, type Context } from './command.ts';
import { formatTime } from './format-values.ts';
import { formatFields } from './table.ts';

export async function inspectLedger(
  asked: { name: string | undefined; id: string | undefined },
  context: Context,
): Promise<Conclusion> {
  const id = idOf(asked);
  const { ports } = await context.connect();
  const [entry] = await ports.store.read([refs.ledger(id)]);
  if (!entry) {
    const message = `the ledger has no entry ${id}: the event was never applied, or it is in quarantine (replay quarantine --dry-run) or a dead letter`;
    return { exit: 'different', text: message, json: { error: { message }, id } };
  }
  const outcomes = entry.outcomes.map((outcome) => JSON.stringify(encodeInstants(outcome), undefined, 2));
  return {
    exit: 'ok',
    text: [formatFields(entryFields(id, entry)), ...outcomes].join('\n\n'),
    json: { id, entry: encodeInstants(entry) },
  };
}

function idOf({ name, id }: { name: string | undefined; id: string | undefined }): string {
  if (id !== undefined) {
    if (name !== undefined) throw new UsageError('inspect ledger takes a key or --id, not both');
    if (!/^[0-9a-f]{20}$/.test(id))
      throw new UsageError('--id is 20 hexadecimal digits: the part of a row_id before its colon');
    return id;
  }
  const [source, tenantId, eventId, ...more] = (name ?? '').split('/');
  if (more.length > 0 || !eventId || !/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(eventId)) {
    throw new UsageError('a ledger entry is named as <source>/<tenant>/<eventId>, or by --id');
  }
  return ledgerId({ source: pathPart(source, 'a source'), tenantId: pathPart(tenantId, 'a tenant'), eventId });
}

function entryFields(id: string, entry: LedgerEntry): [string, string][] {
  return [
    ['id', id],
    ['event', `${entry.source}/${entry.tenantId}/${entry.eventId}`],
    ['type', entry.eventType],
    ['result', entry.result],
    ['occurred', formatTime(entry.occurredAtMs)],
    ['recorded', formatTime(entry.recordedAtMs)],
    ['payload', entry.payloadHash],
    ...(entry.traceparent === undefined ? [] : ([['trace', traceIdOf(entry.traceparent)]] as [string, string][])),
    ...(entry.waitingFor === undefined
      ? []
      : ([['waits for', `the next tick of ${entry.waitingFor}`]] as [string, string][])),
    [
      'in BigQuery',
      entry.outcomes.length === 0 ? 'owes nothing' : entry.undrained ? 'not yet: outcome-drain will append it' : 'yes',
    ],
    ...(entry.expireAtMs === undefined ? [] : ([['expires', formatTime(entry.expireAtMs)]] as [string, string][])),
    ['outcomes', String(entry.outcomes.length)],
  ];
}
