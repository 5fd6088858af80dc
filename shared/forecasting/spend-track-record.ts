// What past quotes say about the next: a correction of probabilities, made only when their own record calls for one.
import { ForecastError } from './forecast-error.ts';
import type { SettledProbability } from './score-probability.ts';

/** logit of the corrected probability = intercept + slope x logit of what was computed; the slope is above 0. JSON as it stands. */
export interface TrackRecord {
  intercept: number;
  slope: number;
  /** Settled quotes that it was made from. */
  quotes: number;
}

/** Below this many settled quotes nothing is corrected. */
const LEAST_QUOTES = 200;
/** Standard deviations of slope and intercept around 1 and 0 before quotes are settled. */
const PRIOR_DEVIATION = 0.25;
/** Parts of the record that are each left out once, in the order of settlement, and pieces whose gains must agree. */
const FOLDS = 5;
const BLOCKS = 20;
/** Standard errors by which the correction must better what was left out. */
const SURE = 2;
const SUREST = 1e-6;
const LEAST_SLOPE = 0.05;
const NEWTON_STEPS = 20;

/**
 * A logistic correction held to none at all (Platt 1999; with a normal prior around the identity), used only when it betters
 * the log score of quotes it was not made from by more than chance does. Quotes that share a market's luck stand near
 * each other in time, so the gain is judged by blocks of them. Otherwise, and from few quotes, it is the identity:
 * what is told can then not become worse.
 * @param settled in the order they were settled
 * @throws ForecastError `INVALID_QUOTE` for probabilities outside 0 to 1
 */
export function trackRecord(settled: readonly SettledProbability[]): TrackRecord {
  settled.forEach(({ probability }, index) => {
    if (probability >= 0 && probability <= 1) return;
    throw new ForecastError('INVALID_QUOTE', `probability ${index} must be from 0 to 1, not ${probability}`);
  });
  const identity = { intercept: 0, slope: 1, quotes: settled.length };
  if (settled.length < LEAST_QUOTES) return identity;
  const logits = settled.map(({ probability }) => logitOf(probability));
  const outcomes = settled.map(({ happened }) => (happened ? 1 : 0));
  if (!isGain(logits, outcomes)) return identity;
  return { ...fit(logits, outcomes), quotes: settled.length };
}

/** The probability as the record corrects it: rising with what was computed; what is certain stays certain. */
export function recalibrate(probability: number, { intercept, slope }: TrackRecord): number {
  if (probability <= 0 || probability >= 1 || (intercept === 0 && slope === 1)) return probability;
  return logistic(intercept + slope * Math.log(probability / (1 - probability)));
}

interface Correction {
  intercept: number;
  slope: number;
}

/** The most likely correction under the prior, by Newton's method. */
function fit(logits: readonly number[], outcomes: readonly number[]): Correction {
  const precision = 1 / PRIOR_DEVIATION ** 2;
  let [intercept, slope] = [0, 1];
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let [gradient0, gradient1] = [precision * intercept, precision * (slope - 1)];
    let [curve00, curve01, curve11] = [precision, 0, precision];
    logits.forEach((logit, index) => {
      const probability = logistic(intercept + slope * logit);
      const miss = probability - (outcomes[index] as number);
      const weight = probability * (1 - probability);
      gradient0 += miss;
      gradient1 += miss * logit;
      curve00 += weight;
      curve01 += weight * logit;
      curve11 += weight * logit * logit;
    });
    const determinant = curve00 * curve11 - curve01 * curve01;
    const [move0, move1] = [
      (curve11 * gradient0 - curve01 * gradient1) / determinant,
      (curve00 * gradient1 - curve01 * gradient0) / determinant,
    ];
    // A step is bounded, as the curvature far out says little.
    intercept -= Math.max(-1, Math.min(1, move0));
    slope = Math.max(LEAST_SLOPE, slope - Math.max(-1, Math.min(1, move1)));
    if (Math.abs(move0) + Math.abs(move1) < 1e-10) break;
  }
  return { intercept, slope };
}

function isGain(logits: readonly number[], outcomes: readonly number[]): boolean {
  const count = logits.length;
  const gains = new Float64Array(BLOCKS);
  for (let fold = 0; fold < FOLDS; fold++) {
    const isLeftOut = (index: number) => Math.floor((index * FOLDS) / count) === fold;
    const kept = logits.map((_, index) => index).filter((index) => !isLeftOut(index));
    const { intercept, slope } = fit(
      kept.map((index) => logits[index] as number),
      kept.map((index) => outcomes[index] as number),
    );
    logits.forEach((logit, index) => {
      if (!isLeftOut(index)) return;
      const sign = outcomes[index] === 1 ? 1 : -1;
      const gain = logLoss(sign * logit) - logLoss(sign * (intercept + slope * logit));
      const block = Math.floor((index * BLOCKS) / count);
      gains[block] = (gains[block] as number) + gain;
    });
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / BLOCKS;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (BLOCKS - 1);
  return mean > SURE * Math.sqrt(variance / BLOCKS);
}

function logitOf(probability: number): number {
  const held = Math.max(SUREST, Math.min(1 - SUREST, probability));
  return Math.log(held / (1 - held));
}

function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** -ln of the probability with this logit. */
function logLoss(logit: number): number {
  return logit > 0 ? Math.log1p(Math.exp(-logit)) : Math.log1p(Math.exp(logit)) - logit;
}
