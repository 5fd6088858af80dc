// What past errors say about their spread, about how much of it a market shares, and about a lasting bias.
import { ForecastError } from './forecast-error.ts';

/** One forecast that has been settled. */
export interface PastError {
  /** ln(what came / what was forecast); above 0: more came. */
  logError: number;
  /** Errors of one period share the market's factor; one without a period shares it with none. */
  period?: string | number;
}

export interface SpreadLikelihood {
  /** Of each spread, up to a common factor; the largest is 1. */
  ofSpread: number[];
  /** The part of an error's variance that all errors of a period share: expected value. */
  sharedShare: number;
  /** Expected lasting bias, and what is unknown of it: a part that grows with the spread and one that does not. */
  bias: number;
  biasVarianceInSpreads: number;
  biasVariance: number;
}

/** Errors further off count as this far: a hundredfold. */
const FURTHEST = Math.log(100);
/** Parts of the variance that a market may share, and how likely each is before errors are seen (planning draws at .2). */
const SHARES = [
  { share: 0.05, weight: 0.25 },
  { share: 0.2, weight: 0.35 },
  { share: 0.4, weight: 0.2 },
  { share: 0.6, weight: 0.12 },
  { share: 0.8, weight: 0.08 },
];
/** Most forecasts have no lasting bias; where there is one, half a spread is usual. */
const BIASED_SHARE = 0.03;
const BIAS_VARIANCE_IN_SPREADS = 0.25;

/**
 * Errors are e = bias + factor of the period + own, normal, of variances sigma^2 x (share, 1 - share); the bias is 0, or
 * with a small probability a normal draw of variance sigma^2 / 4. All but sigma is summed or integrated in closed form.
 * @throws ForecastError `INVALID_QUOTE` for an error that is no number
 */
export function spreadLikelihood(errors: readonly PastError[], spreads: readonly number[]): SpreadLikelihood {
  const periods = periodsOf(errors);
  const cases = SHARES.flatMap(({ share, weight }) => casesOf(periods, share, weight));
  // At each spread a case has the logarithm: level - n ln sigma - square / (2 sigma^2).
  const logs = spreads.map((spread) =>
    cases.map(({ level, square }) => level - errors.length * Math.log(spread) - square / (2 * spread * spread)),
  );
  const top = Math.max(...logs.flat());
  const masses = logs.map((row) => row.map((log) => Math.exp(log - top)));
  const ofSpread = masses.map((row) => row.reduce((sum, mass) => sum + mass, 0));
  const largest = Math.max(...ofSpread);
  const weights = cases.map((_, index) => masses.reduce((sum, row) => sum + (row[index] as number), 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = (value: (one: Case) => number) =>
    cases.reduce((sum, one, index) => sum + ((weights[index] as number) / total) * value(one), 0);
  const bias = expected((one) => one.bias);
  return {
    ofSpread: ofSpread.map((likelihood) => likelihood / largest),
    sharedShare: expected((one) => one.share),
    bias,
    biasVarianceInSpreads: expected((one) => one.biasVarianceInSpreads),
    biasVariance: expected((one) => (one.bias - bias) ** 2),
  };
}

interface Period {
  count: number;
  mean: number;
  /** Squared distances from the mean. */
  within: number;
}

interface Case {
  share: number;
  level: number;
  square: number;
  bias: number;
  biasVarianceInSpreads: number;
}

/** One share of the market, without a bias and with one. */
function casesOf(periods: readonly Period[], share: number, weight: number): Case[] {
  let [logDeterminant, square, precision, pull] = [0, 0, 0, 0];
  for (const { count, mean, within } of periods) {
    const ofMean = share + (1 - share) / count;
    logDeterminant += (count - 1) * Math.log(1 - share) + Math.log(count * ofMean);
    square += within / (1 - share) + (mean * mean) / ofMean;
    precision += 1 / ofMean;
    pull += mean / ofMean;
  }
  const held = precision + 1 / BIAS_VARIANCE_IN_SPREADS;
  const level = Math.log(weight) - logDeterminant / 2;
  const logSlab = -Math.log(held * BIAS_VARIANCE_IN_SPREADS) / 2;
  return [
    { share, level: level + Math.log(1 - BIASED_SHARE), square, bias: 0, biasVarianceInSpreads: 0 },
    {
      share,
      level: level + Math.log(BIASED_SHARE) + logSlab,
      square: Math.max(0, square - (pull * pull) / held),
      bias: pull / held,
      biasVarianceInSpreads: 1 / held,
    },
  ];
}

function periodsOf(errors: readonly PastError[]): Period[] {
  const byPeriod = new Map<string | number | symbol, number[]>();
  errors.forEach(({ logError, period }, index) => {
    if (!Number.isFinite(logError)) {
      throw new ForecastError('INVALID_QUOTE', `past error ${index} must be a number, not ${logError}`);
    }
    const key = period ?? Symbol(String(index));
    const held = Math.max(-FURTHEST, Math.min(FURTHEST, logError));
    byPeriod.set(key, [...(byPeriod.get(key) ?? []), held]);
  });
  return [...byPeriod.values()].map((list) => {
    const mean = list.reduce((sum, error) => sum + error, 0) / list.length;
    return { count: list.length, mean, within: list.reduce((sum, error) => sum + (error - mean) ** 2, 0) };
  });
}
