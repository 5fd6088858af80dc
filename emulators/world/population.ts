// The listeners of the local world, as supply: what the forecast says of a cell, and what then really comes. The two
// differ as a good forecast does: each market-day and cell-day by a log-normal factor whose width the quantiles state,
// each interval by a Poisson draw, each cell's click rate by a lasting factor nobody was told.
import assert from 'node:assert/strict';
import type { SupplyDay } from '../../shared/contracts/documents.ts';
import { type Audience, createAudience } from './audience.ts';
import { drawLogNormal, drawPoisson, drawSplit } from './draws.ts';
import { createPanel, type ListenerSample, type Panel } from './listeners.ts';
import type { MarketProfile } from './market-profile.ts';
import { createRandom, type Random } from './random.ts';
import { createSpotDemand, type SpotDemand } from './spot-demand.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The 90% point of the standard normal. */
const Z90 = 1.2816;

/** A segment and a surface: a market's cell on any day. */
export interface Cell {
  segment: string;
  surface: string;
}

/** What came of one cell in one interval. */
export interface CellTraffic extends Cell {
  opportunities: number;
}

export interface PopulationOptions {
  seed: number;
  profiles: readonly MarketProfile[];
  /** Opportunities of an average day in a market of size 1. */
  dailyOpportunities?: number;
  /** How far a market-day strays from its forecast: standard deviation of the logarithm. */
  dayNoiseShare?: number;
  /** How far a cell's true click rate strays from the forecast: standard deviation of the logarithm. */
  clickNoiseShare?: number;
  /** What nobody foresaw: for a time, so many times the traffic. */
  surge?: { startAtMs: number; endAtMs: number; factor: number };
}

/** A cell as it truly is. */
export interface TrueCell extends Cell {
  /** Clicks per impression. */
  clickRate: number;
  /** The part of its segment's requests. */
  surfaceShare: number;
}

export interface Population {
  markets: string[];
  segments: string[];
  surfaces: string[];
  /** The forecast of a market's day (`YYYY-MM-DD`), in the form in which the stack keeps it. */
  expectedSupply(market: string, day: string): SupplyDay;
  /** What really comes to each of `groups` ad-server groups in an interval within one hour; one list per group. */
  traffic(market: string, interval: { startAtMs: number; endAtMs: number }, groups: number): CellTraffic[][];
  /** True clicks per impression of a cell; 0 for a cell the market does not have. */
  clickRate(market: string, cell: Cell): number;
  /** A market's cells, in the order of its traffic. */
  cells(market: string): TrueCell[];
  /** The listeners of one of a market's groups. */
  audience(market: string, group: number, groups: number): Audience;
  spotDemand(market: string): SpotDemand;
  /** Listeners that come to a market on an average day. */
  activeListeners(market: string): number;
  /** What the listener of one request in this cell did in the last ten days. */
  listener(market: string, cell: Cell, random: Random): ListenerSample;
}

/** A population that is fixed by its seed and profiles. */
export function createPopulation(options: PopulationOptions): Population {
  const { seed, profiles, dailyOpportunities = 120_000, dayNoiseShare = 0.1, clickNoiseShare = 0.08, surge } = options;
  assert(profiles.length > 0, 'createPopulation: at least one market');
  const cellNoiseShare = dayNoiseShare / 2;
  const places = new Map(profiles.map((profile) => [profile.market, createPlace(seed, profile, clickNoiseShare)]));
  const placeOf = (market: string) => {
    const place = places.get(market);
    assert(place, `population: no market ${market}`);
    return place;
  };
  const median = (place: Place, cell: PlaceCell, weekday: number) =>
    place.profile.size * dailyOpportunities * (place.profile.dayFactors[weekday] ?? 1) * cell.share;
  const listenersOf = ({ profile, cells, panels }: Place) =>
    [...panels].map(([segment, panel]) => {
      const share = cells.reduce((sum, cell) => sum + (cell.segment === segment ? cell.share : 0), 0);
      return { segment, panel, listeners: (profile.size * dailyOpportunities * share) / panel.visitsPerDay };
    });
  const dayFactors = new Map<string, number[]>();
  const factorsOf = (place: Place, dayStartMs: number) => {
    const key = `${place.profile.market}|${dayStartMs}`;
    const known = dayFactors.get(key);
    if (known) return known;
    const random = createRandom(seed, 'day', key);
    const ofMarket = drawLogNormal(random, 1, dayNoiseShare);
    const drawn = place.cells.map(() => ofMarket * drawLogNormal(random, 1, cellNoiseShare));
    dayFactors.set(key, drawn);
    return drawn;
  };

  return {
    markets: profiles.map((profile) => profile.market),
    segments: SEGMENTS.map(([segment]) => segment),
    surfaces: SURFACES.map(([surface]) => surface),
    expectedSupply(market, day) {
      const place = placeOf(market);
      const weekday = weekdayOf(Date.parse(`${day}T00:00:00Z`));
      const width = Math.exp(Z90 * Math.hypot(dayNoiseShare, cellNoiseShare));
      const cells = place.cells.map((cell) => {
        const q50 = median(place, cell, weekday);
        return {
          segment: cell.segment,
          surface: cell.surface,
          q10: Math.round(q50 / width),
          q50: Math.round(q50),
          q90: Math.round(q50 * width),
          clickPpm: cell.clickPpm,
        };
      });
      const hourShape = [...(place.profile.hourShapes[weekday] ?? [])];
      return { schemaVersion: 1, market, day, modelId: 'world-seed', hourShape, cells };
    },
    traffic(market, { startAtMs, endAtMs }, groups) {
      const place = placeOf(market);
      const dayStartMs = startAtMs - (startAtMs % DAY_MS);
      const weekday = weekdayOf(dayStartMs);
      const hour = Math.floor((startAtMs - dayStartMs) / HOUR_MS);
      const shareOfDay = ((place.profile.hourShapes[weekday]?.[hour] ?? 0) * (endAtMs - startAtMs)) / HOUR_MS;
      const factors = factorsOf(place, dayStartMs);
      const surged = surge && startAtMs >= surge.startAtMs && startAtMs < surge.endAtMs ? surge.factor : 1;
      const random = createRandom(seed, 'traffic', market, startAtMs);
      const byGroup: CellTraffic[][] = Array.from({ length: groups }, () => []);
      place.cells.forEach((cell, index) => {
        const total = drawPoisson(random, median(place, cell, weekday) * shareOfDay * (factors[index] ?? 1) * surged);
        drawSplit(random, total, groups).forEach((opportunities, group) => {
          byGroup[group]?.push({ segment: cell.segment, surface: cell.surface, opportunities });
        });
      });
      return byGroup;
    },
    clickRate(market, { segment, surface }) {
      return placeOf(market).clickRates.get(`${segment}|${surface}`) ?? 0;
    },
    listener(market, { segment, surface }, random) {
      const panel = placeOf(market).panels.get(segment);
      assert(panel, `population: no segment ${segment}`);
      return panel.sample(random, panel.pick(random), SURFACE_SHARES.get(surface) ?? 0);
    },
    cells(market) {
      const { cells, clickRates } = placeOf(market);
      return cells.map(({ segment, surface }) => ({
        segment,
        surface,
        clickRate: clickRates.get(`${segment}|${surface}`) ?? 0,
        surfaceShare: SURFACE_SHARES.get(surface) ?? 0,
      }));
    },
    audience(market, group, groups) {
      const segments = listenersOf(placeOf(market)).map((one) => ({ ...one, listeners: one.listeners / groups }));
      return createAudience({ labels: [seed, market, group], segments });
    },
    spotDemand: (market) => createSpotDemand([seed, market], placeOf(market).cells),
    activeListeners: (market) =>
      Math.round(listenersOf(placeOf(market)).reduce((sum, one) => sum + one.listeners * one.panel.activeShare, 0)),
  };
}

/** The UTC days that `[startAtMs, endAtMs)` touches, as `YYYY-MM-DD`: the days whose supply a run needs. */
export function daysOf(startAtMs: number, endAtMs: number): string[] {
  const first = startAtMs - (startAtMs % DAY_MS);
  return Array.from({ length: Math.ceil((endAtMs - first) / DAY_MS) }, (_day, index) =>
    new Date(first + index * DAY_MS).toISOString().slice(0, 10),
  );
}

function weekdayOf(dayStartMs: number): number {
  return (new Date(dayStartMs).getUTCDay() + 6) % 7;
}

interface PlaceCell extends Cell {
  /** Of the market's opportunities. */
  share: number;
  clickPpm: number;
}

interface Place {
  profile: MarketProfile;
  cells: PlaceCell[];
  clickRates: Map<string, number>;
  panels: Map<string, Panel>;
}

function createPlace(seed: number, profile: MarketProfile, clickNoiseShare: number): Place {
  const random = createRandom(seed, 'place', profile.market);
  const drawn = SEGMENTS.flatMap(([segment, ofSegment, response]) =>
    SURFACES.map(([surface, ofSurface, clickPpm]) => ({
      segment,
      surface,
      share: drawLogNormal(random, ofSegment * ofSurface, 0.15),
      clickPpm: Math.round(drawLogNormal(random, clickPpm * response, 0.1)),
    })),
  );
  const total = drawn.reduce((sum, cell) => sum + cell.share, 0);
  const cells = drawn.map((cell) => ({ ...cell, share: cell.share / total }));
  const clickRates = new Map(
    cells.map((cell) => [
      `${cell.segment}|${cell.surface}`,
      Math.min(1, (cell.clickPpm / 1e6) * drawLogNormal(random, 1, clickNoiseShare)),
    ]),
  );
  const panels = new Map(SEGMENTS.map(([segment]) => [segment, createPanel(seed, profile.market, segment)]));
  return { profile, cells, clickRates, panels };
}

/** Segment, share of the opportunities, click rate against the surface's. */
const SEGMENTS: [string, number, number][] = [
  ['new-listeners', 0.18, 1.3],
  ['casual', 0.34, 0.9],
  ['regulars', 0.26, 1],
  ['super-listeners', 0.14, 1.5],
  ['lapsed', 0.08, 0.6],
];

/** Surface, share of the opportunities, clicks per million impressions. */
const SURFACES: [string, number, number][] = [
  ['home', 0.4, 12_000],
  ['now-playing', 0.42, 6_000],
  ['search', 0.18, 22_000],
];

const SURFACE_SHARES = new Map(SURFACES.map(([surface, share]) => [surface, share]));
