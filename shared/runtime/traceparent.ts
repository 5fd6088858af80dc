// Trace Context (W3C, https://www.w3.org/TR/trace-context/): `00-TRACE-SPAN-FLAGS`, by which a request and all that it leads
// to are found together. No span is exported: a function's CPU stops with its answer, and a batch of spans would be lost.
import { hash, randomUUID } from 'node:crypto';

const PATTERN = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Nobody recorded the parent. */
const NOT_SAMPLED = '00';

export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && PATTERN.test(text);
}

/** The trace id, 32 hexadecimal digits. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** The span id, 16 hexadecimal digits. */
export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** A trace that begins here. */
export function newTraceparent(): string {
  // Node keeps random bytes at hand for these alone: asking for others costs ten times as much.
  const [traceId, spanId] = [randomUUID().replaceAll('-', ''), randomUUID().replaceAll('-', '')];
  return `00-${traceId}-${spanId.slice(16)}-${NOT_SAMPLED}`;
}

/**
 * The span of one delivery of a message, in its publisher's trace; where the publisher named none, in the message's own, which
 * is the same at every attempt.
 * @param delivery names the message and the attempt
 */
export function messageTraceparent(
  published: string | undefined,
  delivery: { topic: string; messageId: string; attempt: number },
): string {
  const message = `${delivery.topic}/${delivery.messageId}`;
  const spanId = hash('sha256', `${message}/${delivery.attempt}`).slice(0, 16);
  if (isTraceparent(published)) return `${published.slice(0, 36)}${spanId}${published.slice(52)}`;
  return `00-${hash('sha256', message).slice(0, 32)}-${spanId}-${NOT_SAMPLED}`;
}
