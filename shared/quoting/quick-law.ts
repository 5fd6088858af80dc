// The law of what a campaign could be shown and clicked if money were no limit, in closed form and a few Newton steps: see
// click-law.ts for the exact one.
import type { SpendTerms } from '../forecasting/full-spend.ts';
import { keptShares, type LaterBookings } from '../forecasting/later-bookings.ts';

/** Opportunities times click rate times chance, each taken as normal in its logarithm; the opportunities as a mixture of such. */
export interface QuickLaw {
  /** Of each part of the mixture that has something; weights of all parts add up to 1. */
  weight: Float64Array;
  /** Of opportunities. */
  logMedian: Float64Array;
  variance: Float64Array;
  /** What chance adds to the variance of so many clicks is this share of one over them: what later bookings leave, chance left before. */
  chance: Float64Array;
  /** Of the rate: the logarithm of its median, and its variance. */
  logRate: number;
  rateVariance: number;
  /** What any supply has at all. */
  possible: number;
  /** Quantiles that have been asked for, by probability: one answer asks for the same ones many times. */
  clicks: Map<number, number>;
  opportunities: Map<number, number>;
  /** The mean of the logarithm of opportunities, and its variance, where there are any. */
  logMean: number;
  logVariance: number;
}

/** A rate that is never clicked has no logarithm. */
const NO_CLICKS = -Infinity;

/** Laws of terms that are still in use. */
const laws = new WeakMap<object, QuickLaw>();

/** The law of terms, worked out once for all who ask with the same object. */
export function quickLaw(terms: Pick<SpendTerms, 'supply' | 'rate'>): QuickLaw {
  let law = laws.get(terms);
  if (!law) laws.set(terms, (law = lawOfTerms(terms)));
  return law;
}

/** Neighbours that differ by no more than this, in the logarithm of their middles and as a factor of their widths, count as one. */
const [ALIKE_MIDDLE, ALIKE_WIDTH] = [0.02, 1.5];
/** What later bookings leave: shares no further apart count as one. */
const ALIKE_SHARE = 0.4;

function lawOfTerms({ supply, rate }: Pick<SpendTerms, 'supply' | 'rate'>): QuickLaw {
  let total = 0;
  for (const { weight } of supply) total += weight;
  const nodes: Node[] = [];
  let narrowest = 0;
  for (const { weight, median, sigma } of supply) {
    if (!(weight > 0 && median > 0)) continue;
    const last = nodes[nodes.length - 1];
    const logMedian = Math.log(median);
    const isAlike =
      last &&
      Math.abs(last.logMedian - logMedian) <= ALIKE_MIDDLE &&
      Math.max(narrowest, sigma) <= ALIKE_WIDTH * Math.min(narrowest, sigma);
    const node = { weight: weight / total, logMedian, variance: sigma * sigma, chance: 1 };
    if (isAlike) join(last, node);
    else {
      nodes.push(node);
      narrowest = sigma;
    }
  }
  const share = rate.alpha > 0 ? rate.alpha / (rate.alpha + rate.beta) : 0;
  const rateVariance = share > 0 ? (1 - share) / rate.alpha : 0;
  return lawOf(nodes, share > 0 ? Math.log(share) - rateVariance / 2 : NO_CLICKS, rateVariance);
}

/** A part of a mixture. */
interface Node {
  weight: number;
  logMedian: number;
  variance: number;
  chance: number;
}

/** With the mean and the variance of both. */
function join(into: Node, { weight, logMedian, variance, chance }: Node): void {
  const all = into.weight + weight;
  const away = logMedian - into.logMedian;
  const between = (into.weight * weight * away * away) / (all * all);
  into.variance = (into.weight * into.variance + weight * variance) / all + between;
  into.logMedian += (weight / all) * away;
  into.chance += (weight / all) * (chance - into.chance);
  into.weight = all;
}

function lawOf(nodes: readonly Node[], logRate: number, rateVariance: number): QuickLaw {
  const count = nodes.length;
  const law = {
    weight: new Float64Array(count),
    logMedian: new Float64Array(count),
    variance: new Float64Array(count),
    chance: new Float64Array(count),
    logRate,
    rateVariance,
    possible: 0,
    logMean: 0,
    logVariance: 0,
    clicks: new Map<number, number>(),
    opportunities: new Map<number, number>(),
  };
  let square = 0;
  for (let at = 0; at < count; at++) {
    const { weight, logMedian, variance, chance } = nodes[at] as Node;
    law.weight[at] = weight;
    law.logMedian[at] = logMedian;
    law.variance[at] = variance;
    law.chance[at] = chance;
    law.possible += weight;
    law.logMean += weight * logMedian;
    square += weight * (logMedian * logMedian + variance);
  }
  if (law.possible > 0) {
    law.logMean /= law.possible;
    law.logVariance = Math.max(0, square / law.possible - law.logMean * law.logMean);
  }
  return law;
}

/** As `lawBeside` of later-bookings.ts: what is left of it when others have booked beside one that booked so many clicks. */
export function quickBeside(law: QuickLaw, booked: number, later: LaterBookings): QuickLaw {
  const shares: Node[] = [];
  for (const { weight, share } of keptShares(booked, later)) {
    const last = shares[shares.length - 1];
    const logShare = Math.log(share);
    const node = { weight, logMedian: logShare, variance: 0, chance: share };
    if (last && Math.abs(last.logMedian - logShare) <= ALIKE_SHARE) join(last, node);
    else shares.push(node);
  }
  if (shares.every(({ logMedian }) => logMedian === 0)) return law;
  const nodes: Node[] = [];
  for (const share of shares) {
    for (let at = 0; at < law.weight.length; at++) {
      nodes.push({
        weight: share.weight * (law.weight[at] as number),
        logMedian: share.logMedian + (law.logMedian[at] as number),
        variance: share.variance + (law.variance[at] as number),
        chance: share.chance * (law.chance[at] as number),
      });
    }
  }
  return lawOf(nodes, law.logRate, law.rateVariance);
}

/** A law of which each part keeps another share, 0 to 1, of its opportunities. */
export function quickKept(law: QuickLaw, keptOf: (opportunities: number) => number): QuickLaw {
  const nodes: Node[] = [];
  for (let at = 0; at < law.weight.length; at++) {
    const logMedian = law.logMedian[at] as number;
    const kept = keptOf(Math.exp(logMedian));
    if (kept <= 0) continue;
    nodes.push({
      weight: law.weight[at] as number,
      logMedian: logMedian + Math.log(kept),
      variance: law.variance[at] as number,
      chance: law.chance[at] as number,
    });
  }
  return lawOf(nodes, law.logRate, law.rateVariance);
}

/**
 * The probability of so many clicks or more: within 0.03 of the exact one where ten clicks or more are asked for and the rate rests on
 * ten or more.
 */
export function quickFullSpend(law: QuickLaw, clicks: number): number {
  if (clicks <= 0) return 1;
  if (law.logRate === NO_CLICKS) return 0;
  return Math.min(1, chanceOf(law, clicks, 1));
}

/** {@link quickFullSpend} of what {@link quickBeside} leaves, never rising with clicks and falling with what is booked. */
export function quickSpendBeside(law: QuickLaw, clicks: number, booked: number, later: LaterBookings): number {
  if (clicks <= 0) return 1;
  if (law.logRate === NO_CLICKS) return 0;
  let sum = 0;
  for (const { weight, share } of keptShares(booked, later)) sum += weight * chanceOf(law, clicks, share);
  return Math.min(1, sum);
}

/** The probability of so many clicks where so much of the law is left. */
function chanceOf(law: QuickLaw, clicks: number, share: number): number {
  const { weight, logMedian, variance, chance, logRate, rateVariance } = law;
  const logNeeded = Math.log(clicks / share) - logRate;
  let sum = 0;
  for (let at = 0; at < weight.length; at++) {
    const own = ((chance[at] as number) * share) / clicks;
    const deviation = Math.sqrt((variance[at] as number) + rateVariance + own);
    sum += (weight[at] as number) * quickCdf(((logMedian[at] as number) - logNeeded + own / 2) / deviation);
  }
  return sum;
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

/** @param counted 1 where what is counted is a Poisson number, 0 where it is not */
function quantileOf(law: QuickLaw, probability: number, shift: number, added: number, counted: number): number {
  const { weight, logMedian, variance, chance, possible } = law;
  if (probability >= possible) return 0;
  const mean = law.logMean + shift;
  const wide = Math.sqrt(law.logVariance + added + counted * Math.exp(-mean));
  let log = mean + wide * zOf(probability / possible);
  let [low, high] = [-Infinity, Infinity];
  for (let step = 0; step < MOST_STEPS; step++) {
    const one = counted * Math.min(4, Math.exp(-log));
    let [above, density] = [0, 0];
    for (let at = 0; at < weight.length; at++) {
      const own = one * (chance[at] as number);
      const deviation = Math.max(LEAST_DEVIATION, Math.sqrt((variance[at] as number) + added + own));
      const z = ((logMedian[at] as number) + shift - log + own / 2) / deviation;
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
 * @param mixVariance of the logarithm of the click rate, beside that of the law
 */
export function quickImpressions(law: QuickLaw, payable: number, mixVariance: number, probability: number): number {
  const { weight, logMedian, variance, logRate, rateVariance, possible } = law;
  if (payable <= 0 || probability >= possible) return 0;
  if (logRate === NO_CLICKS) return quickOpportunities(law, probability);
  // The rate of median e^logRate has mean e^(logRate + variance / 2); what a click needs is one over a rate.
  const logNeeded = Math.log(payable) - logRate;
  const deviation = Math.sqrt(rateVariance + mixVariance + 1 / Math.max(1, payable));
  const ofSupply = law.logMean + Math.sqrt(law.logVariance) * zOf(probability / possible);
  let log = Math.min(logNeeded + deviation * zOf(probability), ofSupply);
  const step = 0.5 + deviation;
  let [low, high] = [-Infinity, Infinity];
  for (let count = 0; count < MOST_STEPS; count++) {
    const zPaid = (logNeeded - log) / deviation;
    const paid = quickCdf(zPaid);
    const paidDensity = Math.exp(-0.5 * zPaid * zPaid) / deviation / ROOT_TWO_PI;
    let [above, density] = [0, 0];
    for (let at = 0; at < weight.length; at++) {
      const own = Math.max(LEAST_DEVIATION, Math.sqrt(variance[at] as number));
      const zSupply = ((logMedian[at] as number) - log) / own;
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
