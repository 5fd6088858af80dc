import assert from 'node:assert/strict';
import type { Campaign } from '../../../shared/contracts/documents.ts';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { ledgerId } from '../../../shared/store/ledger-key.ts';
import { budgetChanged, campaignCreated, order, statusChanged } from '../../support/events.ts';
import { MAX_PAGE_BYTES } from '../../../shared/contracts/documents.ts';
import { entry } from '../../support/entries.ts';
import { market, page } from '../../support/markets.ts';
import { campaignOf, entriesOf, persist } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';
import { watched } from '../../support/watched-store.ts';

const CAMPAIGN = 'tenants/t1/campaigns/c1';
const OWNER = 'owners/c1';
const SE = 'markets/SE';
const PAGES = ['markets/SE/book/p00', 'markets/SE/book/p01'];
const DAYS = ['markets/SE/supply/2026-03-02', 'markets/SE/supply/2026-03-03'];

/** A market whose first page is full of a neighbour, so that c1 is on the second. */
async function twoPages(): Promise<AllocationStore> {
  const store = await seededStore({ markets: ['SE', 'NO'] });
  await store.transact(async (transaction) => {
    transaction.set(refs.market('SE'), market({ pages: [{ page: 'p00', entries: 1, bytes: MAX_PAGE_BYTES }] }));
    transaction.set(refs.page('SE', 'p00'), page([entry({ campaignId: 'c0' })]));
  });
  return store;
}

/** The same, with c1 booked. */
async function bookedStore(): Promise<AllocationStore> {
  const store = await twoPages();
  await persist(store, campaignCreated());
  return store;
}

/** What persisting an event reads and names as contended; its ledger entry is read first inside and left out. */
async function readsOf(store: AllocationStore, event: CampaignEvent) {
  const { store: seen, outside, inside, contended } = watched(store);
  await persist(seen, event);
  assert.equal(inside.shift(), `ledger/${ledgerId(event)}`);
  return { outside, inside, contended };
}

describe('what a campaign event reads', () => {
  it('is the whole book and the supply of the flight for a new campaign, and inside its transaction their versions', async () => {
    assert.deepEqual(await readsOf(await twoPages(), campaignCreated()), {
      outside: [CAMPAIGN, SE, PAGES[0], ...DAYS],
      inside: [CAMPAIGN, OWNER, SE],
      contended: [CAMPAIGN, SE],
    });
  });

  it('is each market once for a campaign of several parts', async () => {
    const subcampaigns = [order(), order({ subcampaignId: 's2' }), order({ subcampaignId: 's3', market: 'NO' })];
    const { inside, contended } = await readsOf(await twoPages(), campaignCreated({ subcampaigns }));
    assert.deepEqual(inside, [CAMPAIGN, OWNER, SE, 'markets/NO']);
    assert.deepEqual(contended, [CAMPAIGN, SE, 'markets/NO']);
  });

  it('is the campaign alone where it is there already', async () => {
    assert.deepEqual(await readsOf(await bookedStore(), campaignCreated({}, { eventId: 'again' })), {
      outside: [CAMPAIGN],
      inside: [CAMPAIGN],
      contended: [CAMPAIGN],
    });
  });

  it('is the campaign and its owner where a change comes first', async () => {
    for (const event of [budgetChanged(1, 1), statusChanged('paused', 1)]) {
      assert.deepEqual(await readsOf(await twoPages(), event), {
        outside: [CAMPAIGN],
        inside: [CAMPAIGN, OWNER],
        contended: [CAMPAIGN],
      });
    }
  });

  it('is the whole book and supply for a raise', async () => {
    const { outside, inside } = await readsOf(await bookedStore(), budgetChanged(100_000_001, 1));
    assert.deepEqual(outside, [CAMPAIGN, SE, ...PAGES, ...DAYS]);
    assert.deepEqual(inside, [CAMPAIGN, SE]);
  });

  it('is its own page for a change that asks for no more than there is, and for a status', async () => {
    for (const event of [budgetChanged(100_000_000, 1), budgetChanged(1, 1), statusChanged('paused', 1)]) {
      const { outside, inside } = await readsOf(await bookedStore(), event);
      assert.deepEqual(
        [outside, inside],
        [
          [CAMPAIGN, SE, PAGES[1]],
          [CAMPAIGN, SE],
        ],
      );
    }
  });

  it('is no market in which only an ended part was', async () => {
    const store = await twoPages();
    const subcampaigns = [order({ market: 'NO' }), order({ subcampaignId: 's2' })];
    await persist(store, campaignCreated({ subcampaigns }));
    await store.transact(async (transaction) => {
      const known = await campaignOf(store);
      const [first, second] = known.subcampaigns;
      assert(first && second);
      const after: Campaign = { ...known, subcampaigns: [{ ...first, status: 'ended' }, second] };
      transaction.set(refs.campaign('t1', 'c1'), after);
    });
    const { outside } = await readsOf(store, statusChanged('paused', 1));
    assert.deepEqual(outside, [CAMPAIGN, SE, PAGES[1]]);
  });
});

describe('what a campaign event writes', () => {
  it('is its own entries on its own page, and no neighbour’s', async () => {
    const store = await bookedStore();
    await persist(store, campaignCreated({ campaignId: 'c2' }));
    const before = await entriesOf(store);
    assert.deepEqual(
      before.map(({ campaignId }) => campaignId),
      ['c0', 'c1', 'c2'],
    );
    await persist(store, budgetChanged(90_000_000, 1, { campaignId: 'c2' }));
    const [first, second, third] = before;
    assert.deepEqual(await entriesOf(store), [first, second, { ...third, budgetMicros: 90_000_000 }]);
  });

  it('brings back no entry of an ended part', async () => {
    const store = await twoPages();
    const subcampaigns = [order(), order({ subcampaignId: 's2' })];
    await persist(store, campaignCreated({ subcampaigns }));
    const [neighbour, , second] = await entriesOf(store);
    assert(neighbour && second);
    await store.transact(async (transaction) => {
      const known = await campaignOf(store);
      const [first, other] = known.subcampaigns;
      assert(first && other);
      transaction.set(refs.campaign('t1', 'c1'), { ...known, subcampaigns: [{ ...first, status: 'ended' }, other] });
      transaction.set(refs.page('SE', 'p01'), page([second], { page: 'p01' }));
    });
    await persist(store, statusChanged('paused', 1));
    assert.deepEqual(await entriesOf(store), [neighbour, { ...second, status: 'paused' }]);
  });
});
