// Supply that is held in the books for campaigns of bookings: put in, taken out. A hold lies in the page in which the entry of
// its part will, and keeps that one's room.
import type { BookEntry, BookPage, Hold } from '../contracts/documents.ts';
import type { CampaignAccepted } from '../contracts/outcomes.ts';
import { pageTable, reservedBytes } from './book-page.ts';
import type { MarketView } from './campaign-state.ts';

/** How long, and how sure. */
export interface HoldTerms {
  untilAtMs: number;
  /** Of a soft hold: how likely it is to be confirmed. Absent: firm. */
  probability?: number | undefined;
}

export interface PlacedHold {
  market: string;
  page: string;
  hold: Hold;
}

/** The holds of an accepted campaign of a booking, one for each of its parts. */
export function holdsOf(bookingId: string, accepted: CampaignAccepted, terms: HoldTerms): PlacedHold[] {
  const { tenantId, campaignId, startAtMs, endAtMs, subcampaigns } = accepted;
  return subcampaigns.map((sub): PlacedHold => {
    const { market, page, subcampaignId, segments, surfaces, clickPriceMicros, budgetMicros } = sub;
    const hold: Hold = {
      bookingId,
      tenantId,
      campaignId,
      subcampaignId,
      startAtMs,
      endAtMs,
      segments,
      surfaces,
      clickPriceMicros,
      ...(sub.isAuctioned ? { isAuctioned: true as const } : {}),
      budgetMicros,
      untilAtMs: terms.untilAtMs,
      ...(terms.probability === undefined ? {} : { probability: terms.probability }),
      bytes: reservedBytes({
        tenantId,
        campaignId,
        ...sub,
        ...(subcampaigns.length > 1 ? { hasSiblings: true as const } : {}),
      }),
    };
    return { market, page, hold };
  });
}

/** The book with those of the holds that are in this market; the view itself where none is. Of a part that is held already the hold is replaced. */
export function withHolds(view: MarketView, placed: readonly PlacedHold[]): MarketView {
  const { market } = view.market;
  const byPage = Map.groupBy(
    placed.filter((one) => one.market === market),
    ({ page }) => page,
  );
  const known = new Set(view.pages.map(({ page }) => page));
  const opened = [...byPage.keys()]
    .filter((page) => !known.has(page))
    .map((page): BookPage => ({ schemaVersion: 1, market, page, entries: [] }));
  return changed(view, [...view.pages, ...opened], (page) => {
    const own = (byPage.get(page.page) ?? []).map(({ hold }) => hold);
    if (own.length === 0) return page.holds;
    const replaced = new Set(own.map(partKey));
    return [...(page.holds ?? []).filter((hold) => !replaced.has(partKey(hold))), ...own];
  });
}

/** The book without these holds; the view itself where it has none of them. */
export function withoutHolds(view: MarketView, isGone: (hold: Hold) => boolean): MarketView {
  return changed(view, view.pages, ({ holds }) =>
    holds?.some(isGone) ? holds.filter((hold) => !isGone(hold)) : holds,
  );
}

/** Firm holds of a page as the entries that they may become, nothing delivered. */
export function heldEntries({ holds = [] }: BookPage): BookEntry[] {
  return holds
    .filter(({ probability }) => probability === undefined)
    .map(({ bookingId: _booking, untilAtMs: _until, probability: _probability, bytes: _bytes, ...terms }) => ({
      ...terms,
      status: 'active',
      trafficByDay: [0],
      spentMicros: 0,
      overrunMicros: 0,
      impressions: 0,
      clicks: 0,
      conversions: 0,
      cohorts: [],
      leases: [],
    }));
}

/** The pages of a book that are others than before, or new: what is to be written, with the market. */
export function movedPages(before: MarketView, after: MarketView): BookPage[] {
  const known = new Set(before.pages);
  return after.pages.filter((page) => !known.has(page));
}

function changed(
  view: MarketView,
  pages: readonly BookPage[],
  holdsOf: (page: BookPage) => readonly Hold[] | undefined,
): MarketView {
  const now = pages.map((page) => {
    const holds = holdsOf(page);
    if (holds === page.holds) return page;
    const { holds: _old, ...rest } = page;
    return holds && holds.length > 0 ? { ...rest, holds: [...holds] } : rest;
  });
  const known = new Set(view.pages);
  const moved = now.filter((page) => !known.has(page));
  if (moved.length === 0) return view;
  const { market } = view;
  return {
    ...view,
    market: { ...market, bookVersion: market.bookVersion + 1, pages: pageTable(market, moved) },
    pages: now,
  };
}

function partKey({ campaignId, subcampaignId }: Hold): string {
  return `${campaignId}/${subcampaignId}`;
}
