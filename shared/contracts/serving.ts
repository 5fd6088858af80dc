// What decides who is served beside money: terms of a line, and what operators set for a market as versioned data.
import Type, { type Static } from 'typebox';
import { Count, EpochMs, Id, Micros, PositiveMicros, Version, closed, listOf, oneOf } from './scalars.ts';

/** A share of one. */
export const Share = Type.Number({ minimum: 0, maximum: 1 });

/** The most often that a listener may be shown one thing. */
const Cap = Type.Integer({ minimum: 1, maximum: 1000 });

/** What an ad shows and to whom it may be shown; each absent where nothing was asked. */
export const eligibilityTerms = {
  /** It bids its click price in every auction, pays what that sets, and holds no supply. Absent: it is guaranteed. */
  isAuctioned: Type.Optional(Type.Literal(true)),
  /** Two ads of one artist are kept apart. */
  artistId: Type.Optional(Id),
  /** A listener sees one ad of a release, and none who streams it anyway. */
  releaseId: Type.Optional(Id),
  perListenerDay: Type.Optional(Cap),
  perListenerFlight: Type.Optional(Cap),
  isFullScreen: Type.Optional(Type.Literal(true)),
  isExplicit: Type.Optional(Type.Literal(true)),
  /** Years. */
  minimumAge: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
};

/** A point of a spend curve: when this share of the flight's traffic has passed, this share of the budget is due. */
const SpendPoint = closed({ trafficShare: Share, spendShare: Share });

/** How a part's money is to be spread over its flight. */
export const pacingTerms = {
  /** Absent: even, which follows the expected traffic. */
  pacing: Type.Optional(oneOf('even', 'asap', 'front-loaded', 'custom')),
  /** Of custom pacing: rising points between (0, 0) and (1, 1). */
  spendCurve: Type.Optional(listOf(SpendPoint, 20, 1)),
  /** The most that is spent on one UTC day. */
  dailyCapMicros: Type.Optional(PositiveMicros),
};

/** All of a line's terms that booking only hands on. */
export const servingTerms = {
  ...eligibilityTerms,
  ...pacingTerms,
  /** Nothing is served of it until an operator has approved this creative. */
  creativeId: Type.Optional(Id),
};

/** No offer and no line wins an opportunity of these for less, micros for a thousand impressions. Absent dimensions: any. */
const Floor = closed({ segment: Type.Optional(Id), surface: Type.Optional(Id), cpmMicros: Count });

/**
 * What an offer of this buyer (any, where absent) counts: times `value`, `value` micros for a thousand impressions instead
 * of its bid, or that much more than it.
 */
const BidAdjustment = closed({
  buyer: Type.Optional(Id),
  kind: oneOf('multiplier', 'cpm', 'static'),
  value: Type.Number({ minimum: 0, maximum: 1e15 }),
});

/** How the opportunities of a market are auctioned; the plan carries it to ad servers. */
export const auctionTerms = {
  /** What a winner pays: its bid, or the least it would have won with. */
  pricing: oneOf('first', 'second'),
  /** What the slots of a request are worth beside its first one, from the first on; how many may be filled. */
  positions: listOf(Share, 8, 1),
  /** The most specific of those that match counts, the dearest among equals. */
  floors: listOf(Floor, 200),
  /**
   * What an impression of the house's own ad is worth, micros for a thousand: no line takes an impression that is worth about as much
   * or less to it, net of its price. Absent: little beside what clicks are worth here.
   */
  houseCpmMicros: Type.Optional(Micros),
  /** The first that matches counts. */
  adjustments: listOf(BidAdjustment, 100),
  /** The share of requests that is given to any eligible line by lot, to learn how listeners respond. */
  explorationShare: Type.Number({ minimum: 0, maximum: 0.2 }),
  /** Full-screen ads that a listener sees in a day, whoever's. */
  fullScreenPerDay: Type.Optional(Cap),
  /** How many of the newest ads that a listener saw, and of this request, an artist is not repeated in. */
  artistSeparation: Type.Integer({ minimum: 0, maximum: 20 }),
};

/** An operator's word on a line, or on all of a campaign's: until when, and why. */
const Override = closed({
  campaignId: Id,
  subcampaignId: Type.Optional(Id),
  /** `freeze`: not served and granted nothing. `price`: served at this price whatever pacing says. */
  kind: oneOf('freeze', 'price'),
  price: Type.Optional(Share),
  untilAtMs: EpochMs,
  reason: Type.String({ minLength: 1, maxLength: 300 }),
});

/** What operators set for the serving of a market; kept in the market's document. */
export const ServingSettings = closed({
  version: Version,
  ...auctionTerms,
  /** The least that a click costs on the rate card. Absent: {@link DEFAULT_CLICK_FLOOR_MICROS}. */
  clickFloorMicros: Type.Optional(Micros),
  creatives: listOf(closed({ creativeId: Id, status: oneOf('pending', 'approved', 'rejected') }), 400),
  overrides: listOf(Override, 100),
});

export const AuctionSettings = closed({ version: Count, ...auctionTerms });

export type ServingTerms = { [Name in keyof typeof servingTerms]?: Static<(typeof servingTerms)[Name]> };
export type ServingSettings = Static<typeof ServingSettings>;
export type AuctionSettings = Static<typeof AuctionSettings>;

/**
 * The least that a click costs on a rate card where the market has not said: a tenth of its currency's unit. An empty world has
 * no other price, and a click for nothing is no offer; it is about a fifth of what small campaigns pay, so that it binds where nobody
 * contends and nowhere else.
 */
export const DEFAULT_CLICK_FLOOR_MICROS = 100_000;

/** What holds where nobody has set anything. */
export const DEFAULT_AUCTION: AuctionSettings = {
  version: 0,
  pricing: 'second',
  positions: [1],
  floors: [],
  adjustments: [],
  explorationShare: 0,
  artistSeparation: 1,
};
