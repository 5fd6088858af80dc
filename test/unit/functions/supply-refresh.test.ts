import assert from 'node:assert/strict';
import { createSupplyRefreshHandler } from '../../../functions/supply-refresh/handler.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { createMemoryFeatures } from '../../../shared/outcomes/memory-features.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { newMarket } from '../../../shared/store/persist-supply.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { reportHours } from '../../support/synthetic-market.ts';

type Refresh = Parameters<ReturnType<typeof createSupplyRefreshHandler>>[0];

/** Two days of reports of SE, and FI, which somebody opened. */
async function world({ virtualTime = false, failing = 0 } = {}) {
  const store = createMemoryStore();
  const outcomes = createMemoryLog();
  const { log, lines } = logLines();
  const bus = createMemoryBus();
  let left = failing;
  const publish: typeof bus.publish = async (message) => {
    if (left-- > 0) throw new Error('the bus is down');
    return bus.publish(message);
  };
  await reportHours(outcomes, { fromMs: START_MS - 2 * DAY_MS, toMs: START_MS });
  await store.transact(async (transaction) => transaction.set(refs.market('FI'), newMarket('FI')));
  const deps = { store, outcomes, log, bus: { ...bus, publish }, virtualTime, clock: () => START_MS };
  const handle = createSupplyRefreshHandler({ ...deps, features: createMemoryFeatures(outcomes) });
  const refresh = (own: Partial<Refresh> = {}, publishedAtMs = START_MS) =>
    handle(
      { type: 'andante.supply-refresh.v1', source: 'scheduler', tenantId: 'andante', ...own },
      { publishedAtMs, nowMs: publishedAtMs },
    );
  const supplyVersion = async (market: string) => (await store.read([refs.market(market)]))[0]?.supplyVersion;
  return { refresh, supplyVersion, lines, bus, outcomes };
}

describe('the handler of supply-refresh', () => {
  it('publishes a message for each market that is known or was observed, for the time it was asked for', async () => {
    const { refresh, bus, outcomes } = await world();
    assert.deepEqual(await refresh(), { outcome: 'fanned-out', markets: 2 });
    assert.deepEqual(
      bus.published.map(({ message }) => message),
      ['FI', 'SE'].map((market) => ({
        type: 'andante.supply-refresh.v1',
        source: 'scheduler',
        tenantId: 'andante',
        scheduledFor: '2026-03-02T00:00:00.000Z',
        market,
      })),
    );
    assert.equal(outcomes.rows.filter(({ table }) => table === 'forecasts').length, 0);
  });

  it('does not look for markets that nobody has reported of in two weeks', async () => {
    const { refresh, bus } = await world();
    await refresh({}, START_MS + 16 * DAY_MS);
    assert.equal(bus.published.length, 1);
  });

  it('fails when the bus does, so that it is tried again', async () => {
    const { refresh, bus } = await world({ failing: 1 });
    await assert.rejects(refresh(), /the bus is down/);
    assert.deepEqual(await refresh(), { outcome: 'fanned-out', markets: 2 });
    assert.equal(
      new Set(bus.published.map(({ message }) => ('market' in message ? message.market : undefined))).size,
      2,
    );
  });

  it('forecasts one market, once an hour', async () => {
    const { refresh, supplyVersion } = await world();
    const { outcome, cells, isFitted } = await refresh({ market: 'SE' });
    assert.deepEqual([outcome, cells, isFitted], ['refreshed', 2, true]);
    assert.equal((await refresh({ market: 'SE' }, START_MS + HOUR_MS - 1))['outcome'], 'duplicate');
    assert.equal((await refresh({ market: 'SE' }, START_MS + HOUR_MS))['outcome'], 'refreshed');
    assert.equal(await supplyVersion('SE'), 2);
  });

  it('says as an error why a market keeps its last good forecast', async () => {
    const { refresh, lines } = await world();
    await refresh({ market: 'SE' });
    assert.equal((await refresh({ market: 'SE' }, START_MS + DAY_MS))['outcome'], 'frozen');
    const error = lines.find(({ severity }) => severity === 'ERROR');
    assert.equal(error?.['market'], 'SE');
    assert.match(String(error['reasons']), /^STALE_INPUT: the newest report ends 24\.0 hours ago/);
  });

  it('refuses a refresh of the future, but under virtual time', async () => {
    const future = { market: 'SE', scheduledForMs: START_MS + HOUR_MS + 1 };
    const real = await world();
    await assert.rejects(real.refresh(future), { code: 'TICK_IN_FUTURE', retryable: false });
    assert.equal(await real.supplyVersion('SE'), undefined);
    assert.equal((await real.refresh({ ...future, scheduledForMs: START_MS + HOUR_MS }))['outcome'], 'refreshed');
    const virtual = await world({ virtualTime: true });
    assert.equal((await virtual.refresh(future))['outcome'], 'refreshed');
  });

  it('lets a late refresh change nothing that a newer one wrote', async () => {
    const { refresh, supplyVersion } = await world();
    await refresh({ market: 'SE' });
    assert.equal((await refresh({ market: 'SE', scheduledForMs: START_MS - HOUR_MS }))['outcome'], 'superseded');
    assert.equal(await supplyVersion('SE'), 1);
  });
});
