import assert from 'node:assert/strict';
import type { LedgerEntry } from '../../../shared/contracts/documents.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { ledgerId, payloadHash } from '../../../shared/store/ledger-key.ts';
import { MAX_REPORTS, persistTick } from '../../../shared/store/persist-tick.ts';
import { entry } from '../../support/entries.ts';
import { campaignCreated, deliveryReported, line, statusChanged } from '../../support/events.ts';
import { START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { leasedStore, onlyEntry, report } from '../../support/leased-store.ts';
import { market, page } from '../../support/markets.ts';
import { campaignOf, entriesOf, file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';
import { watched } from '../../support/watched-store.ts';

const AT_MS = START_MS + 2 * TICK_MS;
const SLOT = slotAt(AT_MS);

/** The same store until this many transactions are through; what comes then fails. */
function stoppingAfter(store: AllocationStore, transactions: number): AllocationStore {
  let left = transactions;
  return {
    ...store,
    transact: (body, contended) =>
      left-- > 0 ? store.transact(body, contended) : Promise.reject(new Error('stopped')),
  };
}

async function ownEntry(store: AllocationStore, eventId: string): Promise<LedgerEntry | undefined> {
  const id = ledgerId({ source: 'scheduler', tenantId: 'andante', eventId });
  return (await store.read([refs.ledger(id)]))[0];
}

describe('a tick in pieces', () => {
  it('goes on where it stopped, folding every report once', async () => {
    const store = await leasedStore();
    const count = 2 * MAX_REPORTS + 1;
    const lines = [line({ impressions: 1, chargedMicros: 1 })];
    for (let index = 0; index < count; index++) await file(store, report(`r${index}`, AT_MS, { lines }));
    await assert.rejects(tick(stoppingAfter(store, 1), AT_MS), /stopped/);
    assert.equal((await onlyEntry(store)).impressions, MAX_REPORTS);
    const { result, reports, written } = await tick(store, AT_MS);
    assert.deepEqual([result, reports], ['applied', count - MAX_REPORTS]);
    assert.equal((await onlyEntry(store)).impressions, count);
    // The first piece is taken: what it would have folded is folded by the next.
    assert.deepEqual(
      written.map(({ entry }) => entry.eventId).filter((eventId) => eventId.startsWith('tick:')),
      [`tick:SE:${SLOT}:1`, `tick:SE:${SLOT}`],
    );
    assert(await ownEntry(store, `tick:SE:${SLOT}:0`));
  });

  it('takes as many reports as 448 KiB hold', async () => {
    const store = await leasedStore();
    const large = { lines: Array.from({ length: 400 }, () => line({ impressions: 1, chargedMicros: 1 })) };
    const bytes = JSON.stringify(report('r', AT_MS, large).data).length;
    const fitting = Math.floor((448 * 1024) / bytes);
    assert(fitting > 1 && fitting < 20);
    for (let index = 0; index < fitting + 2; index++) await file(store, report(`r${index}`, AT_MS, large));
    await assert.rejects(tick(stoppingAfter(store, 1), AT_MS), /stopped/);
    assert.equal((await onlyEntry(store)).impressions, 400 * fitting);
    await tick(store, AT_MS);
    assert.equal((await onlyEntry(store)).impressions, 400 * (fitting + 2));
  });

  it('takes a report that is larger than that by itself', async () => {
    const store = await leasedStore();
    const larger = { lines: Array.from({ length: 5000 }, () => line({ impressions: 1, chargedMicros: 1 })) };
    for (const eventId of ['a', 'b']) await file(store, report(eventId, AT_MS, larger));
    const about = { market: 'SE', slot: SLOT, tickIntervalMs: TICK_MS, source: 'scheduler' };
    assert.equal((await persistTick(store, about)).reports, 2);
    assert.equal((await onlyEntry(store)).impressions, 10_000);
  });
});

describe('the ledger after a tick', () => {
  it('has the tick’s own entry, with the rows it owes', async () => {
    const store = await leasedStore();
    await file(store, report('r', AT_MS, { lines: [line()] }));
    const { written } = await tick(store, AT_MS);
    const own = written.find(({ entry }) => entry.eventId === `tick:SE:${SLOT}`)?.entry;
    assert.deepEqual(await ownEntry(store, `tick:SE:${SLOT}`), own);
    assert.deepEqual(
      [own?.undrained, own?.occurredAtMs, own?.payloadHash],
      [true, AT_MS, payloadHash({ market: 'SE', slot: SLOT })],
    );
  });

  it('has none of a tick that decided nothing', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await tick(store, AT_MS);
    assert.equal(await ownEntry(store, `tick:SE:${SLOT}`), undefined);
  });

  it('has a report whole of which something strayed, and of another one what became of it', async () => {
    const store = await leasedStore();
    const [stray, good] = [
      report('stray', AT_MS, { lines: [line(), line({ campaignId: 'c9' })] }),
      report('good', AT_MS, { lines: [line()] }),
    ];
    const filed = [await file(store, stray), await file(store, good)];
    await tick(store, AT_MS);
    const [half, whole] = await store.read(filed.map(({ ref }) => ref));
    assert.deepEqual([half?.result, half?.report, half?.waitingFor], ['folded', stray.data, undefined]);
    assert.deepEqual([whole?.result, whole?.report, whole?.waitingFor], ['folded', undefined, undefined]);
  });

  it('hands on the entries that owe rows and no others', async () => {
    const store = await leasedStore();
    await file(store, report('says-something', AT_MS, { lines: [line()] }));
    await file(store, deliveryReported('says-nothing', { windowEndAtMs: AT_MS }));
    const { reports, written } = await tick(store, AT_MS);
    assert.equal(reports, 2);
    assert.deepEqual(
      written.map(({ entry }) => entry.eventId),
      ['says-something', `tick:SE:${SLOT}`],
    );
  });
});

describe('what a tick reads', () => {
  it('is nothing inside a transaction where its slot is past', async () => {
    const store = await leasedStore();
    assert.equal((await tick(stoppingAfter(store, 0), START_MS + TICK_MS)).result, 'superseded');
  });

  it('is its market, named as contended, and the waiting reports, but no campaign', async () => {
    const store = await leasedStore();
    const { ref } = await file(store, report('r', AT_MS, { lines: [line()] }));
    const seen = watched(store);
    await tick(seen.store, AT_MS);
    assert.deepEqual([seen.inside, seen.contended], [['markets/SE', ref.path], ['markets/SE']]);
  });

  it('is a campaign of which a part ended', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await persist(store, statusChanged('cancelled', 1));
    const seen = watched(store);
    await tick(seen.store, AT_MS);
    assert.deepEqual(seen.inside, ['markets/SE', 'tenants/t1/campaigns/c1']);
    assert.equal((await campaignOf(store)).status, 'ended');
  });

  it('may find no campaign to an entry that ended: the entry leaves, and the tick goes on', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await store.transact(async (transaction) => {
      transaction.set(refs.market('SE'), market({ pages: [{ page: 'p00', entries: 2, bytes: 1 }] }));
      transaction.set(refs.page('SE', 'p00'), page([entry(), entry({ campaignId: 'c9', status: 'closing' })]));
    });
    assert.equal((await tick(store, AT_MS)).result, 'applied');
    assert.deepEqual(
      (await entriesOf(store)).map(({ campaignId }) => campaignId),
      ['c1'],
    );
    assert.deepEqual(await store.read([refs.campaign('t1', 'c9')]), [undefined]);
  });
});
