import assert from 'node:assert/strict';
import type { MarketView } from '../../../shared/campaign/campaign-state.ts';
import type { BookPage, Market, SupplyDay } from '../../../shared/contracts/documents.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { QUOTE_STEP_MS, type QuoteMarket } from '../../../shared/quoting/quote-market.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { refs, type AllocationStore, type Found, type Ref } from '../../../shared/store/allocation-store.ts';
import { DAYS_AHEAD, createMarketSnapshots } from '../../../shared/store/market-snapshots.ts';
import { entry } from '../../support/entries.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { market, page, supplyDay } from '../../support/markets.ts';

/** Its step begins. */
const NOW_MS = START_MS + 1;
const AS_OF_MS = START_MS + QUOTE_STEP_MS;

/** A store of markets whose answers can be held back or changed between two, and the snapshots over it. */
function world({ openingMs = 0 } = {}) {
  const documents = new Map<string, Market | BookPage | SupplyDay>();
  const state: {
    nowMs: number;
    reads: string[];
    opened: QuoteMarket[];
    problems: [string, unknown][];
    error?: Error;
    hold?: Promise<void>;
    onRead?: (path: string) => void;
  } = { nowMs: NOW_MS, reads: [], opened: [], problems: [] };
  const store: Pick<AllocationStore, 'read'> = {
    async read<R extends readonly Ref[]>(wanted: readonly [...R]) {
      state.reads.push(...wanted.map(({ path }) => path));
      await state.hold;
      if (state.error) throw state.error;
      const found = wanted.map(({ path }) => documents.get(path)) as Found<R>;
      for (const { path } of wanted) state.onRead?.(path);
      return found;
    },
  };
  const write = (name: string, own: Partial<Market> = {}, entries = [entry()]) => {
    const pages = [{ page: 'p00', entries: entries.length, bytes: 1_000 }];
    documents.set(refs.market(name).path, market({ market: name, bookVersion: 1, pages, ...own }));
    documents.set(refs.page(name, 'p00').path, page(entries, { market: name }));
  };
  write('SE');
  documents.set(refs.supply('SE', dayOf(START_MS)).path, supplyDay());
  const snapshotOf = createMarketSnapshots({
    store,
    open(view: MarketView, nowMs, before) {
      state.nowMs += openingMs;
      const { market: name, bookVersion, supplyVersion } = view.market;
      const rateCard = { version: (before?.rateCard.version ?? 0) + 1 } as QuoteMarket['rateCard'];
      const asOfMs = Math.ceil(nowMs / QUOTE_STEP_MS) * QUOTE_STEP_MS;
      const opened = { market: name, bookVersion, supplyVersion, asOfMs, rateCard, view } as QuoteMarket;
      state.opened.push(opened);
      return opened;
    },
    clock: () => state.nowMs,
    onProblem: (name, error) => state.problems.push([name, error]),
  });
  const ask = async (name = 'SE', isExact = false) => snapshotOf(name, { nowMs: state.nowMs, isExact });
  const versionOf = async (name?: string, isExact?: boolean) => (await ask(name, isExact))?.bookVersion;
  /** What was read since this was last called. */
  const readsOf = () => state.reads.splice(0);
  return { documents, state, write, snapshotOf, ask, versionOf, readsOf };
}

const SE = refs.market('SE').path;
const PAGE = refs.page('SE', 'p00').path;
const away = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered UNAVAILABLE');

describe('markets in memory', () => {
  it('are opened with the whole book and the supply of the days ahead', async () => {
    const { ask, state, readsOf } = world();
    const found = await ask();
    assert.equal(found?.asOfMs, AS_OF_MS);
    assert.deepEqual(
      found.view.pages.map(({ entries }) => entries.length),
      [1],
    );
    assert.deepEqual([...found.view.supply.keys()], [dayOf(START_MS)]);
    const days = Array.from({ length: DAYS_AHEAD }, (_, day) => refs.supply('SE', dayOf(START_MS + day * DAY_MS)).path);
    assert.deepEqual(new Set(readsOf()), new Set([SE, PAGE, ...days]));
    assert.equal(state.opened.length, 1);
  });

  it('are not looked at for a second, and not read again while their versions stand', async () => {
    const { ask, state, readsOf } = world();
    const first = await ask();
    readsOf();
    state.nowMs += 999;
    assert.equal(await ask(), first);
    assert.deepEqual(readsOf(), []);
    state.nowMs += 1;
    assert.equal(await ask(), first);
    assert.deepEqual(readsOf(), [SE]);
    assert.equal(state.opened.length, 1);
  });

  it('are opened again when the book has moved, without reading supply again', async () => {
    const { ask, write, state, readsOf } = world();
    await ask();
    readsOf();
    write('SE', { bookVersion: 2 }, [entry(), entry({ campaignId: 'c2' })]);
    state.nowMs += 1_000;
    const second = await ask();
    assert.deepEqual([second?.bookVersion, second?.view.pages[0]?.entries.length], [2, 2]);
    assert.deepEqual(new Set(readsOf()), new Set([SE, PAGE]));
    assert.equal(second?.rateCard.version, 2, 'the rate card goes on');
  });

  it('are opened again when supply has moved, without reading the book again', async () => {
    const { ask, write, state, readsOf } = world();
    await ask();
    readsOf();
    write('SE', { supplyVersion: 2 });
    state.nowMs += 1_000;
    assert.equal((await ask())?.supplyVersion, 2);
    const reads = readsOf();
    assert.equal(reads.includes(PAGE), false);
    assert.equal(reads.filter((path) => path.includes('/supply/')).length, DAYS_AHEAD);
  });

  it('are opened again when minutes have passed, though nothing was written', async () => {
    const { ask, state, readsOf } = world();
    await ask();
    readsOf();
    state.nowMs = AS_OF_MS;
    assert.equal((await ask())?.asOfMs, AS_OF_MS);
    state.nowMs += 1;
    assert.equal((await ask())?.asOfMs, AS_OF_MS + QUOTE_STEP_MS);
    assert.equal(state.opened.length, 2);
    assert(readsOf().every((path) => path === SE));
  });

  it('of a time that has jumped back are opened for that time', async () => {
    const { snapshotOf, state } = world();
    await snapshotOf('SE', { nowMs: NOW_MS + DAY_MS });
    assert.equal((await snapshotOf('SE', { nowMs: NOW_MS }))?.asOfMs, AS_OF_MS);
    assert.equal(state.opened.length, 2);
  });

  it('that move all the time are opened for a twentieth of the time', async () => {
    const { ask, write, state } = world({ openingMs: 200 });
    for (let second = 0; second < 100; second++) {
      write('SE', { bookVersion: second + 1 });
      await ask();
      state.nowMs += 1_000;
    }
    assert(state.opened.length >= 20 && state.opened.length <= 26, `${state.opened.length} times`);
  });

  it('are read once for all who ask while they are being read', async () => {
    const { ask, state } = world();
    const all = await Promise.all(Array.from({ length: 20 }, () => ask()));
    assert.deepEqual([new Set(all).size, state.opened.length], [1, 1]);
  });

  it('are used by others while one looks for newer ones', async () => {
    const { versionOf, write, state } = world();
    await versionOf();
    write('SE', { bookVersion: 2 });
    const { promise, resolve } = Promise.withResolvers<void>();
    state.nowMs += 1_000;
    state.hold = promise;
    const looking = versionOf();
    assert.equal(await versionOf(), 1);
    resolve();
    assert.equal(await looking, 2);
  });

  it('are used by others while one opens them for the next minutes, but not for a later time', async () => {
    const { ask, snapshotOf, state } = world();
    await ask();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.hold = promise;
    state.nowMs = AS_OF_MS + 1;
    const looking = ask();
    assert.equal((await ask())?.asOfMs, AS_OF_MS);
    const later = snapshotOf('SE', { nowMs: AS_OF_MS + QUOTE_STEP_MS + 1 });
    resolve();
    assert.equal((await looking)?.asOfMs, AS_OF_MS + QUOTE_STEP_MS);
    await later;
    assert.equal(state.opened.length, 2);
  });

  it('are read again where they moved while they were being read', async () => {
    const { ask, write, state } = world();
    let moves = 1;
    state.onRead = (path) => {
      if (path === PAGE && moves < 3)
        write(
          'SE',
          { bookVersion: ++moves },
          Array.from({ length: moves }, () => entry()),
        );
    };
    const found = await ask();
    assert.deepEqual([found?.bookVersion, found?.view.pages[0]?.entries.length, state.opened.length], [3, 3, 1]);
  });

  it('that move faster than they are read are opened all the same', async () => {
    const { versionOf, write, state } = world();
    let moves = 1;
    state.onRead = (path) => {
      if (path === PAGE) write('SE', { bookVersion: ++moves });
    };
    assert.equal(await versionOf(), 3);
  });

  describe('wanted exactly', () => {
    it('are as they are now, whenever they were looked at last', async () => {
      const { versionOf, write, state, readsOf } = world({ openingMs: 1_000 });
      await versionOf();
      write('SE', { bookVersion: 2 });
      assert.equal(await versionOf('SE', true), 2);
      assert.equal(await versionOf('SE'), 2, 'and so for others');
      readsOf();
      assert.equal(await versionOf('SE', true), 2);
      assert.deepEqual([readsOf(), state.opened.length], [[SE], 2]);
    });

    it('are looked at after they were asked for, once for all who wait', async () => {
      const { versionOf, write, state, readsOf } = world();
      await versionOf();
      readsOf();
      const { promise, resolve } = Promise.withResolvers<void>();
      state.nowMs += 1_000;
      state.hold = promise;
      const looking = versionOf();
      state.onRead = () => {
        delete state.onRead;
        write('SE', { bookVersion: 2 });
      };
      const exact = [1, 2, 3].map(() => versionOf('SE', true));
      resolve();
      assert.deepEqual([await looking, ...(await Promise.all(exact))], [1, 2, 2, 2]);
      assert.equal(state.opened.length, 2);
    });

    it('are an error when the store is away, whatever is known', async () => {
      const { versionOf, state } = world();
      await versionOf();
      state.error = away;
      await assert.rejects(versionOf('SE', true), away);
      assert.equal(await versionOf(), 1);
    });
  });

  it('stay when the store is away, which is told once a second, and say how old they are', async () => {
    const { ask, state } = world();
    await ask();
    for (const seconds of [1, 1.5, 2, 400, 400.5]) {
      state.error = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered UNAVAILABLE');
      state.nowMs = NOW_MS + seconds * 1_000;
      assert.equal((await ask())?.asOfMs, AS_OF_MS);
    }
    assert.equal(state.problems.length, 3);
    delete state.error;
    state.nowMs += 1_000;
    assert.equal((await ask())?.asOfMs, AS_OF_MS + QUOTE_STEP_MS);
  });

  it('that cannot be read and were never known are an error for a second, told once', async () => {
    const { ask, state, readsOf } = world();
    state.error = away;
    await Promise.all([1, 2, 3].map(() => assert.rejects(ask(), away)));
    await assert.rejects(ask(), away);
    assert.deepEqual([readsOf(), state.problems], [[SE], [['SE', away]]]);
    delete state.error;
    state.nowMs += 1_000;
    assert.equal((await ask())?.bookVersion, 1);
  });

  it('that nobody knows are remembered for a second', async () => {
    const { ask, write, state, readsOf } = world();
    assert.deepEqual([await ask('ZZ'), await ask('ZZ')], [undefined, undefined]);
    assert.deepEqual([readsOf(), state.problems], [[refs.market('ZZ').path], []]);
    write('ZZ');
    assert.equal(await ask('ZZ'), undefined);
    state.nowMs += 1_000;
    assert.equal((await ask('ZZ'))?.bookVersion, 1);
  });

  it('that were asked for longest ago are forgotten first', async () => {
    const { versionOf, write, readsOf } = world();
    const names = Array.from({ length: 30 }, (_, index) => `M${index}`);
    const entries = Array.from({ length: 1_000 }, () => entry());
    for (const name of names) write(name, {}, entries);
    for (const name of names.slice(0, 20)) await versionOf(name);
    await versionOf('M0');
    await versionOf('M20');
    readsOf();
    await versionOf('M0');
    await versionOf('M20');
    assert.deepEqual(readsOf(), []);
    await versionOf('M1');
    assert.notDeepEqual(readsOf(), []);
  });
});
