// Memory stores with markets and supply in them, and one whose answers get lost.
import type { SupplyDay } from '../../shared/contracts/documents.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createMemoryStore, type MemoryStoreOptions } from '../../shared/store/memory-store.ts';
import { START_MS, DAY_MS } from './instants.ts';
import { market, supplyDay } from './markets.ts';

export interface Seed {
  markets?: readonly string[];
  days?: number;
  supply?: Partial<SupplyDay>;
  options?: MemoryStoreOptions;
}

/** A memory store whose markets have supply and nothing else. */
export async function seededStore({
  markets = ['SE'],
  days = 2,
  supply = {},
  options = {},
}: Seed = {}): Promise<AllocationStore> {
  const store = createMemoryStore(options);
  await store.transact(async (transaction) => {
    for (const name of markets) {
      transaction.set(refs.market(name), market({ market: name }));
      for (let day = 0; day < days; day++) {
        const ofDay = supplyDay(START_MS + day * DAY_MS, { ...supply, market: name });
        transaction.set(refs.supply(name, ofDay.day), ofDay);
      }
    }
  });
  return store;
}

/** The same store, but each transaction is committed, its answer lost, and its body run and committed once more. */
export function withLostAnswers(store: AllocationStore): AllocationStore {
  return {
    ...store,
    async transact(body) {
      await store.transact(body);
      return store.transact(body);
    },
  };
}

/** Every document that the given campaigns and markets have, to compare two stores. */
export async function snapshotOf(store: AllocationStore, markets: readonly string[], campaignIds: readonly string[]) {
  const books = await Promise.all(
    markets.map(async (name) => {
      const [found] = await store.read([refs.market(name)]);
      const pages = await store.read((found?.pages ?? []).map(({ page }) => refs.page(name, page)));
      return { found, pages };
    }),
  );
  const campaigns = await store.read(campaignIds.map((id) => refs.campaign('t1', id)));
  return { books, campaigns };
}
