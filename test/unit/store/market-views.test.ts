import assert from 'node:assert/strict';
import type { BookPage, Market } from '../../../shared/contracts/documents.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { MAX_DOCUMENTS, completeViews, emptyPage, readViews, supplyOf } from '../../../shared/store/market-views.ts';
import { entry } from '../../support/entries.ts';
import { START_MS } from '../../support/instants.ts';
import { market, page, supplyDay } from '../../support/markets.ts';
import { seededStore } from '../../support/stores.ts';
import { watched } from '../../support/watched-store.ts';

const DAY = '2026-03-02';
const NEXT_DAY = '2026-03-03';
const first = page([entry()]);
const second = page([entry({ campaignId: 'c2' })], { page: 'p01' });
const table = ['p00', 'p01'].map((name) => ({ page: name, entries: 1, bytes: 1 }));

async function write(store: AllocationStore, own: Partial<Market>, ...pages: BookPage[]): Promise<void> {
  await store.transact(async (transaction) => {
    transaction.set(refs.market('SE'), market({ pages: table, ...own }));
    for (const one of pages) transaction.set(refs.page('SE', one.page), one);
  });
}

/** Market SE with two pages and two days of supply. */
async function bookStore(): Promise<AllocationStore> {
  const store = await seededStore();
  await write(store, {}, first, second);
  return store;
}

/** A view of SE, and what was read for it. */
async function viewOf(
  store: AllocationStore,
  need: { pages: readonly string[] | 'all'; days: readonly string[] },
  known: Parameters<typeof completeViews>[2] = new Map(),
) {
  const { store: seen, outside } = watched(store);
  const views = await completeViews(seen, [{ market: 'SE', ...need }], known);
  return { view: views.get('SE'), views, read: outside };
}

describe('the view of a market', () => {
  it('has the pages and the days that are asked for, and no others', async () => {
    const store = await bookStore();
    const { view, read } = await viewOf(store, { pages: ['p01'], days: [DAY] });
    assert.deepEqual(view?.pages, [second]);
    assert.deepEqual([...(view?.supply ?? [])], [[DAY, supplyDay()]]);
    assert.deepEqual(view?.days, new Set([DAY]));
    assert.deepEqual(read, ['markets/SE', 'markets/SE/book/p01', `markets/SE/supply/${DAY}`]);
  });

  it('has the whole book where all is asked for, a page that was never written being empty', async () => {
    const store = await bookStore();
    assert.deepEqual((await viewOf(store, { pages: 'all', days: [] })).view?.pages, [first, second]);
    const { view } = await viewOf(store, { pages: ['p02'], days: [] });
    assert.deepEqual(view?.pages, [emptyPage('SE', 'p02')]);
    assert.deepEqual(emptyPage('SE', 'p02'), { schemaVersion: 1, market: 'SE', page: 'p02', entries: [] });
  });

  it('is none where there is no such market', async () => {
    const views = await readViews(await bookStore(), [{ market: 'XX', pages: 'all', days: [DAY] }]);
    assert.equal(views.size, 0);
  });

  it('is taken from what is known while its versions stand, and only what is missing is read', async () => {
    const store = await bookStore();
    const { views: known } = await viewOf(store, { pages: ['p00'], days: [DAY] });
    const { view, read } = await viewOf(store, { pages: 'all', days: [DAY, NEXT_DAY, '2026-03-04'] }, known);
    assert.deepEqual(read, [
      'markets/SE',
      'markets/SE/book/p01',
      `markets/SE/supply/${NEXT_DAY}`,
      'markets/SE/supply/2026-03-04',
    ]);
    assert.deepEqual(view?.pages, [first, second]);
    assert.deepEqual([...(view?.supply.keys() ?? [])], [DAY, NEXT_DAY]);
    const again = await viewOf(store, { pages: 'all', days: ['2026-03-04'] }, new Map([['SE', view]]));
    assert.deepEqual(again.read, ['markets/SE'], 'a day without supply is known');
    assert.deepEqual(again.view, view);
  });

  it('is read again where the book moved, its supply kept', async () => {
    const store = await bookStore();
    const { views: known } = await viewOf(store, { pages: 'all', days: [DAY] });
    const moved = page([entry({ spentMicros: 7 })]);
    await write(store, { bookVersion: 1 }, moved);
    const { view, read } = await viewOf(store, { pages: 'all', days: [DAY] }, known);
    assert.deepEqual(read, ['markets/SE', 'markets/SE/book/p00', 'markets/SE/book/p01']);
    assert.deepEqual([view?.pages, view?.supply.has(DAY), view?.market.bookVersion], [[moved, second], true, 1]);
  });

  it('is read again where supply moved, its book kept, and forgets days of the old supply', async () => {
    const store = await bookStore();
    const { views: known } = await viewOf(store, { pages: 'all', days: [DAY, NEXT_DAY] });
    await write(store, { supplyVersion: 2 });
    const { view, read } = await viewOf(store, { pages: 'all', days: [DAY] }, known);
    assert.deepEqual(read, ['markets/SE', `markets/SE/supply/${DAY}`]);
    assert.deepEqual([view?.pages, view?.days], [[first, second], new Set([DAY])]);
    assert.deepEqual([...(view?.supply.keys() ?? [])], [DAY]);
  });

  it('keeps of itself for the next tick its supply and no page', async () => {
    const store = await bookStore();
    const { view } = await viewOf(store, { pages: 'all', days: [DAY] });
    assert(view);
    const { market: known, supply, days } = view;
    assert.deepEqual(supplyOf(view), { market: known, supply, days, pages: [] });
  });
});

describe('views inside a transaction', () => {
  const MOST = MAX_DOCUMENTS - 60;
  const days = (count: number) =>
    Array.from({ length: count }, (_, day) => new Date(START_MS + day * 86_400_000).toISOString().slice(0, 10));

  it(`read ${MOST} documents at the most, so that the transaction may still write; outside there is no limit`, async () => {
    const store = await bookStore();
    const need = (count: number) => [{ market: 'SE', pages: [], days: days(count) }];
    await store.transact(async (transaction) => {
      const views = await readViews(transaction, need(MOST));
      assert.equal(views.get('SE')?.days.size, MOST);
    });
    await assert.rejects(
      store.transact((transaction) => readViews(transaction, need(MOST + 1))),
      {
        code: 'STORE_UNAVAILABLE',
        retryable: true,
        message: 'too many books moved since they were read: trying again',
      },
    );
    assert.equal((await readViews(store, need(MOST + 1))).get('SE')?.days.size, MOST + 1);
  });
});
