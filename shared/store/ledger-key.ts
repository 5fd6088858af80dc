// The keys of exactly-once: who sent which event, and whether it is the same event.
import { hash } from 'node:crypto';

/** The ledger's document id: 80 bits of a hash, so that no range is hot and no tenant can take another's id. */
export function ledgerId(event: { source: string; tenantId: string; eventId: string }): string {
  return sha256(JSON.stringify([event.source, event.tenantId, event.eventId])).slice(0, 20);
}

/** The document id of a booking: an idempotency key is its tenant's own. */
export function bookingId(tenantId: string, key: string): string {
  return sha256(JSON.stringify([tenantId, key])).slice(0, 20);
}

/** Hash of a decoded event: two spellings of one event are one event. */
export function payloadHash(decoded: unknown): string {
  return sha256(canonicalJson(decoded));
}

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) copy[key] = sorted((value as Record<string, unknown>)[key]);
  return copy;
}

export function sha256(text: string | Uint8Array): string {
  return hash('sha256', text);
}
