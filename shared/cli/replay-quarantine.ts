// replay quarantine: publishes refused messages that may be right by now.
import { decodeMessage, type MessageName } from '../contracts/decode-message.ts';
import type { Quarantined } from '../contracts/documents.ts';
import type { AndanteMessage } from '../contracts/events.ts';
import { AndanteError } from '../runtime/errors.ts';
import { refs, type AllocationStore, type Stored } from '../store/allocation-store.ts';
import type { Conclusion, Context } from './command.ts';
import { formatTime } from './format-values.ts';
import { messageNames } from './read-events.ts';
import { REPLAY_ATTRIBUTE } from './replay-attribute.ts';
import { formatTable } from './table.ts';

/** Documents read at a time. */
const PAGE = 100;

export interface ReplayQuarantine {
  id: string | undefined;
  limit: number;
  isDryRun: boolean;
}

interface Replayed {
  id: string;
  function: string;
  code: string;
  eventId?: string;
  quarantinedAt: string;
  messageId?: string;
  /** Why it was not sent. */
  reason?: string;
}

export async function replayQuarantine(
  { id, limit, isDryRun }: ReplayQuarantine,
  context: Context,
): Promise<Conclusion> {
  const { ports } = await context.connect();
  const replayed: Replayed[] = [];
  let sendable = 0;
  for await (const { ref, document } of quarantined(ports.store, id)) {
    const about = describe(ref.path.slice(ref.path.lastIndexOf('/') + 1), document);
    const checked = check(document);
    if ('reason' in checked) {
      replayed.push({ ...about, reason: checked.reason });
      continue;
    }
    if (sendable === limit) break;
    sendable += 1;
    if (isDryRun) replayed.push(about);
    else
      replayed.push({
        ...about,
        messageId: await ports.bus.publish(checked.message, { [REPLAY_ATTRIBUTE]: about.id }),
      });
    if (sendable % PAGE === 0) context.progress(`${sendable} replayed`);
  }
  return conclude(replayed, isDryRun, id);
}

async function* quarantined(store: AllocationStore, id: string | undefined): AsyncGenerator<Stored<'quarantine'>> {
  if (id !== undefined) {
    const ref = refs.quarantine(id);
    const [document] = await store.read([ref]);
    if (document) yield { ref, document };
    return;
  }
  for (let afterId: string | undefined; ;) {
    const page = await store.quarantined(PAGE, afterId);
    yield* page;
    if (page.length < PAGE) return;
    afterId = page.at(-1)?.ref.path.split('/').at(-1);
  }
}

/** The message to send, or why it is not sent. */
function check(document: Quarantined): { message: AndanteMessage } | { reason: string } {
  if (!document.replayable) {
    return {
      reason:
        document.code === 'EVENT_CONFLICT'
          ? 'its event id belongs to another payload: publish it under an id of its own'
          : 'its message was not kept whole',
    };
  }
  // Who published it is not kept, and a replay would speak for the tenant that the body claims.
  if (document.code === 'TENANT_MISMATCH') return { reason: 'its tenant is in doubt: let its owner publish it again' };
  if (document.code === 'EVENT_TOO_OLD') return { reason: 'it is older than 60 days and would be refused again' };
  const name = messageNames.find((known) => known === document.functionName);
  if (name === undefined) return { reason: `no function of this version is called ${document.functionName}` };
  return checkBody(name, document.body);
}

function checkBody(name: MessageName, body: string): { message: AndanteMessage } | { reason: string } {
  try {
    decodeMessage(name, Buffer.from(body));
    return { message: JSON.parse(body) as AndanteMessage };
  } catch (error) {
    if (error instanceof AndanteError) return { reason: `it would be refused again: ${error.code}: ${error.message}` };
    throw error;
  }
}

function describe(id: string, document: Quarantined): Replayed {
  const { functionName, code, eventId, quarantinedAtMs } = document;
  return {
    id,
    function: functionName,
    code,
    ...(eventId === undefined ? {} : { eventId }),
    quarantinedAt: formatTime(quarantinedAtMs),
  };
}

function conclude(replayed: readonly Replayed[], isDryRun: boolean, id: string | undefined): Conclusion {
  const sent = replayed.filter(({ reason }) => reason === undefined);
  const kept = replayed.filter(({ reason }) => reason !== undefined);
  if (replayed.length === 0) {
    const message = id === undefined ? 'the quarantine is empty' : `the quarantine has no document ${id}`;
    return { exit: 'different', text: message, json: { replayed: [], notReplayed: [], error: { message } } };
  }
  const table = formatTable(
    ['quarantine', 'function', 'event', 'code', 'since', isDryRun ? 'would be' : 'message', 'reason'],
    replayed.map((one) => [
      one.id,
      one.function,
      one.eventId ?? '',
      one.code,
      one.quarantinedAt,
      one.reason ? 'kept' : (one.messageId ?? 'sent'),
      one.reason ?? '',
    ]),
  );
  const verb = isDryRun ? 'would be replayed' : 'replayed; their quarantine documents stay';
  return {
    exit: kept.length > 0 || sent.length === 0 ? 'different' : 'ok',
    text: `${table}\n${sent.length} ${verb}, ${kept.length} kept for the reasons above`,
    json: { dryRun: isDryRun, replayed: sent, notReplayed: kept },
  };
}
