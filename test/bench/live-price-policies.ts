// The policies of the live-price bench. Each knows the forecast, the requests that have passed and the money left, and
// nothing of what is to come.
import { drawInteger } from '../../emulators/world/draws.ts';
import type { Random } from '../../emulators/world/random.ts';
import { allocate } from '../../shared/planning/allocation.ts';
import { drawWeight } from '../../shared/planning/draw-weight.ts';
import { cellProblem, fallbackPrices, type ForecastCells } from '../../shared/planning/fallback-prices.ts';
import { solveLivePrices, type LiveLines } from '../../shared/planning/live-price.ts';
import type { RequestSample } from '../../shared/planning/offer-curve.ts';
import type { Now, Policy, Server } from './live-price-day.ts';
import type { LivePriceWorld } from './live-price-world.ts';

/** A sample is taken of the requests of so many hours. */
const RECENT_HOURS = 3;
/** What the forecast of the market and of a cell weigh against what was observed, requests: about what they are worth. */
const MARKET_FORECAST_REQUESTS = 500;
const CELL_FORECAST_REQUESTS = 50;

/** Guaranteed before spot, the higher worth first, and of equals the one that pays more. */
export function strictPriority({ lines }: LivePriceWorld): Policy {
  const [worth, clickPrice] = [lines.worth, lines.clickPrice];
  const isBefore = (one: number, other: number) =>
    (worth[one] as number) - (worth[other] as number) || (clickPrice[one] as number) - (clickPrice[other] as number);
  return () => ({
    serve: (_, open) => open.reduce((first, line) => (first < 0 || isBefore(line, first) > 0 ? line : first), -1),
    closed: () => undefined,
  });
}

/** To whom the request is worth most right now. */
export function greedy({ lines }: LivePriceWorld): Policy {
  const gross = lines.worth.map((worth, line) => worth * (lines.clickPrice[line] as number));
  return () => serveBest(gross);
}

/** Each hour a plan of how much of each cell every line takes; a request is drawn for by those fractions. */
export function cellDraw(world: LivePriceWorld): Policy {
  return (now, random) => {
    const cells = remainingCells(world, now);
    const problem = cellProblem({ ...world.lines, budget: now.left }, cells);
    const { y } = allocate(problem, { fairness: false });
    const takers: Map<number, number>[] = Array.from(cells.opportunities, () => new Map<number, number>());
    problem.demand.forEach((_, line) => {
      for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
        const cell = problem.edgeCell[edge] as number;
        takers[cell]?.set(line, (y[edge] as number) / (cells.opportunities[cell] as number));
      }
    });
    return {
      serve: ({ cell }, open) => {
        let drawn = random();
        for (const line of open) {
          drawn -= takers[cell]?.get(line) ?? 0;
          if (drawn < 0) return line;
        }
        return -1;
      },
      closed: () => undefined,
    };
  };
}

/**
 * One price per line, solved each hour on so many requests of the last hours; the first hour's from the cells.
 * @param ties who gets a request that is worth nearly the same to several: a draw, or always the best
 */
export function livePrices(world: LivePriceWorld, requests: number, ties: 'draw' | 'best' = 'draw'): Policy {
  let start: Float64Array | undefined;
  return (now, random) => {
    const lines = { ...world.lines, budget: now.left };
    const cells = remainingCells(world, now);
    if (start === undefined) start = fallbackPrices(lines, cells);
    else start = solveLivePrices(recentRequests(world, now.hour, requests, random), lines, { cells, start });
    const net = netWorths(lines, start);
    return ties === 'draw' ? serveDrawn(net, random) : serveBest(net);
  };
}

/** Worth of a click net of the line's price. */
function netWorths({ worth, clickPrice }: LiveLines, prices: Float64Array): Float64Array {
  return worth.map((one, line) => one * (clickPrice[line] as number) * (1 - (prices[line] as number)));
}

function serveBest(net: Float64Array): Server {
  return {
    serve: ({ clicks, offer }, open) => {
      const best = open.reduce(
        (first, line) => (first < 0 || (net[line] as number) > (net[first] as number) ? line : first),
        -1,
      );
      return best >= 0 && (net[best] as number) * clicks > offer ? best : -1;
    },
    closed: () => undefined,
  };
}

/** The serving rule of live prices: lines draw by weight, and the one drawn must be worth more than the offer. */
function serveDrawn(net: Float64Array, random: Random): Server {
  const sums: (Float64Array | undefined)[] = [];
  const sumsOf = (open: readonly number[]) => {
    const best = open.reduce((most, line) => Math.max(most, net[line] as number), 0);
    let sum = 0;
    return Float64Array.from(open, (line) => (sum += best === 0 ? 0 : drawWeight(net[line] as number, best)));
  };
  return {
    serve: ({ cell, clicks, offer }, open) => {
      const own = (sums[cell] ??= sumsOf(open));
      const drawn = random() * (own.at(-1) ?? 0);
      const line = open[own.findIndex((sum) => drawn < sum)];
      return line !== undefined && (net[line] as number) * clicks > offer ? line : -1;
    },
    closed: () => {
      sums.length = 0;
    },
  };
}

/** What is left of the day by the forecast, corrected by what was observed of it so far. */
function remainingCells(world: LivePriceWorld, { hour }: Now): ForecastCells {
  const { clickRate, forecast, requests, hourStart, hours, expectedOffer } = world;
  const cellCount = clickRate.length;
  const observed = new Float64Array(cellCount);
  for (let at = 0; at < (hourStart[hour] as number); at++) {
    const cell = requests.cell[at] as number;
    observed[cell] = (observed[cell] as number) + 1;
  }
  const expected = new Float64Array(cellCount);
  const opportunities = new Float64Array(cellCount);
  for (let when = 0; when < hours; when++) {
    const into = when < hour ? expected : opportunities;
    for (let cell = 0; cell < cellCount; cell++) {
      into[cell] = (into[cell] as number) + (forecast[when * cellCount + cell] as number);
    }
  }
  const all = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);
  const ofMarket = (all(observed) + MARKET_FORECAST_REQUESTS) / (all(expected) + MARKET_FORECAST_REQUESTS);
  for (let cell = 0; cell < cellCount; cell++) {
    const seen = (observed[cell] as number) + CELL_FORECAST_REQUESTS * ofMarket;
    const ofCell = seen / ((expected[cell] as number) + CELL_FORECAST_REQUESTS);
    opportunities[cell] = (opportunities[cell] as number) * ofCell;
  }
  return { opportunities, clickRate, offer: expectedOffer };
}

/** A sample with replacement of the requests of the hours before this one. */
function recentRequests(
  { requests, hourStart }: LivePriceWorld,
  hour: number,
  count: number,
  random: Random,
): Required<Omit<RequestSample, 'weight'>> {
  const first = hourStart[Math.max(0, hour - RECENT_HOURS)] as number;
  const last = (hourStart[hour] as number) - 1;
  const sampled = Uint32Array.from({ length: last < first ? 0 : count }, () => drawInteger(random, first, last));
  const take = (values: Float64Array) => Float64Array.from(sampled, (request) => values[request] as number);
  const cell = sampled.map((request) => requests.cell[request] as number);
  return { cell, multiplier: take(requests.multiplier), offer: take(requests.offer) };
}
