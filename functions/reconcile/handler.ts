// Without a market: one message per market. With one: its ledger, state and rows are compared and its forecasts judged.
// Nothing is written but the log: what differs needs a person.
import type { EventBus } from '../../shared/bus/event-bus.ts';
import { fanOut } from '../../shared/bus/fan-out.ts';
import { PLATFORM_TENANT } from '../../shared/contracts/platform-tenant.ts';
import type { CalibrationReader } from '../../shared/outcomes/calibration-reader.ts';
import { compareMarket, type CompareDeps } from '../../shared/reconcile/compare-market.ts';
import { judgeIntervals } from '../../shared/reconcile/judge-intervals.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';

export interface ReconcileDeps extends CompareDeps {
  calibration: CalibrationReader;
  bus: EventBus;
}

export function createReconcileHandler(deps: ReconcileDeps): Handler<'reconcile'> {
  const { store, bus } = deps;
  return async ({ market, source }, { nowMs }) => {
    if (market === undefined) {
      const message = { type: 'andante.reconcile.v1', source, tenantId: PLATFORM_TENANT } as const;
      return { outcome: 'fanned-out', markets: await fanOut(bus, message, await store.markets(), nowMs) };
    }
    const compared = await compareMarket(market, nowMs, deps);
    const misjudged = await judgeIntervals(market, nowMs, deps);
    return { outcome: compared.differences === 0 ? 'agrees' : 'different', ...compared, misjudged };
  };
}
