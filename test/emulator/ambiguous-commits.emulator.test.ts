// A commit that succeeded and whose answer was lost: the real client runs the transaction's body again, or sends the same
// write again, without knowing. Here that happens to every single one, and what is stored must be what it is without.
import assert from 'node:assert/strict';
import type { Firestore } from '@google-cloud/firestore';
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../functions/campaign-status-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createOutcomeDrainHandler } from '../../functions/outcome-drain/handler.ts';
import { firestoreClient } from '../../emulators/day-readings.ts';
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import type { LedgerEntry } from '../../shared/contracts/documents.ts';
import type { BusinessEvent, CampaignCreated } from '../../shared/contracts/events.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { ledgerId } from '../../shared/store/ledger-key.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';
import { MAX_REPORTS } from '../../shared/store/persist-tick.ts';
import { newProject } from '../support/emulators.ts';
import { deliveryReported, line } from '../support/events.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { LOAD_TICK_MS, drawLoad, type Load } from '../support/load.ts';
import { logLines } from '../support/log-lines.ts';
import { startLosingProxy, type LosingProxy } from '../support/losing-proxy.ts';
import { supplyDays } from '../support/markets.ts';
import { inParallel } from '../support/pushes.ts';
import { seededStore, snapshotOf } from '../support/stores.ts';

/** More reports of one campaign than a tick folds in one transaction. */
function withFlood(load: Load, reports: number): Load {
  const flood = Array.from({ length: reports }, (_, index) =>
    deliveryReported(`flood-${index}`, { market: 'M0', lines: [line({ campaignId: 'c0' })] }),
  );
  return { ...load, events: [...load.events, ...flood] };
}

/** Each event through its handler, the markets' ticks, and the drain; returns the rows that were appended. */
async function play(store: AllocationStore, load: Load) {
  const outcomes = createMemoryLog();
  const { log } = logLines();
  const deps = { store, outcomes, log, clock: () => START_MS, bus: createMemoryBus() };
  const ticks = { ...deps, tickIntervalMs: TICK_MS, virtualTime: true };
  const handlers = {
    created: createCampaignCreatedHandler(deps),
    budget: createBudgetChangedHandler(deps),
    status: createCampaignStatusChangedHandler(deps),
    report: createDeliveryReportedHandler(deps),
    tick: createDeliveryTickHandler(ticks),
    drain: createOutcomeDrainHandler(deps),
  };
  const handle = (event: BusinessEvent) => {
    const time = { publishedAtMs: event.occurredAtMs, nowMs: event.occurredAtMs };
    switch (event.type) {
      case 'andante.campaign-created.v1':
        return handlers.created(event, time);
      case 'andante.budget-changed.v1':
        return handlers.budget(event, time);
      case 'andante.campaign-status-changed.v1':
        return handlers.status(event, time);
      case 'andante.delivery-reported.v1':
        return handlers.report(event, time);
      default:
        return event satisfies never;
    }
  };
  const isReport = (event: BusinessEvent) => event.type === 'andante.delivery-reported.v1';
  const reports = load.events.filter(isReport);
  // In their order within a market: what is written then depends on nothing else.
  const chains = Map.groupBy(
    load.events.filter((event) => !isReport(event)),
    (event) =>
      load.campaignIds.indexOf((event as { data: { campaignId: string } }).data.campaignId) % load.markets.length,
  );
  await Promise.all([
    inParallel([...chains.values()], chains.size, async (chain) => {
      for (const event of chain) await handle(event);
    }),
    inParallel(reports, 50, async (event) => void (await handle(event))),
  ]);
  const time = { publishedAtMs: LOAD_TICK_MS, nowMs: LOAD_TICK_MS };
  const about = { source: 'scheduler', tenantId: 'andante' };
  await inParallel(load.markets, load.markets.length, async (market) => {
    const tick = { ...about, type: 'andante.delivery-tick.v1' as const, scheduledForMs: LOAD_TICK_MS, market };
    await handlers.tick(tick, time);
  });
  await handlers.drain({ ...about, type: 'andante.outcome-drain.v1' }, time);
  return outcomes.rows.map(({ json }) => json).sort((left, right) => (left.row_id < right.row_id ? -1 : 1));
}

/** Everything that is stored about a load: campaigns, books, and what the ledger says of each event. */
async function everything(store: AllocationStore, load: Load) {
  const ledger = await store.read(load.events.map((event) => refs.ledger(ledgerId(event))));
  return { ledger, ...(await snapshotOf(store, load.markets, load.campaignIds)) };
}

function impressionsOf(events: readonly BusinessEvent[]): number {
  const lines = events.flatMap((event) => (event.type === 'andante.delivery-reported.v1' ? event.data.lines : []));
  return lines.reduce((sum, { impressions }) => sum + impressions, 0);
}

/** Counts what must be committed: transactions, creates, and batches that mark entries drained. */
function counted(store: AllocationStore) {
  const counts = { transactions: 0, creates: 0, batches: 0 };
  const counting: AllocationStore = {
    ...store,
    transact(body, contended) {
      counts.transactions += 1;
      return store.transact(body, contended);
    },
    create(ref, document) {
      counts.creates += 1;
      return store.create(ref, document);
    },
    markDrained(entries, expireAtMs) {
      counts.batches += 1;
      return store.markDrained(entries, expireAtMs);
    },
  };
  return { store: counting, counts };
}

/** The guard taken away: transactions see of the ledger what was there before them, and overwrite what is there now. */
function withoutLedger(store: AllocationStore): AllocationStore {
  const filed = new Map<string, LedgerEntry>();
  return {
    ...store,
    async waitingReports(market, limit) {
      const found = await store.waitingReports(market, limit);
      for (const { ref, document } of found) filed.set(ref.path, document);
      return found;
    },
    transact: (body, contended) =>
      store.transact(
        (transaction) =>
          body({
            async get(wanted) {
              const found = await transaction.get(wanted);
              return found.map((document, index) => {
                const { kind, path } = wanted[index];
                return kind === 'ledger' ? filed.get(path) : document;
              }) as never;
            },
            set: (ref, document) => transaction.set(ref, document),
            create: (ref, document) =>
              ref.kind === 'ledger' ? transaction.set(ref, document) : transaction.create(ref, document),
            delete: (ref) => transaction.delete(ref),
          }),
        contended,
      ),
  };
}

describe('A commit whose answer is lost', function () {
  this.timeout(180_000);
  let proxy: LosingProxy;
  let direct: Firestore;
  let losing: Firestore;

  let projectId: string;
  let host: string;

  beforeEach(() => {
    projectId = newProject();
    host = process.env['FIRESTORE_EMULATOR_HOST'] as string;
    direct = firestoreClient(projectId, host);
  });
  afterEach(async () => {
    await Promise.all([losing.terminate(), direct.terminate()]);
    await proxy.close();
  });

  /** A store whose commits are answered by the proxy. */
  const losingStore = async (speaksAs?: 'emulator') => {
    proxy = await startLosingProxy(host, speaksAs);
    losing = firestoreClient(projectId, `127.0.0.1:${proxy.port}`);
    return createFirestoreStore(losing);
  };
  const seed = async (load: Load) => {
    const store = createFirestoreStore(direct);
    for (const market of load.markets) await persistSupply(store, market, [...supplyDays(2, { market }).values()]);
  };

  it('counts once: every first answer of 1,000 commits is lost, and 1,000 of 1,000 are exact', async () => {
    const load = withFlood(drawLoad({ seed: 21, count: 780, campaigns: 96, markets: 48 }), 170);
    await seed(load);
    const { store, counts } = counted(await losingStore());
    const rows = await play(store, load);

    const total = counts.transactions + counts.creates + counts.batches;
    assert(total >= 1_000, `${total} commits`);
    assert.equal(proxy.lost(), total, 'of each commit one answer is lost');

    const memory = await seededStore({ markets: load.markets });
    const expectedRows = await play(memory, load);
    const stored = createFirestoreStore(direct);
    assert.deepEqual(await everything(stored, load), await everything(memory, load));
    assert.deepEqual(rows, expectedRows);
    const ticks = new Set(expectedRows.map((row) => row['event_id']).filter((id) => String(id).startsWith('tick:')));
    const { count } = (await direct.collection('ledger').count().get()).data();
    assert.equal(count, load.events.length + ticks.size);
    assert.deepEqual(await stored.undrained(1), []);
    assert.deepEqual(await stored.quarantined(1), []);
  });

  it('is retried by Pub/Sub where the client gives up, because the emulator has other words for a transaction that is over', async () => {
    const load = drawLoad({ seed: 23, count: 1, campaigns: 1, markets: 1 });
    await seed(load);
    const [created] = load.events as [CampaignCreated];
    const persist = (store: AllocationStore) => persistCampaignEvent(store, created, START_MS, decideCampaign);
    await assert.rejects(persist(await losingStore('emulator')), { code: 'STORE_UNAVAILABLE', retryable: true });
    assert.equal(proxy.lost(), 1);
    const { isDuplicate, entry } = await persist(createFirestoreStore(direct));
    assert.deepEqual([isDuplicate, entry.result], [true, 'applied']);
  });

  it('counts twice without the ledger, so that this test can fail', async () => {
    const load = withFlood(drawLoad({ seed: 22, count: 20, campaigns: 4, markets: 4 }), 170);
    await seed(load);
    await play(withoutLedger(await losingStore()), load);

    const memory = await seededStore({ markets: load.markets });
    await play(memory, load);
    const found = await everything(createFirestoreStore(direct), load);
    const expected = await everything(memory, load);
    const created = found.ledger.filter((entry) => entry?.eventType === 'andante.campaign-created.v1');
    assert.deepEqual(new Set(created.map((entry) => entry?.result)), new Set(['refused']));
    const shown = ({ books }: typeof found) =>
      books
        .flatMap(({ pages }) => pages.flatMap((page) => page?.entries ?? []))
        .find(({ campaignId }) => campaignId === 'c0')?.impressions ?? 0;
    // The first piece of the tick is folded a second time; the last one finds the watermark.
    const piece = load.events
      .filter((event) => event.type === 'andante.delivery-reported.v1' && event.data.market === 'M0')
      .sort((left, right) => (ledgerId(left) < ledgerId(right) ? -1 : 1))
      .slice(0, MAX_REPORTS);
    assert.equal(shown(found), shown(expected) + impressionsOf(piece));
  });
});
