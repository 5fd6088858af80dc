// The business events, as they travel through Pub/Sub: one envelope, one `data` per type, the version in the type's last part.
// Changes carry absolute values and versions, so that late, doubled and reordered copies end in one state.
import Type, { type Static } from 'typebox';
import type { Decoded } from './instants.ts';
import { seenOfCells } from './forecast-outcomes.ts';
import type { CampaignNotifiedWire } from './lifecycle-outcomes.ts';
import { BookingRef } from './hold-outcomes.ts';
import { orderTerms } from './orders.ts';
import {
  Count,
  EventId,
  Group,
  Id,
  Instant,
  MarketId,
  Micros,
  PositiveMicros,
  Version,
  closed,
  event,
  listOf,
  oneOf,
} from './scalars.ts';

/** The longest flight, in days: its supply is read in one go. */
export const MAX_FLIGHT_DAYS = 31;

/** What the Scheduler publishes: a static body, so neither id nor time is its own. `scheduledFor` is the tick's virtual time. */
function scheduled<const Name extends string>(name: Name) {
  return closed({
    type: Type.Literal(`andante.${name}.v1`),
    source: Id,
    tenantId: Id,
    scheduledFor: Type.Optional(Instant),
    market: Type.Optional(MarketId),
  });
}

/**
 * A campaign is booked: a budget with a flight. Of one that a booking holds supply for, `booking` says where that was decided: it
 * is applied as it was, whatever has been sold since.
 */
export const CampaignCreatedEvent = event(
  'campaign-created',
  closed({ ...orderTerms, booking: Type.Optional(BookingRef) }),
);

/** The campaign's budget is now `budgetMicros`, by `budgetVersion`. */
const OwnersBudget = closed({ campaignId: Id, budgetMicros: PositiveMicros, budgetVersion: Version });

/**
 * A market's tick saw that supply will not deliver what one of the campaign's parts has: the same budget is to be split
 * anew over its markets. The markets that see it in one hour send the same event.
 */
const Rebalance = closed({ campaignId: Id, cause: Type.Literal('rebalance'), hourAt: Instant });

/** A campaign's budget, changed by its owner or split anew. */
export const BudgetChangedEvent = event('budget-changed', Type.Union([OwnersBudget, Rebalance]));

/** The campaign's owner wants it in `status`, by `statusVersion`. */
export const CampaignStatusChangedEvent = event(
  'campaign-status-changed',
  closed({
    campaignId: Id,
    status: oneOf('active', 'paused', 'cancelled', 'completed'),
    statusVersion: Version,
  }),
);

const DeliveryLine = closed({
  campaignId: Id,
  subcampaignId: Id,
  /** The hour in which the impressions were served; late clicks name the hour of their impression. */
  hourAt: Instant,
  impressions: Count,
  clicks: Count,
  conversions: Count,
  /** Expected cost of these impressions, charged to the group's lease when they were served. */
  chargedMicros: Micros,
  /** What these clicks cost where an auction set it; never above click price x clicks, which it is where absent. */
  clickMicros: Type.Optional(Micros),
  /** Of the impressions, those to a listener who had not seen it before in its flight. */
  reached: Type.Optional(Count),
});

const LeaseClosing = closed({
  campaignId: Id,
  subcampaignId: Id,
  /** The cumulative grant it gives back; a newer grant makes the closing void. */
  grantedMicros: Micros,
  /** All the group ever charged to this subcampaign. What it was granted above that returns to the budget. */
  chargedMicros: Micros,
});

/** The body of a delivery report as an ad server sends it; the door adds who sent it. */
export const DeliveryReport = closed({
  market: MarketId,
  windowStartAt: Instant,
  windowEndAt: Instant,
  lines: listOf(DeliveryLine, 400),
  ...seenOfCells({ hourAt: Instant }),
  closings: listOf(LeaseClosing, 400),
});

/** What an ad server posts to the report door: its report and the key it retries with. */
export const ReportBody = closed({ eventId: EventId, ...DeliveryReport.properties });

/** An ad-server group's aggregate of one window in one market. */
export const DeliveryReportedEvent = event('delivery-reported', closed({ group: Group, ...DeliveryReport.properties }));

/** Without a market: bring every market up to now. With one: bring that market up to now. */
export const DeliveryTickEvent = scheduled('delivery-tick');

/** Append what the handlers could not. */
export const OutcomeDrainEvent = scheduled('outcome-drain');

/** Without a market: compare every market. With one: compare its ledger, state and rows, and judge its forecasts. */
export const ReconcileEvent = scheduled('reconcile');

/** Without a market: one message per market. With one: forecast that market's supply anew. */
export const SupplyRefreshEvent = scheduled('supply-refresh');

export type CampaignCreatedWire = Static<typeof CampaignCreatedEvent>;
export type BudgetChangedWire = Static<typeof BudgetChangedEvent>;
export type CampaignStatusChangedWire = Static<typeof CampaignStatusChangedEvent>;
export type DeliveryReportedWire = Static<typeof DeliveryReportedEvent>;
export type ReportBodyWire = Static<typeof ReportBody>;
export type DeliveryTickWire = Static<typeof DeliveryTickEvent>;
export type OutcomeDrainWire = Static<typeof OutcomeDrainEvent>;
export type ReconcileWire = Static<typeof ReconcileEvent>;

export type SupplyRefreshWire = Static<typeof SupplyRefreshEvent>;

/** Every body that the Scheduler publishes. */
export type ScheduledWire = DeliveryTickWire | OutcomeDrainWire | ReconcileWire | SupplyRefreshWire;

export type CampaignCreated = Decoded<CampaignCreatedWire>;
export type BudgetChanged = Decoded<BudgetChangedWire>;
export type CampaignStatusChanged = Decoded<CampaignStatusChangedWire>;
export type DeliveryReported = Decoded<DeliveryReportedWire>;

/** What a decoded campaign event is: the three that change a campaign. */
export type CampaignEvent = CampaignCreated | BudgetChanged | CampaignStatusChanged;

/** Every event that has a ledger entry of its own from its producer. */
export type BusinessEvent = CampaignEvent | DeliveryReported;

/** Every body that a function of ours takes from a producer. */
export type BusinessWire = CampaignCreatedWire | BudgetChangedWire | CampaignStatusChangedWire | DeliveryReportedWire;

/** Every body that travels through Pub/Sub. */
export type AndanteMessage = BusinessWire | ScheduledWire | CampaignNotifiedWire;
