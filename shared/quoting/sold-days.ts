// A market's days with everything sold routed through them, for quick questions about what is left. It promises no more than
// the exact model of the market does, whose cells lie between any two instants at which a flight begins or ends.
import type { MarketView } from '../campaign/campaign-state.ts';
import { soldDemand } from '../campaign/open-markets.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { openAvailability } from '../planning/availability.ts';
import { prepareSnapshot, type AvailabilitySnapshot } from '../planning/availability-snapshot.ts';
import { bracket } from '../planning/bracket.ts';
import { routed } from '../planning/flow.ts';
import { flightStepMs, isEligible, type SoldDemand } from '../planning/market-model.ts';
import type { AllocationProblem } from '../planning/problem.ts';
import { BOOKABLE, flightDays, overFlight, shareBetween, type FlightDays, type MarketSupply } from './market-supply.ts';

/** Cells are those of the supply; amounts are expected clicks on the lower quartile. */
export interface SoldDays {
  supply: MarketSupply;
  /** What is sold on whole days, and routed; absent where nothing is. */
  problem: AllocationProblem | undefined;
  snapshot: AvailabilitySnapshot | undefined;
  /** Of each cell: all there is of it from now on, and what flights inside of its day take of it. */
  bookable: Float64Array;
  within: Float64Array;
  /** What the exact model delivers of all that is sold beyond what is routed here. */
  hiddenClicks: number;
  /** Flights are rounded inward to it where those that are sold begin and end at very many instants. */
  stepMs: number;
}

/**
 * Who flies on whole days may take from all of such a day; what of a flight is no whole day is left out, so that nobody is thought
 * to be able to move there. A flight without a whole day keeps its share of what there is, and does not move.
 */
export function soldDays(view: MarketView, supply: MarketSupply): SoldDays {
  const { asOfMs } = supply;
  const sold = soldDemand(view, '').filter(({ remainingMicros, endAtMs }) => remainingMicros > 0 && endAtMs > asOfMs);
  const bookable = bookableAhead(supply);
  const within = new Float64Array(bookable.length);
  const left = bookable.slice();
  const lines = sold.map((line) => ({
    ...line,
    days: wholeDays(line, supply),
    clicks: line.remainingMicros / line.clickPriceMicros,
  }));
  let routedClicks = 0;
  for (const line of lines) {
    if (line.days.last < line.days.first) routedClicks += keepShare(line, supply, left, within);
  }
  const moving = lines.filter(({ days }) => days.last >= days.first);
  const problem = moving.length > 0 ? problemOf(moving, supply, left) : undefined;
  const snapshot = problem && prepareSnapshot(problem, problem.demand);
  if (snapshot) routedClicks += sentClicks(snapshot);
  const soldClicks = lines.reduce((sum, { clicks }) => sum + clicks, 0);
  const isShort = soldClicks - routedClicks > 1e-6 * (1 + soldClicks);
  return {
    supply,
    problem,
    snapshot,
    bookable,
    within,
    hiddenClicks:
      isShort && lines.some((line) => !isWhole(line, supply))
        ? Math.max(0, exactClicks(sold, view, asOfMs) - routedClicks)
        : 0,
    stepMs: flightStepMs(sold, asOfMs),
  };
}

export interface Guest {
  startAtMs: number;
  endAtMs: number;
  /** Places of its audiences in the supply. */
  audiences: ArrayLike<number>;
}

/** What a new line can get without reducing anybody, in clicks, and all that would be there for it. */
export function leftFor(
  sold: SoldDays,
  { startAtMs, endAtMs, audiences }: Guest,
): { clicks: number; matchedClicks: number } {
  const { supply, snapshot, bookable, within, hiddenClicks } = sold;
  const flight = roundedFlight(sold, startAtMs, endAtMs);
  const width = supply.audiences.length;
  const count = audiences.length;
  let matchedClicks = 0;
  const whole = flightDays(supply, startAtMs, endAtMs);
  for (let at = 0; at < count; at++) matchedClicks += overFlight(supply, BOOKABLE, audiences[at] as number, whole);
  const cells = new Uint32Array(Math.max(0, flight.last - flight.first + 1) * count);
  const caps = new Float64Array(cells.length).fill(Infinity);
  let free = 0;
  for (let day = flight.first, next = 0; day <= flight.last; day++) {
    const share = day === flight.first ? flight.firstShare : day === flight.last ? flight.lastShare : 1;
    const isPart = share < dayAhead(supply, day) - 1e-9;
    for (let at = 0; at < count; at++, next++) {
      const cell = day * width + (audiences[at] as number);
      cells[next] = cell;
      const there = (bookable[cell] as number) - (within[cell] as number);
      if (isPart)
        caps[next] = Math.max(
          0,
          share * ((supply.measures[BOOKABLE] as Float64Array)[cell] as number) - (within[cell] as number),
        );
      free += Math.min(there, caps[next] as number);
    }
  }
  const lower = snapshot ? bracket(snapshot, { cells, caps }).lower : free;
  return { clicks: Math.max(0, Math.min(lower - hiddenClicks, matchedClicks)), matchedClicks };
}

/** Of each cell, what of its supply nothing sold takes, as it is routed: 0 to 1. */
export function freeShares({ snapshot, bookable, within }: SoldDays): Float64Array {
  return bookable.map((clicks, cell) => {
    if (clicks <= 0) return 1;
    if (!snapshot) return 1 - (within[cell] as number) / clicks;
    const { network } = snapshot.flow;
    return Math.max(
      0,
      Math.min(1, (snapshot.slack[cell] as number) / (network.grainsPerUnit[cell] as number) / clicks),
    );
  });
}

function bookableAhead(supply: MarketSupply): Float64Array {
  const bookable = (supply.measures[BOOKABLE] as Float64Array).slice();
  const width = supply.audiences.length;
  if (supply.days > 0) for (let at = 0; at < width; at++) bookable[at] = (bookable[at] as number) * dayAhead(supply, 0);
  return bookable;
}

/** Which part of a day is still to come. */
function dayAhead(supply: MarketSupply, day: number): number {
  if (day > 0) return 1;
  return shareBetween(supply, 0, supply.asOfMs, (supply.firstDay + 1) * DAY_MS);
}

/** The days on which a flight has all that is to come; what was too short for the exact model's rounding stays as it is. */
function wholeDays(
  { startAtMs, endAtMs }: SoldDemand,
  { asOfMs, firstDay, days }: MarketSupply,
): { first: number; last: number } {
  const first = startAtMs <= asOfMs ? 0 : Math.ceil(startAtMs / DAY_MS) - firstDay;
  return { first, last: Math.min(days, Math.floor(endAtMs / DAY_MS) - firstDay) - 1 };
}

function isWhole({ startAtMs, endAtMs }: SoldDemand, { asOfMs }: MarketSupply): boolean {
  return (startAtMs <= asOfMs || startAtMs % DAY_MS === 0) && endAtMs % DAY_MS === 0;
}

/** Takes what a short flight is owed from its cells, the same part of each. Returns what it got. */
function keepShare(
  line: SoldDemand & { clicks: number },
  supply: MarketSupply,
  left: Float64Array,
  within: Float64Array,
): number {
  const flight = flightDays(supply, line.startAtMs, line.endAtMs);
  const width = supply.audiences.length;
  const cells: { cell: number; most: number }[] = [];
  for (let day = flight.first; day <= flight.last; day++) {
    const share = day === flight.first ? flight.firstShare : flight.lastShare;
    supply.audiences.forEach((audience, at) => {
      if (!isEligible(line, audience)) return;
      const cell = day * width + at;
      const there = share * ((supply.measures[BOOKABLE] as Float64Array)[cell] as number) - (within[cell] as number);
      cells.push({ cell, most: Math.max(0, Math.min(left[cell] as number, there)) });
    });
  }
  const all = cells.reduce((sum, { most }) => sum + most, 0);
  const part = all > 0 ? Math.min(1, line.clicks / all) : 0;
  for (const { cell, most } of cells) {
    left[cell] = (left[cell] as number) - part * most;
    within[cell] = (within[cell] as number) + part * most;
  }
  return part * all;
}

function problemOf(
  lines: readonly (SoldDemand & { days: { first: number; last: number }; clicks: number })[],
  { audiences }: MarketSupply,
  left: Float64Array,
): AllocationProblem {
  const width = audiences.length;
  const edges: number[] = [];
  const lineStart = new Uint32Array(lines.length + 1);
  lines.forEach((line, index) => {
    const own = audiences.flatMap((audience, at) => (isEligible(line, audience) ? [at] : []));
    for (let day = line.days.first; day <= line.days.last; day++) {
      for (const at of own) if ((left[day * width + at] as number) > 0) edges.push(day * width + at);
    }
    lineStart[index + 1] = edges.length;
  });
  const worth = new Float64Array(edges.length);
  lines.forEach(({ clickPriceMicros }, line) => worth.fill(clickPriceMicros, lineStart[line], lineStart[line + 1]));
  const demand = Float64Array.from(lines, ({ clicks }) => clicks);
  return {
    supply: left,
    demand,
    lineStart,
    edgeCell: Uint32Array.from(edges),
    use: new Float64Array(edges.length).fill(1),
    worth,
    cap: new Float64Array(edges.length).fill(Infinity),
  };
}

function sentClicks({ flow, firstGuestEdge }: AvailabilitySnapshot): number {
  const { edgeLine, demandPerGrain } = flow.network;
  let clicks = 0;
  for (let edge = 0; edge < firstGuestEdge; edge++)
    clicks += (flow.sent[edge] as number) * (demandPerGrain[edgeLine[edge] as number] as number);
  return clicks;
}

function exactClicks(sold: readonly SoldDemand[], view: MarketView, asOfMs: number): number {
  const { flow } = openAvailability([], sold, view.supply, asOfMs);
  return sold.reduce((sum, _, line) => sum + routed(flow, line), 0);
}

/** A flight as the exact model would round it, or shorter. */
function roundedFlight({ supply, stepMs }: SoldDays, startAtMs: number, endAtMs: number): FlightDays {
  const fromMs = startAtMs <= supply.asOfMs ? startAtMs : Math.ceil(startAtMs / stepMs) * stepMs;
  const toMs = Math.floor(endAtMs / stepMs) * stepMs;
  return fromMs < toMs ? flightDays(supply, fromMs, toMs) : flightDays(supply, startAtMs, endAtMs);
}
