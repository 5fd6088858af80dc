// How entries are packed into a market's pages: up to 200 in one document, room for each entry's growth kept from the start.
import {
  MAX_GROUPS,
  MAX_PAGES,
  MAX_PAGE_BYTES,
  type BookEntry,
  type BookPage,
  type Campaign,
  type Market,
  type Subcampaign,
} from '../contracts/documents.ts';
import { servingTerms, type ServingTerms } from '../contracts/serving.ts';
import { MAX_PAGE_ENTRIES } from '../contracts/outcomes.ts';

/**
 * The clicks of an impression are awaited for this long. Eight hours of cohorts at the most are open at once.
 * What comes later is still confirmed spend, but was not in flight any more.
 */
export const CLICK_WINDOW_MS = 6 * 3_600_000;

/**
 * Bytes an entry can grow by in its packed form: a lease for every group, a cohort for every open hour, its counters, what is not expected of its charges.
 * Not a byte more than it takes: 200 typical entries fill a page by number and by bytes, and each page more is a document
 * read and written every minute.
 */
const GROWTH_BYTES = MAX_GROUPS * 88 + 8 * 42 + 120;

/** What a line with a daily cap remembers of the day. */
const TODAY_BYTES = 56;

/** The entry of a newly accepted subcampaign. */
export function newEntry(campaign: Campaign, sub: Subcampaign): BookEntry {
  const { startAtMs, endAtMs } = campaign.terms as NonNullable<Campaign['terms']>;
  return {
    tenantId: campaign.tenantId,
    campaignId: campaign.campaignId,
    subcampaignId: sub.subcampaignId,
    status: sub.status === 'ended' ? 'closing' : sub.status,
    startAtMs,
    endAtMs,
    segments: sub.segments,
    surfaces: sub.surfaces,
    clickPriceMicros: sub.clickPriceMicros,
    trafficByDay: sub.trafficByDay,
    ...servingOf(sub),
    ...(campaign.subcampaigns.length > 1 ? { hasSiblings: true as const } : {}),
    budgetMicros: sub.budgetMicros,
    ...(sub.shareMicros === undefined ? {} : { shareMicros: sub.shareMicros }),
    spentMicros: 0,
    overrunMicros: 0,
    impressions: 0,
    clicks: 0,
    conversions: 0,
    cohorts: [],
    leases: [],
  };
}

/** How the order wants it served, in the order of the contract whatever order it came in. */
function servingOf(of: ServingTerms): ServingTerms {
  const given = servingNames.filter((name) => of[name] !== undefined).map((name) => [name, of[name]]);
  return Object.fromEntries(given) as ServingTerms;
}

const servingNames = Object.keys(servingTerms) as (keyof ServingTerms)[];

/** The bytes to keep for an entry, growth included. */
export function reservedBytes(
  entry: ServingTerms &
    Pick<
      BookEntry,
      'segments' | 'surfaces' | 'trafficByDay' | 'campaignId' | 'subcampaignId' | 'tenantId' | 'hasSiblings'
    >,
): number {
  const own = [
    entry.tenantId,
    entry.campaignId,
    entry.subcampaignId,
    entry.segments,
    entry.surfaces,
    entry.trafficByDay,
  ];
  const siblings = entry.hasSiblings ? '"hasSiblings":true,'.length : 0;
  const serving = JSON.stringify(servingOf(entry)).length - '{}'.length;
  const today = entry.dailyCapMicros === undefined ? 0 : TODAY_BYTES;
  return JSON.stringify(own).length + siblings + serving + today + 160 + GROWTH_BYTES;
}

/**
 * The page that takes `count` entries of `bytes` together: the first with room, else a new one; undefined when the
 * market is full. A campaign's subcampaigns in one market share one page and never move.
 */
export function choosePage(market: Market, count: number, bytes: number): string | undefined {
  const fits = market.pages.find(
    (page) => page.entries + count <= MAX_PAGE_ENTRIES && page.bytes + bytes <= MAX_PAGE_BYTES,
  );
  if (fits) return fits.page;
  return market.pages.length < MAX_PAGES ? pageName(market.pages.length) : undefined;
}

/** The name of the nth page of any market: `p00` to `p15`. */
export function pageName(index: number): string {
  return `p${String(index).padStart(2, '0')}`;
}

/** The market's table of pages after its pages were written. */
export function pageTable(market: Market, written: readonly BookPage[]): Market['pages'] {
  const table = new Map(market.pages.map((row) => [row.page, row]));
  for (const page of written) {
    const { entries, holds = [] } = page;
    const bytes =
      entries.reduce((sum, entry) => sum + reservedBytes(entry), 0) + holds.reduce((sum, hold) => sum + hold.bytes, 0);
    table.set(page.page, { page: page.page, entries: entries.length + holds.length, bytes });
  }
  return [...table.values()];
}
