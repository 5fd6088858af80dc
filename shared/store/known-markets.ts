// Which markets there are, for doors that must not let in what nobody would ever look at.
import { refs, type AllocationStore } from './allocation-store.ts';

export type IsKnownMarket = (market: string) => Promise<boolean>;

/** A check whether a market has a document. Markets never vanish: one that is known is read once by each process. */
export function createMarketCheck(store: Pick<AllocationStore, 'read'>): IsKnownMarket {
  const known = new Set<string>();
  return async (market) => {
    if (known.has(market)) return true;
    const [found] = await store.read([refs.market(market)]);
    if (found) known.add(market);
    return found !== undefined;
  };
}
