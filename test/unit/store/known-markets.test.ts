import assert from 'node:assert/strict';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { createMarketCheck } from '../../../shared/store/known-markets.ts';
import { market } from '../../support/markets.ts';
import { seededStore } from '../../support/stores.ts';

/** A store with market SE, which notes what is read of it and does not answer the first time if asked not to. */
async function readingStore({ isAway = false } = {}) {
  const store = await seededStore();
  const paths: string[] = [];
  const read: AllocationStore['read'] = async (wanted) => {
    paths.push(...wanted.map(({ path }) => path));
    if (isAway && paths.length === 1) throw new Error('away');
    return store.read(wanted);
  };
  return { store, paths, port: { read } };
}

describe('a check of markets', () => {
  it('reads a market that is known once, and each process for itself', async () => {
    const { port, paths } = await readingStore();
    const isKnown = createMarketCheck(port);
    for (let time = 0; time < 3; time++) assert.equal(await isKnown('SE'), true);
    assert.deepEqual(paths, ['markets/SE']);
    await createMarketCheck(port)('SE');
    assert.equal(paths.length, 2);
  });

  it('asks again for one that is not there: it may come', async () => {
    const { store, port } = await readingStore();
    const isKnown = createMarketCheck(port);
    for (let time = 0; time < 2; time++) assert.equal(await isKnown('NO'), false);
    await store.transact(async (transaction) => transaction.set(refs.market('NO'), market({ market: 'NO' })));
    assert.equal(await isKnown('NO'), true);
  });

  it('hands on that the store did not answer, and remembers nothing of it', async () => {
    const { port } = await readingStore({ isAway: true });
    const isKnown = createMarketCheck(port);
    await assert.rejects(isKnown('SE'), /away/);
    assert.equal(await isKnown('SE'), true);
  });
});
