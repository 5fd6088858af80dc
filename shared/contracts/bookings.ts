// Bookings: many campaigns decided together, held until they are confirmed or let go. What HTTP takes and answers, and what is stored.
import Type, { type Static } from 'typebox';
import type { QuoteIssued } from './forecast-outcomes.ts';
import { BookingId, HoldKind } from './hold-outcomes.ts';
import type { Decoded } from './instants.ts';
import { orderTerms } from './orders.ts';
import {
  CounterOffer,
  MAX_COUNTER_OFFERS,
  MAX_SEGMENTS,
  MAX_SURFACES,
  ReasonCode,
  type CampaignAccepted,
  type CampaignRefused,
} from './outcomes.ts';
import {
  Count,
  EpochMs,
  Id,
  Instant,
  Micros,
  PositiveMicros,
  Sha256,
  Traceparent,
  closed,
  listOf,
  oneOf,
} from './scalars.ts';
import { Share } from './serving.ts';

/** Campaigns of one booking. */
const MAX_BOOKED = 1000;
/** Bytes of a booking's body. */
export const MAX_BOOKING_BYTES = 8 * 1024 * 1024;
/** Campaigns that are held, and applied, in one transaction and kept in one document. */
export const PART_LINES = 25;
/** How long a hold may last. */
const MAX_HOLD_SECONDS = 7 * 86_400;

const BookingMode = oneOf('all-or-nothing', 'best-subset', 'scale-down');

const { ifShort, ...ordered } = orderTerms;

export const CampaignOrder = closed({
  ...ordered,
  /** What later raises do when supply is short; `refuse` where absent. The booking itself goes by its mode. */
  ifShort: Type.Optional(ifShort),
  /** Of `best-subset`: what a micro of it is worth beside one of another; 1 where absent. */
  weight: Type.Optional(Type.Number({ minimum: 0, maximum: 1000 })),
  /** The quote it goes by. */
  quoteId: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9:._-]+$', maxLength: 64 })),
});

/** Without `hold` what is held is confirmed in the same call. */
export const BookingRequest = closed({
  mode: BookingMode,
  hold: Type.Optional(
    closed({
      kind: HoldKind,
      /** Of a soft hold: how likely it is to be confirmed; others' quotes are drawn with it. */
      probability: Type.Optional(Share),
      seconds: Type.Integer({ minimum: 60, maximum: MAX_HOLD_SECONDS }),
    }),
  ),
  campaigns: listOf(CampaignOrder, MAX_BOOKED, 1),
});

/**
 * `staging`: being decided and held. `held`. `confirmed`: it stands, whatever of it is still to be applied. `released`: by its owner.
 * `expired`. `refused`: nothing of it fits.
 */
export const BookingStatus = oneOf('staging', 'held', 'confirmed', 'released', 'expired', 'refused');

/** What a campaign of a booking came to. */
const LineAnswer = closed({
  campaignId: Id,
  result: oneOf('accepted', 'scaled', 'refused'),
  requestedMicros: Micros,
  budgetMicros: Micros,
  subcampaigns: Type.Optional(listOf(closed({ subcampaignId: Id, budgetMicros: Micros }), 50)),
  fullSpendProbability: Type.Optional(Share),
  code: Type.Optional(ReasonCode),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
  counterOfferMicros: Type.Optional(Micros),
  counterOffers: Type.Optional(
    listOf(
      closed({
        kind: CounterOffer.properties.kind,
        budgetMicros: PositiveMicros,
        subcampaignId: Type.Optional(Id),
        segments: Type.Optional(listOf(Id, MAX_SEGMENTS, 1)),
        surfaces: Type.Optional(listOf(Id, MAX_SURFACES, 1)),
        startAt: Type.Optional(Instant),
        endAt: Type.Optional(Instant),
      }),
      MAX_COUNTER_OFFERS,
    ),
  ),
});

/** How far a booking has got. */
const progress = { campaigns: Count, held: Count, refused: Count, applied: Count };

export const BookingAnswer = closed({
  /** The idempotency key. */
  bookingId: Id,
  status: BookingStatus,
  mode: BookingMode,
  progress: closed(progress),
  /** Held until, where it is neither confirmed nor over. */
  expiresAt: Type.Optional(Instant),
  /** Of `scale-down`: everybody got this share of what was asked at least. */
  factor: Type.Optional(Share),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
  /** In the order of the request; absent while it is being decided. */
  lines: Type.Optional(listOf(LineAnswer, MAX_BOOKED)),
});

/**
 * Supply that is kept for a part of a campaign that is not confirmed. It lies in the page in which the part's entry will. Time
 * alone changes nothing: the next tick takes away what is past its time and not confirmed.
 */
export const Hold = closed({
  bookingId: BookingId,
  tenantId: Id,
  campaignId: Id,
  subcampaignId: Id,
  startAtMs: EpochMs,
  endAtMs: EpochMs,
  segments: listOf(Id, MAX_SEGMENTS, 1),
  surfaces: listOf(Id, MAX_SURFACES, 1),
  clickPriceMicros: PositiveMicros,
  isAuctioned: Type.Optional(Type.Literal(true)),
  budgetMicros: Micros,
  untilAtMs: EpochMs,
  /** Of a soft hold. Absent: firm. */
  probability: Type.Optional(Share),
  /** What its entry will take of the page. */
  bytes: Count,
});

/** A booking's one commit point. */
export const Booking = closed({
  schemaVersion: Type.Literal(1),
  tenantId: Id,
  /** The idempotency key. */
  key: Id,
  payloadHash: Sha256,
  mode: BookingMode,
  status: BookingStatus,
  holdKind: HoldKind,
  probability: Type.Optional(Share),
  /** It is confirmed in the call that makes it. */
  isDirect: Type.Optional(Type.Literal(true)),
  /** What is held is held until then, and staged no later. */
  untilAtMs: EpochMs,
  createdAtMs: EpochMs,
  /** When it last got on. */
  steppedAtMs: EpochMs,
  /** The trace of the request that asked for it, or confirmed or released it. */
  traceparent: Type.Optional(Traceparent),
  ...progress,
  /** How often it has been decided. */
  attempt: Count,
  /** Parts of what was decided; 0 while it is to be decided. */
  parts: Count,
  /** What was staged is given back: it no longer fits, and is decided again. */
  isUndone: Type.Optional(Type.Literal(true)),
  /** Of a soft one: it is being confirmed, its holds become firm part by part. */
  isConfirming: Type.Optional(Type.Literal(true)),
  /** Parts that are staged, and those that are rolled forward, or back where it came to nothing. */
  partsStaged: Count,
  partsSettled: Count,
  factor: Type.Optional(Share),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
  /** Something is left to do, by whoever finds it. Gone when done. */
  isOpen: Type.Optional(Type.Literal(true)),
  /** When Firestore may forget it: set once all is done. */
  expireAtMs: Type.Optional(EpochMs),
});

/** A campaign of a booking: what was ordered, what it came to. */
export interface BookingLine {
  order: CampaignOrder;
  outcome: CampaignAccepted | CampaignRefused;
  /** Of an accepted one. */
  quote?: QuoteIssued;
}

/** Up to {@link PART_LINES} campaigns of a booking. */
export const BookingPart = closed({
  schemaVersion: Type.Literal(1),
  bookingId: BookingId,
  part: Count,
  /** Written by our own decision alone. */
  lines: listOf(Type.Unsafe<BookingLine>(Type.Unknown()), PART_LINES),
  /** When Firestore may forget it: set once its campaigns are published, or its holds given back. */
  expireAtMs: Type.Optional(EpochMs),
});

export type CampaignOrderWire = Static<typeof CampaignOrder>;
export type CampaignOrder = Decoded<CampaignOrderWire>;
export type BookingRequestWire = Static<typeof BookingRequest>;
export type BookingRequest = Decoded<BookingRequestWire>;
export type BookingMode = BookingRequest['mode'];
export type BookingAnswer = Static<typeof BookingAnswer>;
export type BookingStatus = Static<typeof BookingStatus>;
export type Hold = Static<typeof Hold>;
export type Booking = Static<typeof Booking>;
export type BookingPart = Omit<Static<typeof BookingPart>, 'lines'> & { lines: BookingLine[] };
