// The law of what a campaign could be shown and clicked if money were no limit, in closed form and a few Newton steps: see
// click-law.ts for the exact one.
import type { SpendTerms } from '../forecasting/full-spend.ts';

/** Opportunities times click rate times chance, each taken as normal in its logarithm; the opportunities as a mixture of such. */
export interface QuickLaw {
  /** Of each part of the mixture that has something; weights of all parts add up to 1. */
  weight: Float64Array;
  /** Of opportunities. */
  logMedian: Float64Array;
  variance: Float64Array;
  /** Of the rate: the logarithm of its median, and its variance. */
  logRate: number;
  rateVariance: number;
  /** What any supply has at all. */
  possible: number;
  /** Quantiles that have been asked for, by probability: one answer asks for the same ones many times. */
  clicks: Map<number, number>;
  opportunities: Map<number, number>;
}

/** A rate that is never clicked has no logarithm. */
const NO_CLICKS = -Infinity;

/** Laws of terms that are still in use. */
const laws = new WeakMap<object, QuickLaw>();

/** The law of terms, worked out once for all who ask with the same object. */
export function quickLaw(terms: Pick<SpendTerms, 'supply' | 'rate'>): QuickLaw {
  let law = laws.get(terms);
  if (!law) laws.set(terms, (law = lawOf(terms)));
  return law;
}

function lawOf({ supply, rate }: Pick<SpendTerms, 'supply' | 'rate'>): QuickLaw {
  const total = supply.reduce((sum, { weight }) => sum + weight, 0);
  const some = supply.filter(({ weight, median }) => weight > 0 && median > 0);
  const share = rate.alpha > 0 ? rate.alpha / (rate.alpha + rate.beta) : 0;
  const rateVariance = share > 0 ? (1 - share) / rate.alpha : 0;
  return {
    weight: Float64Array.from(some, ({ weight }) => weight / total),
    logMedian: Float64Array.from(some, ({ median }) => Math.log(median)),
    variance: Float64Array.from(some, ({ sigma }) => sigma * sigma),
    logRate: share > 0 ? Math.log(share) - rateVariance / 2 : NO_CLICKS,
    rateVariance,
    possible: some.reduce((sum, { weight }) => sum + weight / total, 0),
    clicks: new Map(),
    opportunities: new Map(),
  };
}

/**
 * The probability of so many clicks or more: within 0.03 of the exact one where ten clicks or more are asked for and the rate rests on
 * ten or more.
 */
export function quickFullSpend(
  { weight, logMedian, variance, logRate, rateVariance }: QuickLaw,
  clicks: number,
): number {
  if (clicks <= 0) return 1;
  if (logRate === NO_CLICKS) return 0;
  const logNeeded = Math.log(clicks) - 1 / (2 * clicks) - logRate;
  const own = rateVariance + 1 / clicks;
  let sum = 0;
  for (let at = 0; at < weight.length; at++) {
    const deviation = Math.sqrt((variance[at] as number) + own);
    sum += (weight[at] as number) * quickCdf(((logMedian[at] as number) - logNeeded) / deviation);
  }
  return Math.min(1, sum);
}

/** The clicks that are reached with a probability, a real number of at least 0. */
export function quickClicks(law: QuickLaw, probability: number): number {
  if (law.logRate === NO_CLICKS) return 0;
  let clicks = law.clicks.get(probability);
  if (clicks === undefined)
    law.clicks.set(probability, (clicks = quantileOf(law, probability, law.logRate, law.rateVariance, 1)));
  return clicks;
}

/** The opportunities that are reached with a probability. */
export function quickOpportunities(law: QuickLaw, probability: number): number {
  let opportunities = law.opportunities.get(probability);
  if (opportunities === undefined)
    law.opportunities.set(probability, (opportunities = quantileOf(law, probability, 0, 0, 0)));
  return opportunities;
}

/** Newton steps, or halvings where those lead out of what is known; at most; and how near the logarithm must come. */
const [MOST_STEPS, NEAR] = [16, 1e-3];
const LEAST_DEVIATION = 1e-4;

/** @param chance 1 where what is counted is a Poisson number, 0 where it is not */
function quantileOf(law: QuickLaw, probability: number, shift: number, added: number, chance: number): number {
  const { weight, logMedian, variance, possible } = law;
  if (probability >= possible) return 0;
  let [mean, square, spread] = [0, 0, 0];
  for (let at = 0; at < weight.length; at++) {
    const share = (weight[at] as number) / possible;
    const middle = (logMedian[at] as number) + shift;
    mean += share * middle;
    square += share * middle * middle;
    spread += share * (variance[at] as number);
  }
  const wide = Math.sqrt(Math.max(0, square - mean * mean) + spread + added + chance * Math.exp(-mean));
  let log = mean + wide * zOf(probability / possible);
  let [low, high] = [-Infinity, Infinity];
  for (let step = 0; step < MOST_STEPS; step++) {
    const own = added + chance * Math.min(4, Math.exp(-log));
    const moved = log - (chance * Math.min(4, Math.exp(-log))) / 2;
    let [above, density] = [0, 0];
    for (let at = 0; at < weight.length; at++) {
      const deviation = Math.max(LEAST_DEVIATION, Math.sqrt((variance[at] as number) + own));
      const z = ((logMedian[at] as number) + shift - moved) / deviation;
      above += (weight[at] as number) * quickCdf(z);
      density += ((weight[at] as number) * Math.exp(-0.5 * z * z)) / deviation;
    }
    const slope = Math.max(1e-9, density / ROOT_TWO_PI);
    const change = Math.max(-wide - 1e-3, Math.min(wide + 1e-3, (above - probability) / slope));
    if (above > probability) low = log;
    else high = log;
    const next = log + change;
    if (Math.abs(change) < NEAR) {
      log = next;
      break;
    }
    log = next > low && next < high ? next : (low + high) / 2;
  }
  return Math.exp(log);
}

/**
 * The impressions that are reached with a probability: they end with the supply or with the click that spends the last money,
 * whichever is first; the impressions until a click are about log-normal.
 * @param payable clicks that the budget pays for
 * @param thinned how many times as much supply as without daily and part caps it takes
 */
export function quickImpressions(law: QuickLaw, payable: number, thinned: number, probability: number): number {
  const { weight, logMedian, variance, logRate, rateVariance, possible } = law;
  if (payable <= 0 || probability >= possible) return 0;
  if (logRate === NO_CLICKS) return quickOpportunities(law, probability) / thinned;
  // The rate of median e^logRate has mean e^(logRate + variance / 2); what a click needs is one over a rate.
  const logNeeded = Math.log(payable) - logRate;
  const deviation = Math.sqrt(rateVariance + 1 / Math.max(1, payable));
  const logThinned = Math.log(thinned);
  const free = quickOpportunities(law, probability) / thinned;
  const z = zOf(probability);
  let log = Math.min(logNeeded + z * deviation, free > 0 ? Math.log(free) : -Infinity);
  const step = 0.5 + deviation;
  let [low, high] = [-Infinity, Infinity];
  for (let count = 0; count < MOST_STEPS; count++) {
    const zPaid = (logNeeded - log) / deviation;
    const paid = quickCdf(zPaid);
    const paidDensity = Math.exp(-0.5 * zPaid * zPaid) / deviation / ROOT_TWO_PI;
    let [above, density] = [0, 0];
    for (let at = 0; at < weight.length; at++) {
      const own = Math.max(LEAST_DEVIATION, Math.sqrt(variance[at] as number));
      const zSupply = ((logMedian[at] as number) - logThinned - log) / own;
      above += (weight[at] as number) * quickCdf(zSupply);
      density += ((weight[at] as number) * Math.exp(-0.5 * zSupply * zSupply)) / own;
    }
    const slope = Math.max(1e-9, paidDensity * above + (paid * density) / ROOT_TWO_PI);
    const change = Math.max(-step, Math.min(step, (paid * above - probability) / slope));
    if (paid * above > probability) low = log;
    else high = log;
    const next = log + change;
    if (Math.abs(change) < NEAR) {
      log = next;
      break;
    }
    log = next > low && next < high ? next : (low + high) / 2;
  }
  return Math.exp(log);
}

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** The standard normal law to 1e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17). */
export function quickCdf(z: number): number {
  const size = Math.abs(z);
  if (size > 8) return z > 0 ? 1 : 0;
  const t = 1 / (1 + 0.2316419 * size);
  const tail =
    (Math.exp(-0.5 * size * size) / ROOT_TWO_PI) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

/** Minus the standard normal quantile, to 4.5e-4 (26.2.23): where a search starts. */
function zOf(probability: number): number {
  const side = Math.max(1e-12, Math.min(probability, 1 - probability));
  const t = Math.sqrt(-2 * Math.log(side));
  const size = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return probability > 0.5 ? -size : size;
}
