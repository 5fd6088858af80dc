// The plan that ad servers get: who may take which share of which opportunities, at what price, and inside which leases.
import type { BookEntry, Market, SupplyDay } from '../contracts/documents.ts';
import { MAX_PLAN_SHARES, type Plan, type PlanLine } from '../contracts/plan.ts';
import { DEFAULT_AUCTION, eligibilityTerms, type AuctionSettings, type ServingSettings } from '../contracts/serving.ts';
import { shareOfDay } from '../forecasting/traffic-clock.ts';
import { fallbackShares } from '../planning/fallback-shares.ts';
import { LEASE_TICKS } from '../pacing/grant-leases.ts';
import { leasedMicros, openMicros } from './entry-money.ts';
import { entryKey } from './fold-reports.ts';
import { houseCpmOf, type ServedEntry } from './serve-entries.ts';
import { isServable } from './serving-gate.ts';

export interface PlanInput {
  market: Market;
  entries: readonly BookEntry[];
  /** What the market's supply is to be used for, by entry. */
  served: ReadonlyMap<string, ServedEntry>;
  /** The supply of the plan's day; without it nothing is expected and nothing served. */
  supply: SupplyDay | undefined;
  slot: number;
  tickIntervalMs: number;
}

/** A line spends its open lease evenly over the lease's life; lines without an open lease are not in the plan. */
export function makePlan({ market, entries, served, supply, slot, tickIntervalMs }: PlanInput): Plan {
  const nowMs = slot * tickIntervalMs;
  const live = entries.filter(
    (entry) =>
      entry.status === 'active' &&
      nowMs < entry.endAtMs &&
      leasedMicros(entry) > 0 &&
      isServable(entry, market.serving, nowMs),
  );
  const dayStartAtMs = supply ? Date.parse(supply.day) : 0;
  const share = supply ? shareOfDay(supply.hourShape, dayStartAtMs, nowMs, nowMs + tickIntervalMs) : 0;
  const cells = (supply?.cells ?? []).map((cell) => ({ ...cell, opportunities: cell.q50 * share }));
  const fallback = fallbackShares(
    live.map((entry) => ({ ...entry, wantedMicros: wantedMicros(entry, nowMs, tickIntervalMs) })),
    cells,
  );
  const given = live.map((entry) => givenShares(served.get(entryKey(entry)), cells));
  const isTooLarge = given.reduce((sum, { cells }) => sum + cells.length, 0) > MAX_PLAN_SHARES;
  return {
    schemaVersion: 1,
    market: market.market,
    planVersion: market.planVersion,
    supplyVersion: market.supplyVersion,
    slot,
    publishedAtMs: nowMs,
    validUntilAtMs: nowMs + LEASE_TICKS * tickIntervalMs,
    auction: { ...auctionOf(market.serving), houseCpmMicros: houseCpmOf(entries, market.serving, supply, nowMs) },
    response: (supply?.cells ?? []).map(({ segment, surface, clickPpm }) => ({ segment, surface, clickPpm })),
    lines: live.map((entry, index) => ({
      campaignId: entry.campaignId,
      subcampaignId: entry.subcampaignId,
      segments: entry.segments,
      surfaces: entry.surfaces,
      startAtMs: entry.startAtMs,
      endAtMs: entry.endAtMs,
      clickPriceMicros: entry.clickPriceMicros,
      price: served.get(entryKey(entry))?.price ?? 0,
      worth: served.get(entryKey(entry))?.worth ?? 0,
      ...eligibilityOf(entry),
      ...(isTooLarge ? {} : given[index]),
      fallbackShare: fallback[index] as number,
      leases: entry.leases
        .filter((lease) => openMicros(lease) > 0 && lease.closingMicros === undefined)
        .map(({ group, grantedMicros, returnedMicros, spendUntilAtMs }) => ({
          group,
          grantedMicros,
          returnedMicros,
          spendUntilAtMs,
        })),
    })),
  };
}

const eligibilityNames = Object.keys(eligibilityTerms) as (keyof typeof eligibilityTerms)[];

function eligibilityOf(entry: BookEntry): Pick<BookEntry, keyof typeof eligibilityTerms> {
  return Object.fromEntries(
    eligibilityNames.filter((name) => entry[name] !== undefined).map((name) => [name, entry[name]]),
  );
}

/** What of an operator's settings ad servers decide by. */
function auctionOf(serving: ServingSettings | undefined): AuctionSettings {
  if (!serving) return DEFAULT_AUCTION;
  const { creatives: _creatives, overrides: _overrides, ...auction } = serving;
  return auction;
}

/** The shares of a line in the cells of the response table that it is given anything of. */
function givenShares(
  served: ServedEntry | undefined,
  cells: readonly { segment: string; surface: string }[],
): Required<Pick<PlanLine, 'cells' | 'shares'>> {
  const given = cells.flatMap((cell, index) => {
    // Rounded down: sums stay below one whatever the order of addition.
    const share = Math.floor((served?.shareOf(cell) ?? 0) * 1e7) / 1e7;
    return share > 0 ? [{ index, share }] : [];
  });
  return { cells: given.map(({ index }) => index), shares: given.map(({ share }) => share) };
}

/** What should be spent until the next tick. */
function wantedMicros(entry: BookEntry, nowMs: number, tickIntervalMs: number): number {
  return entry.leases.reduce((sum, lease) => {
    const ticksLeft = Math.max(1, (lease.spendUntilAtMs - nowMs) / tickIntervalMs);
    return lease.spendUntilAtMs > nowMs ? sum + openMicros(lease) / ticksLeft : sum;
  }, 0);
}
