// A campaign as its owner sees it: what is stored of it, with what its entries in the books have become.
import { withLiveNumbers } from '../campaign/evolve.ts';
import type { Campaign } from '../contracts/documents.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { readEntries } from './read-entries.ts';

/**
 * The campaign with its live numbers, or undefined.
 * @throws AndanteError STORE_UNAVAILABLE
 */
export async function readCampaign(
  store: Pick<AllocationStore, 'read'>,
  tenantId: string,
  campaignId: string,
): Promise<Campaign | undefined> {
  const [stored] = await store.read([refs.campaign(tenantId, campaignId)]);
  return stored && withLiveNumbers(stored, await readEntries(store, stored));
}
