// How far the levels of one factor truly differ, from what each was expected to bring and what it brought.
import { logGamma } from './log-gamma.ts';

/** Variances that are tried, from 0.001 to 4, each 1.25 times the one before. */
const VARIANCES = Float64Array.from({ length: 38 }, (_, step) => 0.001 * 1.25 ** step);

const MOST = VARIANCES[VARIANCES.length - 1] as number;

/** An effect that would be shrunk to less than this share of itself is not worth keeping. */
const LEAST_BELIEF = 0.01;

export interface EffectVariance {
  /** What effects are shrunk by; 0 where levels do not differ beyond chance. */
  variance: number;
  /** The mean of all that the data leave possible, above 0: what one must reckon with for a level not seen. */
  possible: number;
}

/**
 * How the logarithms of the levels' own factors vary, by the marginal likelihood: each count is Poisson of its expectation
 * times a gamma factor of mean 1, which is a negative binomial law (empirical Bayes: Efron and Morris, JASA 1973). Before
 * the data it is as likely as not that levels do not differ at all, and else all orders of magnitude from 0.001 to 4 are
 * alike (spike and slab: Mitchell and Beauchamp, JASA 1988). The variance returned shrinks a typical level as much as
 * all of these do on average, so that little data neither make a factor nor break it.
 * @param expected of each level without its own effect, 0 or more; a level of 0 says nothing
 * @param counts of each level, 0 or more, whole or weighted
 */
export function effectVariance(expected: Float64Array, counts: Float64Array): EffectVariance {
  const gains = VARIANCES.map((variance) => gainOf(1 / variance, expected, counts));
  const most = gains.reduce((best, gain) => Math.max(best, gain), 0);
  const typical = typicalOf(expected);
  let [sum, belief, weights] = [0, 0, 0];
  gains.forEach((gain, place) => {
    const variance = VARIANCES[place] as number;
    const weight = Math.exp(gain - most);
    weights += weight;
    sum += weight * variance;
    belief += (weight * variance * typical) / (1 + variance * typical);
  });
  belief /= weights + gains.length * Math.exp(-most);
  return {
    variance: belief < LEAST_BELIEF ? 0 : Math.min(MOST, belief / (typical * (1 - belief))),
    // Without any weight all of these variances are out of the question: the least is the nearest.
    possible: weights > 0 ? sum / weights : (VARIANCES[0] as number),
  };
}

/** What a level expects, seen from an expected count: the larger levels matter more. */
function typicalOf(expected: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const mean of expected) {
    sum += mean;
    squares += mean * mean;
  }
  return sum > 0 ? squares / sum : 0;
}

/** Log likelihood of the counts over what it is without a variance. */
function gainOf(shape: number, expected: Float64Array, counts: Float64Array): number {
  const logGammaShape = logGamma(shape);
  let gain = 0;
  for (let level = 0; level < expected.length; level++) {
    const mean = expected[level] as number;
    const count = counts[level] as number;
    if (mean <= 0) continue;
    gain += mean - (count + shape) * Math.log1p(mean / shape);
    if (count > 0) gain += logGamma(count + shape) - logGammaShape - count * Math.log(shape);
  }
  return gain;
}
