// What the world itself counted: the other side of every number the stack keeps.
import type { IntervalCount } from './ad-server.ts';
import type { SubcampaignKey } from './lease-book.ts';

/** What ad servers counted of one subcampaign. */
export interface SubcampaignCount extends SubcampaignKey {
  market: string;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
}

export interface WorldCounts {
  opportunities: number;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
  /** Different reports, each accepted at least once. */
  reports: number;
  /** Reports sent a second time on purpose. */
  duplicates: number;
  /** Calls repeated because the answer was a transient failure or none. */
  retries: number;
  closings: number;
}

export interface WorldTotals extends WorldCounts {
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
    duplicates: 0,
    retries: 0,
    closings: 0,
  };
  const subcampaigns = new Map<string, SubcampaignCount>();

  return {
    add(market, count) {
      for (const name of ['opportunities', 'reports', 'duplicates', 'retries', 'closings'] as const) {
        sums[name] += count[name];
      }
      for (const line of count.lines) {
        const { campaignId, subcampaignId } = line;
        const key = `${campaignId}/${subcampaignId}`;
        const none = { impressions: 0, clicks: 0, conversions: 0, chargedMicros: 0 };
        const known = subcampaigns.get(key) ?? { campaignId, subcampaignId, market, ...none };
        for (const name of ['impressions', 'clicks', 'conversions', 'chargedMicros'] as const) {
          sums[name] += line[name];
          known[name] += line[name];
        }
        subcampaigns.set(key, known);
      }
    },
    counts: () => ({ ...sums }),
    totals: () => ({
      ...sums,
      subcampaigns: [...subcampaigns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => ({ ...count })),
    }),
  };
}
