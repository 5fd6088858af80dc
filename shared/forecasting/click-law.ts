// How likely a supply is to bring so many clicks, where the supply, the click rate and chance itself are uncertain.
import { ForecastError } from './forecast-error.ts';
import { logGammaRatio, type Complex } from './log-gamma-ratio.ts';

/** Opportunities to come: a mixture of log-normal laws with one median. */
export interface SupplyLaw {
  /** 0 or more. */
  median: number;
  /** How far the logarithm may be off; `sigma` 0 or more, weights of any positive sum. One certain node: `[{ weight: 1, sigma: 0 }]`. */
  nodes: readonly { weight: number; sigma: number }[];
}

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
/** A rate that says less than this is none. */
const NEVER = 1e-6;
/** Probabilities are told in millionths: what lies below is the quadrature's own error. */
const MILLION = 1e6;
/** Both nodes' distance and where they end leave errors of e^-25: below 1e-10. */
const DIGITS = 25;
/** No law is narrower than this share of all uncertainty: it costs 5e-5 of the answer, and keeps the nodes few. */
const LEAST_SHARE = 0.02;
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
  const { median } = supply;
  const { alpha, beta } = rate;
  if (median === 0 || alpha < NEVER) return (clicks) => (clicks <= 0 ? 1 : 0);
  const logMean = Math.log(median) - Math.log1p(beta / alpha);
  let below: Line | undefined;
  let above: Line | undefined;
  return (clicks) => {
    if (Number.isNaN(clicks)) throw new ForecastError('INVALID_QUOTE', 'the clicks asked for must be a number');
    if (clicks <= 0) return 1;
    if (clicks === Infinity) return 0;
    const count = Math.max(1, clicks);
    // Left of 0 the integral is small where clicks are likely, right of 0 where they are not: no digits are lost.
    const isLikely = Math.log(count) < logMean;
    const probability = isLikely
      ? 1 + along((below ??= createLine(supply, rate, -1)), count, logMean)
      : along((above ??= createLine(supply, rate, 1)), count, logMean);
    return Math.round(Math.max(0, Math.min(1, probability)) * MILLION) / MILLION;
  };
}

/** The nodes of the upper half of a line: t = at + i k step, and M(t) / t without what depends on the count. */
interface Line {
  at: number;
  step: number;
  re: Float64Array;
  im: Float64Array;
}

function createLine({ median, nodes }: SupplyLaw, { alpha, beta }: ClickRate, side: 1 | -1): Line {
  const logMean = Math.log(median) - Math.log1p(beta / alpha);
  const widest = nodes.reduce((most, { weight, sigma }) => (weight > 0 ? Math.max(most, sigma) : most), 0);
  const chance = 1 / (1 + Math.exp(logMean));
  const deviation = Math.sqrt(widest ** 2 + logRateVariance({ alpha, beta }) + chance);
  // The line stays away from the poles at 0, -alpha and n, which is the mean or more right of 0.
  const distance = Math.min(1 / deviation, (side < 0 ? alpha : Math.max(1, Math.exp(logMean))) / 2);
  const at = side * distance;
  const step = (2 * Math.PI * distance) / (DIGITS + 8 * distance * deviation);
  const floor = LEAST_SHARE * deviation;
  const laws = widened(nodes, floor);
  const narrowest = laws.reduce((least, { sigma }) => Math.min(least, sigma), Infinity);
  const count = Math.min(MAX_NODES, Math.ceil(Math.sqrt(2 * DIGITS) / narrowest / step) + 1);
  const [lineRe, lineIm] = [new Float64Array(count), new Float64Array(count)];
  const ratio: Complex = { re: 0, im: 0 };
  let used = 0;
  for (let least = 0; used < count; used++) {
    const y = used * step;
    let [sumRe, sumIm, most] = [0, 0, 0];
    for (const { weight, sigma } of laws) {
      const half = (sigma * sigma) / 2;
      const size = weight * Math.exp(half * (at * at - y * y));
      const angle = 2 * half * at * y;
      sumRe += size * Math.cos(angle);
      sumIm += size * Math.sin(angle);
      most += size;
    }
    logRateMoment({ alpha, beta }, at, y, ratio);
    const size = Math.exp(ratio.re) / (at * at + y * y);
    const [factorRe, factorIm] = [size * Math.cos(ratio.im), size * Math.sin(ratio.im)];
    const [re, im] = [sumRe * factorRe - sumIm * factorIm, sumRe * factorIm + sumIm * factorRe];
    lineRe[used] = re * at + im * y;
    lineIm[used] = im * at - re * y;
    if (used === 0) least = most * size * Math.exp(-DIGITS);
    else if (most * size < least) break;
  }
  return { at, step, re: lineRe.subarray(0, used), im: lineIm.subarray(0, used) };
}

/** The integral along a line for a count; its lower half is the conjugate of the upper. */
function along({ at, step, re, im }: Line, clicks: number, logMean: number): number {
  const ratio: Complex = { re: 0, im: 0 };
  let [sum, least] = [0, 0];
  for (let node = 0; node < re.length; node++) {
    const y = node * step;
    logGammaRatio(clicks, -at, -y, ratio);
    const size = Math.exp(ratio.re + at * logMean);
    const angle = ratio.im + y * logMean;
    const part = size * ((re[node] as number) * Math.cos(angle) - (im[node] as number) * Math.sin(angle));
    sum += node === 0 ? part / 2 : part;
    if (node === 0) least = size * Math.exp(-DIGITS);
    else if (size < least) break;
  }
  return (sum * step) / Math.PI;
}

/** ln E[(C / mean)^t]. */
function logRateMoment({ alpha, beta }: ClickRate, re: number, im: number, out: Complex): void {
  if (beta === 0) {
    out.re = out.im = 0;
    return;
  }
  logGammaRatio(alpha + beta, re, im, out);
  const [whole, wholeIm] = [out.re, out.im];
  logGammaRatio(alpha, re, im, out);
  const logOfMean = -Math.log1p(beta / alpha);
  out.re -= whole + re * logOfMean;
  out.im -= wholeIm + im * logOfMean;
}

/** About the variance of ln C: never less, never more than twice of it. */
function logRateVariance({ alpha, beta }: ClickRate): number {
  return (beta / (alpha + beta) / alpha) * (1 + 1 / alpha);
}

/** Nodes of weights that add up to 1, none narrower than the floor. */
function widened(nodes: SupplyLaw['nodes'], floor: number): { weight: number; sigma: number }[] {
  const total = nodes.reduce((sum, { weight }) => sum + weight, 0);
  const weighty = nodes.filter(({ weight }) => weight > 0);
  return weighty.map(({ weight, sigma }) => ({ weight: weight / total, sigma: Math.max(sigma, floor) }));
}

function assertLaw({ median, nodes }: SupplyLaw, { alpha, beta }: ClickRate): void {
  assertAmount('median of the supply', median, Number.MAX_VALUE);
  nodes.forEach(({ weight, sigma }, index) => {
    assertAmount(`weight of node ${index}`, weight, FURTHEST);
    assertAmount(`sigma of node ${index}`, sigma, WIDEST);
  });
  if (!nodes.some(({ weight }) => weight > 0)) {
    throw new ForecastError('INVALID_QUOTE', 'a supply needs a node of some weight');
  }
  assertAmount('alpha of the click rate', alpha, FURTHEST);
  assertAmount('beta of the click rate', beta, FURTHEST);
}

function assertAmount(name: string, value: number, most: number): void {
  if (value >= 0 && value <= most) return;
  throw new ForecastError('INVALID_QUOTE', `the ${name} must be from 0 to ${most}, not ${value}`);
}
