// A delivery curve in the vocabulary of the Ad Context Protocol: `core/delivery-forecast.json`, money in units of the currency.
import { ForecastError } from './forecast-error.ts';
import type { Delivery, DeliveryRange } from './spend-delivery.ts';

export interface ForecastRange {
  low: number;
  mid: number;
  high: number;
}

export interface ForecastPoint {
  budget: number;
  metrics: {
    spend: ForecastRange;
    impressions: ForecastRange;
    clicks: ForecastRange;
    conversions: ForecastRange;
    reach?: ForecastRange;
    frequency?: ForecastRange;
  };
  ext: { andante: { full_spend_probability: number } };
}

/** What is sent; field names are the protocol's. */
export interface DeliveryForecast {
  points: ForecastPoint[];
  forecast_range_unit: 'spend';
  method: 'modeled';
  currency: string;
  /** Present with reach: listeners are counted by account. */
  reach_unit?: 'accounts';
  generated_at: string;
  valid_until: string;
  ext: { andante: { suggested_maximum_budget: number; model_id: string; inputs_hash: string } };
}

export interface ForecastTerms {
  /** ISO 4217. */
  currency: string;
  generatedAtMs: number;
  validUntilAtMs: number;
  suggestedMaximumMicros: number;
  modelId: string;
  inputsHash: string;
}

const MICROS = 1e6;

/**
 * The forecast of a curve: points at rising budgets, each once; counts are whole numbers, frequencies have two decimals.
 * @throws ForecastError `INVALID_QUOTE` without a point, or for a currency or an instant that is none
 */
export function deliveryForecast(curve: readonly Delivery[], terms: ForecastTerms): DeliveryForecast {
  if (curve.length === 0) throw new ForecastError('INVALID_QUOTE', 'a delivery forecast needs a budget');
  if (!/^[A-Z]{3}$/.test(terms.currency)) {
    throw new ForecastError('INVALID_QUOTE', `the currency must be three capital letters, not ${terms.currency}`);
  }
  const byBudget = new Map(curve.map((delivery) => [delivery.budgetMicros, delivery]));
  const rising = [...byBudget.values()].sort((a, b) => a.budgetMicros - b.budgetMicros);
  return {
    points: rising.map(pointOf),
    forecast_range_unit: 'spend',
    method: 'modeled',
    currency: terms.currency,
    ...(rising.some(({ reach }) => reach) && { reach_unit: 'accounts' as const }),
    generated_at: instantOf(terms.generatedAtMs),
    valid_until: instantOf(terms.validUntilAtMs),
    ext: {
      andante: {
        suggested_maximum_budget: terms.suggestedMaximumMicros / MICROS,
        model_id: terms.modelId,
        inputs_hash: terms.inputsHash,
      },
    },
  };
}

function pointOf({
  budgetMicros,
  fullSpend,
  spendMicros,
  clicks,
  impressions,
  conversions,
  reach,
  frequency,
}: Delivery): ForecastPoint {
  return {
    budget: budgetMicros / MICROS,
    metrics: {
      // Downwards, so that no rounding spends more than there is.
      spend: mapRange(spendMicros, (micros) => Math.floor(micros) / MICROS),
      impressions: mapRange(impressions, Math.round),
      clicks: mapRange(clicks, Math.round),
      conversions: mapRange(conversions, Math.round),
      ...(reach && { reach: mapRange(reach, Math.round) }),
      ...(frequency && { frequency: mapRange(frequency, (value) => Math.round(value * 100) / 100) }),
    },
    ext: { andante: { full_spend_probability: fullSpend } },
  };
}

function instantOf(atMs: number): string {
  const instant = new Date(atMs);
  if (Number.isNaN(instant.getTime()))
    throw new ForecastError('INVALID_QUOTE', `${atMs} is no instant in milliseconds`);
  return instant.toISOString();
}

function mapRange({ low, mid, high }: DeliveryRange, map: (value: number) => number): ForecastRange {
  return { low: map(low), mid: map(mid), high: map(high) };
}
