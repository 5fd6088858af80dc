import assert from 'node:assert/strict';
import type { BookEntry, BookPage, Market } from '../../../shared/contracts/documents.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import {
  MAX_DOCUMENTS,
  completeViews,
  emptyPage,
  readViews,
  supplyOf,
  type Snapshot,
} from '../../../shared/store/market-views.ts';
import { entry } from '../../support/entries.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
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

  it('keeps the supply that was known when it began, whatever others keep meanwhile', async () => {
    const store = await bookStore();
    const { view } = await viewOf(store, { pages: [], days: [DAY] });
    const current = supplyOf(view as Snapshot);
    const older = {
      ...current,
      market: market({ supplyVersion: current.market.supplyVersion - 1 }),
      supply: new Map(),
    };
    const kept = new Map([['SE', current]]);
    const slow: AllocationStore = {
      ...store,
      async read(wanted) {
        const found = await store.read(wanted);
        if (wanted.some(({ kind }) => kind === 'page')) kept.set('SE', older);
        return found;
      },
    };
    const views = await completeViews(slow, [{ market: 'SE', pages: 'all', days: [DAY] }], kept);
    assert.deepEqual([...(views.get('SE')?.supply ?? [])], [[DAY, supplyDay()]]);
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

describe('the days on which something is sold', () => {
  const dayAfter = (days: number) => dayOf(START_MS + days * DAY_MS);
  const path = (days: number) => `markets/SE/supply/${dayAfter(days)}`;
  const sold = (own: Partial<BookEntry>) => entry({ campaignId: `c${own.startAtMs}`, ...own });
  const flight = (from: number, to: number) => ({
    startAtMs: START_MS + from * DAY_MS,
    endAtMs: START_MS + to * DAY_MS,
  });

  /** Two pages of a market with ten days of supply; what is closing is sold no more. */
  async function soldStore(): Promise<AllocationStore> {
    const store = await seededStore({ days: 10 });
    const third = page([sold(flight(5, 6.5)), sold({ ...flight(8, 9), status: 'closing' })], { page: 'p01' });
    await write(store, {}, page([sold(flight(-1, 2)), sold({ ...flight(1, 3), status: 'paused' })]), third);
    return store;
  }

  const need = { market: 'SE', pages: 'all' as const, days: [] as string[], soldFromAtMs: START_MS };

  async function read(store: AllocationStore, own: Partial<typeof need>, known: Map<string, Snapshot> = new Map()) {
    const { store: seen, outside } = watched(store);
    const views = await completeViews(seen, [{ ...need, ...own }], known);
    return { views, days: outside.filter((one) => one.includes('/supply/')).sort(), all: outside };
  }

  it('are read once the pages are, each once, from the instant that is asked for, closing flights left out', async () => {
    const store = await soldStore();
    const all = await read(store, {});
    assert.deepEqual(all.days, [0, 1, 2, 5, 6].map(path));
    assert.deepEqual([...(all.views.get('SE')?.supply.keys() ?? [])].sort(), [0, 1, 2, 5, 6].map(dayAfter));
    assert.deepEqual((await read(store, { soldFromAtMs: START_MS + 2.5 * DAY_MS })).days, [2, 5, 6].map(path));
    assert.deepEqual((await read(store, { days: [0, 1, 7].map(dayAfter) })).days, [0, 1, 2, 5, 6, 7].map(path));
  });

  it('are those of the pages that are asked for, and none where nobody asks', async () => {
    const store = await soldStore();
    assert.deepEqual((await read(store, { pages: ['p01'] as unknown as 'all' })).days, [5, 6].map(path));
    const { soldFromAtMs: _from, ...plain } = need;
    const { store: seen, outside } = watched(store);
    await readViews(seen, [plain]);
    assert.deepEqual(
      outside.filter((one) => one.includes('/supply/')),
      [],
    );
  });

  it('are read once for a version of supply, also those that have none', async () => {
    const store = await soldStore();
    await write(store, { bookVersion: 1 }, page([sold(flight(0, 2)), sold(flight(9, 12))]));
    const first = await read(store, {});
    assert.deepEqual(first.days, [0, 1, 10, 11, 5, 6, 9].map(path).sort());
    assert.deepEqual((await read(store, {}, first.views)).all, ['markets/SE']);
    const kept = new Map([...first.views].map(([name, one]) => [name, supplyOf(one)]));
    const again = await read(store, {}, kept);
    assert.deepEqual([again.days, again.views], [[], first.views]);
  });

  it('grow with the book: only new days are read', async () => {
    const store = await soldStore();
    const before = await read(store, {});
    await write(store, { bookVersion: 1 }, page([sold(flight(0, 4))]));
    const { days, views } = await read(store, {}, before.views);
    assert.deepEqual(days, [path(3)]);
    assert.equal(views.get('SE')?.supply.size, 6);
  });

  it('are all read again where supply moved', async () => {
    const store = await soldStore();
    const before = await read(store, {});
    await write(store, { supplyVersion: 2 });
    const { days, views } = await read(store, {}, before.views);
    assert.deepEqual(days, [0, 1, 2, 5, 6].map(path));
    assert.deepEqual(views.get('SE')?.days.size, 5);
  });

  it('are in a transaction read where something moved since, and nowhere else', async () => {
    const store = await soldStore();
    const { views } = await read(store, {});
    const inside = async () => {
      const seen = watched(store);
      const found = await seen.store.transact((transaction) => completeViews(transaction, [need], views));
      return { read: seen.inside, found: found.get('SE') };
    };
    const still = await inside();
    assert.deepEqual([still.read, still.found], [['markets/SE'], views.get('SE')]);
    await write(store, { bookVersion: 1 }, page([sold(flight(0, 3)), sold(flight(7, 8))]));
    const moved = await inside();
    assert.deepEqual(moved.read, ['markets/SE', 'markets/SE/book/p00', 'markets/SE/book/p01', path(7)]);
    assert.deepEqual([moved.found?.market.bookVersion, moved.found?.supply.has(dayAfter(7))], [1, true]);
  });

  it('count among the documents that a transaction may read', async () => {
    const store = await soldStore();
    const far = Array.from({ length: 12 }, (_, month) => sold(flight(31 * month, 31 * month + 31)));
    await write(store, { bookVersion: 1 }, page(far));
    assert.equal((await read(store, {})).days.length, 12 * 31);
    await assert.rejects(
      store.transact((transaction) => completeViews(transaction, [need], new Map())),
      { code: 'STORE_UNAVAILABLE' },
    );
  });
});
