// The rate card of a market: what a click of each segment costs, from what others would pay for its cells and from what a click
// and an impression may cost at the least.
import type { MarketView } from '../campaign/campaign-state.ts';
import { soldDemand } from '../campaign/open-markets.ts';
import { DEFAULT_CLICK_FLOOR_MICROS } from '../contracts/serving.ts';
import { nextRateCard, type RateCard } from '../forecasting/rate-card.ts';
import { allocate } from '../planning/allocation.ts';
import { floorCpmMicros } from '../planning/floor-cpm.ts';
import { houseWorthCpm } from '../planning/house-worth.ts';
import { CLICKS, OPPORTUNITIES } from './market-supply.ts';
import type { SoldCells } from './sold-cells.ts';

/**
 * Cells are priced by the dual of allocating what is sold; a segment's price is the mean over its clicks of the days ahead. Floors are those of
 * the market's serving settings, of clicks and of impressions, and what the house's own ads are worth.
 */
export function pricedSegments(
  view: MarketView,
  { supply, problem, bookable }: SoldCells,
  validity: { generatedAtMs: number; validUntilAtMs: number },
  before: RateCard | undefined,
): RateCard {
  const { market, serving } = view.market;
  const width = supply.audiences.length;
  const prices = problem && allocate(problem, { fairness: false }).cellPrice;
  const houseCpm =
    serving?.houseCpmMicros ??
    houseWorthCpm(
      soldDemand(view, ''),
      supply.known.flatMap((day) => day?.cells ?? []),
    );
  const totals = new Map<
    string,
    { opportunities: number; clicks: number; bookable: number; worth: number; floor: number }
  >();
  supply.audiences.forEach(({ segment, surface }, audience) => {
    const total = totals.get(segment) ?? { opportunities: 0, clicks: 0, bookable: 0, worth: 0, floor: 0 };
    totals.set(segment, total);
    const floorMicros = Math.max(houseCpm, floorCpmMicros(serving?.floors ?? [], { segment, surface })) / 1000;
    for (let day = 0; day < supply.days; day++) {
      const opportunities = (supply.measures[OPPORTUNITIES] as Float64Array)[day * width + audience] as number;
      total.opportunities += opportunities;
      total.clicks += (supply.measures[CLICKS] as Float64Array)[day * width + audience] as number;
      total.floor += opportunities * floorMicros;
    }
    for (let cell = audience; cell < bookable.length; cell += width) {
      total.bookable += bookable[cell] as number;
      total.worth += (bookable[cell] as number) * (prices?.[cell] ?? 0);
    }
  });
  const rows = [...totals].flatMap(([audience, { opportunities, clicks, bookable: all, worth, floor }]) =>
    clicks > 0
      ? [
          {
            market,
            audience,
            shadowPriceMicros: all > 0 ? ((worth / all) * clicks) / opportunities : 0,
            clickRate: Math.min(1, clicks / opportunities),
            floorMicros: Math.max(clickFloorMicros(view), Math.ceil(floor / clicks)),
          },
        ]
      : [],
  );
  return nextRateCard(rows, validity, before);
}

/** The least that a click costs in a market. */
export function clickFloorMicros({ market: { serving } }: MarketView): number {
  return serving?.clickFloorMicros ?? DEFAULT_CLICK_FLOOR_MICROS;
}
