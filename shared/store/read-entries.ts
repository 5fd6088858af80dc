// A campaign's entries in the books of its markets.
import type { BookEntry, Campaign } from '../contracts/documents.ts';
import { refs, type AllocationStore } from './allocation-store.ts';

/** The entries of the campaign's parts that have not ended. */
export async function readEntries(store: Pick<AllocationStore, 'read'>, campaign: Campaign): Promise<BookEntry[]> {
  const live = campaign.subcampaigns.filter(({ status }) => status !== 'ended');
  const wanted = new Map(live.map(({ market, page }) => [`${market}/${page}`, refs.page(market, page)]));
  const pages = await store.read([...wanted.values()]);
  return pages.flatMap((page) => page?.entries.filter(({ campaignId }) => campaignId === campaign.campaignId) ?? []);
}
