// One opportunity as an ad server asks about it, and what it is told. A decision depends on the plan and on the request alone: what a
// listener has seen so far is in the request.
import Type, { type Static } from 'typebox';
import { Count, Id, Instant, MarketId, Micros, Sha256, closed, listOf, oneOf } from './scalars.ts';

/** The key of a request or of a listener, as the ad server has it: hashed, never a name. */
const Hashed = Type.String({ pattern: '^[A-Za-z0-9._:-]+$', minLength: 1, maxLength: 64 });

/** What a listener was shown of one line so far. */
const Seen = closed({ subcampaignId: Id, campaignId: Id, today: Count, flight: Count });

const Listener = closed({
  id: Hashed,
  /** How it responds against the average of its cell. Absent: like the average. */
  responseMultiplier: Type.Optional(Type.Number({ minimum: 0, maximum: 1000 })),
  /** Years. Absent: not known, so that ads with a least age are not shown. */
  age: Type.Optional(Type.Integer({ minimum: 0, maximum: 150 })),
  /** Absent: explicit content is shown. */
  refusesExplicit: Type.Optional(Type.Literal(true)),
  seen: Type.Optional(listOf(Seen, 200)),
  /** Releases that it saw an ad of, or streams anyway. */
  releaseIds: Type.Optional(listOf(Id, 500)),
  /** Whose ads it saw last, the newest first. */
  artistIds: Type.Optional(listOf(Id, 20)),
  /** Full-screen ads today. */
  fullScreens: Type.Optional(Count),
});

/** What spot demand bids for the impression, micros for a thousand. */
const Offer = closed({ offerId: Id, buyer: Id, cpmMicros: Micros });

export const DecisionRequest = closed({
  requestId: Hashed,
  market: MarketId,
  segment: Id,
  surface: Id,
  at: Instant,
  listener: Listener,
  /** Ads to be shown. Absent: one. */
  slots: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
  offers: Type.Optional(listOf(Offer, 50)),
  /** Lines whose lease the server has used up. */
  spent: Type.Optional(listOf(closed({ campaignId: Id, subcampaignId: Id }), 1000)),
  /** The plan to decide by, where it has to be this one. */
  planHash: Type.Optional(Sha256),
  explain: Type.Optional(Type.Literal(true)),
});

/** Why a line of the request's cell was not shown. The README explains each. */
export const ExclusionCode = oneOf(
  'NOT_IN_FLIGHT',
  'NO_LEASE',
  'LEASE_SPENT',
  'FREQUENCY_CAP',
  'RELEASE_SEEN',
  'FULL_SCREEN_CAP',
  'SAME_ARTIST',
  'EXPLICIT',
  'AGE',
  'BELOW_FLOOR',
  'OUTBID',
);
export type ExclusionCode = Static<typeof ExclusionCode>;

/** Why a slot went to whom it went. */
export const AwardCode = oneOf('WORTH_MOST', 'OFFER_WORTH_MOST', 'EXPLORED', 'FALLBACK', 'HOUSE');
export type AwardCode = Static<typeof AwardCode>;

const Amount = Type.Number({ minimum: 0 });

/** Who a slot goes to. Neither a line nor an offer: the house. */
export const Award = closed({
  code: AwardCode,
  campaignId: Type.Optional(Id),
  subcampaignId: Type.Optional(Id),
  offerId: Type.Optional(Id),
  /** Of a line: the expected cost to charge to its lease. */
  chargeMicros: Type.Optional(Micros),
  /** Of a line: what a click on it costs. */
  clickPriceMicros: Type.Optional(Micros),
  /** Of an offer: what it pays for a thousand impressions. */
  cpmMicros: Type.Optional(Micros),
});

/** A line of the request's cell, as it was judged. */
const Candidate = closed({
  campaignId: Id,
  subcampaignId: Id,
  /** Expected money of an impression in the first slot, micros. */
  valueMicros: Amount,
  price: Amount,
  /** worth x value x (1 - price). */
  netWorthMicros: Type.Number(),
  /** Uniform, 0 to 1: of this listener, line and day. */
  draw: Amount,
  /** What lines are ranked by: the net worth, moved by the draw. */
  score: Type.Number(),
  /** Absent where it was shown. */
  code: Type.Optional(ExclusionCode),
});

const Explanation = closed({
  planHash: Sha256,
  isFallback: Type.Boolean(),
  isExplored: Type.Boolean(),
  floorCpmMicros: Amount,
  /** What the house's own ad counted: a line must score more. */
  houseScore: Type.Number(),
  candidates: Type.Array(Candidate),
  offers: Type.Array(closed({ offerId: Id, buyer: Id, cpmMicros: Micros, adjustedCpmMicros: Amount })),
});

export const Decision = closed({
  requestId: Hashed,
  planVersion: Count,
  /** One per slot. */
  awards: Type.Array(Award),
  explanation: Type.Optional(Explanation),
});

export type Award = Static<typeof Award>;
export type Candidate = Static<typeof Candidate>;
export type Explanation = Static<typeof Explanation>;
export type Decision = Static<typeof Decision>;
export type DecisionRequestWire = Static<typeof DecisionRequest>;
/** The decoded form: `at` in epoch milliseconds. */
export type DecisionRequest = Omit<DecisionRequestWire, 'at'> & { atMs: number };
