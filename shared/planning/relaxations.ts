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
const EXTENSIONS_DAYS = [1, 2, 3, 4, 5, 6, 7, 14, 21];
const SHIFTS_DAYS = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7];

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
): Relaxation[][] {
  const asked = open.asked[which] as Demand;
  const room = roomByAudience(open, which);
  const ladders = [
    widenings(
      asked.segments,
      MAX_SEGMENTS,
      (segment) => roomOf(room, { ...asked, segments: [segment] }),
      room.map((one) => one.segment),
    ).map(({ names, change }): Relaxation => ({ kind: 'segments', terms: { ...asked, segments: names }, change })),
    widenings(
      asked.surfaces,
      MAX_SURFACES,
      (surface) => roomOf(room, { ...asked, surfaces: [surface] }),
      room.map((one) => one.surface),
    ).map(({ names, change }): Relaxation => ({ kind: 'surfaces', terms: { ...asked, surfaces: names }, change })),
    flights(
      asked,
      EXTENSIONS_DAYS.map((days) => [0, days]),
      supply,
      nowMs,
    ),
    flights(
      asked,
      SHIFTS_DAYS.map((days) => [days, days]),
      supply,
      nowMs,
    ),
  ];
  return ladders.filter((ladder) => ladder.length > 0);
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

function roomOf(room: readonly Room[], { segments, surfaces }: Pick<Demand, 'segments' | 'surfaces'>): number {
  return room.reduce(
    (sum, one) => sum + (segments.includes(one.segment) && surfaces.includes(one.surface) ? one.clicks : 0),
    0,
  );
}

/** One name more, then two, ... of those with the most room; among the first, each of the best three alone. */
function widenings(
  names: readonly string[],
  most: number,
  roomIn: (name: string) => number,
  all: readonly string[],
): { names: string[]; change: number }[] {
  const best = [...new Set(all)]
    .filter((name) => !names.includes(name))
    .map((name) => ({ name, clicks: roomIn(name) }))
    .filter(({ clicks }) => clicks > 0)
    .sort((one, other) => other.clicks - one.clicks || (one.name < other.name ? -1 : 1))
    .slice(0, Math.min(MAX_ADDED, most - names.length))
    .map(({ name }) => name);
  const added = [
    ...best.slice(0, 3).map((name) => [name]),
    ...best.map((_, count) => best.slice(0, count + 1)).slice(1),
  ];
  return added.map((more) => ({ names: [...names, ...more], change: more.length / Math.max(1, names.length) }));
}

/** The flight with its start and its end moved by days, where it may fly. */
function flights(
  asked: Demand,
  moves: readonly (readonly [number, number])[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): Relaxation[] {
  const lengthMs = asked.endAtMs - asked.startAtMs;
  const own = new Set(daysBetween(asked.startAtMs, asked.endAtMs));
  return moves.flatMap(([startDays, endDays]): Relaxation[] => {
    const startAtMs = asked.startAtMs + startDays * DAY_MS;
    const endAtMs = asked.endAtMs + endDays * DAY_MS;
    const isKnown = daysBetween(startAtMs, endAtMs).every((day) => own.has(day) || supply.has(day));
    if (!isKnown || endAtMs - startAtMs > MAX_FLIGHT_DAYS * DAY_MS || (startDays !== 0 && startAtMs < nowMs)) return [];
    const terms = { ...asked, startAtMs, endAtMs };
    return [{ kind: 'days', terms, change: (Math.abs(endDays) * DAY_MS) / lengthMs }];
  });
}
