import assert from 'node:assert/strict';
import {
  CLICK_WINDOW_MS,
  choosePage,
  newEntry,
  pageName,
  pageTable,
  reservedBytes,
} from '../../../shared/campaign/book-page.ts';
import {
  MAX_GROUPS,
  MAX_PAGES,
  MAX_PAGE_BYTES,
  type BookEntry,
  type Subcampaign,
} from '../../../shared/contracts/documents.ts';
import { MAX_PAGE_ENTRIES } from '../../../shared/contracts/outcomes.ts';
import { toFields } from '../../../shared/store/stored-form.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { entry } from '../../support/entries.ts';
import { campaignCreated, order } from '../../support/events.ts';
import { HOUR_MS, START_MS } from '../../support/instants.ts';
import { context, market, page } from '../../support/markets.ts';

/** A subcampaign of ten days, four segments and two surfaces, ids as producers make them. */
function typical(index: number): BookEntry {
  return entry({
    tenantId: `label-${1000 + index}`,
    campaignId: `cmp-2026-03-${100_000 + index}`,
    subcampaignId: `sub-${index}-se`,
    segments: ['casual', 'fan', 'superfan', 'lapsed'],
    surfaces: ['home', 'search'],
    trafficByDay: Array.from({ length: 10 }, (_, day) => 1_000_000 + day),
  });
}

/** The same entry when everything has happened to it: ten thousand of budget, every group, every open hour. */
function grown(own: BookEntry): BookEntry {
  const micros = 9_999_999_999;
  const hours = CLICK_WINDOW_MS / HOUR_MS + 2;
  return {
    ...own,
    status: 'settling',
    trim: -1000.1234,
    fullSpendPpm: 1_000_000,
    unexpectedMicros: -micros,
    budgetMicros: micros,
    shareMicros: micros - 1,
    spentMicros: micros,
    overrunMicros: micros,
    impressions: 999_999_999,
    clicks: 99_999_999,
    conversions: 9_999_999,
    cohorts: Array.from({ length: hours }, (_, hour) => ({
      hourAtMs: START_MS + hour * HOUR_MS,
      chargedMicros: micros,
      confirmedMicros: micros,
    })),
    leases: Array.from({ length: MAX_GROUPS }, (_, index) => ({
      group: `SE-${index}`,
      grantedMicros: micros,
      chargedMicros: micros,
      returnedMicros: micros,
      spendUntilAtMs: START_MS,
      closingMicros: micros,
    })),
  };
}

function storedBytes(entries: BookEntry[]): number {
  return Buffer.byteLength(toFields('page', page(entries))['entries'] as string);
}

describe('a page of the book', () => {
  it('reserves for an entry what it grows to', () => {
    const own = typical(1);
    assert(
      storedBytes([grown(own)]) <= reservedBytes(own),
      `${storedBytes([grown(own)])} bytes in ${reservedBytes(own)}`,
    );
  });

  it('gives an entry all that its order says of serving it, and reserves the bytes', () => {
    const serving = {
      isAuctioned: true as const,
      artistId: 'a1',
      releaseId: 'r1',
      perListenerDay: 1,
      perListenerFlight: 2,
      isFullScreen: true as const,
      isExplicit: true as const,
      minimumAge: 18,
      pacing: 'custom' as const,
      spendCurve: [{ trafficShare: 0.5, spendShare: 0.7 }],
      dailyCapMicros: 60_000_000,
      creativeId: 'v1',
    };
    const event = campaignCreated({ subcampaigns: [order(serving)] });
    const campaign = campaignAfter([event], context());
    const own = newEntry(campaign, campaign.subcampaigns[0] as Subcampaign);
    assert.partialDeepStrictEqual(own, serving);
    const most = grown({ ...own, today: { day: 20_514, startMicros: 9_999_999_999 } });
    assert(storedBytes([most]) <= reservedBytes(own), `${storedBytes([most])} bytes in ${reservedBytes(own)}`);
  });

  it('holds 200 typical entries, grown as far as they can, within 260 KiB of stored form', () => {
    const entries = Array.from({ length: MAX_PAGE_ENTRIES }, (_, index) => grown(typical(index)));
    assert(storedBytes(entries) <= MAX_PAGE_BYTES, `${storedBytes(entries)} bytes`);
  });

  it('takes as many entries as its bytes, grown, allow', () => {
    let book = market({ pages: [{ page: 'p00', entries: 0, bytes: 0 }] });
    const entries: BookEntry[] = [];
    for (let index = 0; index <= MAX_PAGE_ENTRIES; index++) {
      if (choosePage(book, 1, reservedBytes(typical(index))) !== 'p00') break;
      entries.push(typical(index));
      book = market({ pages: pageTable(book, [page(entries)]) });
    }
    assert(storedBytes(entries.map(grown)) <= MAX_PAGE_BYTES);
    assert.equal(entries.length, MAX_PAGE_ENTRIES);
  });

  it('is the first with room for all, by entries and by bytes, else a new one', () => {
    const pages = [
      { page: 'p00', entries: MAX_PAGE_ENTRIES - 1, bytes: 0 },
      { page: 'p01', entries: 0, bytes: MAX_PAGE_BYTES - 10 },
      { page: 'p02', entries: 0, bytes: 0 },
    ];
    assert.equal(choosePage(market({ pages }), 1, 100), 'p00');
    assert.equal(choosePage(market({ pages }), 2, 10), 'p01');
    assert.equal(choosePage(market({ pages }), 2, 11), 'p02');
    assert.equal(choosePage(market({ pages: pages.slice(0, 2) }), 2, 11), 'p02');
    assert.equal(choosePage(market(), 1, 1), 'p00');
  });

  it('is none in a market of sixteen full pages', () => {
    const pages = Array.from({ length: MAX_PAGES }, (_, index) => ({
      page: pageName(index),
      entries: MAX_PAGE_ENTRIES,
      bytes: 0,
    }));
    assert.equal(choosePage(market({ pages }), 1, 1), undefined);
    assert.equal(pages.at(-1)?.page, 'p15');
  });

  it('is counted in the market’s table when it is written', () => {
    const pages = [
      { page: 'p00', entries: 9, bytes: 9 },
      { page: 'p01', entries: 3, bytes: 3 },
    ];
    assert.deepEqual(pageTable(market({ pages }), [page([entry()])]), [
      { page: 'p00', entries: 1, bytes: reservedBytes(entry()) },
      pages[1],
    ]);
  });

  it('begins an entry with nothing delivered', () => {
    const campaign = campaignAfter([campaignCreated()], context());
    const [sub] = campaign.subcampaigns;
    assert(sub);
    assert.deepEqual(newEntry(campaign, sub), entry());
  });

  it('begins the entry of a part whose budget has still to fall with its share, and of one that is over as closing', () => {
    const campaign = campaignAfter([campaignCreated()], context());
    const [sub] = campaign.subcampaigns;
    assert(sub);
    assert.deepEqual(newEntry(campaign, { ...sub, shareMicros: 5 }), entry({ shareMicros: 5 }));
    assert.deepEqual(newEntry(campaign, { ...sub, status: 'ended' }), entry({ status: 'closing' }));
  });
});
