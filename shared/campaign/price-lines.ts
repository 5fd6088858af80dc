// Live prices of a market's lines for the rest of the day: the day's share of their money on the day's traffic, in the
// light of the requests that were sampled last.
import type { BookEntry, Market, SupplyDay } from '../contracts/documents.ts';
import type { AuctionSettings } from '../contracts/serving.ts';
import { DAY_MS, shareOfDay } from '../forecasting/traffic-clock.ts';
import { dayRoomMicros, plannedShare } from '../pacing/spend-curve.ts';
import { aimedMoney } from '../planning/aimed-money.ts';
import { floorCpmMicros } from '../planning/floor-cpm.ts';
import { HIGHEST_PRICE, solveLivePrices } from '../planning/live-price.ts';
import { isEligible } from '../planning/market-model.ts';
import { rateFactor } from './entry-money.ts';

export interface PricedMarket {
  lines: readonly (BookEntry & { remainingMicros: number })[];
  /** The supply of the day. */
  supply: SupplyDay;
  supplyFactor: number;
  /** Of a unit of each line's money, beside one of spot money. */
  worth: Float64Array;
  floors: AuctionSettings['floors'];
  /** What the house's own ad is worth, micros for a thousand impressions. */
  houseCpmMicros: number;
  sample: NonNullable<Market['sample']>;
  nowMs: number;
  /** Prices of the cell dual: believed where the sample is too small to tell. */
  fallback: Float64Array;
}

/** Prices of the lines, in their order, 0 to {@link HIGHEST_PRICE}: one whose money is for later days still beats an empty room. */
export function priceLines(market: PricedMarket): Float64Array {
  const { lines, worth, supply, supplyFactor, floors, houseCpmMicros, sample, nowMs, fallback } = market;
  const midnightMs = Date.parse(supply.day);
  const ahead = shareOfDay(supply.hourShape, midnightMs, nowMs, midnightMs + DAY_MS);
  const places = sample.cells.map(({ segment, surface }) =>
    supply.cells.findIndex((cell) => cell.segment === segment && cell.surface === surface),
  );
  const seen = sample.cell.flatMap((cell, request) => {
    const place = places[cell] as number;
    const offer = (sample.offerCpmMicros?.[request] ?? 0) / 1000;
    return place < 0 ? [] : [{ place, multiplier: sample.responseMultiplier[request] as number, offer }];
  });
  const eligible = lines.map((line) => supply.cells.flatMap((cell, place) => (isEligible(line, cell) ? [place] : [])));
  const lineStart = new Uint32Array(lines.length + 1);
  eligible.forEach((cells, line) => (lineStart[line + 1] = (lineStart[line] as number) + cells.length));
  const prices = solveLivePrices(
    {
      cell: Uint32Array.from(seen, ({ place }) => place),
      multiplier: Float64Array.from(seen, ({ multiplier }) => multiplier),
      offer: Float64Array.from(seen, ({ offer }) => offer),
    },
    {
      budget: Float64Array.from(lines, (line, index) => {
        const micros = todayMicros(line, supply, nowMs) / rateOf(line, supply, nowMs);
        return line.isAuctioned
          ? micros
          : aimedMoney(micros, impressionMicros(line, eligible[index] as number[], supply));
      }),
      worth,
      clickPrice: Float64Array.from(lines, (line) => line.clickPriceMicros),
      lineStart,
      edgeCell: Uint32Array.from(eligible.flat()),
    },
    {
      cells: {
        opportunities: Float64Array.from(supply.cells, ({ q50 }) => q50 * supplyFactor * ahead),
        clickRate: Float64Array.from(supply.cells, ({ clickPpm }) => clickPpm / 1e6),
        floor: Float64Array.from(supply.cells, (cell) => Math.max(houseCpmMicros, floorCpmMicros(floors, cell)) / 1000),
      },
      fallback,
    },
  );
  return prices.map((price) => Math.min(HIGHEST_PRICE, price));
}

/** How a line's clicks have cost beside what was expected: one that responds better needs fewer requests for its money. */
function rateOf(line: BookEntry, { clickDelay }: SupplyDay, nowMs: number): number {
  return clickDelay ? Math.max(LEAST_RATE, Math.min(1 / LEAST_RATE, rateFactor(line, nowMs, clickDelay))) : 1;
}

/** Beyond it, something else is wrong than a rate. */
const LEAST_RATE = 0.1;

/** What of a line's money is to be spent before midnight, by its curve and its daily cap. */
function todayMicros(line: PricedMarket['lines'][number], { day, hourShape }: SupplyDay, nowMs: number): number {
  const { remainingMicros } = line;
  const planned = plannedShare(line, hourShape, nowMs);
  const byMidnight = plannedShare(line, hourShape, Math.min(line.endAtMs, Date.parse(day) + DAY_MS));
  const share = planned < 1 ? Math.max(0, byMidnight - planned) / (1 - planned) : 1;
  const roomMicros = (dayRoomMicros(line, nowMs) ?? Infinity) - (line.budgetMicros - remainingMicros);
  return Math.max(0, Math.min(remainingMicros * share, roomMicros));
}

/** What an impression is expected to cost a line: of the average opportunity of its cells. */
function impressionMicros(line: BookEntry, places: readonly number[], { cells }: SupplyDay): number {
  let [opportunities, clicks] = [0, 0];
  for (const place of places) {
    const { q50, clickPpm } = cells[place] as SupplyDay['cells'][number];
    opportunities += q50;
    clicks += (q50 * clickPpm) / 1e6;
  }
  return opportunities > 0 ? (clicks / opportunities) * line.clickPriceMicros : 0;
}
