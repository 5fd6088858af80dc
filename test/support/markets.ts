// Builds markets, their supply and the views that decisions read.
import type { CampaignContext, MarketView } from '../../shared/campaign/campaign-state.ts';
import { newEntry, pageTable } from '../../shared/campaign/book-page.ts';
import type { BookEntry, BookPage, Campaign, Market, SupplyDay } from '../../shared/contracts/documents.ts';
import { dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { DAY_MS, START_MS } from './instants.ts';

/** Adds up to 1 exactly, in any order: halves of halves. */
const hourShape = Array.from({ length: 24 }, (_, hour) => (hour < 8 ? 1 / 16 : 1 / 32));

/** A market without a book. */
export function market(own: Partial<Market> = {}): Market {
  const versions = { bookVersion: 0, supplyVersion: 1, planVersion: 0, watermarkSlot: 0 };
  return { schemaVersion: 1, market: 'SE', ...versions, pages: [], groups: [], ...own };
}

/** One cell; q10 equals q50 unless said, so that all of it can be booked. */
export function cell(own: Partial<SupplyDay['cells'][number]> = {}): SupplyDay['cells'][number] {
  const opportunities = own.q50 ?? 100_000;
  const quantiles = { q10: opportunities, q50: opportunities, q90: opportunities };
  return { segment: 'casual', surface: 'home', ...quantiles, clickPpm: 20_000, ...own };
}

/** A day of supply: 2,000 clicks, worth 1,000 at 0.5 a click. */
export function supplyDay(atMs = START_MS, own: Partial<SupplyDay> = {}): SupplyDay {
  const base = { market: 'SE', day: dayOf(atMs), modelId: 'm1', hourShape };
  return { schemaVersion: 1, ...base, cells: [cell()], ...own };
}

/** Days of the same supply, from the day of START_MS. */
export function supplyDays(days: number, own: Partial<SupplyDay> = {}): Map<string, SupplyDay> {
  const all = Array.from({ length: days }, (_, index) => supplyDay(START_MS + index * DAY_MS, own));
  return new Map(all.map((supply) => [supply.day, supply]));
}

/** A view of a market over two days of supply. */
export function view(own: Partial<MarketView> = {}): MarketView {
  const pages = own.pages ?? [];
  const base = own.market ?? market();
  return {
    supply: supplyDays(2, { market: base.market }),
    ...own,
    market: { ...base, pages: pageTable(base, pages) },
    pages,
  };
}

/** What a decision at START_MS sees of these markets. */
export function context(views: readonly MarketView[] = [view()], nowMs = START_MS): CampaignContext {
  return { nowMs, markets: new Map(views.map((one) => [one.market.market, one])) };
}

/** A page p00 of SE. */
export function page(entries: readonly BookEntry[], own: Partial<BookPage> = {}): BookPage {
  return { schemaVersion: 1, market: 'SE', page: 'p00', entries: [...entries], ...own };
}

/** The books after an accepted campaign's entries were put into them. */
export function withCampaign(views: readonly MarketView[], campaign: Campaign): MarketView[] {
  return views.map((one) => {
    const pages = new Map(one.pages.map((known) => [known.page, known]));
    for (const sub of campaign.subcampaigns) {
      if (sub.market !== one.market.market) continue;
      const known = pages.get(sub.page) ?? page([], { market: sub.market, page: sub.page });
      pages.set(sub.page, { ...known, entries: [...known.entries, newEntry(campaign, sub)] });
    }
    return view({ ...one, pages: [...pages.values()] });
  });
}
