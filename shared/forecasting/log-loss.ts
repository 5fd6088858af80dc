// How good predicted rates were: against clicks that came, counted by impressions that were predicted alike.
import { ForecastError } from './forecast-error.ts';

export interface ScoredRate {
  /** Predicted clicks per impression. */
  rate: number;
  impressions: number;
  clicks: number;
}

/** Keeps a certainty that proved wrong finite, and as bad as it is. */
const LEAST_RATE = 1e-12;

/**
 * Nats per impression, lower is better: -mean of log(rate) over clicks and log(1 - rate) over the rest.
 * @throws ForecastError INVALID_RESPONSE without impressions or for amounts that make no sense
 */
export function logLoss(scored: readonly ScoredRate[]): number {
  const { impressions } = totalsOf(scored);
  if (impressions === 0) throw new ForecastError('INVALID_RESPONSE', 'no impressions: nothing to score');
  let loss = 0;
  for (const one of scored) {
    const rate = Math.max(LEAST_RATE, Math.min(1 - LEAST_RATE, one.rate));
    if (one.clicks > 0) loss -= one.clicks * Math.log(rate);
    if (one.impressions > one.clicks) loss -= (one.impressions - one.clicks) * Math.log1p(-rate);
  }
  return loss / impressions;
}

/**
 * Log loss over that of the clicks' own mean rate: below 1 the predictions say more than the mean does (He et al., ADKDD
 * 2014, section 2). 1 when nothing or everything was clicked, where there is nothing to say.
 * @throws ForecastError INVALID_RESPONSE as {@link logLoss}
 */
export function normalisedEntropy(scored: readonly ScoredRate[]): number {
  const loss = logLoss(scored);
  const { impressions, clicks } = totalsOf(scored);
  const rate = clicks / impressions;
  if (rate === 0 || rate === 1) return 1;
  return loss / -(rate * Math.log(rate) + (1 - rate) * Math.log1p(-rate));
}

export interface Calibration {
  /** Predicted clicks over clicks: 1 is right, above 1 promises too much. */
  ratio: number;
  /** Standard error of the ratio from the chance of clicks alone: 1 / sqrt(clicks), about. */
  error: number;
}

/**
 * Whether the predictions add up to the clicks; without any click there is no ratio, and no answer.
 * @throws ForecastError INVALID_RESPONSE as {@link logLoss}
 */
export function calibrationOf(scored: readonly ScoredRate[]): Calibration | undefined {
  const { clicks, predicted, variance } = totalsOf(scored);
  return clicks === 0 ? undefined : { ratio: predicted / clicks, error: Math.sqrt(variance) / clicks };
}

/** Sums over the predictions; variance is that of the clicks if the predictions are right. */
export function totalsOf(scored: readonly ScoredRate[]) {
  const totals = { impressions: 0, clicks: 0, predicted: 0, variance: 0 };
  scored.forEach(({ rate, impressions, clicks }, index) => {
    if (!(rate >= 0 && rate <= 1 && clicks >= 0 && clicks <= impressions && impressions < Infinity)) {
      const what = `rate ${rate}, ${clicks} clicks of ${impressions} impressions`;
      throw new ForecastError('INVALID_RESPONSE', `prediction ${index} makes no sense: ${what}`);
    }
    totals.impressions += impressions;
    totals.clicks += clicks;
    totals.predicted += impressions * rate;
    totals.variance += impressions * rate * (1 - rate);
  });
  return totals;
}
