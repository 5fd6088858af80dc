// How the campaigns of a booking are cut into parts: what one transaction holds, and one document keeps.
import { PART_LINES, type BookingLine, type BookingRequest, type CampaignOrder } from '../contracts/bookings.ts';
import type { CampaignAccepted } from '../contracts/outcomes.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import type { MarketNeed } from './market-views.ts';

/** Of a part: each is two documents and more that its transaction reads and writes. */
const MAX_PART_MARKETS = 60;
/** Of a part: a page takes 200 of them. */
const MAX_PART_SUBCAMPAIGNS = 400;

/** A line whose campaign has got supply. */
export type AcceptedLine = BookingLine & { outcome: CampaignAccepted };

/** The same for the same orders, whatever is decided of them. */
export function cutParts(orders: BookingRequest['campaigns']): CampaignOrder[][] {
  const parts: CampaignOrder[][] = [];
  let [markets, subcampaigns] = [new Set<string>(), 0];
  for (const order of orders) {
    const part = parts.at(-1);
    const more = new Set([...markets, ...order.subcampaigns.map(({ market }) => market)]);
    const isFull =
      part === undefined ||
      part.length === PART_LINES ||
      more.size > MAX_PART_MARKETS ||
      subcampaigns + order.subcampaigns.length > MAX_PART_SUBCAMPAIGNS;
    if (isFull) {
      parts.push([order]);
      [markets, subcampaigns] = [new Set(order.subcampaigns.map(({ market }) => market)), order.subcampaigns.length];
    } else {
      part.push(order);
      [markets, subcampaigns] = [more, subcampaigns + order.subcampaigns.length];
    }
  }
  return parts;
}

export function isAccepted(line: BookingLine): line is AcceptedLine {
  return line.outcome.type === 'campaign-accepted';
}

/** What is read to decide these orders, or whether they still fit: the whole books of their markets, by name. */
export function wholeNeeds(orders: readonly CampaignOrder[], nowMs: number): MarketNeed[] {
  const days = new Map<string, Set<string>>();
  for (const { startAtMs, endAtMs, subcampaigns } of orders) {
    for (const { market } of subcampaigns) {
      const known = days.get(market) ?? new Set();
      days.set(market, known);
      for (const day of daysBetween(startAtMs, endAtMs)) known.add(day);
    }
  }
  return [...days]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([market, own]) => ({ market, pages: 'all', days: [...own], soldFromAtMs: nowMs }));
}

/** The pages in which these campaigns are held, and nothing else. */
export function pageNeeds(lines: readonly Pick<AcceptedLine, 'outcome'>[]): MarketNeed[] {
  const pages = new Map<string, Set<string>>();
  for (const { outcome } of lines)
    for (const { market, page } of outcome.subcampaigns) pages.set(market, (pages.get(market) ?? new Set()).add(page));
  return [...pages]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([market, own]) => ({ market, pages: [...own], days: [] }));
}
