// How the terms of a request that does not fit could be loosened, one kind of change at a time: more segments, more
// surfaces, a longer flight, another flight. It looks where there is room; whether a change fits, the flow must say.
import { MAX_FLIGHT_DAYS } from '../contracts/events.ts';
import { MAX_SEGMENTS, MAX_SURFACES } from '../contracts/outcomes.ts';
import type { SupplyDay } from '../contracts/documents.ts';
import { DAY_MS, daysBetween } from '../forecasting/traffic-clock.ts';
import type { Availability } from './availability.ts';
import { displacement } from './displacement.ts';
import { copyFlow, route, routedByEdge } from './flow.ts';
import type { Demand } from './market-model.ts';

export interface Relaxation {
  kind: 'segments' | 'surfaces' | 'days';
  /** All terms, changed in what the kind says. */
  terms: Demand;
  /** How much is changed, as a share of what was asked: segments added to two are .5, a week moved by a day 1/7. */
  change: number;
}

/** At most this many segments or surfaces are added: a request with more is another request. */
const MAX_ADDED = 4;
const EXTENSIONS_DAYS = [1, 2, 3, 5, 7, 14];
const SHIFTS_DAYS = [1, -1, 2, -2, 3, -3, 7, -7];

/** Ways to change one kind of term, each from the smallest change on. */
export interface Ladder {
  rungs: Relaxation[];
  /** Whether each rung holds all that the ones before it hold, so that it reaches at least as much. */
  isNested: boolean;
}

/**
 * Ladders of changes, each from the smallest change on. Segments and surfaces come from the cells where there is most room,
 * free or to be freed by moving what is sold. Days are whole, have supply, and never begin before now.
 * @param which one of those who ask in `open`
 * @param supply the days that an offer may use
 */
export function relaxations(
  open: Availability,
  which: number,
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): Ladder[] {
  const asked = open.asked[which] as Demand;
  const room = roomByAudience(open, which);
  const segments = widened(
    asked.segments,
    MAX_SEGMENTS,
    room.map(({ segment, surface, clicks }) => ({
      name: segment,
      clicks: asked.surfaces.includes(surface) ? clicks : 0,
    })),
  );
  const surfaces = widened(
    asked.surfaces,
    MAX_SURFACES,
    room.map(({ segment, surface, clicks }) => ({
      name: surface,
      clicks: asked.segments.includes(segment) ? clicks : 0,
    })),
  );
  const longer = EXTENSIONS_DAYS.map((days) => ({ startDays: 0, endDays: days }));
  const moved = SHIFTS_DAYS.map((days) => ({ startDays: days, endDays: days }));
  const ladders: Ladder[] = [
    {
      rungs: segments.map(({ names, change }) => ({ kind: 'segments', terms: { ...asked, segments: names }, change })),
      isNested: true,
    },
    {
      rungs: surfaces.map(({ names, change }) => ({ kind: 'surfaces', terms: { ...asked, surfaces: names }, change })),
      isNested: true,
    },
    { rungs: flights(asked, longer, supply, nowMs), isNested: true },
    { rungs: flights(asked, moved, supply, nowMs), isNested: false },
  ];
  return ladders.filter(({ rungs }) => rungs.length > 0);
}

interface Room {
  segment: string;
  surface: string;
  /** Clicks that are free in the flight, or would be when others moved. */
  clicks: number;
}

function roomByAudience({ model, flow, asked, firstAsked }: Availability, which: number): Room[] {
  const { audiences, cuts, problem } = model;
  const full = copyFlow(flow);
  route(full, firstAsked + which, Infinity);
  const { cell: cost, line: movable } = displacement(full, new Float64Array(problem.demand.length).fill(Infinity));
  const clicks = problem.supply.slice();
  const sent = routedByEdge(full);
  for (let line = 0; line < problem.demand.length; line++) {
    if (movable[line] === 0) continue;
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      const cell = problem.edgeCell[edge] as number;
      clicks[cell] = (clicks[cell] as number) - (sent[edge] as number);
    }
  }
  const { startAtMs, endAtMs } = asked[which] as Demand;
  const rooms = audiences.map((audience) => ({ ...audience, clicks: 0 }));
  for (let interval = 0; interval + 1 < cuts.length; interval++) {
    if ((cuts[interval] as number) < startAtMs || (cuts[interval + 1] as number) > endAtMs) continue;
    rooms.forEach((one, audience) => {
      const cell = interval * audiences.length + audience;
      if (cost[cell] === 0) one.clicks += clicks[cell] as number;
    });
  }
  return rooms;
}

/** One name more, then two, ... of those with the most room. */
function widened(
  names: readonly string[],
  most: number,
  rooms: readonly { name: string; clicks: number }[],
): { names: string[]; change: number }[] {
  const others = Map.groupBy(
    rooms.filter(({ name, clicks }) => clicks > 0 && !names.includes(name)),
    ({ name }) => name,
  );
  return [...others]
    .map(([name, own]) => ({ name, clicks: own.reduce((sum, { clicks }) => sum + clicks, 0) }))
    .sort((one, other) => other.clicks - one.clicks || (one.name < other.name ? -1 : 1))
    .slice(0, Math.max(0, Math.min(MAX_ADDED, most - names.length)))
    .map((_, index, best) => ({
      names: [...names, ...best.slice(0, index + 1).map(({ name }) => name)],
      change: (index + 1) / Math.max(1, names.length),
    }));
}

/** The flight with its start and its end moved by days, where it may fly. */
function flights(
  asked: Demand,
  moves: readonly { startDays: number; endDays: number }[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): Relaxation[] {
  const lengthMs = asked.endAtMs - asked.startAtMs;
  const own = new Set(daysBetween(asked.startAtMs, asked.endAtMs));
  return moves.flatMap(({ startDays, endDays }): Relaxation[] => {
    const startAtMs = asked.startAtMs + startDays * DAY_MS;
    const endAtMs = asked.endAtMs + endDays * DAY_MS;
    const isKnown = daysBetween(startAtMs, endAtMs).every((day) => own.has(day) || supply.has(day));
    if (!isKnown || endAtMs - startAtMs > MAX_FLIGHT_DAYS * DAY_MS || (startDays !== 0 && startAtMs < nowMs)) return [];
    const terms = { ...asked, startAtMs, endAtMs };
    return [{ kind: 'days', terms, change: (Math.abs(endDays) * DAY_MS) / lengthMs }];
  });
}
