// Without a market: one message per market, all with the same slot. With one: that market is brought up to its slot.
import type { EventBus } from '../../shared/bus/event-bus.ts';
import { PLATFORM_TENANT, decideTick } from '../../shared/campaign/decide-tick.ts';
import type { Scheduled } from '../../shared/contracts/decode-message.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import type { EventTime, Handler } from '../../shared/runtime/delivery.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { Snapshot } from '../../shared/store/market-views.ts';
import { persistTick } from '../../shared/store/persist-tick.ts';

export interface DeliveryTickDeps extends RecordDeps {
  bus: EventBus;
  tickIntervalMs: number;
  virtualTime: boolean;
}

export function createDeliveryTickHandler(deps: DeliveryTickDeps): Handler<'delivery-tick'> {
  const { store, bus, tickIntervalMs } = deps;
  const known = new Map<string, Snapshot>();
  return async (event, time) => {
    const slot = slotOf(event, time, deps);
    if (event.market === undefined) {
      const markets = await store.markets();
      const scheduledFor = formatInstant(slot * tickIntervalMs);
      await Promise.all(
        markets.map((market) =>
          bus.publish({
            type: 'andante.delivery-tick.v1',
            source: event.source,
            tenantId: PLATFORM_TENANT,
            scheduledFor,
            market,
          }),
        ),
      );
      return { result: 'fanned-out', markets: markets.length, slot };
    }
    const { result, written, reports, quarantined } = await persistTick(
      store,
      { market: event.market, slot, tickIntervalMs, source: event.source },
      decideTick,
      known,
    );
    if (result === 'unknown-market') throw new AndanteError('UNKNOWN_MARKET', 'this market has no supply and no book');
    await record(deps, written);
    return { result, slot, reports, quarantined };
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
