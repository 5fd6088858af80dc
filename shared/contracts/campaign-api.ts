// A campaign over HTTP: what its owner reads of it, how it asks for a change, and what a change comes to or would come to.
import Type, { type Static } from 'typebox';
import type { Decoded } from './instants.ts';
import {
  MAX_SEGMENTS,
  MAX_SUBCAMPAIGNS,
  MAX_SURFACES,
  ReasonCode,
  RequestedStatus,
  SubcampaignStatus,
  campaignTerms,
} from './outcomes.ts';
import {
  Count,
  EventId,
  Id,
  Instant,
  MarketId,
  Micros,
  PositiveMicros,
  Version,
  closed,
  listOf,
  oneOf,
} from './scalars.ts';
import { Share } from './serving.ts';

/** Outcomes of one page of a campaign's history. */
export const MAX_HISTORY = 500;
/** Lines of others that a preview names. */
const MAX_MOVED = 3200;

/** The budget is to be this. Without a version it is the newest word. */
export const BudgetChange = closed({ budgetMicros: PositiveMicros, budgetVersion: Type.Optional(Version) });

export const StatusChange = closed({ status: RequestedStatus, statusVersion: Type.Optional(Version) });

const SignedMicros = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const Expected = closed({ low: Count, mid: Count, high: Count });

/** An outcome as the ledger has it, its instants written as text: `type` says which. */
const AnyOutcome = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  properties: { type: { type: 'string', maxLength: 64 } },
  required: ['type'],
});

const numbers = {
  /** Cost of confirmed clicks; what is billed of it ends at the budget. */
  spentMicros: Micros,
  /** Expected cost of the clicks that may still come of what was shown. */
  inFlightMicros: Micros,
  /** Spent and in flight. */
  accruedMicros: Micros,
  /** Granted to ad servers and neither charged nor returned. */
  leasedMicros: Micros,
  billedMicros: Micros,
  /** Served above what was booked: nobody pays for it. */
  overrunMicros: Micros,
  impressions: Count,
  clicks: Count,
  conversions: Count,
};

const CampaignPart = closed({
  subcampaignId: Id,
  market: MarketId,
  status: SubcampaignStatus,
  segments: listOf(Id, MAX_SEGMENTS),
  surfaces: listOf(Id, MAX_SURFACES),
  clickPriceMicros: PositiveMicros,
  floorMicros: Type.Optional(Micros),
  capMicros: Type.Optional(Micros),
  lockMicros: Type.Optional(Micros),
  budgetMicros: Micros,
  /** What its budget falls to as leases settle, where more is committed. */
  shareMicros: Type.Optional(Micros),
  /** Its part of the campaign's budget. */
  budgetShare: Share,
  ...numbers,
});

const promised = {
  /** Absent where no listeners were counted. */
  reach: Type.Optional(Expected),
  impressions: Expected,
  clicks: Expected,
  conversions: Expected,
  spendMicros: Expected,
};

/**
 * What made the difference. `supply`: its audience came more or less often than was forecast. `suppression`: more or fewer of
 * them could still be shown it. `contention`: it was served a larger or smaller share of them. `response`: an impression
 * brought more or less. `pause`: its owner paused it. `unexplained`: what cannot be told apart from what was recorded.
 */
export const DifferenceReason = oneOf('supply', 'contention', 'suppression', 'response', 'pause', 'unexplained');

const Difference = closed({
  /** Accrued less the middle of what was expected; the reasons add up to it. */
  micros: SignedMicros,
  /** Whether what is accrued lies within what was expected. */
  isWithin: Type.Boolean(),
  reasons: listOf(closed({ reason: DifferenceReason, micros: SignedMicros }), 6),
  /** Of the reasons, the one that most of a difference beyond the interval is due to. */
  largest: Type.Optional(DifferenceReason),
  words: Type.String({ maxLength: 300 }),
});

const delivered = {
  /** Listeners that were shown it, where ad servers count them. */
  reach: Type.Optional(Count),
  impressions: Count,
  clicks: Count,
  /** Clicks that are expected of what was shown and have not come. */
  clicksToCome: Count,
  conversions: Count,
  spentMicros: Micros,
  accruedMicros: Micros,
};

const delivery = {
  /** The whole flight, for the budget as it is now. */
  forecast: closed(promised),
  /** Of it, by now: 80% intervals. */
  expected: closed(promised),
  delivered: closed(delivered),
  difference: Difference,
};

const Delivery = closed({
  asOfAt: Instant,
  quoteId: EventId,
  issuedAt: Instant,
  /** The budget that it was quoted with; its forecast is taken in proportion where the budget is another now. */
  quotedBudgetMicros: Micros,
  /** That the quoted budget would be spent. */
  fullSpendProbability: Share,
  ...delivery,
  parts: listOf(closed({ subcampaignId: Id, market: MarketId, ...delivery }), MAX_SUBCAMPAIGNS),
});

export const CampaignAnswer = closed({
  campaignId: Id,
  status: oneOf('active', 'paused', 'settling', 'closing', 'ended'),
  currency: campaignTerms.currency,
  objective: campaignTerms.objective,
  /** What a raise does when supply is short. */
  ifShort: campaignTerms.ifShort,
  startAt: Instant,
  endAt: Instant,
  budgetVersion: Count,
  statusVersion: Count,
  splitVersion: Count,
  pausedAt: Type.Optional(Instant),
  requestedMicros: Micros,
  /** The parts' budgets and the escrow. */
  budgetMicros: Micros,
  escrowMicros: Micros,
  ...numbers,
  parts: listOf(CampaignPart, MAX_SUBCAMPAIGNS),
  /** Against the forecast it was accepted with. */
  delivery: Type.Optional(Delivery),
  /** Why there is none: what was recorded cannot be read now, or no forecast was recorded (yet). */
  deliveryUnknown: Type.Optional(
    closed({ code: oneOf('OUTCOMES_UNAVAILABLE', 'NO_FORECAST'), reason: Type.String({ maxLength: 300 }) }),
  ),
});

/** A campaign's outcomes, oldest first. What is recorded late takes the place of when it happened. */
export const HistoryAnswer = closed({
  outcomes: listOf(
    closed({ rowId: Type.String({ maxLength: 64 }), eventId: EventId, occurredAt: Instant, outcome: AnyOutcome }),
    MAX_HISTORY,
  ),
  /** What to go on after; the last page's finds what is recorded later. Absent where there is nothing. */
  after: Type.Optional(Type.String({ maxLength: 200 })),
  hasMore: Type.Boolean(),
});

const changed = {
  campaignId: Id,
  /** A refusal is an answer. `superseded`: a newer version has been decided. */
  result: oneOf('applied', 'refused', 'superseded'),
  code: Type.Optional(ReasonCode),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
  /** The budget that would be accepted. */
  counterOfferMicros: Type.Optional(Micros),
  /** Of the register. */
  version: Count,
  currentVersion: Type.Optional(Count),
  outcomes: listOf(AnyOutcome, 10),
};

export const ChangeAnswer = closed(changed);

const beforeAndAfter = { beforeMicros: Micros, afterMicros: Micros, differenceMicros: SignedMicros };

/** A line of another campaign, or of another of one's own. */
const MovedLine = closed({
  market: MarketId,
  /** `another campaign` unless it is one's own. */
  campaign: Type.String({ maxLength: 64 }),
  subcampaignId: Type.Optional(Id),
  /** What is expected to be delivered of what it has left. */
  ...beforeAndAfter,
});

/** What a change would come to: nothing is written. */
export const PreviewAnswer = closed({
  ...changed,
  budget: closed(beforeAndAfter),
  escrow: closed(beforeAndAfter),
  parts: listOf(
    closed({
      subcampaignId: Id,
      market: MarketId,
      statusBefore: SubcampaignStatus,
      statusAfter: SubcampaignStatus,
      ...beforeAndAfter,
      /** What of its money is expected to be delivered from now on. */
      expected: Type.Optional(closed(beforeAndAfter)),
    }),
    MAX_SUBCAMPAIGNS,
  ),
  /** Those who would be delivered less, and those who would be delivered more. Those who lose or gain most come first. */
  displaced: listOf(MovedLine, MAX_MOVED),
  relieved: listOf(MovedLine, MAX_MOVED),
});

export type BudgetChangeWire = Static<typeof BudgetChange>;
export type StatusChangeWire = Static<typeof StatusChange>;
export type DifferenceReason = Static<typeof DifferenceReason>;
export type CampaignAnswerWire = Static<typeof CampaignAnswer>;
export type CampaignAnswer = Decoded<CampaignAnswerWire>;
export type HistoryAnswer = Decoded<Static<typeof HistoryAnswer>>;
export type ChangeAnswer = Static<typeof ChangeAnswer>;
export type PreviewAnswer = Static<typeof PreviewAnswer>;
export type DeliveryAnswer = NonNullable<CampaignAnswer['delivery']>;
