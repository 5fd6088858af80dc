// What a book entry's money is: everything here is derived from the entry, nothing is stored twice.
//
// spent      cost of confirmed clicks; may pass the budget, the bill may not
// in flight  expected cost of the clicks that may still come of what was served: what was charged for it, corrected at every
//            tick by what the clicks so far say
// leased     granted to ad-server groups and neither charged nor returned
// accrued    spent + in flight: what pacing steers
// committed  spent + in flight + leased: what no change can take back
import type { BookEntry, Lease } from '../contracts/documents.ts';
import { expectOfLine, type LineExpectation } from '../forecasting/expected-outstanding.ts';
import type { DelayCurve } from '../forecasting/delay-curve.ts';
import { MAX_MICROS, sumMicros } from '../contracts/micros.ts';

/**
 * What is still to come of the clicks: the charges that await them, hour by hour (one that clicked more than it was charged for
 * lends nothing to another), less what the last tick did not expect of them.
 */
export function inFlightMicros(entry: BookEntry): number {
  return Math.max(0, awaitedMicros(entry) - (entry.unexpectedMicros ?? 0));
}

/** The entry with what its clicks so far and the delay of clicks say of its charges that await them; the same object when nothing moved. */
export function expectClicks(entry: BookEntry, nowMs: number, delay: DelayCurve | undefined): BookEntry {
  const { unexpectedMicros: before, ...rest } = entry;
  const unexpectedMicros = delay ? awaitedMicros(entry) - expectedInFlightMicros(entry, nowMs, delay) : 0;
  if (unexpectedMicros === (before ?? 0)) return entry;
  return unexpectedMicros === 0 ? rest : { ...rest, unexpectedMicros };
}

function awaitedMicros(entry: BookEntry): number {
  return sumMicros(entry.cohorts.map((cohort) => Math.max(0, cohort.chargedMicros - cohort.confirmedMicros)));
}

function expectedInFlightMicros(entry: BookEntry, nowMs: number, delay: DelayCurve): number {
  const { outstandingMicros } = expectOfEntry(entry, nowMs, delay);
  return Math.min(outstandingMicros, Math.max(0, MAX_MICROS - entry.spentMicros - leasedMicros(entry)));
}

/** What an entry's clicks cost beside what was charged for them: a line that responds better spends faster at the same price. */
export function rateFactor(entry: BookEntry, nowMs: number, delay: DelayCurve): number {
  return expectOfEntry(entry, nowMs, delay).rateFactor;
}

function expectOfEntry(entry: BookEntry, nowMs: number, delay: DelayCurve): LineExpectation {
  const { clickPriceMicros, spentMicros: confirmedMicros } = entry;
  const hours = entry.cohorts.map(({ hourAtMs, chargedMicros }) => ({ ageMs: nowMs - hourAtMs, chargedMicros }));
  const chargedMicros = sumMicros(entry.leases.map((lease) => lease.chargedMicros));
  return expectOfLine({ chargedMicros, confirmedMicros, clickPriceMicros, hours }, delay);
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
