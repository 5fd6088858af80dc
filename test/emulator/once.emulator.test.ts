// Exactly once, end to end: the real functions behind the gateway, on the real emulators.
import assert from 'node:assert/strict';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { createRandom } from '../../emulators/world/random.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { outcomeTables } from '../../shared/contracts/outcomes.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { LOAD_TICK_MS, applyOnce, drawLoad, shuffle, stateOf, type Load } from '../support/load.ts';
import { TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliver, deliverEvent, inParallel, pushOf, tickOf } from '../support/pushes.ts';
import { seededStore } from '../support/stores.ts';

/** The load `copies` times over, shuffled by the seed. */
function shuffled<T>(items: readonly T[], copies: number, seed: number): T[] {
  return shuffle(createRandom(seed, 'shuffle'), Array.from({ length: copies }, () => items).flat());
}

async function expectedState(load: Load) {
  const memory = await seededStore({ markets: load.markets });
  await applyOnce(memory, load, LOAD_TICK_MS);
  return stateOf(memory, load);
}

describe('Every event counts once', function () {
  this.timeout(240_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;
  let store: AllocationStore;

  const seed = async (load: Load) => {
    for (const market of load.markets) await persistSupply(store, market, [...supplyDays(2, { market }).values()]);
  };
  const tickAll = (load: Load) =>
    inParallel([...load.markets, ...load.markets], 10, (market) =>
      deliver(stack, 'delivery-tick', pushOf(tickOf(market, LOAD_TICK_MS))),
    );
  const rowsOf = async (table: string, suffix = '') => {
    const [rows] = await clients.bigquery.query(
      `SELECT row_id FROM \`${stack.projectId}.${stack.topology.dataset}.${table}${suffix}\``,
    );
    return (rows as { row_id: string }[]).map((row) => row.row_id);
  };
  /** Every outcome in the ledger has its row in the view, once. */
  const assertRows = async () => {
    await deliver(
      stack,
      'outcome-drain',
      pushOf({ type: 'andante.outcome-drain.v1', source: 'scheduler', tenantId: 'andante' }),
    );
    const found = await clients.firestore.collection('ledger').get();
    const owed = found.docs.flatMap((entry) =>
      (JSON.parse(entry.get('outcomes') as string) as unknown[]).map((_, ordinal) => `${entry.id}:${ordinal}`),
    );
    const shown = (await Promise.all(Object.keys(outcomeTables).map((table) => rowsOf(table, '_once')))).flat();
    assert.deepEqual(shown.sort(), owed.sort());
    assert.deepEqual(
      found.docs.filter((entry) => entry.get('undrained') !== undefined).map(({ id }) => id),
      [],
    );
    assert.deepEqual(
      found.docs.filter((entry) => entry.get('waitingFor') !== undefined).map(({ id }) => id),
      [],
    );
    return found.size;
  };

  beforeEach(async () => {
    stack = await startStack({
      projectId: newProject(),
      tickIntervalMs: TICK_MS,
      virtualTime: true,
      retry: { minBackoffSeconds: 1 },
    });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    store = createFirestoreStore(clients.firestore);
  });
  afterEach(async () => {
    await clients.close();
    await stack.stop();
  });

  it('when 1,000 events are delivered three times each, ten at a time', async () => {
    const load = drawLoad({ seed: 11, count: 1_000, campaigns: 64, markets: 8 });
    await seed(load);
    await inParallel(shuffled(load.events, 3, 11), 10, (event) => deliverEvent(stack, event));
    await tickAll(load);
    assert.deepEqual(await stateOf(store, load), await expectedState(load));
    const ledger = await assertRows();
    assert.equal(ledger, 1_000 + load.markets.length);
    assert.deepEqual(await store.quarantined(10), []);
  });
});
