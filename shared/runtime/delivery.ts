// From an envelope to acknowledge, retry or quarantine. The only place that tells the three kinds of errors apart:
// permanent -> a quarantine document, acknowledged; transient -> thrown, Pub/Sub delivers again; programmer -> logged as
// CRITICAL and thrown, so that the message ends in the dead-letter topic and nothing is lost.
import { decodeMessage, type MessageName, type Messages } from '../contracts/decode-message.ts';
import type { AllocationStore } from '../store/allocation-store.ts';
import { quarantineRef, quarantinedDocument } from '../store/quarantine.ts';
import { readEnvelope, type Message } from './envelope.ts';
import { AndanteError } from './errors.ts';
import type { Log, LogFields } from './log.ts';

const DAY_MS = 86_400_000;
/** Older events are refused: the ledger remembers for longer than this. */
export const MAX_EVENT_AGE_MS = 60 * DAY_MS;

/** What a handler says it did, for the log line. */
export interface Handled extends LogFields {
  result: string;
}

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
 * and with BAD_JSON for bytes that are no push: Pub/Sub never sent them, and there is nobody to be acknowledged.
 */
export function createReceiver<N extends MessageName>(
  name: N,
  handle: Handler<N>,
  deps: DeliveryDeps,
): (input: unknown) => Promise<void> {
  const { store, log, clock, virtualTime } = deps;
  return async (input) => {
    const startedAtMs = clock();
    let message: Message | undefined;
    let about: LogFields = {};
    try {
      message = readEnvelope(input);
      const event = decodeMessage(name, message.bytes);
      about = describe(event, message);
      checkTenant(event, message);
      const publishedAtMs = message.publishedAtMs ?? startedAtMs;
      const occurredAtMs = 'occurredAtMs' in event ? event.occurredAtMs : (event.scheduledForMs ?? publishedAtMs);
      if (!virtualTime && occurredAtMs < publishedAtMs - MAX_EVENT_AGE_MS) {
        throw new AndanteError(
          'EVENT_TOO_OLD',
          'an event is refused when it occurred more than 60 days before it was published',
        );
      }
      const handled = await handle(event, { publishedAtMs, nowMs: virtualTime ? occurredAtMs : publishedAtMs });
      log.info('handled', { function: name, ...about, ...handled, ms: clock() - startedAtMs });
    } catch (error) {
      if (!(error instanceof AndanteError) || !error.permanent) {
        const isTransient = error instanceof AndanteError && error.retryable;
        const fields = { function: name, ...about, ms: clock() - startedAtMs };
        if (isTransient) log.warn('will be retried', { ...fields, code: error.code, error: error.message });
        else
          log.critical('failed', {
            ...fields,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          });
        throw error;
      }
      if (message === undefined && error.code === 'BAD_JSON') throw error;
      await quarantine(store, { name, input, message, error, nowMs: startedAtMs });
      log.warn('quarantined', {
        function: name,
        ...about,
        result: 'quarantined',
        code: error.code,
        error: error.message,
        ms: clock() - startedAtMs,
      });
    }
  };
}

/** The publisher stamps the tenant it speaks for on the message; the body may not speak for another. */
function checkTenant(event: { tenantId: string }, { attributes }: Message): void {
  const stamped = attributes['tenantId'];
  if (stamped !== undefined && stamped !== event.tenantId) {
    throw new AndanteError('TENANT_MISMATCH', 'the tenant of the message is not the tenant of its body');
  }
}

function describe(event: Messages[MessageName], message: Message): LogFields {
  const traceparent = message.attributes['traceparent'];
  return {
    tenant: event.tenantId,
    ...('eventId' in event ? { event: event.eventId } : {}),
    ...('data' in event && 'campaignId' in event.data ? { campaign: event.data.campaignId } : {}),
    ...('data' in event && 'market' in event.data ? { market: event.data.market } : {}),
    ...('market' in event && event.market !== undefined ? { market: event.market } : {}),
    ...(message.deliveryAttempt === undefined ? {} : { attempts: message.deliveryAttempt }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

interface Refused {
  name: MessageName;
  input: unknown;
  message: Message | undefined;
  error: AndanteError;
  nowMs: number;
}

async function quarantine(store: AllocationStore, { name, input, message, error, nowMs }: Refused): Promise<void> {
  const bytes = message?.bytes ?? (input instanceof Uint8Array ? input : undefined);
  const text = bytes ? Buffer.from(bytes).toString('utf8') : safeJson(input);
  const document = quarantinedDocument({
    functionName: name,
    code: error.code,
    message: error.message,
    text,
    ...identify(text),
    nowMs,
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
