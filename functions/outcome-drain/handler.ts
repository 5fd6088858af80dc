// Does what the handlers could not: appends and publishes what the ledger owes, brings bookings on. Ids are the same, so doing
// it twice is harmless.
import { rollBookings } from '../../shared/outcomes/advance-booking.ts';
import { drain, type RecordDeps } from '../../shared/outcomes/record.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';

export function createOutcomeDrainHandler(deps: RecordDeps): Handler<'outcome-drain'> {
  return async (_event, { nowMs }) => {
    // What is booked is published whether BigQuery takes rows or not.
    const [rolled, drained] = await Promise.allSettled([rollBookings(deps, nowMs), drain(deps, nowMs)]);
    if (drained.status === 'rejected') throw drained.reason;
    if (rolled.status === 'rejected') throw rolled.reason;
    const { drained: entries, refused } = drained.value;
    return { outcome: 'drained', entries, refused, ...rolled.value };
  };
}
