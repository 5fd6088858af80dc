// The keys of exactly-once: who sent which event, and whether it is the same event.
import { createHash } from 'node:crypto';

/** The ledger's document id: 80 bits of a hash, so that no range is hot and no tenant can take another's id. */
export function ledgerId(event: { source: string; tenantId: string; eventId: string }): string {
  return sha256(JSON.stringify([event.source, event.tenantId, event.eventId])).slice(0, 20);
}

/** Hash of a decoded event: two spellings of one event are one event. */
export function payloadHash(decoded: unknown): string {
  return sha256(canonicalJson(decoded));
}

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([left], [right]) => (left < right ? -1 : 1)))
      : field,
  );
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
