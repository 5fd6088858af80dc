// Whether an order fits its markets: every part's reach while all follow the split, and what that comes to.
import { limits, reachable, type Limits, type Reach } from './limits.ts';
import { reachTogether, type OpenMarkets } from './open-markets.ts';
import { sharesWithin } from './split-within.ts';

/** A part of an order: its limits, and what an empty market is worth to it. */
export interface OrderPart extends Limits {
  weight: number;
}

export function orderParts(
  subcampaigns: readonly Parameters<typeof limits>[0][],
  weights: readonly { emptyMarketMicros: number }[],
): OrderPart[] {
  return subcampaigns.map((sub, index) => ({
    ...limits(sub),
    weight: (weights[index] as { emptyMarketMicros: number }).emptyMarketMicros,
  }));
}

/** What each part of a new campaign can reach beside the others, and whether that is its budget. */
export function fitOrder(
  requestedMicros: number,
  parts: readonly OrderPart[],
  markets: Pick<OpenMarkets, 'capacityMicros' | 'place'>,
): { reachMicros: number[]; fit: Reach } {
  const reachMicros = reachTogether(
    markets,
    {
      heldMicros: parts.map(() => 0),
      floorMicros: parts.map((part) => part.floorMicros),
      reachMicros: parts.map((_, index) => markets.capacityMicros(index)),
    },
    (reach) => sharesWithin(requestedMicros, parts, reach),
  );
  const fit = reachable(
    requestedMicros,
    parts.map((part, index) => ({ ...part, reachMicros: reachMicros[index] as number })),
  );
  return { reachMicros, fit };
}
