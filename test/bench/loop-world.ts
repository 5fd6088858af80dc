// The world of the loop bench: markets for some days, each with its cells, listeners, the lines sold into it, every request with
// its listener and the best offer of spot demand, and a forecast that is wrong by a fifth. In two forms: the book and the
// supply that the platform knows, and the numbers that bounds and other rules are computed with.
import { drawInteger, drawLogNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { BookEntry, SupplyDay } from '../../shared/contracts/documents.ts';
import { CLICK_WINDOW_MS } from '../../shared/campaign/book-page.ts';
import { fitDelayCurve, type DelayCurve } from '../../shared/forecasting/delay-curve.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { GUARANTEE_WORTH } from '../../shared/planning/guarantee-worth.ts';
import { drawTargeting, type LivePriceWorld } from './live-price-world.ts';

export const FIRST_DAY_AT_MS = Date.parse('2026-03-12T00:00:00Z');
/** Each request stands for so many impressions, of listeners who are alike. */
export const REQUEST_IMPRESSIONS = 50;
export const CLICK_DELAY_SIGMA = 1;
/** Clicks that the platform knows delays from. */
const LEARNED_CLICKS = 5_000;
/** Both ad-server groups of a market, and the first one's share of its requests. */
export const GROUPS = ['edge-a', 'edge-b'] as const;
const FIRST_GROUP_SHARE = 0.6;

export interface LoopSettings {
  seed: number;
  market: string;
  /** Spread of the listener's response: the standard deviation of its logarithm. */
  responseSigma: number;
  /** Clicks sold over clicks forecast. */
  load: number;
  /** Half of the clicks come within this time of their impression. */
  clickDelayMedianMs: number;
  days: number;
}

export interface LoopMarket extends LoopSettings {
  /** What the platform is told. */
  entries: BookEntry[];
  supply: SupplyDay[];
  /** All requests in their order. */
  requests: {
    atMs: Float64Array;
    /** Places in the cells of `supply`. */
    cell: Uint32Array;
    listener: Uint32Array;
    multiplier: Float64Array;
    offerCpmMicros: Float64Array;
    /** Places in {@link GROUPS}. */
    group: Uint8Array;
  };
  /** The same market in numbers: money in units of a million micros, budgets as if a request were one impression. */
  world: LivePriceWorld;
}

const [SEGMENTS, SURFACES] = [8, 4];
const CELLS = SEGMENTS * SURFACES;
const LINES = 200;
const DAILY_REQUESTS = 80_000;
const LISTENERS = 12_000;
const VISITS_SIGMA = 0.8;
/** Every so manieth line bids in the auction, the others are guaranteed. */
const AUCTIONED_EVERY = 5;
/** Shared by the market, and of each cell: together a fifth. */
const MARKET_ERROR = 0.14;
const CELL_ERROR = 0.14;
/** What the hours of a cell differ from the forecast shape. */
const HOUR_ERROR = 0.1;
const [OFFER_SIGMA, OFFER_CELL_SIGMA] = [0.8, 0.4];
/** The middle of spot demand's offers for what an average listener clicks, money for a click. */
const OFFER_PER_CLICK = 0.6;
/** Offers grow with this power of the listener's response. */
const OFFER_POWER = 0.7;
const OFFER_ERROR = 0.2;
/** Spot demand offers so much more than its average at eight in the morning, when its own budgets of the day are fresh. */
const MORNING_OFFERS = 0.25;

export function drawLoopMarket(settings: LoopSettings): LoopMarket {
  const { seed, market, days, responseSigma } = settings;
  const random = createRandom(seed, 'loop market', market);
  const clickPpm = Float64Array.from({ length: CELLS }, () => Math.round(1e6 * drawLogNormal(random, 0.02, 0.5)));
  const clickRate = clickPpm.map((ppm) => ppm / 1e6);
  const hourShape = drawHourShape(random);
  const daily = drawDailyForecast(random);
  const { lines, entries } = drawLines(random, { ...settings, clickRate, daily });
  const listeners = drawListeners(createRandom(seed, 'loop listeners', market), responseSigma);
  const traffic = { days, clickRate, hourShape, daily, listeners };
  const { requests, hourStart, expectedOffer } = drawRequests(createRandom(seed, 'loop traffic', market), traffic);
  const hours = 24 * days;
  return {
    ...settings,
    entries,
    supply: supplyDays(settings, { days, clickPpm, hourShape, daily }),
    requests,
    world: {
      hours,
      clickRate,
      forecast: Float64Array.from({ length: hours * CELLS }, (_, at) => {
        return (daily[at % CELLS] as number) * (hourShape[Math.floor(at / CELLS) % 24] as number);
      }),
      expectedOffer,
      lines,
      requests: {
        cell: requests.cell,
        multiplier: requests.multiplier,
        offer: requests.offerCpmMicros.map((cpmMicros) => cpmMicros / 1e9),
      },
      hourStart,
    },
  };
}

/** Whether a line of this index bids in the auction. */
export function isAuctionedLine(line: number): boolean {
  return line % AUCTIONED_EVERY === AUCTIONED_EVERY - 1;
}

function drawHourShape(random: Random): number[] {
  const peakHour = 19 + drawInteger(random, -4, 3);
  const shape = Array.from({ length: 24 }, (_, hour) => 1.1 + Math.cos(((hour - peakHour) / 24) * 2 * Math.PI));
  const total = shape.reduce((sum, share) => sum + share, 0);
  return shape.map((share) => share / total);
}

/** Opportunities of a day, by cell. */
function drawDailyForecast(random: Random): Float64Array {
  const sizes = Float64Array.from({ length: CELLS }, () => drawLogNormal(random, 1, 0.8));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => (DAILY_REQUESTS * size) / total);
}

interface Demand extends LoopSettings {
  clickRate: Float64Array;
  daily: Float64Array;
}

function drawLines(random: Random, demand: Demand): { lines: LivePriceWorld['lines']; entries: BookEntry[] } {
  const { market, clickRate, daily, load, days } = demand;
  const clicks = clickRate.map((rate, cell) => days * rate * (daily[cell] as number));
  const lineStart = new Uint32Array(LINES + 1);
  const cells: number[] = [];
  const clickPrice = new Float64Array(LINES);
  const sold = new Float64Array(LINES);
  for (let line = 0; line < LINES; line++) {
    const targeted = drawTargeting(random);
    cells.push(...targeted);
    lineStart[line + 1] = cells.length;
    // Whoever wants everybody pays more for a click.
    clickPrice[line] = Math.round(1e6 * drawLogNormal(random, 0.35 * targeted.length ** 0.3, 0.5)) / 1e6;
    const eligible = targeted.reduce((all, cell) => all + (clicks[cell] as number), 0);
    // Narrow audiences are oversold where wide ones have room: the scarcity that a price is for.
    sold[line] = drawLogNormal(random, 1, 1) / Math.sqrt(eligible);
  }
  const scale = (load * sum(clicks)) / sum(sold);
  const budgetMicros = sold.map((one, line) => {
    return Math.round(1e6 * REQUEST_IMPRESSIONS * one * scale * (clickPrice[line] as number));
  });
  const edgeCell = Uint32Array.from(cells);
  const entries = Array.from(budgetMicros, (budget, line): BookEntry => {
    const targeted = edgeCell.subarray(lineStart[line], lineStart[line + 1]);
    const opportunities = targeted.reduce((all, cell) => all + (daily[cell] as number), 0) * REQUEST_IMPRESSIONS;
    return {
      ...emptyEntry,
      campaignId: `${market}-c${String(line).padStart(3, '0')}`,
      endAtMs: FIRST_DAY_AT_MS + days * DAY_MS,
      segments: [...new Set(Array.from(targeted, segmentOf))],
      surfaces: [...new Set(Array.from(targeted, surfaceOf))],
      clickPriceMicros: Math.round(1e6 * (clickPrice[line] as number)),
      trafficByDay: Array.from({ length: days }, () => Math.round(opportunities)),
      ...(isAuctionedLine(line) ? { isAuctioned: true as const } : {}),
      budgetMicros: budget,
    };
  });
  const budget = budgetMicros.map((one) => one / 1e6 / REQUEST_IMPRESSIONS);
  return {
    lines: {
      budget,
      worth: clickPrice.map((_, line) => (isAuctionedLine(line) ? 1 : GUARANTEE_WORTH)),
      clickPrice,
      lineStart,
      edgeCell,
    },
    entries,
  };
}

const emptyEntry = {
  tenantId: 't1',
  subcampaignId: 's1',
  status: 'active' as const,
  startAtMs: FIRST_DAY_AT_MS,
  spentMicros: 0,
  overrunMicros: 0,
  impressions: 0,
  clicks: 0,
  conversions: 0,
  cohorts: [],
  leases: [],
};

function segmentOf(cell: number): string {
  return `segment-${Math.floor(cell / SURFACES)}`;
}

function surfaceOf(cell: number): string {
  return `surface-${cell % SURFACES}`;
}

interface Forecast {
  days: number;
  hourShape: number[];
  daily: Float64Array;
}

function supplyDays(
  { seed, market, clickDelayMedianMs }: LoopSettings,
  { days, clickPpm, hourShape, daily }: Forecast & { clickPpm: Float64Array },
): SupplyDay[] {
  const clickDelay = learnDelays(createRandom(seed, 'loop delays', market), clickDelayMedianMs);
  const spread = Math.exp(SIGMAS_OF_Q10 * Math.hypot(MARKET_ERROR, CELL_ERROR));
  const cells = Array.from(daily, (opportunities, cell) => ({
    segment: segmentOf(cell),
    surface: surfaceOf(cell),
    q10: Math.round((opportunities * REQUEST_IMPRESSIONS) / spread),
    q50: Math.round(opportunities * REQUEST_IMPRESSIONS),
    q90: Math.round(opportunities * REQUEST_IMPRESSIONS * spread),
    clickPpm: clickPpm[cell] as number,
  }));
  return Array.from({ length: days }, (_, day) => ({
    schemaVersion: 1,
    market,
    day: dayOf(FIRST_DAY_AT_MS + day * DAY_MS),
    modelId: 'loop-bench',
    hourShape,
    cells,
    clickDelay,
  }));
}

/** From clicks of the days before, as they are reported: since the hour of their impression began. */
function learnDelays(random: Random, medianMs: number): DelayCurve {
  const counts = Array.from({ length: LEARNED_CLICKS }, () => {
    const delayMs = random() * HOUR_MS + drawLogNormal(random, medianMs, CLICK_DELAY_SIGMA);
    return { delayMs, observableMs: Math.max(delayMs, CLICK_WINDOW_MS), count: 1 };
  });
  return fitDelayCurve(counts, CLICK_WINDOW_MS, { medianMs, sigma: CLICK_DELAY_SIGMA });
}

const SIGMAS_OF_Q10 = 1.2815515655446004;

/** A segment's listeners, the sums of how often they come, and how they respond: 1 for the average request. */
interface Listeners {
  first: number;
  visits: Float64Array;
  multiplier: Float64Array;
}

function drawListeners(random: Random, responseSigma: number): Listeners[] {
  const size = LISTENERS / SEGMENTS;
  return Array.from({ length: SEGMENTS }, (_, segment) => {
    const rates = Float64Array.from({ length: size }, () => drawLogNormal(random, 1, VISITS_SIGMA));
    const responses = rates.map(() => drawLogNormal(random, 1, responseSigma));
    const mean = rates.reduce((all, rate, index) => all + rate * (responses[index] as number), 0) / sum(rates);
    let passed = 0;
    const visits = rates.map((rate) => (passed += rate));
    return {
      first: segment * size,
      visits,
      // As a server tells it.
      multiplier: responses.map((one) => Math.round((1000 * one) / mean) / 1000),
    };
  });
}

interface Traffic extends Forecast {
  clickRate: Float64Array;
  listeners: Listeners[];
}

function drawRequests(
  random: Random,
  { days, clickRate, hourShape, daily, listeners }: Traffic,
): Pick<LoopMarket, 'requests'> & Pick<LivePriceWorld, 'hourStart' | 'expectedOffer'> {
  const marketFactor = drawLogNormal(random, 1, MARKET_ERROR);
  const cellFactors = Float64Array.from({ length: CELLS }, () => marketFactor * drawLogNormal(random, 1, CELL_ERROR));
  const offerMedians = clickRate.map((rate) => rate * OFFER_PER_CLICK * drawLogNormal(random, 1, OFFER_CELL_SIGMA));
  const hourStart = new Uint32Array(24 * days + 1);
  const drawn: { atMs: number; cell: number }[] = [];
  for (let hour = 0; hour < 24 * days; hour++) {
    const ofHour: typeof drawn = [];
    for (let cell = 0; cell < CELLS; cell++) {
      const mean = (daily[cell] as number) * (hourShape[hour % 24] as number) * (cellFactors[cell] as number);
      const count = drawPoisson(random, mean * drawLogNormal(random, 1, HOUR_ERROR));
      for (let request = 0; request < count; request++) {
        ofHour.push({ atMs: FIRST_DAY_AT_MS + (hour + random()) * HOUR_MS, cell });
      }
    }
    for (const request of ofHour.sort((a, b) => a.atMs - b.atMs)) drawn.push(request);
    hourStart[hour + 1] = drawn.length;
  }
  const requests = {
    atMs: Float64Array.from(drawn, ({ atMs }) => Math.floor(atMs)),
    cell: Uint32Array.from(drawn, ({ cell }) => cell),
    listener: new Uint32Array(drawn.length),
    multiplier: new Float64Array(drawn.length),
    offerCpmMicros: new Float64Array(drawn.length),
    group: Uint8Array.from(drawn, () => (random() < FIRST_GROUP_SHARE ? 0 : 1)),
  };
  drawn.forEach(({ atMs, cell }, request) => {
    const { first, visits, multiplier } = listeners[Math.floor(cell / SURFACES)] as Listeners;
    const listener = placeOf(visits, random() * (visits.at(-1) as number));
    const response = multiplier[listener] as number;
    requests.listener[request] = first + listener;
    requests.multiplier[request] = response;
    const hour = (atMs - FIRST_DAY_AT_MS) / HOUR_MS;
    const level = 1 + MORNING_OFFERS * Math.cos(((hour - 8) / 24) * 2 * Math.PI);
    const median = level * (offerMedians[cell] as number) * response ** OFFER_POWER;
    requests.offerCpmMicros[request] = Math.round(1e9 * drawLogNormal(random, median, OFFER_SIGMA));
  });
  const expectedOffer = offerMedians.map((middle) => {
    return drawLogNormal(random, middle * Math.exp(OFFER_SIGMA ** 2 / 2), OFFER_ERROR);
  });
  return { requests, hourStart, expectedOffer };
}

/** The first place whose number is above `value`, of rising numbers. */
function placeOf(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
