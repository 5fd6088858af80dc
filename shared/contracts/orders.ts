// A campaign as it is ordered: in the event that creates it, in a booking, and, with less, in a quote.
import Type, { type Static } from 'typebox';
import { MAX_SEGMENTS, MAX_SURFACES } from './outcomes.ts';
import { Currency, Id, Instant, MarketId, Micros, PositiveMicros, closed, listOf, oneOf, setOf } from './scalars.ts';
import { servingTerms } from './serving.ts';

/** Whom a part is for, and how it is served. */
export const audienceTerms = {
  market: MarketId,
  segments: setOf(Id, MAX_SEGMENTS),
  surfaces: setOf(Id, MAX_SURFACES),
  ...servingTerms,
};

const bounds = {
  floorMicros: Type.Optional(Micros),
  capMicros: Type.Optional(Micros),
  lockMicros: Type.Optional(Micros),
};

/** When a campaign runs and what it is for. */
export const flightTerms = {
  currency: Currency,
  startAt: Instant,
  endAt: Instant,
  objective: oneOf('reach', 'clicks', 'conversions'),
};

export const SubcampaignOrder = closed({
  subcampaignId: Id,
  ...audienceTerms,
  clickPriceMicros: PositiveMicros,
  ...bounds,
});

/** A campaign over 1 to 50 subcampaigns in 1 to 15 markets. */
export const orderTerms = {
  campaignId: Id,
  ...flightTerms,
  budgetMicros: PositiveMicros,
  ifShort: oneOf('refuse', 'scale-down'),
  subcampaigns: listOf(SubcampaignOrder, 50, 1),
};

/** A part of what is asked about: without a price the rate card's counts. */
export const QuotePart = closed({
  subcampaignId: Type.Optional(Id),
  ...audienceTerms,
  clickPriceMicros: Type.Optional(PositiveMicros),
  ...bounds,
});

export type SubcampaignOrder = Static<typeof SubcampaignOrder>;
export type QuotePart = Static<typeof QuotePart>;
