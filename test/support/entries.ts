// Builds book entries and leases.
import type { BookEntry, Lease } from '../../shared/contracts/documents.ts';
import { DAY_MS, START_MS, TICK_MS } from './instants.ts';

/** The entry of c1/s1: two days, budget 100, nothing delivered. */
export function entry(own: Partial<BookEntry> = {}): BookEntry {
  return {
    tenantId: 't1',
    campaignId: 'c1',
    subcampaignId: 's1',
    status: 'active',
    startAtMs: START_MS,
    endAtMs: START_MS + 2 * DAY_MS,
    segments: ['casual'],
    surfaces: ['home'],
    clickPriceMicros: 500_000,
    trafficByDay: [100_000, 100_000],
    budgetMicros: 100_000_000,
    spentMicros: 0,
    overrunMicros: 0,
    impressions: 0,
    clicks: 0,
    conversions: 0,
    cohorts: [],
    leases: [],
    ...own,
  };
}

/** A lease of g1 over 10 that lasts six ticks. */
export function lease(own: Partial<Lease> = {}): Lease {
  const money = { grantedMicros: 10_000_000, chargedMicros: 0, returnedMicros: 0 };
  return { group: 'g1', ...money, spendUntilAtMs: START_MS + 6 * TICK_MS, ...own };
}
