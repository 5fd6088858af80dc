// The three shapes in which a Pub/Sub message reaches a CloudEvent function: a binary CloudEvent, a push that the
// framework converted, and a push that it passed on as it was. Everything else is refused: the framework checks nothing.
import { AndanteError } from './errors.ts';

export interface Message {
  /** The body after base64. */
  bytes: Uint8Array;
  attributes: Readonly<Record<string, string>>;
  messageId: string;
  /** When Pub/Sub took the message; undefined when the envelope does not say. */
  publishedAtMs: number | undefined;
  /** Which attempt this is, where the subscription counts them. */
  deliveryAttempt: number | undefined;
}

/** @throws AndanteError MALFORMED_ENVELOPE, BAD_BASE64 */
export function readEnvelope(input: unknown): Message {
  const push = findPush(input);
  const { message } = push;
  const data = message['data'] ?? '';
  if (typeof data !== 'string') throw new AndanteError('MALFORMED_ENVELOPE', 'message.data must be a base64 string');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(data) || data.replace(/=+$/, '').length % 4 === 1) {
    throw new AndanteError('BAD_BASE64', 'message.data must be base64');
  }
  const publishTime = message['publishTime'] ?? message['publish_time'];
  const publishedAtMs = typeof publishTime === 'string' ? Date.parse(publishTime) : NaN;
  const messageId = message['messageId'] ?? message['message_id'];
  return {
    bytes: Buffer.from(data, 'base64'),
    attributes: readAttributes(message['attributes']),
    messageId: typeof messageId === 'string' ? messageId : '',
    publishedAtMs: Number.isNaN(publishedAtMs) ? undefined : publishedAtMs,
    deliveryAttempt: typeof push.deliveryAttempt === 'number' ? push.deliveryAttempt : undefined,
  };
}

function findPush(input: unknown): { message: Record<string, unknown>; deliveryAttempt: unknown } {
  for (const candidate of [isRecord(input) ? input['data'] : undefined, input]) {
    if (!isRecord(candidate)) continue;
    const message = candidate['message'];
    if (isRecord(message)) return { message, deliveryAttempt: candidate['deliveryAttempt'] };
  }
  throw new AndanteError(
    'MALFORMED_ENVELOPE',
    'expected a Pub/Sub push: {"message": {"data": ..., "attributes": ...}}',
  );
}

function readAttributes(attributes: unknown): Record<string, string> {
  if (!isRecord(attributes)) return {};
  return Object.fromEntries(
    Object.entries(attributes).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
