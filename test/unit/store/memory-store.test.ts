import assert from 'node:assert/strict';
import { AlreadyExists, refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore, type Write } from '../../../shared/store/memory-store.ts';
import { entry, lease } from '../../support/entries.ts';
import { market, page } from '../../support/markets.ts';

const ref = refs.market('SE');

async function put(store: AllocationStore, bookVersion: number): Promise<void> {
  await store.transact(async (transaction) => transaction.set(ref, market({ bookVersion })));
}

/** Adds one to the version of SE; somebody else writes between its reading and its writing, this many times. */
async function overtaken(store: AllocationStore, times: number): Promise<number> {
  let attempts = 0;
  await store.transact(async (transaction) => {
    const [known] = await transaction.get([ref]);
    if (attempts++ < times) await put(store, attempts);
    transaction.set(ref, market({ bookVersion: (known?.bookVersion ?? 0) + 100 }));
  });
  return attempts;
}

async function versionOf(store: AllocationStore): Promise<number | undefined> {
  const [known] = await store.read([ref]);
  return known?.bookVersion;
}

describe('a transaction in memory', () => {
  it('is run again on what is there by then, five times at most', async () => {
    const store = createMemoryStore();
    assert.equal(await overtaken(store, 4), 5);
    assert.equal(await versionOf(store), 104);
    await assert.rejects(overtaken(store, 5), {
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      message: 'a transaction was overtaken 5 times',
    });
    assert.equal(await versionOf(store), 5);
  });

  it('hands on an error, but not one about documents that were never there together', async () => {
    const store = createMemoryStore();
    let attempts = 0;
    const doubting = (isOvertaken: boolean) =>
      store.transact(async (transaction) => {
        await transaction.get([ref]);
        attempts += 1;
        if (attempts === 1 && isOvertaken) await put(store, 1);
        if (attempts === 1) throw new Error('this cannot be');
      });
    await doubting(true);
    assert.equal(attempts, 2);
    attempts = 0;
    await assert.rejects(doubting(false), /this cannot be/);
  });

  it('names what it was to create and found', async () => {
    const store = createMemoryStore();
    await put(store, 1);
    const creation = store.transact(async (transaction) => transaction.create(ref, market()));
    await assert.rejects(creation, new AlreadyExists('markets/SE exists'));
  });
});

describe('the store in memory', () => {
  it('gives out frozen documents, down to their last lease', async () => {
    const store = createMemoryStore();
    const at = refs.page('SE', 'p00');
    await store.transact(async (transaction) => transaction.set(at, page([entry({ leases: [lease()] })])));
    const [found] = await store.read([at]);
    const [first] = found?.entries ?? [];
    assert(found && first);
    for (const part of [found, found.entries, first, first.leases, first.leases[0]]) assert(Object.isFrozen(part));
    assert.throws(() => (first.spentMicros += 1), TypeError);
  });

  it('keeps no hold on what it was given, unless it trusts', async () => {
    for (const isTrusting of [false, true]) {
      const store = createMemoryStore({ isTrusting });
      const document = market();
      await store.transact(async (transaction) => transaction.set(ref, document));
      document.bookVersion = 7;
      const [found] = await store.read([ref]);
      assert.deepEqual([found === document, found?.bookVersion], isTrusting ? [true, 7] : [false, 0]);
    }
  });

  it('tells what a commit wrote, with what was there before, and nothing of one that failed', async () => {
    const commits: (readonly Write[])[] = [];
    const store = createMemoryStore({ onCommit: (writes) => commits.push(writes) });
    await put(store, 1);
    await put(store, 2);
    await assert.rejects(store.transact(() => Promise.reject(new Error('no'))));
    const [first, second] = [market({ bookVersion: 1 }), market({ bookVersion: 2 })];
    assert.deepEqual(commits, [[{ ref, before: undefined, after: first }], [{ ref, before: first, after: second }]]);
  });

  it('lists markets by name', async () => {
    const store = createMemoryStore();
    for (const name of ['SE', 'NO']) await store.create(refs.market(name), market({ market: name }));
    assert.deepEqual(await store.markets(), ['NO', 'SE']);
  });

  it('marks nothing drained that is not there', async () => {
    await assert.rejects(createMemoryStore().markDrained([refs.ledger('l1')], 1), /^Error: ledger\/l1 is missing$/);
  });
});
