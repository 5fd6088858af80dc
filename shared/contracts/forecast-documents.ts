// The documents of forecasting: a market's supply by day, the coefficients it is forecast with, and what people tell the
// forecast. shared/store/stored-form.ts says how they are packed.
import Type, { type Static } from 'typebox';
import { MAX_CELLS } from './forecast-outcomes.ts';
import { MAX_SEGMENTS, MAX_SURFACES } from './outcomes.ts';
import { Count, EpochMs, Id, MarketId, PartsPerMillion, Sha256, closed, listOf } from './scalars.ts';

const schemaVersion = Type.Literal(1);
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', maxLength: 10 });

/** Bins of a visit histogram. */
const MAX_BINS = 24;
/** The days that listeners' visits are counted over. */
export const LISTENER_WINDOW_DAYS = 10;

/** Listeners by what they did in a window that has just ended: what reach and frequency are derived from. */
const ListenerHistogram = closed({
  windowDays: Type.Integer({ minimum: 1, maximum: 31 }),
  /** Visits of a listener, rising, and how many listeners have so many. */
  visits: listOf(Type.Number({ exclusiveMinimum: 0 }), MAX_BINS),
  visitListeners: listOf(Type.Number({ minimum: 0 }), MAX_BINS),
  /** Listeners that were there on 1, 2, ... days. */
  activeDayListeners: listOf(Type.Number({ minimum: 0 }), 31),
});

/** One day's supply of a market. */
export const SupplyDay = closed({
  schemaVersion,
  market: MarketId,
  day: Day,
  modelId: Id,
  /** Share of the day's opportunities in each hour, UTC; adds up to 1. */
  hourShape: listOf(Type.Number({ minimum: 0, maximum: 1 }), 24, 24),
  cells: listOf(
    closed({
      segment: Id,
      surface: Id,
      /** Opportunities of the day: quantiles of the forecast. */
      q10: Count,
      q50: Count,
      q90: Count,
      /** Expected clicks per million impressions. */
      clickPpm: PartsPerMillion,
      /** The impressions that say so much about clickPpm; absent: it is taken as known. */
      clickTrials: Type.Optional(Count),
      /** Expected conversions per million clicks. */
      conversionPpm: Type.Optional(PartsPerMillion),
    }),
    MAX_CELLS,
    1,
  ),
  /** Opportunities of the whole market as they were forecast before the day began: later ones have seen part of it. */
  foreseen: Type.Optional(closed({ q10: Count, q50: Count })),
  /** By segment and surface, and by segment over all surfaces where no surface is named. */
  listeners: Type.Optional(
    listOf(closed({ segment: Id, surface: Type.Optional(Id), ...ListenerHistogram.properties }), MAX_CELLS + 50),
  ),
  /** How far forecasts of this market turn out to be off, as logarithms of what came over what was forecast for a week. */
  errorSpread: Type.Optional(
    closed({
      bias: Type.Number({ minimum: -20, maximum: 20 }),
      /** Standard deviations and how likely each is. */
      nodes: listOf(closed({ weight: Type.Number({ minimum: 0 }), sigma: Type.Number({ minimum: 0 }) }), 20, 1),
      /** The part of the variance that all of the market's campaigns share. */
      sharedShare: Type.Number({ minimum: 0, maximum: 1 }),
    }),
  ),
  /** How much of the clicks has come by which part of the window after the hour of their impression. */
  clickDelay: Type.Optional(
    closed({
      windowMs: Type.Integer({ minimum: 1, maximum: 31 * 86_400_000 }),
      shares: listOf(Type.Number({ minimum: 0, maximum: 1 }), 64, 1),
    }),
  ),
  /** Hash of what the forecast was made of. */
  inputsHash: Type.Optional(Sha256),
  issuedAtMs: Type.Optional(EpochMs),
  /** By how much the spread of the last good forecast was widened while newer input could not be trusted. */
  widening: Type.Optional(Type.Number({ minimum: 1, maximum: 10 })),
});

/** A correction that people make: what the model says is multiplied while it lasts. */
export const Modifier = closed({
  /** Absent: all. */
  segments: Type.Optional(listOf(Id, MAX_SEGMENTS, 1)),
  surfaces: Type.Optional(listOf(Id, MAX_SURFACES, 1)),
  startAtMs: EpochMs,
  endAtMs: EpochMs,
  multiplier: Type.Number({ minimum: 0, maximum: 100 }),
  reason: Type.String({ minLength: 1, maxLength: 200 }),
});

/** What people tell the forecast of a market. */
export const ForecastSettings = closed({
  schemaVersion,
  market: MarketId,
  /** Days that are not like their weekday, past and to come. */
  holidays: listOf(Day, 200),
  modifiers: listOf(Modifier, 100),
  /** Listeners of a day, for a market without history: analogues are scaled by it. */
  activeListeners: Type.Optional(Count),
  /** Markets that this one is expected to be like. */
  analogues: listOf(MarketId, 10),
});

/** The coefficients of a market's cells, fitted once a day. */
export const ForecastModels = closed({
  schemaVersion,
  market: MarketId,
  modelId: Id,
  fittedAtMs: EpochMs,
  inputsHash: Sha256,
  /** In the form of shared/forecasting, which wrote it. */
  cells: listOf(
    closed({ segment: Id, surface: Id, model: Type.Unknown(), variance: Type.Optional(Type.Number({ minimum: 0 })) }),
    MAX_CELLS,
  ),
  /** Of all cells together. */
  whole: Type.Optional(Type.Unknown()),
  /** Of its errors, as `variance` is of a cell's: there where cells are made to add up to it. */
  wholeVariance: Type.Optional(Type.Number({ minimum: 0 })),
});

export type SupplyDay = Static<typeof SupplyDay>;
export type Modifier = Static<typeof Modifier>;
export type ForecastSettings = Static<typeof ForecastSettings>;
export type ForecastModels = Static<typeof ForecastModels>;
