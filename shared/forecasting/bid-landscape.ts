// The top competing price of a cell, from auctions that show it, or only show whether it was beaten.
import { ForecastError } from './forecast-error.ts';

/**
 * One auction as far as it was seen; prices in micros for an impression. With `topMicros` the top competing price is known
 * (0: nobody else bid); without it, only whether a bid beat it. A bid that equals the top price wins.
 */
export type SeenAuction = { topMicros: number } | { bidMicros: number; isWon: boolean };

/** How often a bid wins: rising points, at most {@link MAX_POINTS}. JSON as it stands. */
export interface BidLandscape {
  auctions: number;
  points: { bidMicros: number; winRate: number }[];
}

export const MAX_POINTS = 20;

/** The estimate is refined until no probability moves by more, or so often. */
const TOLERANCE = 1e-7;
const MAX_ROUNDS = 2000;

/**
 * The non-parametric maximum likelihood of the top price by self-consistency (Turnbull, JRSS B 38, 1976): exact prices
 * alone give their empirical law, exact prices and lost bids that of Kaplan and Meier, won and lost bids alone isotonic
 * regression. Prices beyond the highest bid that was lost are known to be there and not where.
 * @throws ForecastError `INVALID_QUOTE` for no auction, and prices that are negative or no numbers
 */
export function bidLandscape(auctions: readonly SeenAuction[]): BidLandscape {
  if (auctions.length === 0) throw new ForecastError('INVALID_QUOTE', 'a bid landscape needs an auction');
  const prices = auctions.map(priceOf);
  const edges = edgesOf(prices);
  const groups = groupsOf(auctions, prices, edges);
  const masses = selfConsistent(groups, edges.length + 1, auctions.length);
  let sum = 0;
  const points = edges.map((bidMicros, index) => {
    sum += masses[index] as number;
    return { bidMicros, winRate: Math.min(1, sum) };
  });
  return { auctions: auctions.length, points };
}

/** The share of auctions that a bid wins: linear between points, nothing below nothing, and no more than the last point above it. */
export function winRateAt({ points }: BidLandscape, bidMicros: number): number {
  return walk(points, bidMicros).winRate;
}

/**
 * What an auction costs on average, the lost ones included, where winners pay the top competing price: micros for each
 * opportunity, never more than bid x win rate.
 */
export function secondPriceAt({ points }: BidLandscape, bidMicros: number): number {
  return walk(points, bidMicros).paidMicros;
}

/** Prices are spread evenly between two points. */
function walk(points: BidLandscape['points'], bidMicros: number): { winRate: number; paidMicros: number } {
  let [fromMicros, fromRate, paidMicros] = [0, 0, 0];
  if (!(bidMicros >= 0)) return { winRate: 0, paidMicros };
  for (const { bidMicros: toMicros, winRate: toRate } of points) {
    if (bidMicros < toMicros) {
      const part = (bidMicros - fromMicros) / (toMicros - fromMicros);
      const gained = part * (toRate - fromRate);
      return { winRate: fromRate + gained, paidMicros: paidMicros + (gained * (fromMicros + bidMicros)) / 2 };
    }
    paidMicros += ((toRate - fromRate) * (fromMicros + toMicros)) / 2;
    [fromMicros, fromRate] = [toMicros, toRate];
  }
  return { winRate: fromRate, paidMicros };
}

function priceOf(auction: SeenAuction, index: number): number {
  const price = 'topMicros' in auction ? auction.topMicros : auction.bidMicros;
  if (price >= 0 && price < Infinity) return price;
  throw new ForecastError('INVALID_QUOTE', `the price of auction ${index} must be 0 or more micros, not ${price}`);
}

/** All prices where they are few, else quantiles of them: strictly rising. */
function edgesOf(prices: readonly number[]): number[] {
  const sorted = [...prices].sort((a, b) => a - b);
  const distinct = [...new Set(sorted)];
  if (distinct.length <= MAX_POINTS) return distinct;
  const chosen = Array.from({ length: MAX_POINTS }, (_, index) => {
    return sorted[Math.round(((sorted.length - 1) * index) / (MAX_POINTS - 1))] as number;
  });
  return [...new Set(chosen)];
}

/** Auctions whose top price lies in the same run of cells; cell k ends at edge k, the last has no end. */
interface Group {
  first: number;
  last: number;
  count: number;
}

function groupsOf(auctions: readonly SeenAuction[], prices: readonly number[], edges: readonly number[]): Group[] {
  const groups = new Map<number, Group>();
  auctions.forEach((auction, index) => {
    const price = prices[index] as number;
    const { first, last } = cellsOf(auction, price, edges);
    const key = first * (edges.length + 1) + last;
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { first, last, count: 1 });
  });
  return [...groups.values()];
}

function cellsOf(auction: SeenAuction, price: number, edges: readonly number[]): { first: number; last: number } {
  const at = firstAtLeast(edges, price);
  if ('topMicros' in auction) return { first: at, last: at };
  if (auction.isWon) return { first: 0, last: at };
  // Lost: the top price is above the bid, so above the last edge that the bid reaches.
  return { first: edges[at] === price ? at + 1 : at, last: edges.length };
}

/** The first edge that is not below the price; the highest edge is the highest price. */
function firstAtLeast(edges: readonly number[], price: number): number {
  let [low, high] = [0, edges.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) < price) low = middle + 1;
    else high = middle;
  }
  return low;
}

function selfConsistent(groups: readonly Group[], cells: number, auctions: number): Float64Array {
  let masses = new Float64Array(cells).fill(1 / cells);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = new Float64Array(cells);
    for (const { first, last, count } of groups) {
      let within = 0;
      for (let cell = first; cell <= last; cell++) within += masses[cell] as number;
      for (let cell = first; cell <= last; cell++) {
        // A run that other auctions have emptied keeps what this one says of it, evenly.
        const share = within > 0 ? (masses[cell] as number) / within : 1 / (last - first + 1);
        next[cell] = (next[cell] as number) + (count / auctions) * share;
      }
    }
    let moved = 0;
    for (let cell = 0; cell < cells; cell++) {
      moved = Math.max(moved, Math.abs((next[cell] as number) - (masses[cell] as number)));
    }
    masses = next;
    if (moved < TOLERANCE) break;
  }
  return masses;
}
