// Builds bookings; a test names only what it is about.
import type { Booking } from '../../shared/contracts/documents.ts';
import { DAY_MS, START_MS } from './instants.ts';

/** A booking of t1 that holds one campaign for a day, and of which something is left to do. */
export function booking(own: Partial<Booking> = {}): Booking {
  return {
    schemaVersion: 1,
    tenantId: 't1',
    key: 'b1',
    payloadHash: 'a'.repeat(64),
    mode: 'all-or-nothing',
    status: 'held',
    holdKind: 'firm',
    untilAtMs: START_MS + DAY_MS,
    createdAtMs: START_MS,
    steppedAtMs: START_MS,
    campaigns: 1,
    held: 1,
    refused: 0,
    applied: 0,
    attempt: 1,
    parts: 1,
    partsStaged: 1,
    partsSettled: 0,
    isOpen: true,
    ...own,
  };
}
