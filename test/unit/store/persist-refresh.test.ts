import assert from 'node:assert/strict';
import type { SupplyDay } from '../../../shared/contracts/documents.ts';
import type { RefreshOutcome } from '../../../shared/contracts/forecast-outcomes.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { persistRefresh } from '../../../shared/store/persist-refresh.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';

const NOW_MS = Date.parse('2026-03-02T06:10:00Z');
const HASH = 'a'.repeat(64);
const of = { market: 'SE', forecastId: 'refresh:SE:1', source: 'scheduler', nowMs: NOW_MS };
const issued = { inputsHash: HASH, modelId: 'm', issuedAtMs: NOW_MS, validUntilAtMs: NOW_MS + 1 };
const about = { tenantId: 'andante', market: 'SE', forecastId: of.forecastId, ...issued };
const forecast: RefreshOutcome = {
  type: 'supply-forecast',
  ...about,
  fittedAtMs: NOW_MS,
  fromAtMs: NOW_MS,
  totals: [{ days: 1, q10: 1, q50: 2, q90: 3 }],
};
const frozen: RefreshOutcome = {
  type: 'supply-frozen',
  ...about,
  widening: 1.25,
  reasons: [{ code: 'STALE_INPUT', detail: 'old' }],
};
const day = (q50: number): SupplyDay => ({
  schemaVersion: 1,
  market: 'SE',
  day: '2026-03-02',
  modelId: 'm',
  hourShape: new Array<number>(24).fill(1 / 24),
  cells: [{ segment: 'casual', surface: 'home', q10: 0, q50, q90: 2 * q50, clickPpm: 10_000 }],
});
const models = {
  schemaVersion: 1 as const,
  market: 'SE',
  modelId: 'm',
  fittedAtMs: NOW_MS,
  inputsHash: HASH,
  cells: [],
};
const nowcast = { factor: 1.5, day: '2026-03-02', observed: 1, expected: 1 };

async function knownMarket() {
  const store = createMemoryStore();
  const market = await persistSupply(store, 'SE', [day(100)]);
  await store.transact(async (transaction) => transaction.set(refs.market('SE'), { ...market, nowcast }));
  const read = async () => {
    const [found, supply, stored] = await store.read([
      refs.market('SE'),
      refs.supply('SE', '2026-03-02'),
      refs.forecastModels('SE'),
    ]);
    return { market: found, q50: supply?.cells[0]?.q50, models: stored };
  };
  return { store, read };
}

describe('persistRefresh', () => {
  it('writes supply, models and ledger together and raises the version of supply', async () => {
    const { store, read } = await knownMarket();
    const { entry, isDuplicate } = await persistRefresh(store, of, 1, { days: [day(200)], models, outcome: forecast });
    assert.equal(isDuplicate, false);
    assert.equal(entry.result, 'applied');
    assert.equal(entry.undrained, true);
    assertOutcomes(entry.outcomes);
    const after = await read();
    assert.equal(after.q50, 200);
    assert.equal(after.market?.supplyVersion, 2);
    assert.deepEqual(after.models, models);
  });

  it('opens a market that nobody knew', async () => {
    const store = createMemoryStore();
    await persistRefresh(store, of, 0, { days: [day(200)], outcome: forecast });
    const [market] = await store.read([refs.market('SE')]);
    assert.equal(market?.supplyVersion, 1);
  });

  it('does nothing the second time', async () => {
    const { store, read } = await knownMarket();
    await persistRefresh(store, of, 1, { days: [day(200)], outcome: forecast });
    const again = await persistRefresh(store, of, 2, { days: [day(300)], outcome: forecast });
    assert.equal(again.isDuplicate, true);
    assert.equal((await read()).q50, 200);
  });

  it('is superseded, with a trace and without rows, where supply has moved since it was read', async () => {
    const { store, read } = await knownMarket();
    const { entry } = await persistRefresh(store, of, 0, { days: [day(200)], models, outcome: forecast });
    assert.equal(entry.result, 'superseded');
    assert.deepEqual(entry.outcomes, []);
    const after = await read();
    assert.equal(after.q50, 100);
    assert.equal(after.models, undefined);
    assert.equal(after.market?.supplyVersion, 1);
  });

  it('is superseded where a refresh for a later time has been written, also one that only kept the last forecast', async () => {
    for (const outcome of [forecast, frozen]) {
      const { store, read } = await knownMarket();
      await persistRefresh(store, of, 1, { days: [day(200)], models, outcome });
      const older = { ...of, forecastId: 'refresh:SE:0', nowMs: NOW_MS - 1 };
      const { entry } = await persistRefresh(store, older, 2, { days: [day(300)], outcome: forecast });
      assert.equal(entry.result, 'superseded');
      assert.deepEqual(entry.outcomes, []);
      const after = await read();
      assert.equal(after.q50, 200);
      assert.equal(after.market?.supplyVersion, 2);
      assert.equal(after.market?.refreshedAtMs, NOW_MS);
    }
  });

  it('replaces a refresh for the same time by another id', async () => {
    const { store, read } = await knownMarket();
    await persistRefresh(store, of, 1, { days: [day(200)], outcome: forecast });
    await persistRefresh(store, { ...of, forecastId: 'backfill:SE:1' }, 2, { days: [day(300)], outcome: forecast });
    assert.equal((await read()).q50, 300);
  });

  it('forgets the nowcast with a new forecast and keeps it with a frozen one', async () => {
    const fresh = await knownMarket();
    await persistRefresh(fresh.store, of, 1, { days: [day(200)], outcome: forecast });
    assert.equal((await fresh.read()).market?.nowcast, undefined);
    const kept = await knownMarket();
    await persistRefresh(kept.store, of, 1, { days: [day(200)], outcome: frozen });
    assert.deepEqual((await kept.read()).market?.nowcast, nowcast);
  });

  it('leaves a market alone that has nothing to freeze, but for the trace', async () => {
    const { store, read } = await knownMarket();
    const { entry } = await persistRefresh(store, of, 1, { days: [], outcome: frozen });
    assert.equal(entry.result, 'applied');
    assertOutcomes(entry.outcomes);
    assert.equal((await read()).market?.supplyVersion, 1);
  });

  it('only records what would have been forecast in the past', async () => {
    const { store, read } = await knownMarket();
    const { entry } = await persistRefresh(store, { ...of, isPast: true }, 0, {
      days: [day(9)],
      models,
      outcome: forecast,
    });
    assert.equal(entry.outcomes.length, 1);
    const after = await read();
    assert.equal(after.q50, 100);
    assert.equal(after.models, undefined);
  });
});
