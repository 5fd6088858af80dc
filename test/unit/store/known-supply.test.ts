import assert from 'node:assert/strict';
import { decideTick } from '../../../shared/campaign/decide-tick.ts';
import { refs, type AllocationStore, type Ref } from '../../../shared/store/allocation-store.ts';
import type { Snapshot } from '../../../shared/store/market-views.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { persistTick } from '../../../shared/store/persist-tick.ts';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';
import { persist } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

/** A store that notes the supply documents that are read, in or outside a transaction. */
function watched(store: AllocationStore): { store: AllocationStore; supplyReads: string[] } {
  const supplyReads: string[] = [];
  const note = (wanted: readonly Ref[]) => {
    for (const { kind, path } of wanted) if (kind === 'supply') supplyReads.push(path);
  };
  return {
    supplyReads,
    store: {
      ...store,
      async read(wanted) {
        note(wanted);
        return store.read(wanted);
      },
      transact: (body) =>
        store.transact((transaction) =>
          body({
            ...transaction,
            async get(wanted) {
              note(wanted);
              return transaction.get(wanted);
            },
          }),
        ),
    },
  };
}

describe('supply that a tick knows from the one before', () => {
  it('is read once a day and version, and decides as if it were read every time', async () => {
    const [remembering, plain] = [await seededStore(), await seededStore()];
    const { store, supplyReads } = watched(remembering);
    const known = new Map<string, Snapshot>();
    const tickBoth = async (atMs: number) => {
      const tick = { market: 'SE', slot: slotAt(atMs), tickIntervalMs: TICK_MS, source: 'scheduler' };
      await persistTick(store, tick, decideTick, known);
      await persistTick(plain, tick);
      assert.deepEqual(await remembering.read([refs.plan('SE')]), await plain.read([refs.plan('SE')]));
    };
    for (const one of [remembering, plain]) await persist(one, campaignCreated());
    await tickBoth(START_MS + TICK_MS);
    await tickBoth(START_MS + 2 * TICK_MS);
    // The days of the whole flight.
    const [today, tomorrow] = ['markets/SE/supply/2026-03-02', 'markets/SE/supply/2026-03-03'];
    assert.deepEqual(supplyReads, [today, tomorrow]);

    const richer = supplyDay(START_MS, { cells: [cell({ clickPpm: 30_000 })] });
    for (const one of [remembering, plain]) await persistSupply(one, 'SE', [richer]);
    await tickBoth(START_MS + 3 * TICK_MS);
    assert.deepEqual(supplyReads, [today, tomorrow, today, tomorrow]);

    await tickBoth(START_MS + DAY_MS);
    assert.deepEqual(supplyReads, [today, tomorrow, today, tomorrow]);
  });
});
