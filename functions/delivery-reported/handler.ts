// Files the report: one write, no read. The market's next tick decides what it comes to and records it.
import type { Handler } from '../../shared/runtime/delivery.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { fileReport } from '../../shared/store/file-report.ts';

export function createDeliveryReportedHandler({ store }: { store: AllocationStore }): Handler<'delivery-reported'> {
  return async (event, { nowMs }) => {
    const { entry, isDuplicate } = await fileReport(store, event, nowMs);
    return { result: entry.result, duplicate: isDuplicate };
  };
}
