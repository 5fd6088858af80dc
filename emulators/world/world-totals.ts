// What the world itself counted: the other side of every number the stack keeps.
import { type IntervalCount, SUMMED } from './ad-server.ts';
import type { SubcampaignKey } from './lease-book.ts';
import { type SpotCount, nothingServed } from './serve-requests.ts';

/** What ad servers counted of one subcampaign. */
export interface SubcampaignCount extends SubcampaignKey {
  market: string;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
  /** What its clicks cost. */
  clickMicros: number;
  /** Listeners that saw it. */
  reached: number;
  /** What its impressions were truly worth, micros: expected clicks at their price. */
  expectedMicros: number;
}

export interface WorldCounts {
  opportunities: number;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
  /** Different reports, each accepted at least once. */
  reports: number;
  /** Those of them that were kept while a market was cut off. */
  lateReports: number;
  /** Reports sent a second time on purpose. */
  duplicates: number;
  /** Calls repeated because the answer was a transient failure or none. */
  retries: number;
  closings: number;
}

export interface WorldTotals extends WorldCounts {
  /** What spot demand bought, by market. */
  spot: Record<string, SpotCount>;
  /** Slots by why they went to whom they went. */
  awards: IntervalCount['awards'];
  /** By campaign and subcampaign id. */
  subcampaigns: SubcampaignCount[];
}

export interface Tally {
  add(market: string, count: IntervalCount): void;
  counts(): WorldCounts;
  totals(): WorldTotals;
}

/** A tally of nothing yet. */
export function createTally(): Tally {
  const sums: WorldCounts = {
    opportunities: 0,
    impressions: 0,
    clicks: 0,
    conversions: 0,
    chargedMicros: 0,
    reports: 0,
    lateReports: 0,
    duplicates: 0,
    retries: 0,
    closings: 0,
  };
  const subcampaigns = new Map<string, SubcampaignCount>();
  const spot: Record<string, SpotCount> = {};
  const { awards } = nothingServed();

  return {
    add(market, count) {
      for (const name of ['opportunities', 'reports', 'lateReports', 'duplicates', 'retries', 'closings'] as const) {
        sums[name] += count[name];
      }
      for (const line of count.lines) {
        const { campaignId, subcampaignId } = line;
        const key = `${campaignId}/${subcampaignId}`;
        const known = subcampaigns.get(key) ?? { campaignId, subcampaignId, market, ...NONE };
        for (const name of SUMMED) known[name] += line[name];
        for (const name of ['impressions', 'clicks', 'conversions', 'chargedMicros'] as const) sums[name] += line[name];
        subcampaigns.set(key, known);
      }
      const bought = (spot[market] ??= nothingServed().spot);
      for (const name of ['impressions', 'paidMicros', 'offeredMicros'] as const) bought[name] += count.spot[name];
      for (const code of Object.keys(awards) as (keyof typeof awards)[]) awards[code] += count.awards[code];
    },
    counts: () => ({ ...sums }),
    totals: () => ({
      ...sums,
      spot: structuredClone(spot),
      awards: { ...awards },
      subcampaigns: [...subcampaigns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => ({ ...count })),
    }),
  };
}

const NONE = Object.fromEntries(SUMMED.map((name) => [name, 0])) as Record<(typeof SUMMED)[number], number>;
