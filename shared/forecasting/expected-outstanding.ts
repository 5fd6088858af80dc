// What is still to come of a cohort of impressions: late clicks, in numbers and in money, and conversions in the end.
import { arrivedShare, type DelayCurve } from './delay-curve.ts';
import { ForecastError } from './forecast-error.ts';

export interface Cohort {
  /** Clicks expected in the end, as predicted when the impressions were served. */
  expected: number;
  /** Clicks confirmed so far. */
  confirmed: number;
  ageMs: number;
}

/** The prediction of a cohort's rate is worth so many clicks: it is wrong by 30%, give or take. */
const PRIOR_CLICKS = 11;

/**
 * Clicks still to come: expected x share to come x (k + confirmed) / (k + expected x share that has come), with k = 11
 * clicks: the mean of a Poisson count whose rate is off by a gamma factor (Buehlmann and Straub 1970; between Bornhuetter
 * and Ferguson 1972, which believes the prediction alone, and the chain ladder, which believes the clicks alone).
 * @throws ForecastError INVALID_RESPONSE for amounts that are negative or no numbers
 */
export function clicksToCome({ expected, confirmed, ageMs }: Cohort, curve: DelayCurve): number {
  for (const [name, amount] of Object.entries({ expected, confirmed })) requireAmount(name, amount);
  const share = arrivedShare(curve, ageMs);
  return expected * (1 - share) * ((PRIOR_CLICKS + confirmed) / (PRIOR_CLICKS + expected * share));
}

export interface ChargedCohort {
  /** Expected cost of what was served, in micros. */
  chargedMicros: number;
  /** Cost of the clicks confirmed so far. */
  confirmedMicros: number;
  clickPriceMicros: number;
  ageMs: number;
}

/**
 * The part of the charge that still counts as in flight, in whole micros: all of it at age 0 without a click, corrected
 * by what came, none at the end of the window. Never more than was charged, and never rising with age.
 * @throws ForecastError INVALID_RESPONSE for amounts that are negative or no numbers, and for a price below 1
 */
export function expectedOutstanding(
  { chargedMicros, confirmedMicros, clickPriceMicros, ageMs }: ChargedCohort,
  curve: DelayCurve,
): number {
  for (const [name, amount] of Object.entries({ chargedMicros, confirmedMicros })) requireAmount(name, amount);
  if (!(clickPriceMicros >= 1 && clickPriceMicros < Infinity)) {
    throw new ForecastError('INVALID_RESPONSE', `clickPriceMicros must be 1 or more, not ${clickPriceMicros}`);
  }
  const [expected, confirmed] = [chargedMicros / clickPriceMicros, confirmedMicros / clickPriceMicros];
  const toCome = clicksToCome({ expected, confirmed, ageMs }, curve);
  return Math.min(Math.floor(chargedMicros), Math.round(toCome * clickPriceMicros));
}

export interface FinalCount {
  /** Expected in the end: what came and what is to come. */
  final: number;
  /** Quantiles q10 and q90; low is never below what came. */
  low: number;
  high: number;
}

/** The q90 of a standard normal law. */
const Q90 = 1.2815515655446004;

/**
 * What a campaign ends with: the counts of all cohorts when their windows have closed. For conversions, cohorts of clicks
 * with the curve of conversions. The spread is that of negative binomial counts, cohorts being independent.
 * @throws ForecastError INVALID_RESPONSE as {@link clicksToCome}
 */
export function projectFinal(cohorts: readonly Cohort[], curve: DelayCurve): FinalCount {
  let [came, toCome, variance] = [0, 0, 0];
  for (const cohort of cohorts) {
    const mean = clicksToCome(cohort, curve);
    came += cohort.confirmed;
    toCome += mean;
    variance += mean + mean ** 2 / (PRIOR_CLICKS + cohort.confirmed);
  }
  const spread = Q90 * Math.sqrt(variance);
  return { final: came + toCome, low: came + Math.max(0, toCome - spread), high: came + toCome + spread };
}

function requireAmount(name: string, amount: number): void {
  if (!(amount >= 0 && amount <= Number.MAX_SAFE_INTEGER)) {
    throw new ForecastError('INVALID_RESPONSE', `${name} must be a number of 0 or more, not ${amount}`);
  }
}
