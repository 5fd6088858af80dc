// What the operators of the world's markets have set before it begins: how slots are auctioned, floors, approved creatives.
import type { ServingSettings } from '../shared/contracts/serving.ts';
import { refs, type AllocationStore } from '../shared/store/allocation-store.ts';
import { newMarket } from '../shared/store/persist-supply.ts';
import { CREATIVES } from './world/serving-terms.ts';

/** What a line's clicks in each slot of a request are beside those in the first. */
export const POSITIONS = [1, 0.7];

/** First and second price in turns. */
export function worldServing(index: number): ServingSettings {
  return {
    version: 1,
    pricing: index % 2 === 0 ? 'second' : 'first',
    positions: POSITIONS,
    floors: [{ cpmMicros: 150_000 }, { surface: 'home', cpmMicros: 300_000 }],
    adjustments: [{ buyer: 'open-exchange', kind: 'multiplier', value: 0.95 }],
    explorationShare: 0.01,
    fullScreenPerDay: 4,
    artistSeparation: 1,
    creatives: CREATIVES.map((creativeId) => ({ creativeId, status: 'approved' as const })),
    overrides: [],
  };
}

/** Writes them into the markets' documents. */
export async function setServing(store: AllocationStore, markets: readonly string[]): Promise<void> {
  for (const [index, market] of markets.entries()) {
    await store.transact(
      async (transaction) => {
        const [known = newMarket(market)] = await transaction.get([refs.market(market)]);
        transaction.set(refs.market(market), { ...known, serving: worldServing(index) });
      },
      [refs.market(market)],
    );
  }
}
