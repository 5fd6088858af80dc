// The documents of Firestore, one schema per collection (architecture: "State in Firestore"). Each carries
// `schemaVersion`, because rolling deploys mix versions. shared/store/stored-form.ts says how they are packed.
import Type, { type Static } from 'typebox';
import { Booking, BookingPart, Hold } from './bookings.ts';
import { BookingId } from './hold-outcomes.ts';
import { ServingSettings, servingTerms } from './serving.ts';
import { ForecastModels, ForecastSettings, SupplyDay } from './forecast-documents.ts';
import {
  BudgetApplied,
  MAX_PAGE_ENTRIES,
  MAX_SEGMENTS,
  MAX_SUBCAMPAIGNS,
  MAX_SURFACES,
  type Outcome,
  RequestedStatus,
  SubcampaignStatus,
  campaignTerms,
  partBudget,
  subcampaignNumbers,
  subcampaignTerms,
} from './outcomes.ts';
import {
  Count,
  EpochMs,
  EventId,
  Group,
  Id,
  MarketId,
  Micros,
  PartsPerMillion,
  PositiveMicros,
  Traceparent,
  Version,
  closed,
  listOf,
  oneOf,
} from './scalars.ts';

/** Pages of a market's book: 16 x 200 live subcampaigns. */
export const MAX_PAGES = 16;
/** A page's packed entries, in bytes. */
export const MAX_PAGE_BYTES = 260 * 1024;
/** Ad-server groups that can hold leases in one market. */
export const MAX_GROUPS = 6;

const schemaVersion = Type.Literal(1);
const MarketName = MarketId;

/** One business event, what it did and the rows it owes: idempotency record and outbox in one. */
export const LedgerEntry = closed({
  schemaVersion,
  source: Id,
  tenantId: Id,
  eventId: EventId,
  eventType: Type.String({ pattern: '^andante\\.[a-z-]+\\.v[0-9]+$', maxLength: 64 }),
  payloadHash: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 }),
  occurredAtMs: EpochMs,
  recordedAtMs: EpochMs,
  /** The trace of what it was decided for (W3C Trace Context). */
  traceparent: Type.Optional(Traceparent),
  result: oneOf('applied', 'refused', 'superseded', 'waiting', 'filed', 'folded', 'quarantined'),
  /** Written by `decide` alone and checked against {@link Outcome} in tests: a validator of all of them is 850 KB of code. */
  outcomes: listOf(Type.Unsafe<Outcome>(Type.Unknown()), 900),
  /** A report until its market's tick has folded it: the decoded data of the event. */
  report: Type.Optional(Type.Unknown()),
  /** The market whose tick must fold this report. Gone when done. */
  waitingFor: Type.Optional(MarketId),
  /** Outcomes that BigQuery has not got yet. Gone when done. */
  undrained: Type.Optional(Type.Literal(true)),
  /** When Firestore may forget the entry: set once the outcomes are drained. */
  expireAtMs: Type.Optional(EpochMs),
});

const Subcampaign = closed({ ...subcampaignTerms, ...subcampaignNumbers, status: SubcampaignStatus });

/** A campaign: its terms, registers and split. Live numbers are in the book until a subcampaign ends. */
export const Campaign = closed({
  schemaVersion,
  tenantId: Id,
  campaignId: Id,
  /** `expected`: a change arrived before the campaign itself. */
  status: oneOf('expected', 'active', 'paused', 'settling', 'closing', 'ended'),
  budgetVersion: Count,
  statusVersion: Count,
  splitVersion: Count,
  waitingBudget: Type.Optional(closed({ budgetMicros: PositiveMicros, budgetVersion: Version })),
  waitingStatus: Type.Optional(closed({ status: RequestedStatus, statusVersion: Version })),
  /** Since when its owner has it paused. */
  pausedAtMs: Type.Optional(EpochMs),
  /** How much of its flight earlier pauses of its owner took. */
  pausedMs: Type.Optional(Count),
  /** Absent while `expected`. */
  terms: Type.Optional(closed(campaignTerms)),
  requestedMicros: BudgetApplied.properties.requestedMicros,
  budgetMicros: BudgetApplied.properties.budgetMicros,
  escrowMicros: BudgetApplied.properties.escrowMicros,
  subcampaigns: listOf(Subcampaign, MAX_SUBCAMPAIGNS),
});

/** Whose campaign an id is: since it was accepted, or while a booking holds it. */
export const CampaignOwner = closed({
  schemaVersion,
  campaignId: Id,
  tenantId: Id,
  /** The booking that holds supply for it. */
  heldBy: Type.Optional(BookingId),
});

/**
 * What a group may spend on one subcampaign. Amounts are cumulative over the subcampaign's life and never shrink:
 * the group may still spend granted - returned - charged.
 */
const Lease = closed({
  group: Group,
  grantedMicros: Micros,
  /** Folded from its reports. */
  chargedMicros: Micros,
  /** Granted, not spent, and given back at a settlement. */
  returnedMicros: Micros,
  spendUntilAtMs: EpochMs,
  /** The group's closing word, all it ever charged, until that much is folded and the rest can return. */
  closingMicros: Type.Optional(Micros),
});

/** The impressions of one hour whose clicks may still come. */
const Cohort = closed({ hourAtMs: EpochMs, chargedMicros: Micros, confirmedMicros: Micros });

/** One subcampaign in a market's book. */
export const BookEntry = closed({
  tenantId: Id,
  campaignId: Id,
  subcampaignId: Id,
  status: oneOf('active', 'paused', 'overrun', 'settling', 'closing'),
  startAtMs: EpochMs,
  endAtMs: EpochMs,
  segments: listOf(Id, MAX_SEGMENTS, 1),
  surfaces: listOf(Id, MAX_SURFACES, 1),
  clickPriceMicros: PositiveMicros,
  trafficByDay: listOf(Count, 32, 1),
  ...servingTerms,
  /** With a daily cap: the day that is running, days since 1970, and what was accrued when it began. */
  today: Type.Optional(closed({ day: Count, startMicros: Micros })),
  /** What pacing has learned of the line's price: its integral, checkpointed. */
  trim: Type.Optional(Type.Number({ minimum: -1000, maximum: 1000 })),
  /** Of its charges that await clicks, what is not expected to become any, by what came so far; below 0 where more will. */
  unexpectedMicros: Type.Optional(
    Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  ),
  /** The probability that its budget is spent, when it last became likely or unlikely. */
  fullSpendPpm: Type.Optional(PartsPerMillion),
  /** Its campaign has other parts, to which money may move that supply does not deliver here. */
  hasSiblings: Type.Optional(Type.Literal(true)),
  ...partBudget,
  spentMicros: Micros,
  overrunMicros: Micros,
  impressions: Count,
  clicks: Count,
  conversions: Count,
  cohorts: listOf(Cohort, 32),
  leases: listOf(Lease, MAX_GROUPS),
});

/** Up to 200 subcampaigns of one market in one document. */
export const BookPage = closed({
  schemaVersion,
  market: MarketName,
  page: Id,
  entries: listOf(BookEntry, MAX_PAGE_ENTRIES),
  /** Supply that is held for parts to come; a page has room for {@link MAX_PAGE_ENTRIES} of both. Absent: none. */
  holds: Type.Optional(listOf(Hold, MAX_PAGE_ENTRIES, 1)),
});

/** Requests that a market remembers. */
export const MAX_SAMPLE = 1000;
/** Cells that those come from. */
export const MAX_SAMPLE_CELLS = 500;

/** How supply turns out beside its forecast. */
const Nowcast = closed({
  /** What the forecasts of days to come are multiplied by. */
  factor: Type.Number({ minimum: 0.1, maximum: 10 }),
  /** The day that is being counted, UTC. */
  day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', maxLength: 10 }),
  /** Opportunities reported of it, and what was expected of the windows they were reported of. */
  observed: Count,
  expected: Type.Number({ minimum: 0 }),
});

/** A market: the versions its writers check, and the table of its pages. */
export const Market = closed({
  schemaVersion,
  market: MarketName,
  bookVersion: Count,
  supplyVersion: Count,
  planVersion: Count,
  /** The last slot the market was brought up to; 0 before its first tick. */
  watermarkSlot: Count,
  /** The instant that its supply was last refreshed for; absent while only people wrote it. */
  refreshedAtMs: Type.Optional(EpochMs),
  pages: listOf(closed({ page: Id, entries: Count, bytes: Count }), MAX_PAGES),
  groups: listOf(closed({ group: Group, seenAtMs: EpochMs, opportunities: Count }), MAX_GROUPS),
  nowcast: Type.Optional(Nowcast),
  /** What operators set for its serving. */
  serving: Type.Optional(ServingSettings),
  /** The newest requests that reports sampled, oldest first: what live prices are solved on. */
  sample: Type.Optional(
    closed({
      cells: listOf(closed({ segment: Id, surface: Id }), MAX_SAMPLE_CELLS),
      /** Of each request: its place in `cells`. */
      cell: listOf(Count, MAX_SAMPLE),
      responseMultiplier: listOf(Type.Number({ minimum: 0, maximum: 1000 }), MAX_SAMPLE),
      /** The best offer of spot demand for each; absent where none was ever told. */
      offerCpmMicros: Type.Optional(listOf(Micros, MAX_SAMPLE)),
    }),
  ),
});

/** The published plan of a market: `body` is the JSON that ad servers get. */
export const StoredPlan = closed({
  schemaVersion,
  market: MarketName,
  planVersion: Count,
  slot: Count,
  hash: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 }),
  body: Type.String({ maxLength: 8 * 1024 * 1024 }),
});

/** A message that could not be applied, and why. */
export const Quarantined = closed({
  schemaVersion,
  functionName: Id,
  code: Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', maxLength: 64 }),
  message: Type.String({ maxLength: 2000 }),
  eventId: Type.Optional(Type.String({ maxLength: 128 })),
  tenantId: Type.Optional(Type.String({ maxLength: 64 })),
  payloadHash: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 }),
  /** The message as it came, cut at 64 KiB. */
  body: Type.String({ maxLength: 64 * 1024 }),
  quarantinedAtMs: EpochMs,
  /** Whether publishing the same message again could ever be right. */
  replayable: Type.Boolean(),
  expireAtMs: EpochMs,
});

export type { ForecastModels, ForecastSettings, SupplyDay } from './forecast-documents.ts';
export type { Booking, BookingPart, Hold } from './bookings.ts';

export const documents = {
  ledger: LedgerEntry,
  campaign: Campaign,
  owner: CampaignOwner,
  market: Market,
  page: BookPage,
  supply: SupplyDay,
  forecastSettings: ForecastSettings,
  forecastModels: ForecastModels,
  plan: StoredPlan,
  booking: Booking,
  bookingPart: BookingPart,
  quarantine: Quarantined,
} as const;

export type LedgerEntry = Static<typeof LedgerEntry>;
export type Campaign = Static<typeof Campaign>;
export type Subcampaign = Static<typeof Subcampaign>;
export type CampaignOwner = Static<typeof CampaignOwner>;
export type Lease = Static<typeof Lease>;
export type Cohort = Static<typeof Cohort>;
export type BookEntry = Static<typeof BookEntry>;
export type BookPage = Static<typeof BookPage>;
export type Market = Static<typeof Market>;
export type StoredPlan = Static<typeof StoredPlan>;
export type Quarantined = Static<typeof Quarantined>;
