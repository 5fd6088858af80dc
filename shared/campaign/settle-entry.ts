// What time does to an entry at a tick: its flight ends, click windows close, leases that are over return what was not spent.
import type { BookEntry, Lease } from '../contracts/documents.ts';
import type { DelayCurve } from '../forecasting/delay-curve.ts';
import { isOver } from './campaign-state.ts';
import { committedMicros, expectClicks, openMicros } from './entry-money.ts';
import { isOpenHour } from './fold-reports.ts';

/** A group that never says its closing word keeps its money this long after its lease. */
export const SILENT_LEASE_MS = 24 * 3_600_000;

/**
 * The entry with closed hours dropped, finished leases returned, and what is in flight expected anew; the same object when
 * nothing moved.
 * @param delay how late clicks come here; absent while that is unknown: every charge is expected until its hour closes
 */
export function settleEntry(entry: BookEntry, nowMs: number, delay?: DelayCurve): BookEntry {
  const cohorts = entry.cohorts.filter((cohort) => isOpenHour(cohort.hourAtMs, nowMs));
  const leases = entry.leases.map((lease) => settleLease(lease, nowMs));
  const isSame =
    cohorts.length === entry.cohorts.length && leases.every((lease, index) => lease === entry.leases[index]);
  return fallToShare(expectClicks(isSame ? entry : { ...entry, cohorts, leases }, nowMs, delay));
}

/** A budget that was cut below what was committed falls with what is committed, and never rises again by itself. */
function fallToShare(entry: BookEntry): BookEntry {
  const { shareMicros, ...rest } = entry;
  if (shareMicros === undefined) return entry;
  const budgetMicros = Math.max(shareMicros, Math.min(entry.budgetMicros, committedMicros(entry)));
  if (budgetMicros === shareMicros) return { ...rest, budgetMicros };
  return budgetMicros === entry.budgetMicros ? entry : { ...entry, budgetMicros };
}

/** The entry once its flight is over: it is settling, however it stood. One that was called off goes on closing. */
export function endFlight(entry: BookEntry, nowMs: number): BookEntry {
  return isOver(entry) || nowMs < entry.endAtMs ? entry : { ...entry, status: 'settling' };
}

/** Whether nothing of the entry can move any more: its totals are final. */
export function isFinal(entry: BookEntry, nowMs: number): boolean {
  return (
    isOver(entry) &&
    entry.cohorts.length === 0 &&
    entry.leases.every((lease) => openMicros(lease) === 0 && nowMs >= lease.spendUntilAtMs)
  );
}

/** The closing word counts once everything charged before it is folded. */
function settleLease(lease: Lease, nowMs: number): Lease {
  const isClosed = lease.closingMicros !== undefined && lease.chargedMicros >= lease.closingMicros;
  const isForgotten = nowMs >= lease.spendUntilAtMs + SILENT_LEASE_MS;
  if (!isClosed && !(isForgotten && openMicros(lease) > 0)) return lease;
  const { closingMicros: _done, ...settled } = lease;
  return { ...settled, returnedMicros: lease.returnedMicros + openMicros(lease) };
}
