// Quotes over HTTP: what is asked, and what is answered. A quote holds nothing: a booking does.
import Type, { type Static } from 'typebox';
import type { Decoded } from './instants.ts';
import { MAX_SEGMENTS, MAX_SURFACES } from './outcomes.ts';
import { QuotePart, flightTerms } from './orders.ts';
import {
  Count,
  Currency,
  Id,
  Instant,
  MarketId,
  Micros,
  PositiveMicros,
  closed,
  listOf,
  oneOf,
  setOf,
} from './scalars.ts';
import { Share } from './serving.ts';

/** Quotes of one batch. */
export const MAX_QUOTES = 1000;
/** Bytes of a batch. */
export const MAX_QUOTES_BYTES = 4 * 1024 * 1024;

/** The same again on other dates, or for another audience of every part. */
const WhatIf = closed({
  name: Id,
  startAt: Type.Optional(Instant),
  endAt: Type.Optional(Instant),
  segments: Type.Optional(setOf(Id, MAX_SEGMENTS)),
  surfaces: Type.Optional(setOf(Id, MAX_SURFACES)),
  budgetMicros: Type.Optional(PositiveMicros),
});

/** Either a budget, or a goal of which the budget is to be found. */
export const QuoteRequest = closed({
  /** Echoed. */
  requestId: Type.Optional(Id),
  ...flightTerms,
  budgetMicros: Type.Optional(PositiveMicros),
  goal: Type.Optional(
    closed({ kind: oneOf('reach', 'clicks', 'conversions'), amount: Type.Integer({ minimum: 1, maximum: 1e12 }) }),
  ),
  subcampaigns: listOf(QuotePart, 50, 1),
  whatIf: Type.Optional(listOf(WhatIf, 8)),
});

const Amount = Type.Number({ minimum: 0 });
/** The tenth, the fiftieth and the ninetieth percentile. */
const Estimate = closed({ low: Amount, mid: Amount, high: Amount });

/** How much of something there is. */
const Supply = closed({
  /** Listeners of the flight; absent where none were counted. */
  listeners: Type.Optional(Estimate),
  impressions: Estimate,
  clicks: Estimate,
  /** What they cost at the parts' prices. */
  micros: Estimate,
});

const ClickPrice = closed({
  market: MarketId,
  segment: Id,
  clickPriceMicros: Micros,
  /** What made the price: the least that a click may cost, what others would pay for its cells, or the request. */
  basis: oneOf('floor', 'shadow-price'),
});

/** Cells that are full, or nearly: what contends there is not said. */
const Contention = closed({
  market: MarketId,
  segment: Id,
  surface: Id,
  fromAt: Instant,
  toAt: Instant,
  /** Of what can be sold there. */
  soldShare: Share,
});

const outlook = {
  budgetMicros: Micros,
  fullSpendProbability: Share,
  suggestedMinimumMicros: Micros,
  suggestedMaximumMicros: Micros,
};

const QuotedPart = closed({
  subcampaignId: Type.Optional(Id),
  market: MarketId,
  budgetMicros: Micros,
  clickPriceMicros: PositiveMicros,
  fullSpendProbability: Share,
  availableMicros: Micros,
});

/** How quotes of this kind turned out so far. Shares and errors are absent where none was scored. */
const TrackRecord = closed({
  /** Quotes that were scored. */
  quotes: Count,
  /** Mean squared error of the probability of full spend, and its expected calibration error over ten bins. */
  brier: Type.Optional(Amount),
  ece: Type.Optional(Amount),
  /** Of the 80% intervals of clicks, the share that held. */
  coverage: Type.Optional(Share),
  firstDay: Type.Optional(Type.String({ maxLength: 10 })),
  lastDay: Type.Optional(Type.String({ maxLength: 10 })),
});

/** Names of the Ad Context Protocol are written its way. */
export const QuoteAnswer = closed({
  requestId: Type.Optional(Id),
  /** The same for the same request of the same state of its markets. */
  quoteId: Type.String({ maxLength: 64 }),
  generated_at: Instant,
  valid_until: Instant,
  modelVersion: Type.String({ maxLength: 200 }),
  /** How availability was found: by bounds that never promise more than is there, or exactly. */
  tier: oneOf('fast', 'exact'),
  currency: Currency,
  ...outlook,
  /** All that meets the criteria; what could be had if nothing that is sold had to be moved; what can be had without hurting anyone. */
  matched: Supply,
  possible: Supply,
  available: Supply,
  /** `core/delivery-forecast.json` of the Ad Context Protocol. */
  forecast: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
  rateCard: closed({
    version: Type.String({ maxLength: 100 }),
    validUntilAt: Instant,
    prices: listOf(ClickPrice, 400),
  }),
  parts: listOf(QuotedPart, 50),
  whatIf: Type.Optional(listOf(closed({ name: Id, ...outlook, clicks: Estimate, availableMicros: Micros }), 8)),
  contention: listOf(Contention, 20),
  trackRecord: TrackRecord,
  /** Why the request could not be booked as it is: reasons of refusals. */
  problems: Type.Optional(
    listOf(closed({ code: Type.String({ maxLength: 64 }), reason: Type.String({ maxLength: 500 }) }), 10),
  ),
});

export type QuoteRequestWire = Static<typeof QuoteRequest>;
export type QuoteRequest = Decoded<QuoteRequestWire>;
export type QuoteAnswer = Static<typeof QuoteAnswer>;
export type TrackRecord = Static<typeof TrackRecord>;
