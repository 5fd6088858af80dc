// What a book entry's money is: everything here is derived from the entry, nothing is stored twice.
//
// spent      confirmed clicks x price; may pass the budget, the bill may not
// in flight  expected cost of impressions whose clicks may still come
// leased     granted to ad-server groups and neither charged nor returned
// accrued    spent + in flight: what pacing steers
// committed  spent + in flight + leased: what no change can take back
import type { BookEntry, Lease } from '../contracts/documents.ts';
import { expectedOutstanding } from '../forecasting/expected-outstanding.ts';
import type { DelayCurve } from '../forecasting/delay-curve.ts';
import { sumMicros } from '../contracts/micros.ts';

/** Expected cost of impressions not yet confirmed, hour by hour: an hour that clicked more than expected lends nothing to another. */
export function inFlightMicros(entry: BookEntry): number {
  return sumMicros(entry.cohorts.map((cohort) => Math.max(0, cohort.chargedMicros - cohort.confirmedMicros)));
}

/**
 * What pacing takes to be in flight: what of the charges is still expected to become spend, by how late clicks come here and
 * what came so far. Grants stay inside what {@link inFlightMicros} keeps back, which believes every charge until its window closes.
 */
export function expectedInFlightMicros(entry: BookEntry, nowMs: number, delay: DelayCurve): number {
  const { clickPriceMicros } = entry;
  return sumMicros(
    entry.cohorts.map(({ hourAtMs, ...cohort }) =>
      expectedOutstanding({ ...cohort, clickPriceMicros, ageMs: Math.max(0, nowMs - hourAtMs) }, delay),
    ),
  );
}

/** What one group may still spend. */
export function openMicros(lease: Lease): number {
  return Math.max(0, lease.grantedMicros - lease.returnedMicros - lease.chargedMicros);
}

/** What all groups together may still spend. */
export function leasedMicros(entry: BookEntry): number {
  return sumMicros(entry.leases.map(openMicros));
}

/** Spent and in flight: the amount pacing reads. */
export function accruedMicros(entry: BookEntry): number {
  return entry.spentMicros + inFlightMicros(entry);
}

/** Spent, in flight and leased: the amount that is no longer free. */
export function committedMicros(entry: BookEntry): number {
  return accruedMicros(entry) + leasedMicros(entry);
}

/** What the tenant pays, whatever was served. */
export function billedMicros(entry: { spentMicros: number; budgetMicros: number }): number {
  return Math.min(entry.spentMicros, entry.budgetMicros);
}

/** The numbers of an entry as outcomes and campaigns state them. */
export function entryNumbers(entry: BookEntry) {
  return {
    spentMicros: entry.spentMicros,
    inFlightMicros: inFlightMicros(entry),
    leasedMicros: leasedMicros(entry),
    overrunMicros: entry.overrunMicros,
    impressions: entry.impressions,
    clicks: entry.clicks,
    conversions: entry.conversions,
  };
}
