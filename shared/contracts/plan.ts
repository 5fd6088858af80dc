// The plan of a market as ad servers get it: small, versioned, hashed, enough to decide alone.
import Type, { type Static } from 'typebox';
import type { Decoded } from './instants.ts';
import {
  Count,
  Group,
  Id,
  Instant,
  MarketId,
  Micros,
  PartsPerMillion,
  PositiveMicros,
  closed,
  listOf,
} from './scalars.ts';
import { AuctionSettings, eligibilityTerms } from './serving.ts';
import { MAX_GROUPS, MAX_PAGES } from './documents.ts';
import { MAX_PAGE_ENTRIES, MAX_SEGMENTS, MAX_SURFACES } from './outcomes.ts';

/** The response table: what an impression in a cell is expected to bring. Its version is the plan's `supplyVersion`. */
const ResponseCell = closed({ segment: Id, surface: Id, clickPpm: PartsPerMillion });

const PlanLine = closed({
  campaignId: Id,
  subcampaignId: Id,
  segments: listOf(Id, MAX_SEGMENTS, 1),
  surfaces: listOf(Id, MAX_SURFACES, 1),
  startAt: Instant,
  endAt: Instant,
  clickPriceMicros: PositiveMicros,
  /**
   * The dual of the line's money row, 0 to 1: the winner of a request maximises worth x expected cost x (1 - price)
   * against spot and floor.
   */
  price: Type.Number({ minimum: 0, maximum: 1 }),
  /** What a unit of its money is worth beside one of spot money. */
  worth: Type.Number({ minimum: 0, maximum: 1000 }),
  ...eligibilityTerms,
  /** The share of each eligible opportunity it takes where the plan is stale; over a cell these never add up to more than 1. */
  fallbackShare: Type.Number({ minimum: 0, maximum: 1 }),
  /** A group may still charge granted - returned - what it charged so far, until `spendUntil`. */
  leases: listOf(
    closed({ group: Group, grantedMicros: Micros, returnedMicros: Micros, spendUntilAt: Instant }),
    MAX_GROUPS,
  ),
});

export const Plan = closed({
  schemaVersion: Type.Literal(1),
  market: MarketId,
  planVersion: Count,
  supplyVersion: Count,
  slot: Count,
  publishedAt: Instant,
  /** From here on the plan is stale: leases still bind, and each line takes its fallback share. */
  validUntilAt: Instant,
  response: listOf(ResponseCell, 500),
  auction: AuctionSettings,
  lines: listOf(PlanLine, MAX_PAGES * MAX_PAGE_ENTRIES),
});

export type PlanWire = Static<typeof Plan>;
export type Plan = Decoded<PlanWire>;
export type PlanLine = Plan['lines'][number];
