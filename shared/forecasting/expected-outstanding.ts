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

/** The charges of a line and what came of them, in micros. */
export interface ChargedLine {
  /** All that was ever charged, at expected cost, and the cost of all clicks so far. */
  chargedMicros: number;
  confirmedMicros: number;
  clickPriceMicros: number;
  /** The impressions whose clicks may still come, by the hour: how long ago the hour began, and what was charged for it. */
  hours: readonly { ageMs: number; chargedMicros: number }[];
}

export interface LineExpectation {
  /** What the clicks still to come will cost, in whole micros. */
  outstandingMicros: number;
  /** What the line's clicks cost over what was charged for them in expectation; 1 before anything came. */
  rateFactor: number;
}

/**
 * What is to be expected of a line's charges. A line's rate is off by the same factor in all its hours, so it is learned from
 * all of them: (k + confirmed) / (k + the part of all charges that has come by the curve), k = 11 clicks. Of each hour's charge
 * the part to come times this factor is outstanding; what came of the hour so far says nothing more of its rest.
 * @param curve of the share that has come, by the time since the hour began
 * @throws ForecastError INVALID_RESPONSE for amounts that are negative or no numbers, and for a price below 1
 */
export function expectOfLine(
  { chargedMicros, confirmedMicros, clickPriceMicros, hours }: ChargedLine,
  curve: DelayCurve,
): LineExpectation {
  for (const [name, amount] of Object.entries({ chargedMicros, confirmedMicros })) requireAmount(name, amount);
  if (!(clickPriceMicros >= 1 && clickPriceMicros < Infinity)) {
    throw new ForecastError('INVALID_RESPONSE', `clickPriceMicros must be 1 or more, not ${clickPriceMicros}`);
  }
  let toCome = 0;
  for (const hour of hours) {
    requireAmount('chargedMicros of an hour', hour.chargedMicros);
    toCome += hour.chargedMicros * (1 - shareOfHour(curve, hour.ageMs));
  }
  const prior = PRIOR_CLICKS * clickPriceMicros;
  const rateFactor = (prior + confirmedMicros) / (prior + Math.max(0, chargedMicros - toCome));
  return { outstandingMicros: Math.min(Number.MAX_SAFE_INTEGER, Math.round(toCome * rateFactor)), rateFactor };
}

const HOUR_MS = 3_600_000;

/** What has come of the impressions that an hour had so far: they are younger than it, and the curve is of whole hours. */
function shareOfHour(curve: DelayCurve, ageMs: number): number {
  return ageMs < HOUR_MS ? (arrivedShare(curve, HOUR_MS) * Math.max(0, ageMs)) / HOUR_MS : arrivedShare(curve, ageMs);
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
