// A market's supply with everything sold routed through it, for quick questions about what is left. It promises no more than the
// exact model of the market does.
import type { MarketView } from '../campaign/campaign-state.ts';
import { soldDemand } from '../campaign/open-markets.ts';
import { openAvailability } from '../planning/availability.ts';
import { prepareSnapshot, type AvailabilitySnapshot } from '../planning/availability-snapshot.ts';
import { availableAtLeast } from '../planning/bracket.ts';
import { openFlow, route, routed } from '../planning/flow.ts';
import { flightStepMs, isEligible, roundedFlight, type SoldDemand } from '../planning/market-model.ts';
import type { AllocationProblem } from '../planning/problem.ts';
import { BOOKABLE, flightDays, overFlight, type MarketSupply } from './market-supply.ts';
import { cutBefore, quoteCuts } from './quote-cuts.ts';

/** Cell number = interval x audiences + audience; amounts are expected clicks on the lower quartile. */
export interface SoldCells {
  supply: MarketSupply;
  /** The instants between which cells lie, ascending. */
  cuts: readonly number[];
  /** What is sold in whole cells, and is routed; absent where nothing is. */
  problem: AllocationProblem | undefined;
  snapshot: AvailabilitySnapshot | undefined;
  /** Of each cell: all there is of it, and what is kept for flights that have only a part of it. */
  bookable: Float64Array;
  within: Float64Array;
  /** What the exact model delivers of all that is sold beyond what is routed and kept here. */
  hiddenClicks: number;
  /** Flights are rounded inward to it where those that are sold begin and end at very many instants. */
  stepMs: number;
}

/** A line with the intervals of which it has all, and the clicks that it is owed there. */
interface SoldLine extends SoldDemand {
  first: number;
  last: number;
  clicks: number;
}

/** How often what whole cells cannot deliver is looked for in the rest of a flight: each time it takes room from others. */
const ROUNDS = 3;
/** Less than this part of what is owed is a rounding error. */
const NEGLIGIBLE = 1e-6;

/**
 * Who has all of a cell may take from it at any time of it, and is moved there for others. What whole cells have not for a line is
 * kept where the rest of its flight lies, and does not move.
 */
export function soldCells(view: MarketView, supply: MarketSupply): SoldCells {
  const { asOfMs } = supply;
  const sold = soldDemand(view, '').filter(({ remainingMicros, endAtMs }) => remainingMicros > 0 && endAtMs > asOfMs);
  const stepMs = flightStepMs(sold, asOfMs);
  // As the exact model takes them: who may take from less of its flight leaves less to others.
  const flights = sold.map((line) => ({ ...line, ...roundedFlight(line, asOfMs, stepMs) }));
  const cuts = quoteCuts(flights, supply);
  const bookable = bookableOf(supply, cuts);
  const within = new Float64Array(bookable.length);
  const left = bookable.slice();
  const parts = { supply, cuts, left, within };
  const lines = flights.map((line): SoldLine => {
    const first = cutBefore(cuts, Math.max(asOfMs, line.startAtMs) - 1) + 1;
    const last = cutBefore(cuts, line.endAtMs) - 1;
    return { ...line, first, last, clicks: line.remainingMicros / line.clickPriceMicros };
  });
  const soldClicks = lines.reduce((sum, { clicks }) => sum + clicks, 0);
  for (let round = 0; round < ROUNDS; round++) {
    let kept = 0;
    for (const { line, missing } of undelivered(lines, supply, left)) {
      let own = 0;
      for (const piece of piecesOf(line, cuts)) own += keepShare(line, missing - own, piece, parts);
      line.clicks = Math.max(0, line.clicks - own);
      kept += own;
    }
    if (kept <= NEGLIGIBLE * soldClicks) break;
  }
  const owed = lines.filter(({ clicks, first, last }) => clicks > 0 && last >= first);
  const problem = owed.length > 0 ? problemOf(owed, supply, left) : undefined;
  const snapshot = problem && prepareSnapshot(problem, problem.demand);
  const stillOwed = lines.reduce((sum, { clicks }) => sum + clicks, 0);
  const shortClicks = stillOwed - (snapshot ? sentClicks(snapshot) : 0);
  const isHidden = shortClicks > NEGLIGIBLE * soldClicks && lines.some((line) => piecesOf(line, cuts).length > 0);
  return {
    supply,
    cuts,
    problem,
    snapshot,
    bookable,
    within,
    hiddenClicks: isHidden ? Math.max(0, exactClicks(sold, view, asOfMs) - (soldClicks - shortClicks)) : 0,
    stepMs,
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
  sold: SoldCells,
  { startAtMs, endAtMs, audiences }: Guest,
): { clicks: number; matchedClicks: number } {
  const { supply, cuts, snapshot, bookable, within, hiddenClicks } = sold;
  const width = supply.audiences.length;
  const count = audiences.length;
  const flight = flightDays(supply, startAtMs, endAtMs);
  let matchedClicks = 0;
  for (let at = 0; at < count; at++) matchedClicks += overFlight(supply, BOOKABLE, audiences[at] as number, flight);
  const rounded = roundedFlight({ startAtMs, endAtMs }, supply.asOfMs, sold.stepMs);
  const { startAtMs: fromMs, endAtMs: toMs } = rounded;
  const first = cutBefore(cuts, fromMs);
  const last = Math.min(cuts.length - 2, cutBefore(cuts, toMs - 1));
  if (matchedClicks === 0 || fromMs >= toMs || last < first) return { clicks: 0, matchedClicks };
  const cells = new Uint32Array((last - first + 1) * count);
  const caps = new Float64Array(cells.length).fill(Infinity);
  let free = 0;
  for (let interval = first, next = 0; interval <= last; interval++) {
    const [cutMs, nextMs] = [cuts[interval] as number, cuts[interval + 1] as number];
    const part =
      cutMs < fromMs || nextMs > toMs ? flightDays(supply, Math.max(cutMs, fromMs), Math.min(nextMs, toMs)) : undefined;
    for (let at = 0; at < count; at++, next++) {
      const cell = interval * width + (audiences[at] as number);
      cells[next] = cell;
      const kept = within[cell] as number;
      if (part) caps[next] = Math.max(0, overFlight(supply, BOOKABLE, audiences[at] as number, part) - kept);
      free += Math.min((bookable[cell] as number) - kept, caps[next] as number);
    }
  }
  const lower = snapshot ? availableAtLeast(snapshot, { cells, caps }) : free;
  return { clicks: Math.max(0, Math.min(lower - hiddenClicks, matchedClicks)), matchedClicks };
}

/** Of each cell, what of its supply nothing sold takes, as it is routed: 0 to 1. */
export function freeShares({ snapshot, bookable, within }: SoldCells): Float64Array {
  return bookable.map((clicks, cell) => {
    if (clicks <= 0) return 1;
    if (!snapshot) return 1 - (within[cell] as number) / clicks;
    const { grainsPerUnit } = snapshot.flow.network;
    return Math.max(0, Math.min(1, (snapshot.slack[cell] as number) / (grainsPerUnit[cell] as number) / clicks));
  });
}

function bookableOf(supply: MarketSupply, cuts: readonly number[]): Float64Array {
  const width = supply.audiences.length;
  const bookable = new Float64Array(Math.max(0, cuts.length - 1) * width);
  for (let interval = 0; interval + 1 < cuts.length; interval++) {
    const days = flightDays(supply, cuts[interval] as number, cuts[interval + 1] as number);
    for (let at = 0; at < width; at++) bookable[interval * width + at] = overFlight(supply, BOOKABLE, at, days);
  }
  return bookable;
}

/** Lines that whole cells do not give all that they are owed, and what is missing. */
function undelivered(
  lines: readonly SoldLine[],
  supply: MarketSupply,
  left: Float64Array,
): { line: SoldLine; missing: number }[] {
  const flow = openFlow(problemOf(lines, supply, left));
  return lines.flatMap((line, index) => {
    const missing = line.clicks - route(flow, index, line.clicks);
    return missing > NEGLIGIBLE * line.clicks ? [{ line, missing }] : [];
  });
}

interface Piece {
  startAtMs: number;
  endAtMs: number;
}

/** What of a flight lies in cells of which it has not all. */
function piecesOf(line: SoldLine, cuts: readonly number[]): Piece[] {
  const startAtMs = Math.max(line.startAtMs, cuts[0] as number);
  const endAtMs = Math.min(line.endAtMs, cuts.at(-1) as number);
  if (line.last < line.first) return startAtMs < endAtMs ? [{ startAtMs, endAtMs }] : [];
  return [
    { startAtMs, endAtMs: cuts[line.first] as number },
    { startAtMs: cuts[line.last + 1] as number, endAtMs },
  ].filter((piece) => piece.startAtMs < piece.endAtMs);
}

/** Takes what a line is owed from the cells of a piece of its flight, the same part of each. Returns what it got. */
function keepShare(
  line: SoldDemand,
  clicks: number,
  { startAtMs, endAtMs }: Piece,
  {
    supply,
    cuts,
    left,
    within,
  }: { supply: MarketSupply; cuts: readonly number[]; left: Float64Array; within: Float64Array },
): number {
  const width = supply.audiences.length;
  const cells: { cell: number; most: number }[] = [];
  const last = Math.min(cuts.length - 2, cutBefore(cuts, endAtMs - 1));
  for (let interval = cutBefore(cuts, startAtMs); interval <= last; interval++) {
    const [cutMs, nextMs] = [cuts[interval] as number, cuts[interval + 1] as number];
    const days = flightDays(supply, Math.max(cutMs, startAtMs), Math.min(nextMs, endAtMs));
    supply.audiences.forEach((audience, at) => {
      if (!isEligible(line, audience)) return;
      const cell = interval * width + at;
      const there = overFlight(supply, BOOKABLE, at, days) - (within[cell] as number);
      cells.push({ cell, most: Math.max(0, Math.min(left[cell] as number, there)) });
    });
  }
  const all = cells.reduce((sum, { most }) => sum + most, 0);
  const part = all > 0 ? Math.min(1, clicks / all) : 0;
  for (const { cell, most } of cells) {
    left[cell] = Math.max(0, (left[cell] as number) - part * most);
    within[cell] = (within[cell] as number) + part * most;
  }
  return part * all;
}

function problemOf(lines: readonly SoldLine[], { audiences }: MarketSupply, left: Float64Array): AllocationProblem {
  const width = audiences.length;
  const edges: number[] = [];
  const lineStart = new Uint32Array(lines.length + 1);
  lines.forEach((line, index) => {
    const own = audiences.flatMap((audience, at) => (isEligible(line, audience) ? [at] : []));
    for (let interval = line.first; interval <= line.last; interval++) {
      for (const at of own) if ((left[interval * width + at] as number) > 0) edges.push(interval * width + at);
    }
    lineStart[index + 1] = edges.length;
  });
  const worth = new Float64Array(edges.length);
  lines.forEach(({ clickPriceMicros }, line) => worth.fill(clickPriceMicros, lineStart[line], lineStart[line + 1]));
  return {
    supply: left,
    demand: Float64Array.from(lines, ({ clicks }) => clicks),
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
