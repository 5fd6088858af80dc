import assert from 'node:assert/strict';
import { pageTable } from '../../../shared/campaign/book-page.ts';
import type { Booking, Hold } from '../../../shared/contracts/documents.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { booking } from '../../support/bookings.ts';
import { campaignCreated } from '../../support/events.ts';
import { hold } from '../../support/holds.ts';
import { START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { page } from '../../support/markets.ts';
import { marketOf, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';
import { watched } from '../../support/watched-store.ts';

const UNTIL_MS = START_MS + TICK_MS;
const ALL_MICROS = 2_000_000_000;

/** SE with holds of these bookings, each of everything that SE has, until the next tick. */
async function heldStore(bookings: readonly (Partial<Booking> | undefined)[]): Promise<AllocationStore> {
  const store = await seededStore();
  const holds = bookings.map((_, index): Hold =>
    hold({ bookingId: idOf(index), campaignId: `held${index}`, untilAtMs: UNTIL_MS, budgetMicros: ALL_MICROS }),
  );
  const market = await marketOf(store);
  await store.transact(async (transaction) => {
    const one = page([], { holds });
    transaction.set(refs.page('SE', 'p00'), one);
    transaction.set(refs.market('SE'), { ...market, bookVersion: 1, pages: pageTable(market, [one]) });
    bookings.forEach((own, index) => {
      if (own) transaction.set(refs.booking(idOf(index)), booking({ ...own, untilAtMs: UNTIL_MS }));
    });
  });
  return store;
}

function idOf(index: number): string {
  return String(index).padStart(20, '0');
}

async function statusOf(store: AllocationStore, index = 0): Promise<string | undefined> {
  return (await store.read([refs.booking(idOf(index))]))[0]?.status;
}

async function heldIn(store: AllocationStore): Promise<string[]> {
  const [found] = await store.read([refs.page('SE', 'p00')]);
  return (found?.holds ?? []).map(({ campaignId }) => campaignId);
}

describe('a hold that is past its time', () => {
  it('frees its supply at the next tick, and its booking cannot be confirmed any more', async () => {
    const { isOpen: _open, ...done } = booking();
    const store = await heldStore([done]);
    await tick(store, START_MS);
    assert.deepEqual([await statusOf(store), await heldIn(store)], ['held', ['held0']]);
    assert.equal((await persist(store, campaignCreated())).entry.result, 'refused');
    const { written } = await tick(store, UNTIL_MS);
    assert.deepEqual([await statusOf(store), await heldIn(store)], ['expired', []]);
    assert.deepEqual(
      written.flatMap(({ entry }) => entry.outcomes),
      [{ type: 'hold-ended', tenantId: 't1', campaignId: 'held0', market: 'SE', bookingId: idOf(0), ended: 'expired' }],
    );
    const [stored] = await store.read([refs.booking(idOf(0))]);
    assert.equal(stored?.isOpen, true);
    assert.equal((await marketOf(store)).bookVersion, 2);
    assert.equal((await persist(store, campaignCreated({ campaignId: 'c2' }))).entry.result, 'applied');
  });

  it('is kept where its booking was confirmed in time', async () => {
    const store = await heldStore([{ status: 'confirmed' }]);
    const { written } = await tick(store, UNTIL_MS);
    assert.deepEqual([await statusOf(store), await heldIn(store), written], ['confirmed', ['held0'], []]);
  });

  it('of a booking that came to nothing, or is gone, is taken away', async () => {
    const store = await heldStore([{ status: 'released' }, { status: 'refused' }, undefined, { status: 'staging' }]);
    const { written } = await tick(store, UNTIL_MS);
    assert.deepEqual(await heldIn(store), []);
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map((index) => statusOf(store, index))), [
      'released',
      'refused',
      undefined,
      'expired',
    ]);
    const told = written.flatMap(({ entry }) =>
      entry.outcomes.map((outcome) => 'campaignId' in outcome && outcome.campaignId),
    );
    assert.deepEqual(told, ['held2', 'held3']);
  });

  it('is looked up in as many pieces as it takes', async () => {
    const store = await heldStore(Array.from({ length: 130 }, () => ({})));
    await tick(store, UNTIL_MS);
    assert.deepEqual(await heldIn(store), []);
    assert.equal(await statusOf(store, 129), 'expired');
    assert.equal((await marketOf(store)).watermarkSlot, slotAt(UNTIL_MS));
  });

  it('costs a tick nothing before', async () => {
    const { store, inside } = watched(await heldStore([{}]));
    await tick(store, START_MS);
    assert(!inside.some((path) => path.startsWith('bookings/')));
  });
});
