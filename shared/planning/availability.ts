// What a market can still sell, exactly: the most that can be delivered to those who ask on top of all that is sold, where
// what was sold may be moved between the cells of its audience but never be given less. Everything is booked on the
// lower quartile of supply (algorithm: maximum flow in expected clicks, see flow.ts).
import type { SupplyDay } from '../contracts/documents.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import type { FlightAudience } from '../forecasting/flight-audience.ts';
import { bookableOpportunities } from '../forecasting/supply-quantile.ts';
import { daysBetween, shareOfDay } from '../forecasting/traffic-clock.ts';
import { bottleneck, copyFlow, openFlow, route, routed, type Flow } from './flow.ts';
import { isEligible, modelMarket, type Demand, type MarketModel, type SoldDemand } from './market-model.ts';

/** A market with everything sold routed through its supply. */
export interface Availability {
  model: MarketModel;
  flow: Flow;
  sold: readonly SoldDemand[];
  asked: readonly Demand[];
  /** The line of the first demand that asks; those that were sold come before. */
  firstAsked: number;
}

/** What supply is worth to a demand while nobody else is sold anything: who came before changes nothing about it. */
export interface EmptyMarket {
  /** Booked, on the lower quartile, whole micros. */
  weightMicros: number;
  /** On the median, whole micros. */
  medianMicros: number;
  /** Expected (q50) opportunities of its audience on each day of its flight, from the day it starts. */
  trafficByDay: number[];
  /** Listeners by their opportunities in the flight, where they were counted and a split goes by reach. */
  audience?: FlightAudience;
}

/**
 * @param supply the market's supply by day, over the flights of all that is sold: what is sold may move there
 * @param nowMs what has passed of a flight offers nothing
 * @param opportunitiesOf what of a cell's day can be sold: its lower quartile when absent
 */
export function openAvailability(
  asked: readonly Demand[],
  sold: readonly SoldDemand[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
  opportunitiesOf: (cell: SupplyDay['cells'][number]) => number = bookableOpportunities,
): Availability {
  const demands = [...sold, ...asked.map((demand) => ({ ...demand, remainingMicros: 0 }))];
  const model = modelMarket(demands, supply, nowMs, opportunitiesOf);
  const flow = openFlow(model.problem);
  sold.forEach((_, line) => route(flow, line, model.problem.demand[line] as number));
  return { model, flow, sold, asked, firstAsked: sold.length };
}

/** What of one sold demand's money supply can deliver beside all others, whole micros. */
export function deliverableMicros({ flow, sold }: Availability, which: number): number {
  const { clickPriceMicros, remainingMicros } = sold[which] as SoldDemand;
  return Math.min(remainingMicros, wholeMicros(routed(flow, which) * clickPriceMicros));
}

/** What one of those who ask could spend if the others that ask took nothing, whole micros. */
export function capacityMicros({ flow, asked, firstAsked }: Availability, which: number): number {
  const clicks = route(copyFlow(flow), firstAsked + which, Infinity);
  return wholeMicros(clicks * (asked[which] as Demand).clickPriceMicros);
}

/** Wishes that do not fit together are served in this many rounds of equal parts. */
const ROUNDS = 16;

/**
 * What of their wishes those who ask can have together, whole micros: floors first, then all that fits; scarce supply in
 * proportion to what each still wishes.
 */
export function place(
  availability: Availability,
  wishes: readonly { floorMicros: number; micros: number }[],
): number[] {
  const together = copyFlow(availability.flow);
  const floors = wishes.map(({ floorMicros, micros }) => Math.min(floorMicros, micros));
  const placed = takeAll(availability, together, floors);
  const rests = wishes.map(({ micros }, which) => micros - (floors[which] as number));
  const atOnce = takeAll(availability, copyFlow(together), rests);
  if (
    atOnce.every((micros, which) => micros === rests[which]) &&
    placed.every((micros, which) => micros === floors[which])
  )
    return wishes.map(({ micros }) => micros);
  const slices = rests.map((rest) => rest / ROUNDS);
  const rounds = rests.map(() => 0);
  for (let round = 0; round < ROUNDS; round++)
    takeAll(availability, together, slices).forEach((micros, which) => {
      rounds[which] = (rounds[which] as number) + micros;
    });
  return wishes.map(({ micros }, which) => {
    const taken = (placed[which] as number) + (rounds[which] as number);
    return Math.min(micros, wholeMicros(taken));
  });
}

/** Routes an amount for each of those who ask; what each got, in micros. */
function takeAll({ asked, firstAsked }: Availability, flow: Flow, amounts: readonly number[]): number[] {
  return asked.map(({ clickPriceMicros }, which) => {
    const micros = amounts[which] as number;
    if (micros <= 0) return 0;
    const routed = route(flow, firstAsked + which, micros / clickPriceMicros) * clickPriceMicros;
    return routed >= micros - Math.max(ROUNDING_MICROS, 4 * Number.EPSILON * micros) ? micros : routed;
  });
}

/** The cells that keep one of those who ask from more, and the sold lines (by their place) that contend for them. */
export function scarcity(
  { flow, model, firstAsked }: Availability,
  which: number,
): { cells: { segment: string; surface: string; fromAtMs: number; toAtMs: number }[]; contending: number[] } {
  const full = copyFlow(flow);
  route(full, firstAsked + which, Infinity);
  const { lines, cells } = bottleneck(full, firstAsked + which);
  const { audiences, cuts } = model;
  return {
    cells: cells.map((cell) => {
      const interval = Math.floor(cell / audiences.length);
      const audience = audiences[cell % audiences.length] as MarketModel['audiences'][number];
      return { ...audience, fromAtMs: cuts[interval] as number, toAtMs: cuts[interval + 1] as number };
    }),
    contending: lines.filter((line) => line < firstAsked),
  };
}

/** What an empty market is worth to a demand from `nowMs` on. */
export function emptyMarket(demand: Demand, supply: ReadonlyMap<string, SupplyDay>, nowMs: number): EmptyMarket {
  let bookedMicros = 0;
  let medianMicros = 0;
  const trafficByDay = daysBetween(demand.startAtMs, demand.endAtMs).map((day) => {
    const ofDay = supply.get(day);
    if (!ofDay) return 0;
    const midnightAtMs = Date.parse(day);
    const { hourShape } = ofDay;
    const ahead = shareOfDay(hourShape, midnightAtMs, Math.max(nowMs, demand.startAtMs), demand.endAtMs);
    const flown = shareOfDay(hourShape, midnightAtMs, demand.startAtMs, demand.endAtMs);
    let opportunities = 0;
    for (const cell of ofDay.cells) {
      if (!isEligible(demand, cell)) continue;
      const clickMicros = (cell.clickPpm * demand.clickPriceMicros) / 1e6;
      opportunities += flown * cell.q50;
      medianMicros += ahead * cell.q50 * clickMicros;
      bookedMicros += ahead * Math.max(0, bookableOpportunities(cell)) * clickMicros;
    }
    return Math.min(Number.MAX_SAFE_INTEGER, Math.round(opportunities));
  });
  return { weightMicros: wholeMicros(bookedMicros), medianMicros: wholeMicros(medianMicros), trafficByDay };
}

/** What rounding may lose of an amount that fits: clicks are real numbers, money is not. */
const ROUNDING_MICROS = 0.01;

function wholeMicros(amount: number): number {
  return Math.floor(Math.min(amount + ROUNDING_MICROS, MAX_MICROS));
}
