// The three shapes in which a Pub/Sub message reaches a function: a push, a CloudEvent whose data is one (in binary mode
// its body is the push alone), and a push that the framework converted. Everything else is refused.
import { parseInstant } from '../contracts/instants.ts';
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

/** The largest push that is looked into: the largest body as base64, and its attributes. Deep JSON costs memory. */
export const MAX_PUSH_BYTES = 512 * 1024;

/**
 * @param input a push as its bytes, or parsed
 * @throws AndanteError BODY_TOO_LARGE, BAD_JSON the bytes are no JSON; MALFORMED_ENVELOPE, BAD_BASE64
 */
export function readEnvelope(input: unknown): Message {
  const push = findPush(input instanceof Uint8Array ? parsePush(input) : input);
  const { message } = push;
  const data = message['data'] ?? '';
  if (typeof data !== 'string') throw new AndanteError('MALFORMED_ENVELOPE', 'message.data must be a base64 string');
  const [, digits] = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(data) ?? [];
  if (digits === undefined || digits.length % 4 === 1)
    throw new AndanteError('BAD_BASE64', 'message.data must be base64');
  const messageId = message['messageId'] ?? message['message_id'];
  return {
    bytes: Buffer.from(data, 'base64'),
    attributes: readAttributes(message['attributes']),
    messageId: typeof messageId === 'string' ? messageId : '',
    publishedAtMs: readTime(message['publishTime'] ?? message['publish_time']),
    deliveryAttempt: typeof push.deliveryAttempt === 'number' ? push.deliveryAttempt : undefined,
  };
}

function parsePush(bytes: Uint8Array): unknown {
  if (bytes.byteLength > MAX_PUSH_BYTES)
    throw new AndanteError('BODY_TOO_LARGE', `a push has at most ${MAX_PUSH_BYTES} bytes`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new AndanteError('BAD_JSON', 'a push is JSON in UTF-8');
  }
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

/** Decisions are stored with it: a time that no document may carry is none. */
function readTime(publishTime: unknown): number | undefined {
  try {
    return typeof publishTime === 'string' ? parseInstant(publishTime, 'publishTime') : undefined;
  } catch {
    return undefined;
  }
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
