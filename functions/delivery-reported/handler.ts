// Files the report: one write, and no read but each market's first. The market's next tick decides what it comes to and
// records it.
import type { Handler } from '../../shared/runtime/delivery.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { fileReport } from '../../shared/store/file-report.ts';
import { createMarketCheck } from '../../shared/store/known-markets.ts';

export function createDeliveryReportedHandler({ store }: { store: AllocationStore }): Handler<'delivery-reported'> {
  const isKnownMarket = createMarketCheck(store);
  return async (event, { nowMs }) => {
    // It would wait for ever for the tick of a market that nobody ticks.
    if (!(await isKnownMarket(event.data.market))) {
      throw new AndanteError('UNKNOWN_MARKET', 'this market has no supply and no book');
    }
    const { entry, isDuplicate } = await fileReport(store, event, nowMs);
    return { outcome: entry.result, duplicate: isDuplicate };
  };
}
