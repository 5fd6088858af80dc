import assert from 'node:assert/strict';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { deliveryReported } from '../../support/events.ts';
import { START_MS } from '../../support/instants.ts';
import { market } from '../../support/markets.ts';
import { seededStore, withLostAnswers } from '../../support/stores.ts';
import { fileReport } from '../../../shared/store/file-report.ts';
import { EMPTY_QUERY, meterStore } from '../../bench/metered-store.ts';

async function metered(wrap = (store: AllocationStore) => store) {
  return meterStore(wrap(await seededStore()));
}

const SE = refs.market('SE');

describe('the metered store', () => {
  it('counts every document asked for, found or not', async () => {
    const { store, meter } = await metered();
    await store.read([SE, refs.market('XX')]);
    assert.deepEqual(meter.sum(), { reads: 2, writes: 0 });
  });

  it('counts what a transaction reads and writes', async () => {
    const { store, meter } = await metered();
    await store.transact(async (transaction) => {
      await transaction.get([SE]);
      transaction.set(SE, market({ bookVersion: 1 }));
      transaction.create(refs.owner('c1'), { schemaVersion: 1, campaignId: 'c1', tenantId: 't1' });
    });
    assert.deepEqual(meter.sum(), { reads: 1, writes: 2 });
    assert.deepEqual(
      meter.sum((path) => path === SE.path),
      { reads: 1, writes: 1 },
    );
  });

  it('counts the reads of reruns, and writes only of what was committed', async () => {
    const { store, meter } = await metered(withLostAnswers);
    await store.transact(async (transaction) => {
      await transaction.get([SE]);
      transaction.set(SE, market());
    });
    assert.deepEqual(meter.sum(), { reads: 2, writes: 1 });
  });

  it('counts nothing written by a transaction that failed', async () => {
    const { store, meter } = await metered();
    const failed = store.transact(async (transaction) => {
      transaction.set(SE, market());
      throw new Error('no');
    });
    await assert.rejects(failed, /no/);
    assert.deepEqual(meter.sum(), { reads: 0, writes: 0 });
  });

  it('counts what a query finds, and one read when it finds nothing', async () => {
    const { store, meter } = await metered();
    await store.waitingReports('SE', 10);
    assert.deepEqual(
      meter.sum((path) => path === EMPTY_QUERY),
      { reads: 1, writes: 0 },
    );
    for (const id of ['a', 'b']) await fileReport(store, deliveryReported(id), START_MS);
    meter.reset();
    const found = await store.waitingReports('SE', 10);
    assert.deepEqual([found.length, meter.sum()], [2, { reads: 2, writes: 0 }]);
    await store.markDrained(
      found.map(({ ref }) => ref),
      START_MS,
    );
    assert.deepEqual(meter.sum(), { reads: 2, writes: 2 });
  });

  it('counts every market of the list, and a create that found its document', async () => {
    const { store, meter } = await metered();
    await store.markets();
    assert.equal(await store.create(SE, market()), false);
    assert.deepEqual(meter.sum(), { reads: 1, writes: 1 });
  });
});
