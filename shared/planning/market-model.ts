// One market's demand over time as an allocation problem. A cell is a segment on a surface between two instants at which
// a flight begins or ends, so it may last hours or weeks, and a line takes from whole cells only. Units are expected
// clicks: a click-priced line needs budget / price of them from whatever cells, so that every use is 1 and availability a
// plain flow.
import type { SupplyDay } from '../contracts/documents.ts';
import { DAY_MS, HOUR_MS, shareOfDay } from '../forecasting/traffic-clock.ts';
import type { AllocationProblem } from './problem.ts';

/** The audience of a subcampaign and what it pays. */
export interface Demand {
  segments: readonly string[];
  surfaces: readonly string[];
  clickPriceMicros: number;
  startAtMs: number;
  endAtMs: number;
}

/** Demand with the money it has still to spend. */
export interface SoldDemand extends Demand {
  remainingMicros: number;
}

export interface MarketModel {
  /** A line for each demand, in their order: demand in clicks, worth the click's price in micros, cap none. */
  problem: AllocationProblem;
  /** The instants between which cells lie, ascending. */
  cuts: readonly number[];
  /** The audiences of the cells: cell number = interval x audiences + audience. */
  audiences: readonly { segment: string; surface: string }[];
}

/** Flights are taken as they are while they begin and end at this many instants; beyond, they are rounded inward to hours. */
const MAX_CUTS = 256;
const STEPS_MS = [1, HOUR_MS, 6 * HOUR_MS, DAY_MS] as const;

/**
 * @param supply the market's supply by day; a day without supply offers nothing
 * @param nowMs what has passed of a flight offers nothing
 * @param opportunitiesOf what a cell's day counts as: a quantile of its forecast
 */
export function modelMarket(
  demands: readonly SoldDemand[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
  opportunitiesOf: (cell: SupplyDay['cells'][number]) => number,
): MarketModel {
  const flights = roundedFlights(demands, nowMs);
  const cuts = cutsOf(flights);
  const audiences = audiencesOf(supply);
  const clicks = clicksOf(supply, cuts, audiences, opportunitiesOf);
  const eligible = demands.map((demand) =>
    audiences.list.flatMap((audience, index) => (isEligible(demand, audience) ? [index] : [])),
  );
  const intervals = cuts.map((_, index) => index).slice(0, -1);
  const edges: number[] = [];
  const lineStart = new Uint32Array(demands.length + 1);
  flights.forEach(({ startAtMs, endAtMs }, line) => {
    for (const interval of intervals) {
      if ((cuts[interval] as number) < startAtMs || (cuts[interval + 1] as number) > endAtMs) continue;
      for (const audience of eligible[line] as number[]) {
        const cell = interval * audiences.list.length + audience;
        if ((clicks[cell] as number) > 0) edges.push(cell);
      }
    }
    lineStart[line + 1] = edges.length;
  });
  const worth = new Float64Array(edges.length);
  demands.forEach(({ clickPriceMicros }, line) => worth.fill(clickPriceMicros, lineStart[line], lineStart[line + 1]));
  return {
    problem: {
      supply: clicks,
      demand: Float64Array.from(demands, ({ remainingMicros, clickPriceMicros }) =>
        Math.max(0, remainingMicros / clickPriceMicros),
      ),
      lineStart,
      edgeCell: Uint32Array.from(edges),
      use: new Float64Array(edges.length).fill(1),
      worth,
      cap: new Float64Array(edges.length).fill(Infinity),
    },
    cuts,
    audiences: audiences.list,
  };
}

type Flight = Pick<Demand, 'startAtMs' | 'endAtMs'>;

/** What is left of each flight, rounded inward until they begin and end at few enough instants. */
function roundedFlights(demands: readonly Demand[], nowMs: number): Flight[] {
  const stepMs = stepFor(demands, nowMs, MAX_CUTS);
  return demands.map((demand) => roundedFlight(demand, nowMs, stepMs));
}

/** What flights are rounded inward to when one more is to be seen beside these, or more than that. */
export function flightStepMs(demands: readonly Flight[], nowMs: number): number {
  return stepFor(demands, nowMs, MAX_CUTS - 2);
}

function stepFor(demands: readonly Flight[], nowMs: number, mostCuts: number): number {
  const isEnough = (stepMs: number) =>
    cutsOf(demands.map((demand) => roundedFlight(demand, nowMs, stepMs))).length <= mostCuts;
  return STEPS_MS.find(isEnough) ?? DAY_MS;
}

/** What is left of a flight, rounded inward to a step of {@link flightStepMs}. */
export function roundedFlight({ startAtMs, endAtMs }: Flight, nowMs: number, stepMs: number): Flight {
  const rounded = {
    startAtMs: startAtMs <= nowMs ? nowMs : Math.ceil(startAtMs / stepMs) * stepMs,
    endAtMs: Math.floor(endAtMs / stepMs) * stepMs,
  };
  // What is too short for rounding stays as it is: what was sold must be seen.
  return rounded.startAtMs < rounded.endAtMs ? rounded : { startAtMs: Math.max(nowMs, startAtMs), endAtMs };
}

function cutsOf(flights: readonly Flight[]): number[] {
  const open = flights.filter(({ startAtMs, endAtMs }) => startAtMs < endAtMs);
  return [...new Set(open.flatMap(({ startAtMs, endAtMs }) => [startAtMs, endAtMs]))].sort((a, b) => a - b);
}

interface Audiences {
  list: { segment: string; surface: string }[];
  /** By segment, by surface: the place in the list. */
  indexOf: Map<string, Map<string, number>>;
}

function audiencesOf(supply: ReadonlyMap<string, SupplyDay>): Audiences {
  const audiences: Audiences = { list: [], indexOf: new Map() };
  for (const { cells } of supply.values()) {
    for (const { segment, surface } of cells) {
      const bySurface = audiences.indexOf.get(segment) ?? new Map<string, number>();
      audiences.indexOf.set(segment, bySurface);
      if (bySurface.has(surface)) continue;
      bySurface.set(surface, audiences.list.length);
      audiences.list.push({ segment, surface });
    }
  }
  return audiences;
}

/** Expected clicks of each cell. */
function clicksOf(
  supply: ReadonlyMap<string, SupplyDay>,
  cuts: readonly number[],
  audiences: Audiences,
  opportunitiesOf: (cell: SupplyDay['cells'][number]) => number,
): Float64Array {
  const clicks = new Float64Array(Math.max(0, cuts.length - 1) * audiences.list.length);
  for (const { day, hourShape, cells } of supply.values()) {
    const midnightAtMs = Date.parse(day);
    const ofDay = cells.map((cell) => (opportunitiesOf(cell) * cell.clickPpm) / 1e6);
    for (let interval = 0; interval + 1 < cuts.length; interval++) {
      const [fromAtMs, toAtMs] = [cuts[interval] as number, cuts[interval + 1] as number];
      if (toAtMs <= midnightAtMs || fromAtMs >= midnightAtMs + DAY_MS) continue;
      const share = shareOfDay(hourShape, midnightAtMs, fromAtMs, toAtMs);
      cells.forEach(({ segment, surface }, index) => {
        const audience = audiences.indexOf.get(segment)?.get(surface) as number;
        const cell = interval * audiences.list.length + audience;
        clicks[cell] = (clicks[cell] as number) + share * Math.max(0, ofDay[index] as number);
      });
    }
  }
  return clicks;
}

/** Whether a cell is in the audience. */
export function isEligible(
  demand: Pick<Demand, 'segments' | 'surfaces'>,
  cell: { segment: string; surface: string },
): boolean {
  return demand.segments.includes(cell.segment) && demand.surfaces.includes(cell.surface);
}
