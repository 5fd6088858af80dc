// Random markets and requests for quotes, from a seed: many lines with flights at any hour, cells of all sizes.
import type { MarketView } from '../../shared/campaign/campaign-state.ts';
import type { Hold } from '../../shared/contracts/bookings.ts';
import type { QuoteRequest } from '../../shared/contracts/quotes.ts';
import { entry } from './entries.ts';
import { DAY_MS, HOUR_MS, START_MS } from './instants.ts';
import { market, page, supplyDay } from './markets.ts';

export const SEGMENTS = ['casual', 'fans', 'new', 'super'];
export const SURFACES = ['home', 'search', 'release'];

/** Uniform numbers from 0 to 1: Mulberry32. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function some<T>(next: () => number, all: readonly T[]): T[] {
  const chosen = all.filter(() => next() < 0.5);
  return chosen.length > 0 ? chosen : [all[Math.floor(next() * all.length)] as T];
}

export interface WorldOptions {
  name?: string;
  lines?: number;
  days?: number;
  /** Clicks sold as a share of those that can be booked. */
  load?: number;
  /** Flights begin and end at midnight. */
  isAligned?: boolean;
  softHolds?: number;
  firmHolds?: number;
  hasListeners?: boolean;
}

/** Visits of a window of ten days. */
export const histogram = {
  windowDays: 10,
  visits: [1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 30],
  visitListeners: [4000, 2500, 1600, 1200, 900, 700, 500, 350, 200, 120, 60],
  activeDayListeners: [4600, 2700, 1600, 1100, 800, 530, 350, 220, 130, 100],
};

export function quoteWorld(seed: number, options: WorldOptions = {}): MarketView {
  const { name = 'SE', lines = 30, days = 8, load = 0.7, isAligned = false } = options;
  const { softHolds = 0, firmHolds = 0, hasListeners = true } = options;
  const next = uniforms(seed);
  const kinds = SEGMENTS.flatMap((segment) =>
    SURFACES.map((surface) => ({
      segment,
      surface,
      size: Math.exp(6 + 4 * next()),
      clickPpm: Math.round(5000 + 45_000 * next()),
    })),
  );
  let clicks = 0;
  const supply = Array.from({ length: days }, (_, day) => {
    const cells = kinds.map(({ segment, surface, size, clickPpm }) => {
      const q50 = Math.round(size * (0.6 + 0.8 * next()));
      clicks += (q50 * 0.87 * clickPpm) / 1e6;
      const quantiles = { q10: Math.round(0.75 * q50), q50, q90: Math.round(1.35 * q50) };
      return { segment, surface, ...quantiles, clickPpm, clickTrials: 20_000, conversionPpm: 60_000 };
    });
    const listeners = SEGMENTS.map((segment) => ({ segment, ...histogram }));
    const nodes = [0.15, 0.2, 0.28, 0.4].map((sigma, index) => ({
      weight: [0.3, 0.4, 0.2, 0.1][index] as number,
      sigma,
    }));
    return supplyDay(START_MS + day * DAY_MS, {
      market: name,
      cells,
      ...(hasListeners ? { listeners } : {}),
      errorSpread: { bias: -0.02, nodes, sharedShare: 0.3 },
    });
  });
  const flightOf = () => {
    const stepMs = isAligned ? DAY_MS : HOUR_MS;
    const startAtMs = START_MS + Math.floor((next() * (days + 1) * DAY_MS) / stepMs - DAY_MS / stepMs) * stepMs;
    const endAtMs = startAtMs + Math.max(1, Math.round((next() ** 2 * days * DAY_MS) / stepMs)) * stepMs;
    return { startAtMs, endAtMs: Math.max(START_MS + stepMs, endAtMs) };
  };
  const termsOf = () => ({
    ...flightOf(),
    segments: some(next, SEGMENTS),
    surfaces: some(next, SURFACES),
    clickPriceMicros: 200_000 + Math.floor(600_000 * next()),
    budgetMicros: Math.round(((2 * load * clicks) / lines) * next() * 500_000),
  });
  const entries = Array.from({ length: lines }, (_, line) => entry({ campaignId: `c${line}`, ...termsOf() }));
  const holds = Array.from({ length: softHolds + firmHolds }, (_, index): Hold => {
    const about = {
      tenantId: 't2',
      campaignId: `h${index}`,
      subcampaignId: 's1',
      untilAtMs: START_MS + DAY_MS,
      bytes: 100,
    };
    const soft = index < softHolds ? { probability: 0.2 + 0.6 * next() } : {};
    return { bookingId: `${index}`.padStart(20, '0'), ...about, ...termsOf(), ...soft };
  });
  const own = page(entries, { market: name, ...(holds.length > 0 ? { holds } : {}) });
  return {
    market: market({ market: name, bookVersion: 3 }),
    pages: [own],
    supply: new Map(supply.map((day) => [day.day, day])),
  };
}

/** A request for some of the markets, one part in each. */
export function quoteRequestOf(
  seed: number,
  {
    markets = ['SE'],
    days = 8,
    isCapped = false,
  }: { markets?: readonly string[]; days?: number; isCapped?: boolean } = {},
): QuoteRequest {
  const next = uniforms(seed);
  const startAtMs = START_MS + Math.floor(next() * (days - 2) * 24) * HOUR_MS;
  const caps = () => ({
    ...(next() < 0.3 ? { perListenerDay: 1 + Math.floor(2 * next()) } : {}),
    ...(next() < 0.3 ? { perListenerFlight: 1 + Math.floor(4 * next()) } : {}),
    ...(next() < 0.3 ? { dailyCapMicros: 1_000_000 + Math.floor(40_000_000 * next()) } : {}),
  });
  return {
    currency: 'SEK',
    startAtMs,
    endAtMs: startAtMs + Math.max(1, Math.floor(next() * (days - 1) * 24)) * HOUR_MS,
    objective: (['reach', 'clicks', 'conversions'] as const)[Math.floor(3 * next())] as 'clicks',
    budgetMicros: Math.round(Math.exp(14 + 7 * next())),
    subcampaigns: some(next, markets).map((name) => ({
      market: name,
      segments: some(next, SEGMENTS),
      surfaces: some(next, SURFACES),
      ...(next() < 0.8 ? { clickPriceMicros: 300_000 + Math.floor(400_000 * next()) } : {}),
      ...(isCapped ? caps() : {}),
    })),
  };
}
