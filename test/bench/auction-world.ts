// The world of the mixed-auction bench: a market for a day with guaranteed contracts, auctioned lines and spot offers, every
// request with its listener's response, and a forecast that is wrong.
import { drawInteger, drawLogNormal, drawOne, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';

export interface AuctionSettings {
  seed: number;
  contracts: number;
  auctioned: number;
  /** Guaranteed clicks over the clicks that are forecast, of every cell. */
  booked: number;
  /** The standard deviation of the logarithm of an offer. */
  spotSigma: number;
  /** The same of the market's and of each cell's traffic over its forecast. */
  supplyError: number;
  /** Traffic and offers of the best hour over the average, less one; the worst hour is as far below. */
  swing: number;
  /** The floor over the median offer of a cell; 0: none. */
  floor: number;
  pricing: 'first' | 'second';
  /** Requests forecast. */
  traffic: number;
}

/** Guaranteed contracts beside log-normal spot, with nothing else to make it hard. */
export const PLAIN_WORLD: Omit<AuctionSettings, 'seed'> = {
  contracts: 5,
  auctioned: 0,
  booked: 0.5,
  spotSigma: 1,
  supplyError: 0,
  swing: 0,
  floor: 0,
  pricing: 'first',
  traffic: 50_000,
};

/** Guaranteed and auctioned lines alike. */
export interface SoldLine {
  isAuctioned: boolean;
  clickPriceMicros: number;
  budgetMicros: number;
  /** Places of the cells it is shown in. */
  cells: readonly number[];
}

/** All arrays are as long as `cell`. */
export interface Requests {
  cell: Uint32Array;
  listener: Uint32Array;
  /** The listener's expected response over the cell's average. */
  multiplier: Float64Array;
  /** What spot demand offers for a thousand impressions, micros; 0: nobody does. */
  offerCpmMicros: Float64Array;
}

export interface AuctionWorld {
  settings: AuctionSettings;
  lines: readonly SoldLine[];
  clickPpm: Uint32Array;
  floorCpmMicros: Float64Array;
  /** The offer expected for an opportunity of each cell, micros for a thousand. */
  expectedOfferCpmMicros: Float64Array;
  /** Opportunities forecast of each slot and cell: `slot * cells + cell`. */
  forecast: Float64Array;
  requests: Requests;
  /** Requests of a slot are `slotStart[slot]` up to and without `slotStart[slot + 1]`. */
  slotStart: Uint32Array;
}

export const CELLS = 8;
/** Of five minutes. */
export const SLOTS = 288;
const RESPONSE_SIGMA = 0.4;
/** Visits of a listener in the day. */
const VISITS = 6;
/** Opportunities that nobody offers anything for. */
const WITHOUT_OFFER = 0.1;

/** Of each cell: its lines. */
export function linesByCell({ lines, clickPpm }: Pick<AuctionWorld, 'lines' | 'clickPpm'>): number[][] {
  return Array.from(clickPpm, (_, cell) => lines.flatMap(({ cells }, line) => (cells.includes(cell) ? [line] : [])));
}

/** @param day another day of the same market, with the same lines and cells: other listeners, offers and errors */
export function drawAuctionWorld(settings: AuctionSettings, day = 0): AuctionWorld {
  const random = createRandom(settings.seed, 'mixed auction market');
  const clickPpm = Uint32Array.from({ length: CELLS }, () => Math.round(drawLogNormal(random, 20_000, 0.5)));
  const sizes = Array.from({ length: CELLS }, () => drawLogNormal(random, 1, 0.8));
  const forecast = new Float64Array(SLOTS * CELLS);
  const total = sum(sizes) * SLOTS;
  for (let slot = 0; slot < SLOTS; slot++) {
    for (let cell = 0; cell < CELLS; cell++) {
      const share = (sizes[cell] as number) / total;
      forecast[slot * CELLS + cell] = settings.traffic * share * swingAt(settings, slot);
    }
  }
  // An impression of the average line is worth about what the median offer pays for it.
  const clickPrice = 500_000;
  const medianOffers = Array.from(clickPpm, (ppm) => (drawLogNormal(random, ppm, 0.3) * clickPrice) / 1000);
  const lines = [
    ...drawContracts(random, settings, { clickPpm, sizes, clickPrice }),
    ...drawAuctioned(random, settings, { clickPpm, sizes, clickPrice }),
  ];
  const meanOverMedian = (1 - WITHOUT_OFFER) * Math.exp(settings.spotSigma ** 2 / 2);
  return {
    settings,
    lines,
    clickPpm,
    forecast,
    floorCpmMicros: Float64Array.from(medianOffers, (offer) => Math.round(settings.floor * offer)),
    expectedOfferCpmMicros: Float64Array.from(medianOffers, (offer) => offer * meanOverMedian),
    ...drawRequests(createRandom(settings.seed, 'mixed auction traffic', day), settings, { forecast, medianOffers }),
  };
}

/** Least at four in the morning, most at four in the afternoon. */
function swingAt({ swing }: AuctionSettings, slot: number): number {
  return 1 - swing * Math.cos(((slot / SLOTS) * 24 - 4) * (Math.PI / 12));
}

interface Market {
  clickPpm: Uint32Array;
  sizes: readonly number[];
  clickPrice: number;
}

/** Every cell is booked alike, by whom it is booked is drawn. */
function drawContracts(random: Random, { contracts, booked, traffic }: AuctionSettings, market: Market): SoldLine[] {
  const drawn = Array.from({ length: contracts }, () => ({
    cells: drawTargeting(random),
    part: drawLogNormal(random, 1, 0.7),
    clickPriceMicros: Math.round(drawLogNormal(random, market.clickPrice, 0.4)),
  }));
  const parts = new Float64Array(CELLS);
  for (const { cells, part } of drawn) for (const cell of cells) parts[cell] = (parts[cell] as number) + part;
  return drawn.map(({ cells, part, clickPriceMicros }) => {
    const clicks = cells.reduce(
      (all, cell) => all + (clicksOf(market, traffic, cell) * part) / (parts[cell] as number),
      0,
    );
    return {
      isAuctioned: false,
      clickPriceMicros,
      budgetMicros: Math.round(booked * clicks * clickPriceMicros),
      cells,
    };
  });
}

/** Bids about as high as offers; half of them have less money than they could win. */
function drawAuctioned(random: Random, { auctioned, traffic, spotSigma }: AuctionSettings, market: Market): SoldLine[] {
  return Array.from({ length: auctioned }, () => {
    const cells = drawTargeting(random);
    const clickPriceMicros = Math.round(drawLogNormal(random, market.clickPrice * Math.exp(spotSigma / 2), 0.4));
    const clicks = cells.reduce((all, cell) => all + clicksOf(market, traffic, cell), 0);
    const share = drawLogNormal(random, 0.6 / auctioned, 1);
    return { isAuctioned: true, clickPriceMicros, budgetMicros: Math.round(share * clicks * clickPriceMicros), cells };
  });
}

function clicksOf({ clickPpm, sizes }: Market, traffic: number, cell: number): number {
  return ((traffic * (sizes[cell] as number)) / sum(sizes)) * ((clickPpm[cell] as number) / 1e6);
}

function drawTargeting(random: Random): number[] {
  const count = drawOne(random, [1, 2, 4, CELLS]);
  const first = drawInteger(random, 0, CELLS - 1);
  return Array.from({ length: count }, (_, index) => (first + index) % CELLS).sort((a, b) => a - b);
}

function drawRequests(
  random: Random,
  settings: AuctionSettings,
  { forecast, medianOffers }: { forecast: Float64Array; medianOffers: readonly number[] },
): Pick<AuctionWorld, 'requests' | 'slotStart'> {
  const { supplyError, spotSigma, traffic } = settings;
  const ofMarket = drawLogNormal(random, 1, supplyError / Math.SQRT2);
  const factors = medianOffers.map(() => ofMarket * drawLogNormal(random, 1, supplyError / Math.SQRT2));
  const listeners = Math.ceil(traffic / VISITS);
  const responses = Array.from({ length: listeners }, () =>
    drawLogNormal(random, Math.exp(-(RESPONSE_SIGMA ** 2) / 2), RESPONSE_SIGMA),
  );
  const slotStart = new Uint32Array(SLOTS + 1);
  const cell: number[] = [];
  const offers: number[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const ofSlot = factors.flatMap((factor, which) =>
      new Array<number>(drawPoisson(random, (forecast[slot * CELLS + which] as number) * factor)).fill(which),
    );
    shuffle(random, ofSlot);
    // Offers swing half as far as traffic, and later.
    const level = 1 + (swingAt(settings, (slot + SLOTS - SLOTS / 8) % SLOTS) - 1) / 2;
    for (const which of ofSlot) {
      const isOffered = random() >= WITHOUT_OFFER;
      const offer = Math.round(drawLogNormal(random, level * (medianOffers[which] as number), spotSigma));
      cell.push(which);
      offers.push(isOffered ? offer : 0);
    }
    slotStart[slot + 1] = cell.length;
  }
  const listener = Uint32Array.from(cell, () => drawInteger(random, 0, listeners - 1));
  const multiplier = Float64Array.from(listener, (one) => Math.round((responses[one] as number) * 1000) / 1000);
  return {
    requests: { cell: Uint32Array.from(cell), listener, multiplier, offerCpmMicros: Float64Array.from(offers) },
    slotStart,
  };
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
