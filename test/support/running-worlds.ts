// Random running campaigns, for properties of what happens to them by the hour.
import fc from 'fast-check';
import { sumMicros } from '../../shared/contracts/micros.ts';
import { entry, lease } from './entries.ts';
import { order } from './events.ts';
import { HOUR_MS, START_MS } from './instants.ts';
import { cell, context, supplyDays, view } from './markets.ts';
import { live, running } from './running-campaigns.ts';

const segments = fc.subarray(['a', 'b'], { minLength: 1 });
const ofMarket = fc.record({
  opportunities: fc.array(fc.nat(30_000), { minLength: 4, maxLength: 4 }),
  certainty: fc.constantFrom(0, 0.5, 1),
  others: fc.array(
    fc.record({
      segments,
      budgetMicros: fc.nat(400_000_000),
      startHour: fc.nat(30),
      hours: fc.integer({ min: 1, max: 30 }),
      status: fc.constantFrom('active' as const, 'paused' as const, 'closing' as const),
    }),
    { maxLength: 3 },
  ),
});
const part = fc.record({
  market: fc.constantFrom('SE', 'NO', 'DK'),
  segments,
  clickPriceMicros: fc.constantFrom(70_001, 500_000, 3_000_000),
  floorMicros: fc.oneof(fc.constant(0), fc.nat(50_000_000)),
  capMicros: fc.oneof(fc.constant(Number.MAX_SAFE_INTEGER), fc.integer({ min: 50_000_000, max: 400_000_000 })),
  isLocked: fc.nat(5).map((drawn) => drawn === 0),
  spent: fc.constantFrom(0, 0.2, 0.9, 1.2),
  inFlight: fc.nat(20_000_000),
  granted: fc.nat(30_000_000),
  status: fc.constantFrom('active' as const, 'active' as const, 'active' as const, 'overrun' as const),
  isEnded: fc.nat(6).map((drawn) => drawn === 0),
});
/** A campaign of some parts in the middle of its flight, over three markets with neighbours and supply of any size. */
export const runningWorld = fc.record({
  markets: fc.tuple(ofMarket, ofMarket, ofMarket),
  parts: fc.array(part, { minLength: 1, maxLength: 5 }),
  budgetMicros: fc.integer({ min: 1, max: 1_000_000_000 }),
  hour: fc.nat(47),
  escrow: fc.constantFrom(0, 0.3),
});
export type RunningWorld = typeof runningWorld extends fc.Arbitrary<infer T> ? T : never;

/** The campaign and what a rebalance sees of its markets. */
export function runningIn({ markets, parts, budgetMicros, hour, escrow }: RunningWorld) {
  const names = ['SE', 'NO', 'DK'];
  const nowMs = START_MS + hour * HOUR_MS;
  const subcampaigns = parts.map(({ market, segments, clickPriceMicros, floorMicros, capMicros, isLocked }, index) => {
    const bounds = isLocked ? { lockMicros: floorMicros } : { floorMicros, capMicros };
    return order({ subcampaignId: `s${index}`, market, segments, clickPriceMicros, ...bounds });
  });
  const floors = sumMicros(parts.map(({ floorMicros }) => floorMicros));
  const data = { budgetMicros: budgetMicros + floors, subcampaigns };
  const own = parts.map(({ spent, inFlight, granted, status }) => ({
    spent,
    cohorts: [{ hourAtMs: START_MS, chargedMicros: inFlight, confirmedMicros: 0 }],
    leases: [lease({ grantedMicros: granted })],
    status,
  }));
  const supply = names.map((name, index) => {
    const { opportunities, certainty } = markets[index] as (typeof markets)[number];
    const day = (first: number) =>
      ['a', 'b'].map((segment, which) => {
        const q50 = opportunities[first + which] as number;
        return cell({ segment, q50, q10: Math.floor(q50 * certainty) });
      });
    const days = [...supplyDays(2, { market: name }).entries()].map(
      ([key, known], which) => [key, { ...known, cells: day(2 * which) }] as const,
    );
    return [name, new Map(days)] as const;
  });
  const others = names.map(
    (name, index) =>
      [
        name,
        (markets[index] as (typeof markets)[number]).others.map(({ startHour, hours, ...other }, which) => {
          const startAtMs = START_MS + startHour * HOUR_MS;
          return entry({ ...other, campaignId: `o${which}`, startAtMs, endAtMs: startAtMs + hours * HOUR_MS });
        }),
      ] as const,
  );
  const booked = ['a', 'b'].map((segment) => cell({ segment, q50: 10_000_000, q10: 7_000_000 }));
  const fresh = running({
    data,
    booked,
    supply: Object.fromEntries(supply),
    others: Object.fromEntries(others),
    nowMs,
  });
  const statuses = new Map(parts.map(({ isEnded }, index) => [`s${index}`, isEnded]));
  const views = [...fresh.where.markets.values()].map((one) =>
    view({
      ...one,
      pages: one.pages.map((known) => ({
        ...known,
        entries: known.entries.flatMap((old) => {
          if (old.campaignId !== 'c1') return [old];
          if (statuses.get(old.subcampaignId)) return [];
          const { spent, ...rest } = own[Number(old.subcampaignId.slice(1))] as (typeof own)[number];
          return [{ ...old, ...rest, spentMicros: Math.floor(spent * old.budgetMicros) }];
        }),
      })),
    }),
  );
  const stored = {
    ...fresh.campaign,
    escrowMicros: fresh.campaign.escrowMicros + Math.floor(escrow * budgetMicros),
    subcampaigns: fresh.campaign.subcampaigns.map((sub, index) =>
      parts[index]?.isEnded
        ? {
            ...sub,
            status: 'ended' as const,
            spentMicros: Math.floor((parts[index]?.spent as number) * sub.budgetMicros),
          }
        : sub,
    ),
  };
  return { campaign: live(stored, views), where: context(views, nowMs) };
}
