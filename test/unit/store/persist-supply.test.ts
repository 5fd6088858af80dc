import assert from 'node:assert/strict';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';
import { marketOf, persist } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

describe('persisting supply', () => {
  it('opens a market that nobody has booked, with the days it was given', async () => {
    const store = createMemoryStore();
    const days = [supplyDay(), supplyDay(START_MS + DAY_MS)];
    const opened = await persistSupply(store, 'SE', days);
    assert.deepEqual(opened, {
      schemaVersion: 1,
      market: 'SE',
      bookVersion: 0,
      supplyVersion: 1,
      planVersion: 0,
      watermarkSlot: 0,
      pages: [],
      groups: [],
    });
    const found = await store.read([refs.market('SE'), ...days.map(({ day }) => refs.supply('SE', day))]);
    assert.deepEqual(found, [opened, ...days]);
  });

  it('raises the version of supply and touches neither the book nor other days', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    const before = await marketOf(store);
    const richer = supplyDay(START_MS, { cells: [cell({ clickPpm: 30_000 })] });
    await persistSupply(store, 'SE', [richer]);
    assert.deepEqual(await marketOf(store), { ...before, supplyVersion: before.supplyVersion + 1 });
    const days = await store.read([refs.supply('SE', '2026-03-02'), refs.supply('SE', '2026-03-03')]);
    assert.deepEqual(days, [richer, supplyDay(START_MS + DAY_MS)]);
  });
});
