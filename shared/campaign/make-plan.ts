// The plan that ad servers get: who may be served to whom, at what price, and inside which leases.
import type { BookEntry, Market, SupplyDay } from '../contracts/documents.ts';
import type { Plan } from '../contracts/plan.ts';
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
  /** At what price each entry is served, and what its money is worth. */
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
      price: Math.round((served.get(entryKey(entry))?.price ?? 0) * PRICE_DIGITS) / PRICE_DIGITS,
      worth: served.get(entryKey(entry))?.worth ?? 0,
      ...eligibilityOf(entry),
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
  const { creatives: _creatives, overrides: _overrides, clickFloorMicros: _floor, ...auction } = serving;
  return auction;
}

/** More digits of a price only make a plan larger. */
const PRICE_DIGITS = 1e8;

/** What should be spent until the next tick. */
function wantedMicros(entry: BookEntry, nowMs: number, tickIntervalMs: number): number {
  return entry.leases.reduce((sum, lease) => {
    const ticksLeft = Math.max(1, (lease.spendUntilAtMs - nowMs) / tickIntervalMs);
    return lease.spendUntilAtMs > nowMs ? sum + openMicros(lease) / ticksLeft : sum;
  }, 0);
}
