// The fast answer to "how much can a new line still get": never more than is truly there, and often decided by two
// sums. From below: slack in its own cells, then in cells that others can move to. From above: cuts.
import type { AvailabilitySnapshot } from './availability-snapshot.ts';
import { NONE, UNLISTED, change, forget, push, reach, type Trail } from './flow-search.ts';
import { PlanningError } from './planning-error.ts';

/** How much is tried for a request that asks no amount: an edge looked at is 1, an edge moved to this much more. */
const MOVE_WORK = 16;
const WORK_UNASKED = 14_000;

export interface AvailabilityRequest {
  /** The cells that the line may take from; one that is named twice counts once, with both caps. */
  cells: Uint32Array;
  /** Of each of the cells, the most units; none when absent. */
  caps?: Float64Array;
  /** Of each of the cells, what one unit uses up; 1 when absent. In proportion to what units use up of other lines. */
  use?: Float64Array;
}

/** What the line can get, in the unit of its demand, without reducing anybody: at least `lower`, at most `upper`. */
export interface Bracket {
  lower: number;
  upper: number;
  /** The two are one. */
  isExact: boolean;
}

/**
 * Stops as soon as `asked` is decided: it is at most `lower` (yes) or above `upper` (no). Whatever sums and cuts leave
 * open is searched to the end, exactly. Without `asked` it stops after one round of moving others.
 * The snapshot is afterwards what it was before.
 * @throws PlanningError `INVALID_PROBLEM` for cells that do not exist, amounts that make no sense, uses out of proportion
 */
export function bracket(snapshot: AvailabilitySnapshot, request: AvailabilityRequest, asked?: number): Bracket {
  if (asked !== undefined && !(asked >= 0)) throw invalid(`asked is ${asked}, expected 0 or more`);
  return answer(snapshot, request, asked, asked === undefined ? WORK_UNASKED : Infinity);
}

/**
 * The lower bound of {@link bracket} alone, which costs less.
 * @param mostWork how long room that others can make is looked for, an edge looked at being 1
 * @throws PlanningError `INVALID_PROBLEM` as {@link bracket}
 */
export function availableAtLeast(
  snapshot: AvailabilitySnapshot,
  request: AvailabilityRequest,
  mostWork: number,
): number {
  const demandPerGrain = enrol(snapshot, request);
  const { matched, direct } = sums(snapshot);
  if (direct === matched) return direct * demandPerGrain;
  const [lower] = search(snapshot, { direct, upper: matched, wanted: matched, mostWork });
  return lower * demandPerGrain;
}

/**
 * All that the line can get: lower and upper are one.
 * @throws PlanningError `INVALID_PROBLEM` as {@link bracket}
 */
export function availableExactly(snapshot: AvailabilitySnapshot, request: AvailabilityRequest): number {
  return answer(snapshot, request, undefined, Infinity).lower;
}

function answer(
  snapshot: AvailabilitySnapshot,
  request: AvailabilityRequest,
  asked: number | undefined,
  mostWork: number,
): Bracket {
  const demandPerGrain = enrol(snapshot, request);
  const { matched, direct } = sums(snapshot);
  // Relative rounding of a whole number of grains must not ask for one grain more than there is.
  const wanted = asked === undefined ? Infinity : Math.ceil((asked / demandPerGrain) * (1 - 2 ** -52));
  const result = (lower: number, upper: number): Bracket => ({
    lower: lower >= wanted ? Math.max(lower * demandPerGrain, asked as number) : lower * demandPerGrain,
    upper: upper * demandPerGrain,
    isExact: lower === upper,
  });
  const isRefused = (upper: number) => asked !== undefined && upper < wanted;
  if (direct >= wanted || isRefused(matched) || direct === matched) return result(direct, matched);
  const upper = Math.min(matched, tightestCut(snapshot));
  if (isRefused(upper) || direct === upper) return result(direct, upper);
  return result(...search(snapshot, { direct, upper, wanted, mostWork }));
}

/** Enters the request as the guest's edges. Returns what a grain is worth in the unit of its demand. */
function enrol(snapshot: AvailabilitySnapshot, { cells, caps, use }: AvailabilityRequest): number {
  const { flow, guest, firstGuestEdge, askedBy, guestEdge } = snapshot;
  const { supply, cap, edgeCell, lineStart, grainsPerUnit } = flow.network;
  if ((caps?.length ?? cells.length) !== cells.length) throw invalid(`${cells.length} cells have ${caps?.length} caps`);
  if ((use?.length ?? cells.length) !== cells.length) throw invalid(`${cells.length} cells have ${use?.length} uses`);
  const question = ++snapshot.questions;
  let end = firstGuestEdge;
  let demandPerGrain = 0;
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at] as number;
    if (cell >= supply.length) throw invalid(`there is no cell ${cell} of ${supply.length}`);
    const worth = (use ? (use[at] as number) : 1) / (grainsPerUnit[cell] as number);
    if (at === 0) demandPerGrain = worth;
    if (!(Math.abs(worth - demandPerGrain) <= 1e-9 * demandPerGrain && worth > 0))
      throw invalid(`cell ${cell} has use ${use?.[at] ?? 1}, out of proportion to that of other lines`);
    const units = caps ? (caps[at] as number) : Infinity;
    if (!(units >= 0)) throw invalid(`cell ${cell} has cap ${units}, expected 0 or more`);
    if (flow.isClosed[cell] === 1) continue;
    const grains = Math.floor(units * (grainsPerUnit[cell] as number));
    const isNew = askedBy[cell] !== question;
    const edge = isNew ? end++ : (guestEdge[cell] as number);
    askedBy[cell] = question;
    guestEdge[cell] = edge;
    edgeCell[edge] = cell;
    cap[edge] = Math.min(supply[cell] as number, isNew ? grains : grains + (cap[edge] as number));
  }
  lineStart[guest + 1] = end;
  return demandPerGrain;
}

/** All that the request's cells have, and what of it is free now. */
function sums({ flow, guest, firstGuestEdge }: AvailabilitySnapshot): { matched: number; direct: number } {
  const { cap, edgeCell, lineStart } = flow.network;
  let [matched, direct] = [0, 0];
  for (let edge = firstGuestEdge; edge < (lineStart[guest + 1] as number); edge++) {
    const [most, free] = [cap[edge] as number, flow.slack[edgeCell[edge] as number] as number];
    matched += most;
    direct += most < free ? most : free;
  }
  return { matched, direct };
}

/**
 * The least of these bounds, one for each scarce set: what is left of the set, and all of the request's cells outside of
 * it, minus what is owed to lines that have no other cells than those.
 */
function tightestCut(snapshot: AvailabilitySnapshot): number {
  const { flow, guest, firstGuestEdge, sets, outside, confinable } = snapshot;
  const { supply, cap, edgeCell, lineStart } = flow.network;
  outside.fill(0);
  for (let edge = firstGuestEdge; edge < (lineStart[guest + 1] as number); edge++) {
    const cell = edgeCell[edge] as number;
    const rank = sets.cellRank[cell] as number;
    outside[rank] = (outside[rank] as number) + (cap[edge] as number);
    if ((cap[edge] as number) < (supply[cell] as number)) continue;
    for (let kind = confinable.start[cell] as number; kind < (confinable.start[cell + 1] as number); kind++) {
      if (!isConfined(snapshot, confinable.line[kind] as number)) continue;
      const ofKind = confinable.rank[kind] as number;
      outside[ofKind] = (outside[ofKind] as number) - (confinable.owed[kind] as number);
    }
  }
  let [least, beyond] = [Infinity, 0];
  for (let set = 0; set < sets.count; set++) {
    least = Math.min(least, (sets.left[set] as number) + beyond);
    beyond += outside[set] as number;
  }
  return least;
}

/** Whether the request may have all of every open cell that a line may take from. */
function isConfined({ flow, askedBy, guestEdge, questions }: AvailabilitySnapshot, line: number): boolean {
  const { lineStart, edgeCell, cap, supply } = flow.network;
  for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
    const cell = edgeCell[edge] as number;
    const isInside =
      askedBy[cell] === questions && (cap[guestEdge[cell] as number] as number) >= (supply[cell] as number);
    if (!isInside && flow.isClosed[cell] === 0 && cap[edge] !== 0) return false;
  }
  return true;
}

interface Search {
  direct: number;
  upper: number;
  wanted: number;
  /** Infinity: it is searched to the end. */
  mostWork: number;
}

/** Takes the free grains, then moves others, until the question is decided; then takes it all back. Lower and upper. */
function search(snapshot: AvailabilitySnapshot, { direct, upper, wanted, mostWork }: Search): [number, number] {
  const { flow, guest, firstGuestEdge } = snapshot;
  const { cap, edgeCell, lineStart } = flow.network;
  for (let edge = firstGuestEdge; edge < (lineStart[guest + 1] as number); edge++) {
    const cell = edgeCell[edge] as number;
    const grains = Math.min(cap[edge] as number, flow.slack[cell] as number);
    flow.sent[edge] = grains;
    flow.slack[cell] = (flow.slack[cell] as number) - grains;
  }
  let [lower, most] = [direct, upper];
  lower += moveOthers(snapshot, wanted - lower, mostWork);
  while (mostWork === Infinity && lower < Math.min(wanted, most)) {
    if (reach(flow, guest)) lower += push(flow, guest, wanted - lower);
    else most = lower;
    forget(flow.scratch);
  }
  takeBack(snapshot);
  return [lower, most];
}

/** Moves others straight to slack, with no search for longer ways. Returns the grains that the guest got by it. */
function moveOthers(
  { flow, guest, firstGuestEdge, questions, movedIn, targetOf }: AvailabilitySnapshot,
  wanted: number,
  mostWork: number,
): number {
  const { network, sent, slack, firstCarrying, nextCarrying } = flow;
  const { cap, edgeCell, edgeLine, lineStart } = network;
  const end = lineStart[guest + 1] as number;
  let [grains, work] = [0, 0];
  for (let own = firstGuestEdge; own < end && grains < wanted && work < mostWork; own++) {
    let room = Math.min((cap[own] as number) - (sent[own] as number), wanted - grains);
    for (
      let from = firstCarrying[edgeCell[own] as number] as number;
      from !== NONE && room > 0;
      from = nextCarrying[from] as number
    ) {
      const line = edgeLine[from] as number;
      if (line === guest) continue;
      if (movedIn[line] !== questions) [movedIn[line], targetOf[line]] = [questions, lineStart[line] as number];
      const last = lineStart[line + 1] as number;
      const first = targetOf[line] as number;
      let to = first;
      let there = sent[from] as number;
      while (room > 0 && there > 0) {
        while (to < last && slack[edgeCell[to] as number] === 0) to++;
        if (to === last) break;
        const target = edgeCell[to] as number;
        const free = Math.min(slack[target] as number, (cap[to] as number) - (sent[to] as number));
        const moved = to === from ? 0 : Math.min(free, room, there);
        if (moved > 0) {
          change(flow, from, -moved);
          change(flow, to, moved);
          sent[own] = (sent[own] as number) + moved;
          slack[target] = (slack[target] as number) - moved;
          there -= moved;
          room -= moved;
          grains += moved;
          work += MOVE_WORK;
        }
        if (moved === 0 || moved === free) to++;
      }
      targetOf[line] = to;
      work += to - first + 1;
    }
  }
  return grains;
}

function takeBack({ flow, guest, firstGuestEdge, sent, slack, firstCarrying }: AvailabilitySnapshot): void {
  const { edgeCell, lineStart } = flow.network;
  const trail = flow.trail as Trail;
  const restore = (edge: number) => {
    const cell = edgeCell[edge] as number;
    flow.sent[edge] = sent[edge] as number;
    flow.slack[cell] = slack[cell] as number;
    // New entries stand before all others: the list is again what it was from the old head on.
    flow.firstCarrying[cell] = firstCarrying[cell] as number;
    if (sent[edge] === 0) flow.nextCarrying[edge] = UNLISTED;
    trail.isIn[edge] = 0;
  };
  for (let at = 0; at < trail.count; at++) restore(trail.edges[at] as number);
  for (let edge = firstGuestEdge; edge < (lineStart[guest + 1] as number); edge++) restore(edge);
  trail.count = 0;
}

function invalid(message: string): PlanningError {
  return new PlanningError('INVALID_PROBLEM', message);
}
