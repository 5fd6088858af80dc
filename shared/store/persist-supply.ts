// Writes a market's supply by day and raises its version, so that nobody decides on the supply that was.
import type { Market, SupplyDay } from '../contracts/documents.ts';
import { refs, type AllocationStore, type Transaction } from './allocation-store.ts';

/** A market nobody has booked yet. */
export function newMarket(market: string): Market {
  return {
    schemaVersion: 1,
    market,
    bookVersion: 0,
    supplyVersion: 0,
    planVersion: 0,
    watermarkSlot: 0,
    pages: [],
    groups: [],
  };
}

/** Makes sure that a market is known: a document less than a market with supply, and reports of it are taken. */
export async function openMarket(transaction: Transaction, market: string): Promise<void> {
  const [known] = await transaction.get([refs.market(market)]);
  if (!known) transaction.create(refs.market(market), newMarket(market));
}

/** Writes days of one market's supply in one transaction; the first ones open the market. */
export async function persistSupply(
  store: AllocationStore,
  market: string,
  days: readonly SupplyDay[],
): Promise<Market> {
  return store.transact(async (transaction) => {
    const [known] = await transaction.get([refs.market(market)]);
    const before = known ?? newMarket(market);
    // A new forecast has seen what the nowcast saw.
    const { nowcast: _seen, ...rest } = before;
    const after = { ...rest, supplyVersion: before.supplyVersion + 1 };
    for (const day of days) transaction.set(refs.supply(market, day.day), day);
    transaction.set(refs.market(market), after);
    return after;
  });
}
