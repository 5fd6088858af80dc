// The fast answer to "how much can a new line still get": never more than is truly there, and often decided by two
// sums. From below: slack in its own cells, then in cells that others can move to. From above: cuts.
import type { AvailabilitySnapshot } from './availability-snapshot.ts';
import { UNLISTED, forget, push, reach, type Trail } from './flow-search.ts';
import { PlanningError } from './planning-error.ts';

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
  return answer(snapshot, request, asked);
}

/**
 * The lower bound of {@link bracket} alone, which costs less.
 * @throws PlanningError `INVALID_PROBLEM` as {@link bracket}
 */
export function availableAtLeast(snapshot: AvailabilitySnapshot, request: AvailabilityRequest): number {
  const demandPerGrain = enrol(snapshot, request);
  const { matched, direct } = sums(snapshot);
  const moved = direct < matched ? roomByMoving(snapshot, matched - direct) : 0;
  return (direct + moved) * demandPerGrain;
}

/**
 * All that the line can get: lower and upper are one.
 * @throws PlanningError `INVALID_PROBLEM` as {@link bracket}
 */
export function availableExactly(snapshot: AvailabilitySnapshot, request: AvailabilityRequest): number {
  return answer(snapshot, request, undefined, true).lower;
}

function answer(
  snapshot: AvailabilitySnapshot,
  request: AvailabilityRequest,
  asked: number | undefined,
  isSearched = asked !== undefined,
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
  const lower = direct + roomByMoving(snapshot, Math.min(wanted, upper) - direct);
  if (!isSearched || lower >= wanted || lower === upper) return result(lower, upper);
  return result(...search(snapshot, { direct, upper, wanted }));
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
}

/** Takes the free grains, then moves others, until the question is decided; then takes it all back. Lower and upper. */
function search(snapshot: AvailabilitySnapshot, { direct, upper, wanted }: Search): [number, number] {
  const { flow, guest, firstGuestEdge } = snapshot;
  const { cap, edgeCell, lineStart } = flow.network;
  for (let edge = firstGuestEdge; edge < (lineStart[guest + 1] as number); edge++) {
    const cell = edgeCell[edge] as number;
    const grains = Math.min(cap[edge] as number, flow.slack[cell] as number);
    flow.sent[edge] = grains;
    flow.slack[cell] = (flow.slack[cell] as number) - grains;
  }
  let [lower, most] = [direct, upper];
  while (lower < Math.min(wanted, most)) {
    if (reach(flow, guest)) lower += push(flow, guest, wanted - lower);
    else most = lower;
    forget(flow.scratch);
  }
  takeBack(snapshot);
  return [lower, most];
}

/** What the guest gets when others are moved straight to slack, with no longer ways. Nobody is moved for it. */
function roomByMoving(
  { flow, guest, firstGuestEdge, questions, movable }: AvailabilitySnapshot,
  wanted: number,
): number {
  const { cap, edgeCell, lineStart } = flow.network;
  const { start, line: carrier, grains: carried, targetStart, target, room, slack, movedIn, place, taken } = movable;
  const end = lineStart[guest + 1] as number;
  slack.set(flow.slack);
  for (let own = firstGuestEdge; own < end; own++) {
    const cell = edgeCell[own] as number;
    slack[cell] = Math.max(0, (slack[cell] as number) - (cap[own] as number));
  }
  let moved = 0;
  for (let own = firstGuestEdge; own < end && moved < wanted; own++) {
    const cell = edgeCell[own] as number;
    let wish = Math.min((cap[own] as number) - (flow.slack[cell] as number), wanted - moved);
    for (let at = start[cell] as number; at < (start[cell + 1] as number) && wish > 0; at++) {
      const line = carrier[at] as number;
      if (movedIn[line] !== questions) {
        movedIn[line] = questions;
        place[line] = targetStart[line] as number;
        taken[line] = 0;
      }
      const last = targetStart[line + 1] as number;
      let to = place[line] as number;
      let there = carried[at] as number;
      while (wish > 0 && there > 0 && to < last) {
        const into = target[to] as number;
        const free = Math.min(slack[into] as number, (room[to] as number) - (taken[line] as number));
        const grains = Math.min(free, wish, there);
        slack[into] = (slack[into] as number) - grains;
        there -= grains;
        wish -= grains;
        moved += grains;
        if (grains < free) taken[line] = (taken[line] as number) + grains;
        else {
          to++;
          taken[line] = 0;
        }
      }
      place[line] = to;
    }
  }
  return moved;
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
