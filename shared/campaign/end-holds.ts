// Holds that are past their time: a tick takes them out of the book, unless their booking was confirmed.
import type { BookingStatus } from '../contracts/bookings.ts';
import type { BookPage, Hold } from '../contracts/documents.ts';
import type { HoldEnded } from '../contracts/hold-outcomes.ts';

/** By id: what a tick has looked up. A booking that is not there any more cannot be confirmed. */
export type KnownBookings = ReadonlyMap<string, BookingStatus | undefined>;

/** Ids of the bookings of all holds that are past their time: what a tick has to look up to end them. */
export function lapsedBookings(pages: readonly Pick<BookPage, 'holds'>[], nowMs: number): string[] {
  const lapsed = pages.flatMap(({ holds = [] }) => holds.filter(({ untilAtMs }) => untilAtMs <= nowMs));
  return [...new Set(lapsed.map(({ bookingId }) => bookingId))];
}

export interface EndedHolds {
  /** Those that lost holds are others than before. */
  pages: readonly BookPage[];
  /** One of each campaign that expired here. What was released or refused is told by who gives it back. */
  outcomes: HoldEnded[];
  /** More are past their time than could be ended at once. */
  hasMore: boolean;
}

/** @param most campaigns to end */
export function endHolds(
  pages: readonly BookPage[],
  bookings: KnownBookings,
  { nowMs, most }: { nowMs: number; most: number },
): EndedHolds {
  const isLapsed = ({ untilAtMs, bookingId }: Hold) =>
    untilAtMs <= nowMs && bookings.has(bookingId) && bookings.get(bookingId) !== 'confirmed';
  const campaigns = new Map<string, Hold>();
  for (const hold of pages.flatMap(({ holds = [] }) => holds))
    if (isLapsed(hold)) campaigns.set(campaignKey(hold), hold);
  if (campaigns.size === 0) return { pages, outcomes: [], hasMore: false };
  const ended = new Map([...campaigns].slice(0, most));
  const isGone = (hold: Hold) => isLapsed(hold) && ended.has(campaignKey(hold));
  const after = pages.map((page): BookPage => {
    if (!page.holds?.some(isGone)) return page;
    const { holds, ...rest } = page;
    const kept = holds.filter((hold) => !isGone(hold));
    return kept.length > 0 ? { ...rest, holds: kept } : rest;
  });
  const [first] = pages as [BookPage];
  const outcomes = [...ended.values()].flatMap(({ tenantId, campaignId, bookingId }): HoldEnded[] => {
    const status = bookings.get(bookingId);
    if (status === 'released' || status === 'refused') return [];
    return [{ type: 'hold-ended', tenantId, campaignId, market: first.market, bookingId, ended: 'expired' }];
  });
  const isMore = campaigns.size > ended.size || lapsedBookings(after, nowMs).some((id) => !bookings.has(id));
  return { pages: after, outcomes, hasMore: isMore };
}

function campaignKey({ bookingId, campaignId }: Hold): string {
  return `${bookingId} ${campaignId}`;
}
