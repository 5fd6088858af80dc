// Books of a thousand subcampaigns in full flight, and what two ad-server groups report of them each minute: drawn from
// the numbers that the market leader publishes for campaigns of this kind, charged within the leases of the served plan.
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { choosePage, pageTable, reservedBytes } from '../../shared/campaign/book-page.ts';
import type { BookEntry, BookPage, Market, SupplyDay } from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import type { PlanWire } from '../../shared/contracts/plan.ts';
import { DAY_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { newMarket } from '../../shared/store/persist-supply.ts';

export const MINUTE_MS = 60_000;
/** Around noon of a day of even traffic. */
export const FIRST_TICK_AT_MS = Date.parse('2026-03-12T11:45:00Z');

/** The median-sized order: what the smallest represented booking is, at the public price of a click. */
export const ORDER = {
  budgetMicros: 250_000_000,
  clickPriceMicros: 500_000,
  flightDays: 10,
  /** Clicks per million impressions. */
  clickPpm: 15_000,
};
export const GROUPS = ['edge-a', 'edge-b'] as const;
const MAX_LINES = 400;
const SEGMENTS = ['casual', 'fans', 'lapsed', 'new'];
const SURFACES = ['home', 'search', 'player'];

/** Impressions that an order needs each minute. */
export function impressionsPerMinute({ budgetMicros, clickPriceMicros, flightDays, clickPpm }: typeof ORDER): number {
  return budgetMicros / clickPriceMicros / (clickPpm / 1e6) / (flightDays * 1440);
}

export interface Book {
  market: Market;
  pages: BookPage[];
  supply: SupplyDay;
}

/** A market whose subcampaigns are anywhere between the start and the end of their flights, on pace; packed as booked. */
export function bookOf(name: string, subcampaigns: number): Book {
  const random = createRandom(1, 'book', name);
  const pages = new Map<string, BookPage>();
  let market: Market = {
    ...newMarket(name),
    supplyVersion: 1,
    groups: GROUPS.map((group) => ({ group, seenAtMs: FIRST_TICK_AT_MS - MINUTE_MS, opportunities: 1_000_000 })),
  };
  for (let index = 0; index < subcampaigns; index++) {
    const entry = entryOf(`${name}-c${String(index).padStart(5, '0')}`, random);
    const page = choosePage(market, 1, reservedBytes(entry));
    if (page === undefined) throw new Error(`a market has no room for ${subcampaigns} subcampaigns`);
    const known = pages.get(page) ?? { schemaVersion: 1, market: name, page, entries: [] };
    known.entries.push(entry);
    pages.set(page, known);
    market = { ...market, pages: pageTable(market, [known]) };
  }
  return { market, pages: [...pages.values()], supply: supplyOf(name) };
}

function entryOf(campaignId: string, random: Random): BookEntry {
  const { budgetMicros, clickPriceMicros, flightDays } = ORDER;
  // Not the last hours of a flight: what ends leaves the book, and the bench wants as many at its end as at its start.
  const flown = random() * 0.98;
  const startAtMs = FIRST_TICK_AT_MS - Math.floor((flown * flightDays * DAY_MS) / MINUTE_MS) * MINUTE_MS;
  const clicks = Math.floor((budgetMicros * flown) / clickPriceMicros);
  return {
    tenantId: 't1',
    campaignId,
    subcampaignId: 's1',
    status: 'active',
    startAtMs,
    endAtMs: startAtMs + flightDays * DAY_MS,
    segments: [pick(SEGMENTS, random)],
    surfaces: [...SURFACES],
    clickPriceMicros,
    trafficByDay: Array.from({ length: flightDays + 1 }, () => 1_000_000),
    budgetMicros,
    spentMicros: clicks * clickPriceMicros,
    overrunMicros: 0,
    impressions: Math.floor((clicks * 1e6) / ORDER.clickPpm),
    clicks,
    conversions: Math.floor(clicks / 10),
    cohorts: [],
    leases: [],
  };
}

function supplyOf(market: string): SupplyDay {
  const cells = SEGMENTS.flatMap((segment) =>
    SURFACES.map((surface) => ({
      segment,
      surface,
      q10: 8_000_000,
      q50: 10_000_000,
      q90: 12_000_000,
      clickPpm: ORDER.clickPpm,
    })),
  );
  const hourShape = Array.from({ length: 24 }, () => 1 / 24);
  return { schemaVersion: 1, market, day: dayOf(FIRST_TICK_AT_MS), modelId: 'm1', hourShape, cells };
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** The two groups of one market: what they serve by the last plan they saw, and what they charged to whom so far. */
export function createGroups(market: string, seed = 1) {
  const random = createRandom(seed, 'traffic', market);
  const charged = new Map<string, number>();
  const ratePerGroup = impressionsPerMinute(ORDER) / GROUPS.length;
  const chargeMicros = (ORDER.clickPriceMicros * ORDER.clickPpm) / 1e6;

  /** What a group served of each line in the minute that ends at `endAtMs`. */
  const serve = (group: string, plan: PlanWire, endAtMs: number): DeliveryReported['data']['lines'] => {
    const lines: DeliveryReported['data']['lines'] = [];
    for (const line of plan.lines) {
      const lease = line.leases.find((candidate) => candidate.group === group);
      if (!lease || Date.parse(lease.spendUntilAt) < endAtMs) continue;
      const key = `${group}/${line.campaignId}`;
      const openMicros = lease.grantedMicros - lease.returnedMicros - (charged.get(key) ?? 0);
      const impressions = Math.min(poisson(ratePerGroup, random), Math.floor(openMicros / chargeMicros));
      if (impressions <= 0) continue;
      charged.set(key, (charged.get(key) ?? 0) + impressions * chargeMicros);
      const clicks = drawClicks(impressions, random);
      lines.push({
        campaignId: line.campaignId,
        subcampaignId: line.subcampaignId,
        hourAtMs: Math.floor((endAtMs - MINUTE_MS) / 3_600_000) * 3_600_000,
        impressions,
        clicks,
        conversions: clicks > 0 && random() < 0.1 ? 1 : 0,
        chargedMicros: impressions * chargeMicros,
      });
    }
    return lines;
  };

  return {
    /** Both groups' reports of the minute that ends at `endAtMs`. */
    reports(body: string | undefined, endAtMs: number): DeliveryReported[] {
      const plan = body === undefined ? undefined : (JSON.parse(body) as PlanWire);
      return GROUPS.flatMap((group) => {
        const lines = plan ? serve(group, plan, endAtMs) : [];
        const parts = Math.max(1, Math.ceil(lines.length / MAX_LINES));
        return Array.from({ length: parts }, (_, part) =>
          reportOf({ market, group, part, endAtMs, lines: lines.slice(part * MAX_LINES, (part + 1) * MAX_LINES) }),
        );
      });
    },
  };
}

function reportOf(of: {
  market: string;
  group: string;
  part: number;
  endAtMs: number;
  lines: DeliveryReported['data']['lines'];
}): DeliveryReported {
  const { market, group, part, endAtMs, lines } = of;
  const cells = SEGMENTS.flatMap((segment) => SURFACES.map((surface) => ({ segment, surface, opportunities: 3_500 })));
  return {
    type: 'andante.delivery-reported.v1',
    eventId: `${market}:${group}:${endAtMs}:${part}`,
    source: group,
    tenantId: 'andante',
    occurredAtMs: endAtMs,
    data: {
      market,
      group,
      windowStartAtMs: endAtMs - MINUTE_MS,
      windowEndAtMs: endAtMs,
      lines,
      opportunities: part === 0 ? cells : [],
      sample: [],
      closings: [],
    },
  };
}

/** Knuth's product of uniforms; the means here are small. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

function drawClicks(impressions: number, random: Random): number {
  let clicks = 0;
  for (let index = 0; index < impressions; index++) if (random() * 1e6 < ORDER.clickPpm) clicks++;
  return clicks;
}
