// How likely a supply is to bring so many clicks, where the supply, the click rate and chance itself are uncertain.
import { ForecastError } from './forecast-error.ts';
import { logGammaRatio, type Complex } from './log-gamma-ratio.ts';

/** Opportunities to come: a mixture of log-normal laws. A certain supply is `[{ weight: 1, median, sigma: 0 }]`. */
export type SupplyLaw = readonly {
  /** Of any positive sum. */
  weight: number;
  /** 0 or more. */
  median: number;
  /** Standard deviation of the logarithm. */
  sigma: number;
}[];

/** Clicks per opportunity: a Beta law, as after `alpha` clicks and `beta` impressions without. No alpha: never; no beta: always. */
export interface ClickRate {
  alpha: number;
  beta: number;
}

/** The probability of so many clicks or more; clicks are whole numbers, and between them it runs on smoothly. */
export type ClickLaw = (clicks: number) => number;

/** Parameters past it are taken for mistakes. */
const FURTHEST = 1e100;
/** A supply e^100 times as large as its median is no forecast. */
const WIDEST = 100;
/** Rates whose alpha is below it are 0, and whose beta is, 1. */
const NONE = 1e-6;
/** Probabilities are told in millionths: what lies below is the quadrature's own error, which can tip a flat stretch by one. */
const MILLION = 1e6;
/** Both nodes' distance and where they end leave errors of e^-25: below 1e-10. */
const DIGITS = 25;
/** No law is narrower than this share of all uncertainty: it costs 2e-5 of the answer, and keeps the nodes few. */
const LEAST_SHARE = 0.01;
/** Nothing is known better than to a millionth. */
const LEAST_DEVIATION = 1e-6;
/** Reached only by rates that are half certain, as after one click and no impression without. */
const MAX_NODES = 10_000;

/**
 * P[Poisson(S x C) >= n] for S of a log-normal mixture and C of a Beta law, all independent.
 *
 * A count of n or more is a Gamma(n) variable G below S x C, so that it is the chance that ln S + ln C - ln G is positive. Its
 * moment generating function is a product of closed forms,
 *   M(t) = E[S^t] x B(alpha + t, beta) / B(alpha, beta) x Gamma(n - t) / Gamma(n),
 * and the chance is the integral of M(t) / t over a vertical line right of 0 divided by 2 pi i; left of 0 it is what is missing to 1.
 * The trapezoidal rule converges exponentially there (Trefethen and Weideman, SIAM Review 56, 2014, section 5). The factors
 * of S and C are computed once for all n.
 * @throws ForecastError `INVALID_QUOTE` for amounts that are negative or no numbers
 */
export function clickLaw(supply: SupplyLaw, rate: ClickRate): ClickLaw {
  assertLaw(supply, rate);
  const total = supply.reduce((sum, { weight }) => sum + weight, 0);
  const some = supply.filter(({ weight, median }) => weight > 0 && median > 0);
  const possible = some.reduce((sum, { weight }) => sum + weight, 0) / total;
  if (possible === 0 || rate.alpha < NONE) return (clicks) => (asClicks(clicks) === 0 ? 1 : 0);
  const expected = expectedClicks(some, rate);
  let below: Line | undefined;
  let above: Line | undefined;
  return (clicks) => {
    const asked = asClicks(clicks);
    if (asked === 0) return 1;
    if (asked === Infinity) return 0;
    const count = Math.max(1, asked);
    // Left of 0 the integral is small where clicks are likely, right of 0 where they are not: no digits are lost.
    const isLikely = Math.log(count) < expected.logMean;
    const probability = isLikely
      ? 1 + along((below ??= createLine(expected, rate, -1)), count, expected.logMean)
      : along((above ??= createLine(expected, rate, 1)), count, expected.logMean);
    return Math.round(possible * Math.max(0, Math.min(1, probability)) * MILLION) / MILLION;
  };
}

/** ln(S x mean of C): a middle, and normal laws around it whose weights add up to 1. */
interface Expected {
  logMean: number;
  laws: { weight: number; shift: number; sigma: number }[];
  deviation: number;
}

function expectedClicks(supply: SupplyLaw, rate: ClickRate): Expected {
  const total = supply.reduce((sum, { weight }) => sum + weight, 0);
  const logMedian = supply.reduce((sum, { weight, median }) => sum + (weight / total) * Math.log(median), 0);
  const logMean = logMedian + logOfMean(rate);
  const chance = 1 / (1 + Math.exp(logMean));
  const widest = Math.max(...supply.map(({ median, sigma }) => Math.hypot(Math.log(median) - logMedian, sigma)));
  const deviation = Math.max(LEAST_DEVIATION, Math.sqrt(widest ** 2 + logRateVariance(rate) + chance));
  const laws = supply.map(({ weight, median, sigma }) => ({
    weight: weight / total,
    shift: Math.log(median) - logMedian,
    sigma: Math.max(sigma, LEAST_SHARE * deviation),
  }));
  return { logMean, laws, deviation };
}

/** The nodes of the upper half of a line: t = at + i k step, and M(t) / t without what depends on the count. */
interface Line {
  at: number;
  step: number;
  re: Float64Array;
  im: Float64Array;
}

function createLine({ logMean, laws, deviation }: Expected, rate: ClickRate, side: 1 | -1): Line {
  // The line stays away from the poles at 0, -alpha and n, which is the mean or more right of 0.
  const distance = Math.min(1 / deviation, (side < 0 ? poleOf(rate) : Math.max(1, Math.exp(logMean))) / 2);
  const at = side * distance;
  const step = (2 * Math.PI * distance) / (DIGITS + 8 * distance * deviation);
  const narrowest = Math.min(...laws.map(({ sigma }) => sigma));
  const most = Math.min(MAX_NODES, Math.ceil(Math.sqrt(2 * DIGITS) / narrowest / step) + 1);
  const [lineRe, lineIm] = [new Float64Array(most), new Float64Array(most)];
  const rateMoment = logRateMoment(rate, at);
  const ratio: Complex = { re: 0, im: 0 };
  let used = 0;
  for (let least = 0; used < most; used++) {
    const y = used * step;
    let [supplyRe, supplyIm, supplySize] = [0, 0, 0];
    for (const { weight, shift, sigma } of laws) {
      const half = (sigma * sigma) / 2;
      const size = weight * Math.exp(half * (at * at - y * y) + shift * at);
      const angle = (2 * half * at + shift) * y;
      supplyRe += size * Math.cos(angle);
      supplyIm += size * Math.sin(angle);
      supplySize += size;
    }
    rateMoment(y, ratio);
    const size = Math.exp(ratio.re) / (at * at + y * y);
    const [factorRe, factorIm] = [size * Math.cos(ratio.im), size * Math.sin(ratio.im)];
    const [re, im] = [supplyRe * factorRe - supplyIm * factorIm, supplyRe * factorIm + supplyIm * factorRe];
    lineRe[used] = re * at + im * y;
    lineIm[used] = im * at - re * y;
    if (used === 0) least = supplySize * size * Math.exp(-DIGITS);
    else if (supplySize * size < least) break;
  }
  return { at, step, re: lineRe.subarray(0, used), im: lineIm.subarray(0, used) };
}

/** The integral along a line for a count; its lower half is the conjugate of the upper. */
function along({ at, step, re, im }: Line, clicks: number, logMean: number): number {
  const countMoment = logGammaRatio(clicks, -at);
  const ratio: Complex = { re: 0, im: 0 };
  let sum = 0;
  let least = 0;
  for (let node = 0; node < re.length; node++) {
    const y = node * step;
    countMoment(-y, ratio);
    const size = Math.exp(ratio.re + at * logMean);
    const angle = ratio.im + y * logMean;
    const part = size * ((re[node] as number) * Math.cos(angle) - (im[node] as number) * Math.sin(angle));
    sum += node === 0 ? part / 2 : part;
    if (node === 0) least = size * Math.exp(-DIGITS);
    else if (size < least) break;
  }
  return (sum * step) / Math.PI;
}

/** ln E[(C / mean)^t] along a line of t. */
function logRateMoment(rate: ClickRate, re: number): (im: number, out: Complex) => void {
  const { alpha, beta } = rate;
  if (beta < NONE) return (_, out) => void (out.re = out.im = 0);
  const [ofClicks, ofAll] = [logGammaRatio(alpha, re), logGammaRatio(alpha + beta, re)];
  const logMean = logOfMean(rate);
  const whole: Complex = { re: 0, im: 0 };
  return (im, out) => {
    ofAll(im, whole);
    ofClicks(im, out);
    out.re -= whole.re + re * logMean;
    out.im -= whole.im + im * logMean;
  };
}

function logOfMean({ alpha, beta }: ClickRate): number {
  return -Math.log1p(beta / alpha);
}

/** How far left of 0 the rate's moments end. */
function poleOf({ alpha, beta }: ClickRate): number {
  return beta < NONE ? Infinity : alpha;
}

/** About the variance of ln C: never less, never more than twice of it. */
function logRateVariance({ alpha, beta }: ClickRate): number {
  return beta < NONE ? 0 : (beta / (alpha + beta) / alpha) * (1 + 1 / alpha);
}

function asClicks(clicks: number): number {
  if (!Number.isNaN(clicks)) return Math.max(0, clicks);
  throw new ForecastError('INVALID_QUOTE', 'the clicks that are asked for must be a number');
}

function assertLaw(supply: SupplyLaw, { alpha, beta }: ClickRate): void {
  supply.forEach(({ weight, median, sigma }, index) => {
    assertAmount(`weight of supply ${index}`, weight, FURTHEST);
    assertAmount(`median of supply ${index}`, median, FURTHEST);
    assertAmount(`sigma of supply ${index}`, sigma, WIDEST);
  });
  if (!supply.some(({ weight }) => weight > 0)) {
    throw new ForecastError('INVALID_QUOTE', 'a supply needs a median of some weight');
  }
  assertAmount('alpha of the click rate', alpha, FURTHEST);
  assertAmount('beta of the click rate', beta, FURTHEST);
}

function assertAmount(name: string, value: number, most: number): void {
  if (value >= 0 && value <= most) return;
  throw new ForecastError('INVALID_QUOTE', `the ${name} must be from 0 to ${most}, not ${value}`);
}
