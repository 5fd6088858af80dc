// Documents that events read and write: the functions' own handlers over a metered store in memory, on the load of
// `bench events`. A document is an event's when it is its ledger entry or was touched by its handler; what a tick touches
// besides the reports it folds is the tick's fixed cost.
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import { decodeMessage, type Messages } from '../../shared/contracts/decode-message.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import type { EventTime } from '../../shared/runtime/delivery.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { ledgerId } from '../../shared/store/ledger-key.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import {
  CHANGES_PER_ROUND,
  MARKETS,
  REPORTS_PER_ROUND,
  TICK_INTERVAL_MS,
  roundEvents,
  roundTick,
  seed,
  type OutgoingEvent,
} from './event-load.ts';
import { meterStore, type Touches } from './metered-store.ts';

export interface EventCosts {
  /** Of one delivery report, from its filing to its rows. */
  report: Touches;
  /** Of one budget change: the dearest, and the mean. */
  change: Touches;
  /** Of one market's tick of one page, with reports to fold and without. */
  tick: Touches;
  idleTick: Touches;
}

export async function eventCosts(): Promise<EventCosts> {
  const { store, meter } = meterStore(createMemoryStore());
  await seed(store);
  const log = createLog({ level: 'silent', projectId: 'demo-andante' });
  const deps = {
    store,
    outcomes: createMemoryLog(),
    log,
    clock: () => 0,
    bus: createMemoryBus(),
    virtualTime: true,
    tickIntervalMs: TICK_INTERVAL_MS,
  };
  const fileReport = createDeliveryReportedHandler(deps);
  const changeBudget = createBudgetChangedHandler(deps);
  const tick = createDeliveryTickHandler(deps);
  const ticks = async (round: number) => {
    const event = decode('delivery-tick', roundTick(round));
    for (const market of MARKETS) await tick({ ...event, market }, timeOf(event.scheduledForMs as number));
  };

  // The first round grants the first leases; the second is what every other is like.
  let costs: EventCosts | undefined;
  for (const round of [0, 1]) {
    const reports = new Set<string>();
    meter.reset();
    for (const outgoing of roundEvents(round).filter(({ topic }) => topic === 'budget-changed')) {
      const event = decode('budget-changed', outgoing);
      await changeBudget(event, timeOf(event.occurredAtMs));
    }
    const change = each(meter.sum(), CHANGES_PER_ROUND);
    meter.reset();
    for (const outgoing of roundEvents(round).filter(({ topic }) => topic === 'delivery-reported')) {
      const event = decode('delivery-reported', outgoing);
      reports.add(refs.ledger(ledgerId(event)).path);
      await fileReport(event, timeOf(event.occurredAtMs));
    }
    await ticks(round);
    const report = each(
      meter.sum((path) => reports.has(path)),
      REPORTS_PER_ROUND,
    );
    const fixed = each(
      meter.sum((path) => !reports.has(path)),
      MARKETS.length,
    );
    costs = { report, change, tick: fixed, idleTick: fixed };
  }
  meter.reset();
  await ticks(2);
  return { ...(costs as EventCosts), idleTick: each(meter.sum(), MARKETS.length) };
}

function decode<N extends keyof Messages>(name: N, { body }: OutgoingEvent): Messages[N] {
  return decodeMessage(name, Buffer.from(JSON.stringify(body)));
}

function timeOf(nowMs: number): EventTime {
  return { publishedAtMs: nowMs, nowMs };
}

function each({ reads, writes }: Touches, count: number): Touches {
  return { reads: reads / count, writes: writes / count };
}
