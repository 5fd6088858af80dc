// The markets and requests of the quote bench: markets sold to many lines of all kinds, with everything that a refreshed
// supply knows, asked by requests of which no two are alike.
import { drawInteger, drawLogNormal, drawOne, drawSome } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { pageTable } from '../../shared/campaign/book-page.ts';
import type { MarketView } from '../../shared/campaign/campaign-state.ts';
import type { Hold } from '../../shared/contracts/bookings.ts';
import { MAX_PAGE_ENTRIES } from '../../shared/contracts/outcomes.ts';
import type { BookEntry, BookPage, SupplyDay } from '../../shared/contracts/documents.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import type { QuoteRequestWire } from '../../shared/contracts/quotes.ts';
import { dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { newMarket } from '../../shared/store/persist-supply.ts';

export interface QuoteInstance {
  name: string;
  seed: number;
  markets: number;
  segments: number;
  surfaces: number;
  days: number;
  /** Sold in each market. */
  lines: number;
  /** What they ask for over what there is. */
  load: number;
  /** Held in each market for others, on top of what is sold: a part of them confirm. */
  softHolds: number;
  /** Whether listeners have been counted. */
  hasListeners: boolean;
}

/** What the clock says; a Monday. */
export const NOW_MS = Date.parse('2026-03-02T09:00:00Z');
const DAY_MS = 86_400_000;
const MIDNIGHT_MS = Date.parse(dayOf(NOW_MS));
const MAX_FLIGHT_DAYS = 14;
const OBJECTIVES = ['reach', 'clicks', 'conversions'] as const;

type Cell = SupplyDay['cells'][number];
type Line = Pick<BookEntry, 'segments' | 'surfaces' | 'startAtMs' | 'endAtMs' | 'clickPriceMicros' | 'trafficByDay'>;

export function drawMarkets(instance: QuoteInstance): MarketView[] {
  return Array.from({ length: instance.markets }, (_, index) => drawMarket(instance, marketName(index)));
}

function marketName(index: number): string {
  return `M${String(index).padStart(2, '0')}`;
}

function drawMarket(instance: QuoteInstance, market: string): MarketView {
  const random = createRandom(instance.seed, `quote market ${market}`);
  const supply = drawSupply(random, instance, market);
  const lines = Array.from({ length: instance.lines }, () => drawLine(random, instance));
  const clicks = supply.flatMap(({ cells }) => cells).reduce((sum, cell) => sum + (cell.q50 * cell.clickPpm) / 1e6, 0);
  const wishes = lines.map(() => drawLogNormal(random, 1, 0.8));
  const scale = (instance.load * clicks) / wishes.reduce((sum, wish) => sum + wish, 0);
  const entries = lines.map((line, index) => ({
    ...soldLine(line, `sold-${index}`),
    budgetMicros: Math.ceil(scale * (wishes[index] as number) * line.clickPriceMicros),
  }));
  const holds = Array.from({ length: instance.softHolds }, (_, index) =>
    heldLine(random, drawLine(random, instance), { index, clicks: scale }),
  );
  const base = newMarket(market);
  const pages = pagesOf(market, entries, holds);
  return {
    market: { ...base, bookVersion: 7, supplyVersion: 3, pages: pageTable(base, pages) },
    pages,
    supply: new Map(supply.map((day) => [day.day, day])),
  };
}

function drawSupply(random: Random, instance: QuoteInstance, market: string): SupplyDay[] {
  const cells = segmentsOf(instance).flatMap((segment) =>
    surfacesOf(instance).map((surface) => ({
      segment,
      surface,
      opportunities: drawLogNormal(random, 60_000, 0.8),
      clickPpm: Math.round(drawLogNormal(random, 20_000, 0.4)),
    })),
  );
  const hours = Array.from({ length: 24 }, (_, hour) => 1 + 0.8 * Math.sin((hour / 12 - 0.9) * Math.PI));
  const whole = hours.reduce((sum, hour) => sum + hour, 0);
  const listeners = instance.hasListeners ? drawListeners(random, instance) : undefined;
  return Array.from({ length: instance.days }, (_, index): SupplyDay => ({
    schemaVersion: 1,
    market,
    day: dayOf(MIDNIGHT_MS + index * DAY_MS),
    modelId: 'mix-3',
    hourShape: hours.map((hour) => hour / whole),
    cells: cells.map(({ segment, surface, opportunities, clickPpm }): Cell => {
      const q50 = Math.round(opportunities * (1 + 0.2 * Math.sin((index / 7) * 2 * Math.PI)));
      const spread = 1.2 + 0.01 * index;
      return {
        ...{ segment, surface, clickPpm, q50, q10: Math.round(q50 / spread), q90: Math.round(q50 * spread) },
        clickTrials: 400_000,
        conversionPpm: 50_000,
      };
    }),
    ...(listeners && { listeners }),
    errorSpread: {
      bias: 0,
      nodes: [0.08, 0.14, 0.2, 0.3].map((sigma) => ({ weight: 0.25, sigma })),
      sharedShare: 0.5,
    },
    issuedAtMs: NOW_MS,
    inputsHash: 'a'.repeat(64),
  }));
}

/** Of each segment on each surface and on all: few come often. */
function drawListeners(random: Random, instance: QuoteInstance): NonNullable<SupplyDay['listeners']> {
  const surfaces = [undefined, ...surfacesOf(instance)];
  return segmentsOf(instance).flatMap((segment) =>
    surfaces.map((surface) => {
      const people = drawLogNormal(random, 80_000, 0.5);
      const visits = [1, 2, 3, 5, 8, 13, 21, 34, 55];
      const shares = visits.map((_, bin) => Math.exp(-0.35 * bin));
      const active = Array.from({ length: 10 }, (_, day) => Math.exp(-0.2 * day));
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      return {
        segment,
        ...(surface !== undefined && { surface }),
        windowDays: 10,
        visits,
        visitListeners: shares.map((share) => (people * share) / sum(shares)),
        activeDayListeners: active.map((share) => (people * share) / sum(active)),
      };
    }),
  );
}

function drawLine(random: Random, instance: QuoteInstance): Line {
  const startDay = drawInteger(random, -5, instance.days - 2);
  const days = drawInteger(random, 2, MAX_FLIGHT_DAYS);
  const startAtMs = MIDNIGHT_MS + startDay * DAY_MS + drawInteger(random, 0, 23) * 3_600_000;
  return {
    segments: drawSome(random, segmentsOf(instance), drawInteger(random, 1, 3)),
    surfaces: drawSome(random, surfacesOf(instance), drawInteger(random, 1, 3)),
    startAtMs,
    endAtMs: Math.max(startAtMs + days * DAY_MS, NOW_MS + DAY_MS),
    clickPriceMicros: Math.round(drawLogNormal(random, 400_000, 0.3)),
    trafficByDay: Array.from({ length: days }, () => drawInteger(random, 50_000, 500_000)),
  };
}

function soldLine(line: Line, campaignId: string): Omit<BookEntry, 'budgetMicros'> {
  return {
    tenantId: 'sold-records',
    campaignId,
    subcampaignId: 'part',
    status: 'active',
    ...line,
    ...{ spentMicros: 0, overrunMicros: 0, impressions: 0, clicks: 0, conversions: 0 },
    cohorts: [],
    leases: [],
  };
}

function heldLine(
  random: Random,
  { trafficByDay: _, ...line }: Line,
  { index, clicks }: { index: number; clicks: number },
): Hold {
  return {
    tenantId: 'held-records',
    campaignId: `held-${index}`,
    subcampaignId: 'part',
    ...line,
    bookingId: index.toString(16).padStart(20, '0'),
    budgetMicros: Math.ceil(clicks * drawLogNormal(random, 1, 0.8) * line.clickPriceMicros),
    probability: drawOne(random, [0.2, 0.5, 0.8]),
    untilAtMs: NOW_MS + DAY_MS,
  } as Hold;
}

function pagesOf(market: string, entries: readonly BookEntry[], holds: readonly Hold[]): BookPage[] {
  const count = Math.max(1, Math.ceil(entries.length / MAX_PAGE_ENTRIES));
  const pages = Array.from({ length: count }, (_, page): BookPage => ({
    schemaVersion: 1,
    market,
    page: `p${String(page).padStart(2, '0')}`,
    entries: entries.slice(page * MAX_PAGE_ENTRIES, (page + 1) * MAX_PAGE_ENTRIES),
  }));
  if (holds.length === 0) return pages;
  return [
    ...pages,
    { schemaVersion: 1, market, page: `p${String(count).padStart(2, '0')}`, entries: [], holds: [...holds] },
  ];
}

/** Of one market mostly; one in four of two or three; one in five asks for a goal. */
export function drawRequests(instance: QuoteInstance, count: number): QuoteRequestWire[] {
  const random = createRandom(instance.seed, 'quote requests');
  const markets = Array.from({ length: instance.markets }, (_, index) => marketName(index));
  return Array.from({ length: count }, (_, index) => {
    const startAtMs = MIDNIGHT_MS + drawInteger(random, 1, instance.days - 3) * DAY_MS;
    const lastMs = MIDNIGHT_MS + instance.days * DAY_MS;
    const parts = random() < 0.75 ? 1 : drawInteger(random, 2, 3);
    const budgetMicros = Math.round(drawLogNormal(random, 500e6, 1.2));
    const goal = {
      kind: drawOne(random, instance.hasListeners ? OBJECTIVES : (['clicks', 'conversions'] as const)),
      amount: Math.max(1, Math.round(budgetMicros / 1e6 / 4)),
    };
    return {
      requestId: `request-${index}`,
      currency: 'EUR',
      startAt: formatInstant(startAtMs),
      endAt: formatInstant(Math.min(lastMs, startAtMs + drawInteger(random, 2, MAX_FLIGHT_DAYS) * DAY_MS)),
      objective: drawOne(random, OBJECTIVES),
      ...(random() < 0.2 ? { goal } : { budgetMicros }),
      subcampaigns: drawSome(random, markets, parts).map((market) => ({
        market,
        segments: drawSome(random, segmentsOf(instance), drawInteger(random, 1, 4)),
        surfaces: drawSome(random, surfacesOf(instance), drawInteger(random, 1, 3)),
        ...(random() < 0.5 && { clickPriceMicros: Math.round(drawLogNormal(random, 400_000, 0.3)) }),
        ...(random() < 0.2 && { perListenerDay: drawInteger(random, 1, 3) }),
        ...(random() < 0.1 && { perListenerFlight: drawInteger(random, 2, 8) }),
      })),
    };
  });
}

function segmentsOf({ segments }: QuoteInstance): string[] {
  return Array.from({ length: segments }, (_, index) => `segment-${index}`);
}

function surfacesOf({ surfaces }: QuoteInstance): string[] {
  return Array.from({ length: surfaces }, (_, index) => `surface-${index}`);
}
