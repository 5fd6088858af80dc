// The functions over a store that can be brought back to an instant, as point-in-time recovery does: Pub/Sub keeps what it
// delivered, BigQuery keeps its rows, and only Firestore forgets.
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../functions/campaign-status-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createOutcomeDrainHandler } from '../../functions/outcome-drain/handler.ts';
import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import type { PlanWire } from '../../shared/contracts/plan.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import {
  refs,
  type AllocationStore,
  type Documents,
  type Kind,
  type Ref,
} from '../../shared/store/allocation-store.ts';
import { createMemoryStore, type Write } from '../../shared/store/memory-store.ts';
import { decideUnquoted } from './decide-unquoted.ts';
import { TICK_MS } from './instants.ts';
import { logLines } from './log-lines.ts';
import { market, supplyDays } from './markets.ts';

/** Every document, by path. */
export type Snapshot = ReadonlyMap<string, { ref: Ref; document: Documents[Kind] }>;

/** What Pub/Sub keeps of a message after it was acknowledged. */
export interface Kept {
  event: BusinessEvent;
  publishedAtMs: number;
}

export type RestorableWorld = Awaited<ReturnType<typeof restorableWorld>>;

export async function restorableWorld(markets: readonly string[] = ['SE']) {
  const kept: Kept[] = [];
  const rows = createMemoryLog();
  const bus = createMemoryBus();
  const { log } = logLines();
  const now = { atMs: 0 };
  let { store, documents } = tracked();
  let handlers = handlersOver(store);

  function tracked(from: Snapshot = new Map()) {
    const own = new Map(from);
    const onCommit = (writes: readonly Write[]) => {
      for (const { ref, after } of writes) {
        if (after === undefined) own.delete(ref.path);
        else own.set(ref.path, { ref, document: after });
      }
    };
    return { store: createMemoryStore({ onCommit }), documents: own };
  }

  /** A new instance of every function: what they keep in memory is gone. */
  function handlersOver(own: AllocationStore) {
    const deps = { store: own, outcomes: rows, bus, log, clock: () => now.atMs, virtualTime: false };
    return {
      'andante.campaign-created.v1': createCampaignCreatedHandler({ ...deps, decide: decideUnquoted }),
      'andante.budget-changed.v1': createBudgetChangedHandler(deps),
      'andante.campaign-status-changed.v1': createCampaignStatusChangedHandler(deps),
      'andante.delivery-reported.v1': createDeliveryReportedHandler(deps),
      tick: createDeliveryTickHandler({ ...deps, tickIntervalMs: TICK_MS }),
      drain: createOutcomeDrainHandler(deps),
    };
  }

  const scheduled = { source: 'scheduler', tenantId: 'andante' } as const;
  const time = () => ({ publishedAtMs: now.atMs, nowMs: now.atMs });
  const world = {
    rows,
    kept: kept as readonly Kept[],
    now,
    store: () => store,
    /** Delivers what was published, at the time at which it was. */
    async deliver({ event, publishedAtMs }: Kept): Promise<void> {
      const at = { publishedAtMs, nowMs: publishedAtMs };
      await handlers[event.type](event as never, at);
    },
    async publish(event: BusinessEvent): Promise<void> {
      const message = { event, publishedAtMs: now.atMs };
      kept.push(message);
      await world.deliver(message);
    },
    async tick(): Promise<void> {
      for (const name of markets)
        await handlers.tick({ type: 'andante.delivery-tick.v1', ...scheduled, market: name }, time());
    },
    drain: async () => handlers.drain({ type: 'andante.outcome-drain.v1', ...scheduled }, time()),
    snapshot: (): Snapshot => new Map(documents),
    /** A database of its own with these documents and no others, and functions that know nothing else. */
    async restore(snapshot: Snapshot): Promise<void> {
      ({ store, documents } = tracked());
      await store.transact(async (transaction) => {
        for (const { ref, document } of snapshot.values()) transaction.set(ref, document);
      });
      handlers = handlersOver(store);
    },
    /** What is not to be done: the documents are put over those that are there, and nothing is taken away. */
    async overwrite(snapshot: Snapshot): Promise<void> {
      await store.transact(async (transaction) => {
        for (const { ref, document } of snapshot.values()) transaction.set(ref, document);
      });
      handlers = handlersOver(store);
    },
    async plan(name = 'SE'): Promise<PlanWire | undefined> {
      const [plan] = await store.read([refs.plan(name)]);
      return plan && (JSON.parse(plan.body) as PlanWire);
    },
    /** The rows of every table as its view shows them: row id and content, without the time of the append. */
    viewed(): Map<string, string> {
      const first = new Map<string, string>();
      for (const { table, json } of rows.rows) {
        const { ingested_at: _appended, ...content } = json;
        const key = `${table} ${json.row_id}`;
        if (!first.has(key)) first.set(key, JSON.stringify(content));
      }
      return first;
    },
  };
  await store.transact(async (transaction) => {
    for (const name of markets) {
      transaction.set(refs.market(name), market({ market: name }));
      for (const [day, supply] of supplyDays(2, { market: name })) transaction.set(refs.supply(name, day), supply);
    }
  });
  return world;
}
