// How much of its markets a tenant holds without having confirmed it: nobody may keep supply from others for nothing.
import type { SupplyDay } from '../contracts/documents.ts';
import type { CampaignAccepted } from '../contracts/outcomes.ts';
import { bookableOpportunities } from '../forecasting/supply-quantile.ts';
import { daysBetween, shareOfDay } from '../forecasting/traffic-clock.ts';
import type { CampaignContext } from './campaign-state.ts';

export interface HeldSupply {
  /** Counts a campaign as held, or says why that would be too much: then it counts for nothing. */
  take(accepted: Pick<CampaignAccepted, 'startAtMs' | 'endAtMs' | 'subcampaigns'>): string | undefined;
}

/** Shares are sums of quotients. */
const ROUNDING = 1e-9;

/**
 * A hold takes the same share of each day of its flight: its clicks beside all that the market can book then. On no day may
 * the shares of what a tenant holds, firm or soft, add up to more than `heldShare`.
 */
export function heldSupply(
  { tenantId, heldShare }: { tenantId: string; heldShare: number },
  { nowMs, markets }: CampaignContext,
): HeldSupply {
  const clicks = new Map([...markets].map(([market, { supply }]) => [market, clicksByDay(supply)]));
  const noClicks = new Map<string, ClicksOfDay>();
  /** By market and day. */
  const held = new Map<string, ReadonlyMap<string, number>>();
  for (const [market, { pages }] of markets) {
    let shares: ReadonlyMap<string, number> = new Map<string, number>();
    for (const hold of pages.flatMap(({ holds = [] }) => holds))
      if (hold.tenantId === tenantId) shares = withShare(shares, hold, clicks.get(market) ?? noClicks, nowMs);
    held.set(market, shares);
  }
  return {
    take({ startAtMs, endAtMs, subcampaigns }) {
      const after = new Map(held);
      for (const sub of subcampaigns) {
        const { market } = sub;
        const part = { ...sub, startAtMs, endAtMs };
        const shares = withShare(after.get(market) ?? new Map(), part, clicks.get(market) ?? noClicks, nowMs);
        after.set(market, shares);
        const full = daysBetween(Math.max(nowMs, startAtMs), endAtMs).find(
          (day) => (shares.get(day) ?? 0) > heldShare + ROUNDING,
        );
        if (full !== undefined && !sub.isAuctioned) {
          const share = shares.get(full) as number;
          const would = share < 1 ? share.toFixed(3) : 'all of it or more';
          return `what is held and not confirmed may take ${heldShare} of the supply of market ${market}, it would take ${would} on ${full}`;
        }
      }
      for (const [market, shares] of after) held.set(market, shares);
      return undefined;
    },
  };
}

interface ClicksOfDay {
  hourShape: readonly number[];
  clicks: number;
}

/** What can be booked of each day, all audiences together. */
function clicksByDay(supply: ReadonlyMap<string, SupplyDay>): Map<string, ClicksOfDay> {
  return new Map(
    [...supply].map(([day, { hourShape, cells }]) => [
      day,
      {
        hourShape,
        clicks: cells.reduce((sum, cell) => sum + (Math.max(0, bookableOpportunities(cell)) * cell.clickPpm) / 1e6, 0),
      },
    ]),
  );
}

interface Held {
  startAtMs: number;
  endAtMs: number;
  clickPriceMicros: number;
  budgetMicros: number;
  isAuctioned?: true;
}

function withShare(
  shares: ReadonlyMap<string, number>,
  { isAuctioned, budgetMicros, clickPriceMicros, ...flight }: Held,
  clicks: ReadonlyMap<string, ClicksOfDay>,
  nowMs: number,
): ReadonlyMap<string, number> {
  const startAtMs = Math.max(nowMs, flight.startAtMs);
  if (isAuctioned || budgetMicros === 0) return shares;
  const days = daysBetween(startAtMs, flight.endAtMs);
  const clicksThen = days.reduce((sum, day) => {
    const own = clicks.get(day);
    return own ? sum + own.clicks * shareOfDay(own.hourShape, Date.parse(day), startAtMs, flight.endAtMs) : sum;
  }, 0);
  const after = new Map(shares);
  for (const day of days) after.set(day, (after.get(day) ?? 0) + budgetMicros / clickPriceMicros / clicksThen);
  return after;
}
