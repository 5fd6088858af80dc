// Outcomes of forecasting: what was seen of a market, what was forecast of it, why an old forecast was kept, and what a campaign was told when it
// was booked. Each names when its period begins and ends, so that views can score it against what happened.
import Type, { type Static, type TSchema } from 'typebox';
import {
  Count,
  Currency,
  EpochMs,
  EventId,
  Group,
  Id,
  MarketId,
  Micros,
  PartsPerMillion,
  Sha256,
  closed,
  fact,
  listOf,
  oneOf,
} from './scalars.ts';

/** The lengths of time whose totals are forecast, in days. */
export const TOTAL_DAYS = [1, 7, 10, 14] as const;
/** Cells of a market. */
export const MAX_CELLS = 500;
/** Subcampaigns of a campaign. */
const MAX_PARTS = 50;

/** The listener of a sampled request: what it had done by then in the ten days that ended with it, the request included. */
const sampledListener = closed({
  /** Visits to this surface, and days with one. */
  visits: Count,
  activeDays: Count,
  /** The same over all surfaces. */
  allVisits: Count,
  allActiveDays: Count,
});

/** How many opportunities a cell had. */
const cellTraffic = closed({ segment: Id, surface: Id, opportunities: Count });

/** One request of a reservoir sample. */
const sampledRequest = closed({
  segment: Id,
  surface: Id,
  responseMultiplier: Type.Number({ minimum: 0, maximum: 1000 }),
  /** The best offer of spot demand for it, adjusted, micros for a thousand impressions. */
  offerCpmMicros: Type.Optional(Micros),
  listener: Type.Optional(sampledListener),
});

/** The impressions of one hour in one cell, and what arrived of their clicks and conversions; `hour` says how it is written. */
function cellResponse<const Hour extends Record<string, TSchema>>(hour: Hour) {
  const counts = { impressions: Count, clicks: Count, conversions: Count };
  return closed({ segment: Id, surface: Id, format: Type.Optional(Id), ...hour, ...counts });
}

/** What a report says of traffic and response, by cell: the same on the wire and in the row, but for how an hour is written. */
export function seenOfCells<const Hour extends Record<string, TSchema>>(hour: Hour) {
  return {
    opportunities: listOf(cellTraffic, 500),
    /** A reservoir sample of the window's requests. */
    sample: listOf(sampledRequest, 100),
    responses: Type.Optional(listOf(cellResponse(hour), 1000)),
  };
}

/** What a report saw of the market's traffic, and how listeners responded. */
export const SupplyObserved = fact('supply-observed', {
  tenantId: Id,
  market: MarketId,
  group: Group,
  windowStartAtMs: EpochMs,
  windowEndAtMs: EpochMs,
  ...seenOfCells({ hourAtMs: EpochMs }),
});

/** Why the last good forecast was kept. The README explains each. */
export const FreezeCode = oneOf(
  'STALE_INPUT',
  'MISSING_INPUT',
  'DUPLICATED_INPUT',
  'DRIFTED_INPUT',
  'IMPLAUSIBLE_INPUT',
  'MODEL_FAILED',
);
export type FreezeCode = Static<typeof FreezeCode>;

const issued = {
  /** Whose inputs a score belongs to: hash of everything the forecast was made of. */
  inputsHash: Sha256,
  modelId: Id,
  issuedAtMs: EpochMs,
  validUntilAtMs: EpochMs,
};

/** Opportunities of a market and its cells over the days to come, by quantile. */
export const SupplyForecast = fact('supply-forecast', {
  tenantId: Id,
  market: MarketId,
  forecastId: EventId,
  ...issued,
  /** When the coefficients were fitted that it was made with. */
  fittedAtMs: EpochMs,
  /** The first hour of every total. */
  fromAtMs: EpochMs,
  totals: listOf(
    closed({
      /** Both absent: the whole market. */
      segment: Type.Optional(Id),
      surface: Type.Optional(Id),
      days: Count,
      q10: Count,
      q50: Count,
      q90: Count,
    }),
    (MAX_CELLS + 1) * TOTAL_DAYS.length,
  ),
});

/** What could not be trusted, so that the last good forecast stays, with wider intervals. */
export const SupplyFrozen = fact('supply-frozen', {
  tenantId: Id,
  market: MarketId,
  forecastId: EventId,
  ...issued,
  /** What the logarithmic spread of the last good forecast is multiplied by. */
  widening: Type.Number({ minimum: 1, maximum: 10 }),
  reasons: listOf(closed({ code: FreezeCode, detail: Type.String({ maxLength: 300 }) }), 20, 1),
});

/** An interval of 80%, and its middle. */
export const Range = closed({ low: Count, mid: Count, high: Count });

const promise = {
  budgetMicros: Micros,
  /** The probability that the whole budget is spent. */
  fullSpendPpm: PartsPerMillion,
  /** Absent where no listeners were counted. */
  reach: Type.Optional(Range),
  impressions: Range,
  clicks: Range,
  conversions: Range,
  spendMicros: Range,
};

/** What a campaign was told it would get, at the moment that decided it. Scored when it has ended. */
export const QuoteIssued = fact('quote-issued', {
  tenantId: Id,
  campaignId: Id,
  quoteId: EventId,
  ...issued,
  currency: Currency,
  startAtMs: EpochMs,
  endAtMs: EpochMs,
  /** The largest budget that is spent in full with a probability of 80%. */
  suggestedMaximumMicros: Micros,
  ...promise,
  subcampaigns: listOf(closed({ subcampaignId: Id, market: MarketId, ...promise }), MAX_PARTS, 1),
});

export type SupplyObserved = Static<typeof SupplyObserved>;
export type SupplyForecast = Static<typeof SupplyForecast>;
export type SupplyFrozen = Static<typeof SupplyFrozen>;
export type QuoteIssued = Static<typeof QuoteIssued>;
export type Range = Static<typeof Range>;

/** What a refresh can come to. */
export type RefreshOutcome = SupplyForecast | SupplyFrozen;
