// What is true of a market in a season and no quote is told: listeners with habits, a level that drifts, a week's shape, shocks
// that every campaign of the market shares for a week, the luck of segments and days, and how clicks really come.
import { drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';
import { drawBeta, drawGamma } from './full-spend-world.ts';
import type { SeasonShape } from './season-shapes.ts';

export interface MarketTruth {
  market: string;
  cells: readonly { segment: string; surface: string }[];
  /** Days before the season that forecasts have learned from. */
  pastDays: number;
  /** Expected visits of each cell on a day of the season; days before it are below 0. */
  expectedVisits(day: number): Float64Array;
  /** Everyone who comes on a day of the season and to which cell, visit by visit, in an order of its own. */
  visits(day: number): DayVisits;
  listeners: number;
  /** What is known of clicks on a day, and what is true of campaigns that are booked on it. */
  clicks(day: number): CellClicks[];
  /** The share of a release's listeners that begin to stream it by themselves on a day. */
  streamingHazard: number;
}

export interface DayVisits {
  listener: Int32Array;
  cell: Uint8Array;
  /** Of each cell. */
  counts: Float64Array;
}

export interface CellClicks {
  clickPpm: number;
  clickTrials: number;
  conversionPpm: number;
  /** Clicks per impression and conversions per click, as they are. */
  clickRate: number;
  conversionRate: number;
}

const SEGMENTS = ['casual', 'regular', 'devoted'];
const SURFACES = ['home', 'search'];
const DAYS_OF_WEEK = 7;
/** Days for which one estimate of the click rates stands. */
const RATE_DAYS = 28;

export function createTruth(shape: SeasonShape, seed: number, index: number): MarketTruth {
  const random = createRandom('season', shape.name, seed, 'market', index);
  const cells = SEGMENTS.flatMap((segment) => SURFACES.map((surface) => ({ segment, surface })));
  const pastDays = DAYS_OF_WEEK * Math.round(shape.pastWeeks * (0.6 + 0.8 * random()));
  const level = levels(shape, pastDays, random);
  const weekday = Array.from({ length: DAYS_OF_WEEK }, () => Math.exp(0.15 * drawNormal(random)));
  const segmentOf = Array.from({ length: shape.listeners }, () => Math.floor(SEGMENTS.length * random()));
  const rates = Float64Array.from(segmentOf, (segment) => (0.7 + 0.5 * segment) * drawGamma(random, 0.8));
  const homeShare = SEGMENTS.map(() => 0.3 + 0.5 * random());
  const usual = SEGMENTS.map((_, segment) =>
    rates.reduce((sum, rate, at) => sum + (segmentOf[at] === segment ? rate : 0), 0),
  );
  const segmentLuck = SEGMENTS.map(() => weekly(shape, pastDays, () => shape.segmentSpread * drawNormal(random)));
  const factor = (day: number, segment: number) =>
    Math.exp(
      (level[day + pastDays] as number) +
        (segmentLuck[segment]?.[Math.floor((day + pastDays) / DAYS_OF_WEEK)] as number),
    ) * (weekday[(day + pastDays) % DAYS_OF_WEEK] as number);
  const eras = Array.from({ length: Math.ceil((shape.weeks * DAYS_OF_WEEK) / RATE_DAYS) + 1 }, () =>
    cells.map(() => drawClicks(shape, random)),
  );
  return {
    market: `M${index}`,
    cells,
    pastDays,
    listeners: shape.listeners,
    streamingHazard: shape.streamingHazard,
    expectedVisits: (day) =>
      Float64Array.from(cells, (_, cell) => {
        const segment = Math.floor(cell / SURFACES.length);
        const share = homeShare[segment] as number;
        return (usual[segment] as number) * factor(day, segment) * (cell % SURFACES.length === 0 ? share : 1 - share);
      }),
    visits(day) {
      const ofDay = createRandom('season', shape.name, seed, 'visits', index, day);
      const factors = SEGMENTS.map((_, segment) => factor(day, segment));
      const [listener, cell]: [number[], number[]] = [[], []];
      const counts = new Float64Array(cells.length);
      for (let one = 0; one < shape.listeners; one++) {
        const segment = segmentOf[one] as number;
        const count = drawPoisson(ofDay, (rates[one] as number) * (factors[segment] as number));
        for (let visit = 0; visit < count; visit++) {
          const at = segment * SURFACES.length + (ofDay() < (homeShare[segment] as number) ? 0 : 1);
          listener.push(one);
          cell.push(at);
          counts[at] = (counts[at] as number) + 1;
        }
      }
      return { ...shuffled(listener, cell, ofDay), counts };
    },
    clicks: (day) => eras[Math.max(0, Math.floor(day / RATE_DAYS))] as CellClicks[],
  };
}

/** The logarithm of the market's level on each day: drift, the week's shock, the day's luck. */
function levels(shape: SeasonShape, pastDays: number, random: () => number): Float64Array {
  const shockSpread = shape.shockSpread * 2 ** (2 * random() - 1);
  const days = pastDays + shape.weeks * DAYS_OF_WEEK + DAYS_OF_WEEK;
  const shocks = weekly(shape, pastDays, () => shockSpread * drawNormal(random));
  const trend = (0.01 / DAYS_OF_WEEK) * drawNormal(random);
  let drift = 0;
  return Float64Array.from({ length: days }, (_, day) => {
    drift += trend + (shape.weeklyDrift / Math.sqrt(DAYS_OF_WEEK)) * drawNormal(random);
    return drift + (shocks[Math.floor(day / DAYS_OF_WEEK)] as number) + 0.04 * drawNormal(random);
  });
}

function weekly(shape: SeasonShape, pastDays: number, draw: () => number): number[] {
  return Array.from({ length: pastDays / DAYS_OF_WEEK + shape.weeks + 1 }, draw);
}

/** The truth given the estimate is the Beta law that the estimate's trials leave. */
function drawClicks(shape: SeasonShape, random: () => number): CellClicks {
  const clickPpm = Math.round(10_000 * 3 ** random());
  const clickTrials = Math.round(shape.clickTrials * 10 ** random());
  const conversionPpm = Math.round(30_000 * 5 ** random());
  const clicks = (clickPpm / 1e6) * clickTrials;
  const converted = (clicks * conversionPpm) / 1e6;
  return {
    clickPpm,
    clickTrials,
    conversionPpm,
    clickRate: drawBeta(random, clicks, clickTrials - clicks),
    conversionRate: drawBeta(random, converted, clicks - converted),
  };
}

function shuffled(listener: number[], cell: number[], random: () => number): Pick<DayVisits, 'listener' | 'cell'> {
  for (let last = listener.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [listener[last], listener[other]] = [listener[other] as number, listener[last] as number];
    [cell[last], cell[other]] = [cell[other] as number, cell[last] as number];
  }
  return { listener: Int32Array.from(listener), cell: Uint8Array.from(cell) };
}
