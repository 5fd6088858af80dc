// The world of the live-price bench: one market for a day, its cells, the lines sold into it, every request with the
// listener's response and the best offer of spot demand, and a forecast that is wrong by a fifth.
import { drawInteger, drawLogNormal, drawOne, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { LiveLines } from '../../shared/planning/live-price.ts';
import type { RequestSample } from '../../shared/planning/offer-curve.ts';

export interface WorldSettings {
  seed: number;
  /** Spread of the listener's response: the standard deviation of its logarithm. */
  responseSigma: number;
  /** Clicks sold over clicks forecast. */
  load: number;
}

export interface LivePriceWorld {
  hours: number;
  /** Of each cell: the expected clicks of one opportunity of the average listener. */
  clickRate: Float64Array;
  /** Opportunities forecast, of each hour and cell: `hour * cells + cell`. */
  forecast: Float64Array;
  /** Of each cell: the offer that spot demand is expected to make for an opportunity, money. As wrong as the forecast. */
  expectedOffer: Float64Array;
  lines: LiveLines;
  /** All requests of the day in their order. */
  requests: Required<Omit<RequestSample, 'weight'>>;
  /** Requests of hour h are `hourStart[h]` up to and without `hourStart[h + 1]`. */
  hourStart: Uint32Array;
}

const SEGMENTS = 8;
const SURFACES = 4;
const CELLS = SEGMENTS * SURFACES;
const LINES = 100;
const HOURS = 24;
const REQUESTS = 250_000;
const WORTHS = [1, 1.5, 2.5, 4];
/** Shared by the market, and of each cell: together a fifth. */
const MARKET_ERROR = 0.14;
const CELL_ERROR = 0.14;
/** What the hours of a day differ from the forecast shape. */
const HOUR_ERROR = 0.1;
const OFFER_SIGMA = 0.8;
const OFFER_ERROR = 0.2;
/** Spot demand offers so much more than its average at eight in the evening, and as much less in the morning. */
const EVENING_OFFERS = 0.25;

export function drawWorld({ seed, responseSigma, load }: WorldSettings): LivePriceWorld {
  const random = createRandom(seed, 'live price market');
  const clickRate = Float64Array.from({ length: CELLS }, () => drawLogNormal(random, 0.02, 0.5));
  const forecast = drawForecast(random);
  const lines = drawLines(random, { clickRate, forecast, load });
  const traffic = createRandom(seed, 'live price traffic', responseSigma);
  return { hours: HOURS, clickRate, forecast, lines, ...drawRequests(traffic, { clickRate, forecast, responseSigma }) };
}

function drawForecast(random: Random): Float64Array {
  const sizes = Array.from({ length: CELLS }, () => drawLogNormal(random, 1, 0.8));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const forecast = new Float64Array(HOURS * CELLS);
  for (let cell = 0; cell < CELLS; cell++) {
    const peakHour = 19 + drawInteger(random, -4, 3);
    const shape = Array.from({ length: HOURS }, (_, hour) => 1.1 + Math.cos(((hour - peakHour) / HOURS) * 2 * Math.PI));
    const sum = shape.reduce((all, share) => all + share, 0);
    shape.forEach((share, hour) => {
      forecast[hour * CELLS + cell] = (REQUESTS * (sizes[cell] as number) * share) / (total * sum);
    });
  }
  return forecast;
}

function drawLines(
  random: Random,
  { clickRate, forecast, load }: Pick<LivePriceWorld, 'clickRate' | 'forecast'> & { load: number },
): LiveLines {
  const clicks = Array.from(clickRate, (rate, cell) => {
    let opportunities = 0;
    for (let hour = 0; hour < HOURS; hour++) opportunities += forecast[hour * CELLS + cell] as number;
    return opportunities * rate;
  });
  const lineStart = new Uint32Array(LINES + 1);
  const cells: number[] = [];
  const worth = new Float64Array(LINES);
  const clickPrice = new Float64Array(LINES);
  const sold = new Float64Array(LINES);
  for (let line = 0; line < LINES; line++) {
    const targeted = drawTargeting(random);
    cells.push(...targeted);
    lineStart[line + 1] = cells.length;
    worth[line] = WORTHS[drawInteger(random, 0, WORTHS.length - 1)] as number;
    clickPrice[line] = drawLogNormal(random, 0.5, 0.7);
    const eligible = targeted.reduce((all, cell) => all + (clicks[cell] as number), 0);
    // Narrow audiences are oversold where wide ones have room: the scarcity that a price is for.
    sold[line] = drawLogNormal(random, 1, 1) / Math.sqrt(eligible);
  }
  const scale = (load * sum(clicks)) / sum(sold);
  const budget = clickPrice.map((price, line) => price * scale * (sold[line] as number));
  return { budget, worth, clickPrice, lineStart, edgeCell: Uint32Array.from(cells) };
}

/** Some of the segments, from one to all, on some of the surfaces. */
export function drawTargeting(random: Random): number[] {
  const segments = drawOne(random, [1, 1, 2, 4, SEGMENTS]);
  const surfaces = drawOne(random, [1, 1, 2, SURFACES]);
  const firstSegment = drawInteger(random, 0, SEGMENTS - 1);
  const firstSurface = drawInteger(random, 0, SURFACES - 1);
  return Array.from({ length: segments * surfaces }, (_, index) => {
    const segment = (firstSegment + Math.floor(index / surfaces)) % SEGMENTS;
    return segment * SURFACES + ((firstSurface + (index % surfaces)) % SURFACES);
  });
}

function drawRequests(
  random: Random,
  { clickRate, forecast, responseSigma }: Pick<LivePriceWorld, 'clickRate' | 'forecast'> & { responseSigma: number },
): Pick<LivePriceWorld, 'requests' | 'hourStart' | 'expectedOffer'> {
  const marketFactor = drawLogNormal(random, 1, MARKET_ERROR);
  const cellFactors = Float64Array.from({ length: CELLS }, () => marketFactor * drawLogNormal(random, 1, CELL_ERROR));
  const offerMedians = clickRate.map((rate) => rate * drawLogNormal(random, 0.3, 0.4));
  const hourStart = new Uint32Array(HOURS + 1);
  const cell: number[] = [];
  for (let hour = 0; hour < HOURS; hour++) {
    const ofHour: number[] = [];
    for (let which = 0; which < CELLS; which++) {
      const mean = (forecast[hour * CELLS + which] as number) * (cellFactors[which] as number);
      const count = drawPoisson(random, mean * drawLogNormal(random, 1, HOUR_ERROR));
      for (let request = 0; request < count; request++) ofHour.push(which);
    }
    shuffle(random, ofHour);
    for (const which of ofHour) cell.push(which);
    hourStart[hour + 1] = cell.length;
  }
  const multiplier = new Float64Array(cell.length);
  const offer = new Float64Array(cell.length);
  let hour = 0;
  cell.forEach((which, request) => {
    multiplier[request] = drawLogNormal(random, Math.exp(-(responseSigma ** 2) / 2), responseSigma);
    while (request >= (hourStart[hour + 1] as number)) hour++;
    const level = 1 + EVENING_OFFERS * Math.cos(((hour - 20) / HOURS) * 2 * Math.PI);
    offer[request] = drawLogNormal(random, level * (offerMedians[which] as number), OFFER_SIGMA);
  });
  const expectedOffer = offerMedians.map((middle) => {
    const mean = middle * Math.exp(OFFER_SIGMA ** 2 / 2);
    return drawLogNormal(random, mean, OFFER_ERROR);
  });
  return { requests: { cell: Uint32Array.from(cell), multiplier, offer }, hourStart, expectedOffer };
}

function shuffle(random: Random, items: number[]): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = drawInteger(random, 0, last);
    [items[last], items[other]] = [items[other] as number, items[last] as number];
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
