// Outcomes: one immutable fact about one decision. The ledger keeps them in this form; BigQuery gets each as one row
// whose columns are the same names in snake_case, so the table schemas are generated from here.
import Type, { type Static } from 'typebox';
import { servingTerms } from './serving.ts';
import {
  CampaignFinal,
  CampaignRefunded,
  CampaignSettling,
  MakeGoodOffered,
  SpendAtRisk,
  type LifecycleOutcome,
} from './lifecycle-outcomes.ts';
import { CampaignHeld, HoldEnded, type HoldOutcome } from './hold-outcomes.ts';
import { QuoteIssued, SupplyForecast, SupplyFrozen, SupplyObserved, type RefreshOutcome } from './forecast-outcomes.ts';
import {
  Count,
  Currency,
  EpochMs,
  Group,
  Id,
  MarketId,
  Micros,
  PositiveMicros,
  Version,
  closed,
  fact,
  listOf,
  oneOf,
} from './scalars.ts';

/** Why a decision went against what was asked, or not all the way. The README explains each. */
export const ReasonCode = oneOf(
  'CAMPAIGN_EXISTS',
  'CAMPAIGN_CLOSED',
  'FLIGHT_ENDED',
  'SUPPLY_UNKNOWN',
  'SUPPLY_SHORT',
  'FLOORS_INFEASIBLE',
  'LOCKS_INFEASIBLE',
  'MARKET_FULL',
  'SCALED_DOWN',
  'CONTENDED',
  'BUNDLE_SHORT',
  'HOLD_QUOTA',
  'REBALANCED',
);
export type ReasonCode = Static<typeof ReasonCode>;

/** Which of a campaign's two version registers a change belongs to. */
export const Register = oneOf('budget', 'status');

/** What an owner can ask for. */
export const RequestedStatus = oneOf('active', 'paused', 'cancelled', 'completed');

/**
 * Where a subcampaign stands. `overrun` is a pause that the owner must lift. Past its flight it is `settling`, called off before
 * that `closing`: served no more, until all is told and settled and it has `ended`.
 */
export const SubcampaignStatus = oneOf('active', 'paused', 'overrun', 'settling', 'closing', 'ended');

export const MAX_SUBCAMPAIGNS = 50;
export const MAX_PAGE_ENTRIES = 200;
/** Of one subcampaign. */
export const MAX_SEGMENTS = 20;
export const MAX_SURFACES = 10;

const ofCampaign = { tenantId: Id, campaignId: Id };

/** The money of one part. */
export const partBudget = {
  /** What it may spend. */
  budgetMicros: Micros,
  /** What the split gives it, where more is committed: the budget falls towards it as leases settle. */
  shareMicros: Type.Optional(Micros),
};

/** What the campaign asked of one of its parts, with what it needs to be paced. */
export const subcampaignTerms = {
  subcampaignId: Id,
  market: MarketId,
  page: Id,
  segments: listOf(Id, MAX_SEGMENTS, 1),
  surfaces: listOf(Id, MAX_SURFACES, 1),
  clickPriceMicros: PositiveMicros,
  floorMicros: Type.Optional(Micros),
  capMicros: Type.Optional(Micros),
  lockMicros: Type.Optional(Micros),
  ...servingTerms,
  /**
   * What supply offered it when it was accepted, had nobody else been sold anything: budgets are split in proportion to
   * it, so the split does not depend on who was booked before.
   */
  weightMicros: Micros,
  /** The same on the median of supply: how far it lies above says how uncertain supply is. */
  medianMicros: Micros,
  /** Expected opportunities of its audience on each day of the flight, from the day it starts. */
  trafficByDay: listOf(Count, 32, 1),
  /** Where reach is the objective: its listeners by their opportunities in the flight, as they were when it was accepted. */
  audience: Type.Optional(
    closed({ slots: listOf(Type.Number({ minimum: 1 }), 24), listeners: listOf(Type.Number({ minimum: 0 }), 24) }),
  ),
  ...partBudget,
};

/** Delivery numbers of a subcampaign, cumulative. */
export const subcampaignNumbers = {
  spentMicros: Micros,
  inFlightMicros: Micros,
  leasedMicros: Micros,
  overrunMicros: Micros,
  impressions: Count,
  clicks: Count,
  conversions: Count,
};

export const campaignTerms = {
  currency: Currency,
  objective: oneOf('reach', 'clicks', 'conversions'),
  ifShort: oneOf('refuse', 'scale-down'),
  startAtMs: EpochMs,
  endAtMs: EpochMs,
};

const money = {
  /** What was asked for. */
  requestedMicros: Micros,
  /**
   * The effective budget: what was accepted, or what is committed above it. The subcampaigns' budgets and the escrow
   * add up to it.
   */
  budgetMicros: Micros,
  /** Accepted but assigned to no subcampaign. */
  escrowMicros: Micros,
};

const refusal = {
  requestedMicros: Type.Optional(Micros),
  code: ReasonCode,
  reason: Type.String({ maxLength: 500 }),
  /** The budget that would have been accepted. */
  counterOfferMicros: Type.Optional(Micros),
};

export const MAX_COUNTER_OFFERS = 6;

/**
 * One change with which the order would be accepted as it is otherwise. It names a subcampaign where that one's audience
 * changes; a budget and a flight are the whole campaign's. What is listed is the new term in full.
 */
export const CounterOffer = closed({
  kind: oneOf('budget', 'segments', 'surfaces', 'days'),
  /** The campaign's budget with this change. */
  budgetMicros: PositiveMicros,
  subcampaignId: Type.Optional(Id),
  segments: Type.Optional(listOf(Id, MAX_SEGMENTS, 1)),
  surfaces: Type.Optional(listOf(Id, MAX_SURFACES, 1)),
  startAtMs: Type.Optional(EpochMs),
  endAtMs: Type.Optional(EpochMs),
});
export type CounterOffer = Static<typeof CounterOffer>;

export const CampaignAccepted = fact('campaign-accepted', {
  ...ofCampaign,
  ...campaignTerms,
  ...money,
  splitVersion: Version,
  code: Type.Optional(ReasonCode),
  subcampaigns: listOf(closed(subcampaignTerms), MAX_SUBCAMPAIGNS, 1),
});

export const CampaignRefused = fact('campaign-refused', {
  ...ofCampaign,
  ...refusal,
  /** Where supply is short, the smallest change first. */
  counterOffers: Type.Optional(listOf(CounterOffer, MAX_COUNTER_OFFERS)),
});

export const BudgetApplied = fact('budget-applied', {
  ...ofCampaign,
  ...money,
  /** The register of the owner's changes: 0 when a rebalance comes before any. */
  budgetVersion: Count,
  splitVersion: Version,
  code: Type.Optional(ReasonCode),
  subcampaigns: listOf(closed({ subcampaignId: Id, market: MarketId, ...partBudget }), MAX_SUBCAMPAIGNS, 1),
});

export const BudgetRefused = fact('budget-refused', { ...ofCampaign, ...refusal, budgetVersion: Version });

export const StatusApplied = fact('status-applied', {
  ...ofCampaign,
  statusVersion: Version,
  requestedStatus: RequestedStatus,
  /** When it was decided: how long an owner's pause lasted is counted by it. */
  decidedAtMs: Type.Optional(EpochMs),
});

export const StatusRefused = fact('status-refused', {
  ...ofCampaign,
  ...refusal,
  statusVersion: Version,
  requestedStatus: RequestedStatus,
});

/** A change older than the register: recorded, nothing else. */
export const ChangeSuperseded = fact('change-superseded', {
  ...ofCampaign,
  register: Register,
  version: Version,
  currentVersion: Version,
});

/** A change that came before its campaign; it is decided when the campaign arrives. */
export const ChangeWaiting = fact('change-waiting', {
  ...ofCampaign,
  register: Register,
  version: Version,
  requestedMicros: Type.Optional(Micros),
  requestedStatus: Type.Optional(RequestedStatus),
});

/** One page of a market's book after a tick: the subcampaigns whose numbers moved. */
export const MarketPaced = fact('market-paced', {
  tenantId: Id,
  market: MarketId,
  page: Id,
  slot: Count,
  subcampaigns: listOf(
    closed({
      campaignId: Id,
      subcampaignId: Id,
      status: SubcampaignStatus,
      /** Where it fell as a lease was settled. */
      budgetMicros: Type.Optional(Micros),
      ...subcampaignNumbers,
      /** Absent: none. A row pays for what it says. */
      overrunMicros: Type.Optional(Micros),
    }),
    MAX_PAGE_ENTRIES,
    1,
  ),
});

/** A subcampaign is final: its lease is settled, its click window closed, its entry gone from the book. */
export const SubcampaignEnded = fact('subcampaign-ended', {
  ...ofCampaign,
  market: MarketId,
  subcampaignId: Id,
  budgetMicros: Micros,
  billedMicros: Micros,
  ...subcampaignNumbers,
});

/** A report was folded into the book. */
export const DeliveryFolded = fact('delivery-folded', {
  tenantId: Id,
  market: MarketId,
  group: Group,
  windowStartAtMs: EpochMs,
  windowEndAtMs: EpochMs,
  lines: listOf(
    closed({
      campaignId: Id,
      subcampaignId: Id,
      hourAtMs: EpochMs,
      impressions: Count,
      clicks: Count,
      conversions: Count,
      chargedMicros: Micros,
      confirmedMicros: Micros,
      /** Listeners who saw it for the first time in its flight, where the server counts them. */
      reached: Type.Optional(Count),
    }),
    400,
  ),
});

/** Which outcomes are rows of which table. */
export const outcomeTables = {
  outcomes: [
    CampaignAccepted,
    CampaignRefused,
    BudgetApplied,
    BudgetRefused,
    StatusApplied,
    StatusRefused,
    ChangeSuperseded,
    ChangeWaiting,
    MarketPaced,
    SubcampaignEnded,
    CampaignSettling,
    CampaignFinal,
    CampaignRefunded,
    MakeGoodOffered,
    SpendAtRisk,
    CampaignHeld,
    HoldEnded,
  ],
  deliveries: [DeliveryFolded],
  supply_observations: [SupplyObserved],
  forecasts: [SupplyForecast, SupplyFrozen],
  quotes: [QuoteIssued],
} as const;

export type { SupplyObserved } from './forecast-outcomes.ts';

export const Outcome = Type.Union([
  ...outcomeTables.outcomes,
  ...outcomeTables.deliveries,
  ...outcomeTables.supply_observations,
  ...outcomeTables.forecasts,
  ...outcomeTables.quotes,
]);

export type CampaignAccepted = Static<typeof CampaignAccepted>;
export type CampaignRefused = Static<typeof CampaignRefused>;
export type BudgetApplied = Static<typeof BudgetApplied>;
export type BudgetRefused = Static<typeof BudgetRefused>;
export type StatusApplied = Static<typeof StatusApplied>;
export type StatusRefused = Static<typeof StatusRefused>;
export type ChangeSuperseded = Static<typeof ChangeSuperseded>;
export type ChangeWaiting = Static<typeof ChangeWaiting>;
export type MarketPaced = Static<typeof MarketPaced>;
export type SubcampaignEnded = Static<typeof SubcampaignEnded>;
export type DeliveryFolded = Static<typeof DeliveryFolded>;
export type SubcampaignStatus = Static<typeof SubcampaignStatus>;
export type RequestedStatus = Static<typeof RequestedStatus>;

/** What a campaign event can come to. */
export type CampaignOutcome =
  | CampaignAccepted
  | CampaignRefused
  | BudgetApplied
  | BudgetRefused
  | StatusApplied
  | StatusRefused
  | ChangeSuperseded
  | ChangeWaiting
  | QuoteIssued;

/** What a tick can come to. */
export type TickOutcome = MarketPaced | SubcampaignEnded | LifecycleOutcome | HoldOutcome;

export type Outcome = CampaignOutcome | HoldOutcome | TickOutcome | DeliveryFolded | SupplyObserved | RefreshOutcome;
