// Without a market: one message per market, all with the same slot. With one: that market is brought up to its slot.
import { fanOut } from '../../shared/bus/fan-out.ts';
import { decideTick } from '../../shared/campaign/decide-tick.ts';
import { PLATFORM_TENANT } from '../../shared/contracts/platform-tenant.ts';
import type { Scheduled } from '../../shared/contracts/decode-message.ts';
import type { BudgetChangedWire } from '../../shared/contracts/events.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { HOUR_MS } from '../../shared/forecasting/traffic-clock.ts';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import { describeAs } from '../../shared/runtime/handling.ts';
import type { EventTime, Handler } from '../../shared/runtime/delivery.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { Snapshot } from '../../shared/store/market-views.ts';
import { persistTick, type DecideTick } from '../../shared/store/persist-tick.ts';

export interface DeliveryTickDeps extends RecordDeps {
  tickIntervalMs: number;
  virtualTime: boolean;
  /** Simulations decide with a cheaper plan in most runs. */
  decide?: DecideTick;
}

export function createDeliveryTickHandler(deps: DeliveryTickDeps): Handler<'delivery-tick'> {
  const { store, bus, log, clock, virtualTime, tickIntervalMs, decide = decideTick } = deps;
  const known = new Map<string, Snapshot>();
  return async (event, time) => {
    const slot = slotOf(event, time, deps);
    if (event.market === undefined) {
      const message = { type: 'andante.delivery-tick.v1', source: event.source, tenantId: PLATFORM_TENANT } as const;
      const markets = await fanOut(bus, message, await store.markets(), slot * tickIntervalMs);
      return { outcome: 'fanned-out', markets, slot };
    }
    const { market, source } = event;
    describeAs({ event: `tick:${market}:${slot}` });
    const { result, written, violations, ...ticked } = await persistTick(
      store,
      { market, slot, tickIntervalMs, source },
      decide,
      known,
    );
    if (result === 'unknown-market') throw new AndanteError('UNKNOWN_MARKET', 'this market has no supply and no book');
    for (const { line, ...violation } of violations) {
      const whose = line ? { tenant: line.tenantId, campaign: line.campaignId } : {};
      log.critical('invariant violated', { ...whose, ...violation });
    }
    await record(deps, written);
    const { reports, quarantined, rebalances, overruns, overrunMicros } = ticked;
    await Promise.all(rebalances.map((campaign) => bus.publish(rebalanceEvent(campaign, slot * tickIntervalMs))));
    return {
      ...{ outcome: result, slot, reports, quarantined },
      // A message that waited is late, whatever time it was published at.
      lagMs: Math.round((virtualTime ? time.nowMs : clock()) - slot * tickIntervalMs),
      ...(rebalances.length > 0 ? { rebalances: rebalances.length } : {}),
      ...(overruns > 0 ? { overruns, overrunMicros } : {}),
    };
  };
}

/** The same from every market in one hour: whoever is second finds it decided. A lost one comes again with the next hour. */
function rebalanceEvent(
  { tenantId, campaignId }: { tenantId: string; campaignId: string },
  nowMs: number,
): BudgetChangedWire {
  const hourAt = formatInstant(Math.floor(nowMs / HOUR_MS) * HOUR_MS);
  return {
    type: 'andante.budget-changed.v1',
    source: PLATFORM_TENANT,
    tenantId,
    eventId: `rebalance:${campaignId}:${hourAt}`,
    occurredAt: hourAt,
    data: { campaignId, cause: 'rebalance', hourAt },
  };
}

/** @throws AndanteError TICK_IN_FUTURE */
function slotOf(
  event: Scheduled,
  { publishedAtMs }: EventTime,
  { tickIntervalMs, virtualTime }: DeliveryTickDeps,
): number {
  const slot = Math.floor((event.scheduledForMs ?? publishedAtMs) / tickIntervalMs);
  if (!virtualTime && slot * tickIntervalMs > publishedAtMs + tickIntervalMs) {
    throw new AndanteError('TICK_IN_FUTURE', 'a tick is for the time it is published at, or earlier');
  }
  return slot;
}
