// The most that a market's requests could have been worth, had everything been known beforehand: the dual of the programme
// that gives each request's slots to different lines and offers within every line's budget, over all requests that came, at
// their true expected clicks. Caps, leases, floors and everything else that binds ad servers is left out. No assignment is
// worth more at whatever prices; solved prices make the bound tight.
import { solveLivePrices } from '../shared/planning/live-price.ts';
import type { RequestLog } from './world/request-log.ts';

/** To solve prices, about so many of the requests are looked at; the bound itself is over all. */
const SAMPLED = 20_000;

export interface BoundedLine {
  segments: readonly string[];
  surfaces: readonly string[];
  startAtMs: number;
  endAtMs: number;
  clickPriceMicros: number;
  budgetMicros: number;
  /** Of a unit of its money, beside one of spot money. */
  worth: number;
}

export interface BoundedMarket {
  log: RequestLog;
  /** In the order of the log's places. */
  cells: readonly { segment: string; surface: string; clickRate: number }[];
  lines: readonly BoundedLine[];
  /** What a line's clicks in each slot are beside those in the first one, falling. An offer pays for a slot as it bids. */
  positions: readonly number[];
}

/** In units of spot money, micros: budgets at their prices, and of every request the best net values for its slots. */
export function hindsightBound(market: BoundedMarket): number {
  const rooms = roomsOf(market);
  const prices = solvePrices(market, rooms);
  const { log, cells, lines, positions } = market;
  const worthOf = ({ worth, budgetMicros }: BoundedLine) => worth * budgetMicros;
  let bound = lines.reduce((sum, line, index) => sum + worthOf(line) * (prices[index] as number), 0);
  const net = lines.map(
    ({ worth, clickPriceMicros }, line) => worth * clickPriceMicros * (1 - (prices[line] as number)),
  );
  // Of a room, its lines' net values of a click; a request takes the best ones.
  const bestOf = rooms.eligible.map((own) => own.map((line) => net[line] as number).sort((a, b) => b - a));
  for (let index = 0; index < log.count(); index++) {
    const { atMs, place, responseMultiplier, slots, bestOffer, secondOffer } = log.get(index);
    const clicks = (cells[place]?.clickRate ?? 0) * responseMultiplier;
    const best = bestOf[rooms.roomAt(atMs, place)] ?? [];
    const offers = [bestOffer, secondOffer];
    let most = 0;
    for (let taken = 0; taken <= slots; taken++) {
      let value = 0;
      for (let slot = 0; slot < taken; slot++) value += (positions[slot] ?? 0) * (best[slot] ?? 0) * clicks;
      for (let slot = taken; slot < slots; slot++) value += offers[slot - taken] ?? 0;
      most = Math.max(most, value);
    }
    bound += most;
  }
  return bound;
}

/** A room is a cell between two instants at which flights begin or end: who is eligible in it does not change. */
interface Rooms {
  roomAt: (atMs: number, place: number) => number;
  /** Of each room, its lines. */
  eligible: number[][];
}

function roomsOf({ cells, lines }: BoundedMarket): Rooms {
  const cuts = [...new Set(lines.flatMap(({ startAtMs, endAtMs }) => [startAtMs, endAtMs]))].sort((a, b) => a - b);
  // One interval before the first cut, one after each.
  const eligible = [-Infinity, ...cuts].flatMap((fromMs) =>
    cells.map(({ segment, surface }) =>
      lines.flatMap((line, index) =>
        line.segments.includes(segment) &&
        line.surfaces.includes(surface) &&
        line.startAtMs <= fromMs &&
        fromMs < line.endAtMs
          ? [index]
          : [],
      ),
    ),
  );
  return {
    eligible,
    roomAt(atMs, place) {
      let interval = 0;
      for (let high = cuts.length; interval < high;) {
        const middle = (interval + high) >> 1;
        if ((cuts[middle] as number) <= atMs) interval = middle + 1;
        else high = middle;
      }
      return interval * cells.length + place;
    },
  };
}

function solvePrices({ log, cells, lines, positions }: BoundedMarket, { eligible, roomAt }: Rooms): Float64Array {
  const opportunities = new Float64Array(eligible.length);
  const step = Math.max(1, Math.floor(log.count() / SAMPLED));
  const [room, multiplier, offer]: [number[], number[], number[]] = [[], [], []];
  for (let index = 0; index < log.count(); index++) {
    const request = log.get(index);
    const where = roomAt(request.atMs, request.place);
    for (let slot = 0; slot < request.slots; slot++)
      opportunities[where] = (opportunities[where] as number) + (positions[slot] ?? 0);
    if (index % step !== 0) continue;
    room.push(where);
    multiplier.push(request.responseMultiplier);
    offer.push(request.bestOffer);
  }
  const roomsOfLine: number[][] = lines.map(() => []);
  eligible.forEach((own, where) => own.forEach((line) => roomsOfLine[line]?.push(where)));
  const lineStart = new Uint32Array(lines.length + 1);
  roomsOfLine.forEach((own, line) => (lineStart[line + 1] = (lineStart[line] as number) + own.length));
  return solveLivePrices(
    { cell: Uint32Array.from(room), multiplier: Float64Array.from(multiplier), offer: Float64Array.from(offer) },
    {
      budget: Float64Array.from(lines, ({ budgetMicros }) => budgetMicros),
      worth: Float64Array.from(lines, ({ worth }) => worth),
      clickPrice: Float64Array.from(lines, ({ clickPriceMicros }) => clickPriceMicros),
      lineStart,
      edgeCell: Uint32Array.from(roomsOfLine.flat()),
    },
    {
      cells: {
        opportunities,
        clickRate: Float64Array.from(eligible, (_, where) => cells[where % cells.length]?.clickRate ?? 0),
      },
    },
  );
}
