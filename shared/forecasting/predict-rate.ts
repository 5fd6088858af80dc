// The rate that a fitted response model expects of a cell, known or new, and how sure it is.
import { ForecastError } from './forecast-error.ts';
import type { ResponseModel, StoredEffects } from './fit-response.ts';

export interface PredictedRate {
  /** Clicks per impression, within 0 and 1. */
  rate: number;
  /** Quantiles q10 and q90 of what the rate may be. */
  low: number;
  high: number;
  /** As sure as after so many impressions of the cell itself: a beta law of rate x this clicks. */
  effectiveImpressions: number;
}

/** Beyond this variance of log-odds nothing is known; where a model has no information at all it is infinite. */
const MOST_VARIANCE = 1e4;
/** The q90 of a standard normal law. */
const Q90 = 1.2815515655446004;

/**
 * A level that was not seen, or is not given, counts as one like the others, with all of their spread; so does a cell.
 * The law of the log-odds is normal: the spreads of the levels add up, and the cell's own data narrow them.
 * @param score as in the observations, 0 when these had none
 * @throws ForecastError INVALID_RESPONSE for a score that is no number
 */
export function predictRate(model: ResponseModel, factors: Readonly<Record<string, string>>, score = 0): PredictedRate {
  if (!Number.isFinite(score)) throw new ForecastError('INVALID_RESPONSE', `the score must be a number, not ${score}`);
  let logOdds = model.logOdds + model.slope * score;
  let variance = 1 / model.information + score * score * model.slopeVariance;
  for (const { name, effects } of model.factors) {
    const [effect, information] = find(effects, Object.hasOwn(factors, name) ? factors[name] : undefined);
    logOdds += effect;
    variance += errorOf(effects, information, 0);
  }
  const [effect, information] = find(model.cells, JSON.stringify(model.factors.map(({ name }) => factors[name])));
  logOdds += effect;
  variance = Math.min(MOST_VARIANCE, errorOf(model.cells, information, variance));
  const spread = Q90 * Math.sqrt(variance);
  // The rate is a mean; of a law that is skew to the right, half lies below.
  const median = logOdds - variance / 2;
  const rate = logistic(logOdds);
  return {
    rate,
    low: logistic(median - spread),
    high: Math.max(rate, logistic(median + spread)),
    effectiveImpressions: 1 / (variance * rate * logistic(-logOdds)),
  };
}

/**
 * The expected square of an effect's error: of the share s that was left of it by shrinking, the chance of its own data;
 * of the rest, how far it may be off, and with it the sum of what stands above it.
 */
function errorOf({ variance, possible }: StoredEffects, information: number, above: number): number {
  const share = (information * variance) / (1 + information * variance);
  return (1 - share) ** 2 * (possible + above) + (share === 0 ? 0 : share ** 2 / information);
}

function find({ unseen, levels }: StoredEffects, key: string | undefined): [number, number] {
  return (key !== undefined && Object.hasOwn(levels, key) ? levels[key] : undefined) ?? [unseen, 0];
}

function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
