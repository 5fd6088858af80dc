// Whether an order fits its markets: every part's reach while all follow the split, and what that comes to.
import type { CampaignCreated } from '../contracts/events.ts';
import type { EmptyMarket } from '../planning/availability.ts';
import type { ResponseCurve } from '../planning/response-curve.ts';
import { limits, reachable, type Limits, type Reach } from './limits.ts';
import { reachTogether, type OpenMarkets } from './open-markets.ts';
import { partCurves, sharesWithin } from './split-within.ts';

/** A part of an order: its limits, what an empty market is worth to it, and what money brings there. */
export interface OrderPart extends Limits {
  weight: number;
  curve: ResponseCurve;
}

/** @param empty what an empty market is worth to each part */
export function orderParts(
  { objective, subcampaigns }: Pick<CampaignCreated['data'], 'objective' | 'subcampaigns'>,
  empty: readonly EmptyMarket[],
): OrderPart[] {
  const curves = partCurves(objective, empty);
  return subcampaigns.map((sub, index) => ({
    ...limits(sub),
    weight: (empty[index] as EmptyMarket).weightMicros,
    curve: curves[index] as ResponseCurve,
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
