// From an envelope to acknowledge, retry or quarantine. The only place that tells the three kinds of errors apart:
// permanent -> a quarantine document, acknowledged; transient -> thrown, Pub/Sub delivers again; programmer -> logged as
// CRITICAL and thrown, so that the message ends in the dead-letter topic and nothing is lost.
import { decodeMessage, type MessageName, type Messages } from '../contracts/decode-message.ts';
import type { LogFields, LogSubject } from '../contracts/log-line.ts';
import type { AllocationStore } from '../store/allocation-store.ts';
import { quarantineRef, quarantinedDocument } from '../store/quarantine.ts';
import { readEnvelope, type Message } from './envelope.ts';
import { AndanteError, stackOf } from './errors.ts';
import { currentHandling, describeAs, withHandling } from './handling.ts';
import type { Log } from './log.ts';
import { isTraceparent, messageTraceparent, newTraceparent } from './traceparent.ts';

const DAY_MS = 86_400_000;
/** Older events are refused: the ledger remembers for longer than this. */
export const MAX_EVENT_AGE_MS = 60 * DAY_MS;

/** What a handler says it did, for the log line. */
export type Handled = LogFields & Required<Pick<LogFields, 'outcome'>>;

export interface DeliveryDeps {
  store: AllocationStore;
  log: Log;
  /** Wall clock, epoch ms. */
  clock: () => number;
  /** Local worlds and simulations: the time of an event is the time it names. */
  virtualTime: boolean;
}

export type Handler<N extends MessageName> = (event: Messages[N], time: EventTime) => Promise<Handled>;

export interface EventTime {
  /** When Pub/Sub took the message. */
  publishedAtMs: number;
  /** The time that decisions use: published, or under virtual time the event's own. */
  nowMs: number;
}

/**
 * What receives one topic's pushes, as their bytes or parsed. It resolves to acknowledge and rejects to be called again,
 * and with BAD_JSON for bytes that are no push: Pub/Sub never sent them, and there is nobody to be acknowledged. Whatever
 * comes of a push, it is one line of the log.
 */
export function createReceiver<N extends MessageName>(
  name: N,
  handle: Handler<N>,
  deps: DeliveryDeps,
): (input: unknown) => Promise<void> {
  const { log, clock } = deps;
  return async (input) => {
    const startedAtMs = clock();
    const opened = open(input);
    const attempts = ('message' in opened ? opened.message.deliveryAttempt : undefined) ?? 1;
    const outer = currentHandling();
    const traceparent = traceOf(name, opened, attempts) ?? outer?.traceparent ?? newTraceparent();
    const ending: LogFields = {};
    const handling = { traceparent, about: { function: name }, ending, executionId: outer?.executionId };
    return withHandling(handling, async () => {
      const { severity, said, thrown } = await settle({ name, input, opened, startedAtMs }, handle, deps);
      log[severity]('handled', { ...ending, ...said, attempts, ms: Math.max(0, Math.round(clock() - startedAtMs)) });
      if (thrown !== undefined) throw thrown.error;
    });
  };
}

type Opened = { message: Message } | { error: unknown };

function open(input: unknown): Opened {
  try {
    return { message: readEnvelope(input) };
  } catch (error) {
    return { error };
  }
}

function traceOf(topic: string, opened: Opened, attempt: number): string | undefined {
  if ('error' in opened) return undefined;
  const { messageId, attributes } = opened.message;
  const { traceparent } = attributes;
  if (messageId === '' && !isTraceparent(traceparent)) return undefined;
  return messageTraceparent(traceparent, { topic, messageId, attempt });
}

interface Push<N extends MessageName> {
  name: N;
  input: unknown;
  opened: Opened;
  startedAtMs: number;
}

/** What came of a push: its line, and what is thrown so that it comes again. */
interface Settled {
  severity: 'info' | 'warn' | 'critical';
  said: Handled;
  thrown?: { error: unknown };
}

async function settle<N extends MessageName>(push: Push<N>, handle: Handler<N>, deps: DeliveryDeps): Promise<Settled> {
  try {
    return { severity: 'info', said: await take(push, handle, deps) };
  } catch (error) {
    if (!(error instanceof AndanteError) || !error.permanent) return again(error);
    const { code, message } = error;
    const refused = { severity: 'warn', said: { outcome: 'refused', code, error: message } } as const;
    if ('error' in push.opened && code === 'BAD_JSON') return { ...refused, thrown: { error } };
    try {
      await quarantine(deps.store, push, error);
      return { ...refused, said: { ...refused.said, outcome: 'quarantined' } };
    } catch (failure) {
      return again(failure);
    }
  }
}

/** @throws AndanteError and whatever else the handler throws */
async function take<N extends MessageName>(
  { name, opened, startedAtMs }: Push<N>,
  handle: Handler<N>,
  { virtualTime }: DeliveryDeps,
): Promise<Handled> {
  if ('error' in opened) throw opened.error;
  const { message } = opened;
  const event = decodeMessage(name, message.bytes);
  describeAs(describe(event));
  checkTenant(event, message);
  const publishedAtMs = message.publishedAtMs ?? startedAtMs;
  const occurredAtMs = 'occurredAtMs' in event ? event.occurredAtMs : (event.scheduledForMs ?? publishedAtMs);
  if (!virtualTime && occurredAtMs < publishedAtMs - MAX_EVENT_AGE_MS) {
    throw new AndanteError(
      'EVENT_TOO_OLD',
      'an event is refused when it occurred more than 60 days before it was published',
    );
  }
  return handle(event, { publishedAtMs, nowMs: virtualTime ? occurredAtMs : publishedAtMs });
}

/** A transient error passes; of any other the stack is told, and the message ends in the dead-letter topic. */
function again(error: unknown): Settled {
  if (error instanceof AndanteError && error.retryable) {
    const { code, message } = error;
    return { severity: 'warn', said: { outcome: 'retried', code, error: message }, thrown: { error } };
  }
  const code = error instanceof AndanteError ? { code: error.code } : {};
  return {
    severity: 'critical',
    said: { outcome: 'failed', ...code, error: stackOf(error) },
    thrown: { error },
  };
}

/** The publisher stamps the tenant it speaks for on the message; the body may not speak for another. */
function checkTenant(event: { tenantId: string }, { attributes }: Message): void {
  const stamped = attributes['tenantId'];
  if (stamped !== undefined && stamped !== event.tenantId) {
    throw new AndanteError('TENANT_MISMATCH', 'the tenant of the message is not the tenant of its body');
  }
}

function describe(event: Messages[MessageName]): LogSubject {
  return {
    tenant: event.tenantId,
    ...('eventId' in event ? { event: event.eventId } : {}),
    ...('data' in event && 'campaignId' in event.data ? { campaign: event.data.campaignId } : {}),
    ...('data' in event && 'market' in event.data ? { market: event.data.market } : {}),
    ...('data' in event && 'group' in event.data ? { group: event.data.group } : {}),
    ...('market' in event && event.market !== undefined ? { market: event.market } : {}),
  };
}

async function quarantine(
  store: AllocationStore,
  { name, input, opened, startedAtMs }: Push<MessageName>,
  error: AndanteError,
): Promise<void> {
  const message = 'message' in opened ? opened.message : undefined;
  const bytes = message?.bytes ?? (input instanceof Uint8Array ? input : undefined);
  const text = bytes ? Buffer.from(bytes).toString('utf8') : safeJson(input);
  const known = identify(text);
  if (known.eventId !== undefined) describeAs({ event: known.eventId });
  const document = quarantinedDocument({
    functionName: name,
    code: error.code,
    message: error.message,
    text,
    ...known,
    nowMs: startedAtMs,
    // A conflict can never be right; an envelope that was none cannot be published.
    replayable: error.code !== 'EVENT_CONFLICT' && message !== undefined,
  });
  await store.create(quarantineRef(document), document);
}

function identify(text: string): { eventId?: string; tenantId?: string } {
  try {
    const body = JSON.parse(text) as Record<string, unknown> | null;
    const read = (key: string, maxLength: number) => {
      const value = body?.[key];
      const isName =
        typeof value === 'string' && value.length <= maxLength && /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(value);
      return isName ? { [key]: value } : {};
    };
    return { ...read('eventId', 128), ...read('tenantId', 64) };
  } catch {
    return {};
  }
}

function safeJson(input: unknown): string {
  try {
    return JSON.stringify(input) ?? 'undefined';
  } catch {
    return '[unreadable]';
  }
}
