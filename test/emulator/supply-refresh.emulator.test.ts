// From reports in BigQuery to supply in Firestore and forecasts in BigQuery: the real function behind the gateway, pushed to
// by Pub/Sub, on the real emulators.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { createPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { createBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../support/instants.ts';
import { reportHours, trafficOf } from '../support/synthetic-market.ts';

const WAIT_MS = 20_000;

describe('Supply is refreshed', function () {
  this.timeout(180_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;
  let store: AllocationStore;

  before(async () => {
    stack = await startStack({
      projectId: newProject(),
      tickIntervalMs: TICK_MS,
      virtualTime: true,
      retry: { minBackoffSeconds: 1 },
    });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    store = createFirestoreStore(clients.firestore);
  });
  after(async () => {
    await clients.close();
    await stack.stop();
  });

  const refresh = (atMs: number, market?: string) =>
    createPubSubBus(clients.pubsub).publish({
      type: 'andante.supply-refresh.v1',
      source: 'scheduler',
      tenantId: 'andante',
      scheduledFor: formatInstant(atMs),
      ...(market === undefined ? {} : { market }),
    });
  const supplyOf = async (market: string, atMs: number) => {
    const [known, supply, models] = await store.read([
      refs.market(market),
      refs.supply(market, dayOf(atMs)),
      refs.forecastModels(market),
    ]);
    return { version: known?.supplyVersion ?? 0, supply, models };
  };
  const whenVersion = async (market: string, version: number) => {
    for (const untilMs = Date.now() + WAIT_MS; Date.now() < untilMs; await delay(100)) {
      if ((await supplyOf(market, START_MS)).version >= version) return;
    }
    throw new Error(`market ${market} has no supply of version ${version} after ${WAIT_MS} ms`);
  };
  const rows = async () => {
    const sql = `SELECT market, type FROM \`${stack.projectId}.${stack.topology.dataset}.forecasts_once\` ORDER BY event_at, market`;
    const [found] = await clients.bigquery.query(sql);
    return (found as { market: string; type: string }[]).map(({ market, type }) => `${market} ${type}`);
  };

  it('for every market that was reported of, once, and kept with its reasons when reports stop', async () => {
    const log = createBigQueryLog(clients.bigquery, stack.topology.dataset);
    for (const market of ['SE', 'NO'])
      await reportHours(log, { market, fromMs: START_MS - 2 * DAY_MS, toMs: START_MS });

    await refresh(START_MS);
    await Promise.all(['SE', 'NO'].map((market) => whenVersion(market, 1)));
    const made = await supplyOf('SE', START_MS + DAY_MS);
    const home = made.supply?.cells.find(({ surface }) => surface === 'home');
    const actual = Array.from({ length: 24 }, (_, hour) => trafficOf('home', START_MS + DAY_MS + hour * HOUR_MS));
    const expected = actual.reduce((sum, count) => sum + count, 0);
    assert(home && Math.abs(Math.log(home.q50 / expected)) < 0.7, `${home?.q50} for ${expected}`);
    assert.equal(made.models?.cells.length, 2);

    // A copy of the whole refresh, and the refresh of another hour for one market: only that writes.
    await refresh(START_MS);
    await refresh(START_MS + HOUR_MS, 'NO');
    await whenVersion('NO', 2);

    await refresh(START_MS + DAY_MS, 'SE');
    await whenVersion('SE', 2);
    const kept = await supplyOf('SE', START_MS + DAY_MS);
    assert.equal(kept.supply?.widening, 1.25);
    assert.equal(kept.supply.cells.find(({ surface }) => surface === 'home')?.q50, home.q50);
    assert.equal((await supplyOf('NO', START_MS)).version, 2);
    for (const untilMs = Date.now() + WAIT_MS; Date.now() < untilMs && (await rows()).length < 4;) await delay(200);
    assert.deepEqual((await rows()).sort(), [
      'NO supply-forecast',
      'NO supply-forecast',
      'SE supply-forecast',
      'SE supply-frozen',
    ]);
    assert.deepEqual(await store.quarantined(9), []);
  });
});
