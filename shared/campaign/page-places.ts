// Finds the pages in which the parts of new campaigns will lie: one campaign after the other, each with the room that those
// before it have left.
import type { Market } from '../contracts/documents.ts';
import { MAX_PAGE_BYTES } from '../contracts/documents.ts';
import { MAX_PAGE_ENTRIES, type CampaignAccepted } from '../contracts/outcomes.ts';
import { choosePage, reservedBytes } from './book-page.ts';
import type { MarketView } from './campaign-state.ts';

export interface PagePlaces {
  /**
   * The campaign with a page for each of its parts, one for all of them in a market; where it has pages already, the same
   * while they have room. A text where it finds none: why. Then it takes no room anywhere.
   */
  place(accepted: CampaignAccepted): CampaignAccepted | string;
}

export function pagePlaces(markets: ReadonlyMap<string, Pick<MarketView, 'market'>>): PagePlaces {
  const tables = new Map<string, Market>();
  return {
    place(accepted) {
      const taken = new Map<string, Market>();
      const pages = new Map<string, string>();
      for (const [market, own] of Map.groupBy(accepted.subcampaigns, (sub) => sub.market)) {
        const bytes = bytesOf(accepted, own);
        const table = tables.get(market) ?? markets.get(market)?.market;
        const kept = table?.pages.find(
          (row) =>
            row.page === own[0]?.page &&
            row.entries + own.length <= MAX_PAGE_ENTRIES &&
            row.bytes + bytes <= MAX_PAGE_BYTES,
        )?.page;
        const page = kept ?? (table && choosePage(table, own.length, bytes));
        if (!table || page === undefined) return `market ${market} has no page left for ${own.length} subcampaigns`;
        pages.set(market, page);
        taken.set(market, withRow(table, page, own.length, bytes));
      }
      for (const [market, table] of taken) tables.set(market, table);
      return {
        ...accepted,
        subcampaigns: accepted.subcampaigns.map((sub) => ({ ...sub, page: pages.get(sub.market) as string })),
      };
    },
  };
}

function bytesOf(
  { tenantId, campaignId, subcampaigns }: CampaignAccepted,
  own: CampaignAccepted['subcampaigns'],
): number {
  const siblings = subcampaigns.length > 1 ? { hasSiblings: true as const } : {};
  return own.reduce((sum, sub) => sum + reservedBytes({ tenantId, campaignId, ...sub, ...siblings }), 0);
}

function withRow(table: Market, page: string, entries: number, bytes: number): Market {
  const old = table.pages.find((row) => row.page === page) ?? { page, entries: 0, bytes: 0 };
  const row = { page, entries: old.entries + entries, bytes: old.bytes + bytes };
  const pages = table.pages.includes(old) ? table.pages.map((one) => (one === old ? row : one)) : [...table.pages, row];
  return { ...table, pages };
}
