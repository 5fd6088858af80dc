// Builds holds of bookings.
import type { Hold } from '../../shared/contracts/documents.ts';
import { DAY_MS, START_MS } from './instants.ts';

/** A firm hold of c1/s1 for a day: two days of casual listeners, 100. */
export function hold(own: Partial<Hold> = {}): Hold {
  return {
    bookingId: '0123456789abcdef0123',
    tenantId: 't1',
    campaignId: 'c1',
    subcampaignId: 's1',
    startAtMs: START_MS,
    endAtMs: START_MS + 2 * DAY_MS,
    segments: ['casual'],
    surfaces: ['home'],
    clickPriceMicros: 500_000,
    budgetMicros: 100_000_000,
    untilAtMs: START_MS + DAY_MS,
    bytes: 1000,
    ...own,
  };
}
