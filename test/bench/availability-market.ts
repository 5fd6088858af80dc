// Synthetic markets for `bench availability`: cells are segments x surfaces x days; a line has a flight of some days,
// some segments and some surfaces, as has a request.
import type { Random } from '../../emulators/world/random.ts';
import { openFlow, route } from '../../shared/planning/flow.ts';
import type { AllocationProblem } from '../../shared/planning/problem.ts';
import { problemOf, type Line } from '../support/flow-problems.ts';

export interface MarketShape {
  segments: number;
  surfaces: number;
  days: number;
  lines: number;
  /** Demand of a line grows with this power of its supply: below 1, narrow lines contend most. */
  exponent: number;
  /** 0 when all segments, surfaces and days are asked for alike; above, the first ones more often, whatever they have. */
  skew: number;
  /** What all lines ask for together, over all supply. */
  load: number;
}

export interface Market {
  shape: MarketShape;
  problem: AllocationProblem;
  /** What each line gets when they are routed in order. */
  delivered: Float64Array;
}

export function drawMarket(random: Random, shape: MarketShape): Market {
  const { segments, surfaces, days, lines: count, load } = shape;
  const ofSegment = Array.from({ length: segments }, () => Math.exp(normal(random)));
  const ofSurface = Array.from({ length: surfaces }, () => Math.exp(0.7 * normal(random)));
  const supply: number[] = [];
  for (let day = 0; day < days; day++) {
    const ofDay = 1 + 0.2 * Math.sin((2 * Math.PI * day) / 7);
    for (const segment of ofSegment)
      for (const surface of ofSurface)
        supply.push(Math.round(10_000 * ofDay * segment * surface * Math.exp(0.2 * normal(random))));
  }
  const lines: Line[] = [];
  let asked = 0;
  for (let line = 0; line < count; line++) {
    const cells = drawCells(random, shape);
    const matched = cells.reduce((sum, cell) => sum + (supply[cell] as number), 0);

    const demand = matched ** shape.exponent * Math.exp(0.8 * normal(random));
    asked += demand;
    lines.push({ demand, edges: Array.from(cells, (cell) => ({ cell })) });
  }
  const total = supply.reduce((sum, units) => sum + units, 0);
  const problem = problemOf(
    supply,
    lines.map(({ demand, edges }) => ({ demand: Math.ceil((demand * load * total) / asked), edges })),
  );
  const flow = openFlow(problem);
  return { shape, problem, delivered: problem.demand.map((demand, line) => route(flow, line, demand)) };
}

/** The cells of an audience and a flight. */
export function drawCells(random: Random, { segments, surfaces, days, skew }: MarketShape): Uint32Array {
  const flight = Math.min(days, random() < 0.1 ? days : 1 + Math.floor(random() * 14));
  const first = Math.floor(random() ** (1 + skew) * (days - flight + 1));
  const ofSegments = drawSome(random, segments, 4, skew);
  const ofSurfaces = drawSome(random, surfaces, 3, skew);
  const cells: number[] = [];
  for (let day = first; day < first + flight; day++)
    for (const segment of ofSegments)
      for (const surface of ofSurfaces) cells.push((day * segments + segment) * surfaces + surface);
  return Uint32Array.from(cells);
}

/** One in ten names all; the others 1 to `most`. */
function drawSome(random: Random, count: number, most: number, skew: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  if (random() < 0.1) return all;
  const wanted = Math.min(count, 1 + Math.floor(random() * most));
  for (let index = 0; index < wanted; index++) {
    const other = index + Math.floor(random() ** (1 + skew) * (count - index));
    [all[index], all[other]] = [all[other] as number, all[index] as number];
  }
  return all.slice(0, wanted).sort((a, b) => a - b);
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
