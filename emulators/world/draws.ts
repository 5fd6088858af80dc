// Draws from the distributions the world is made of. Exact samplers, so that a cell's thousand opportunities may be
// drawn at once and are distributed as if each had been drawn alone.
import assert from 'node:assert/strict';
import type { Random } from './random.ts';

/** An integer from `low` to `high`, both included. */
export function drawInteger(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** One of the items. */
export function drawOne<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  assert(item !== undefined, 'drawOne: nothing to draw from');
  return item;
}

/** `count` different items, in the order of the list. */
export function drawSome<T>(random: Random, items: readonly T[], count: number): T[] {
  let wanted = Math.min(count, items.length);
  return items.filter((_item, index) => {
    const taken = random() * (items.length - index) < wanted;
    if (taken) wanted -= 1;
    return taken;
  });
}

/** Standard normal, by Box and Muller; the second number of the pair is thrown away to keep streams stateless. */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Log-normal with this median; `sigma` is the standard deviation of its logarithm. */
export function drawLogNormal(random: Random, median: number, sigma: number): number {
  return median * Math.exp(sigma * drawNormal(random));
}

/**
 * Poisson count. Multiplication for small means, else the transformed rejection PTRS
 * (W. Hörmann, "The transformed rejection method for generating Poisson random variables", 1993).
 */
export function drawPoisson(random: Random, mean: number): number {
  assert(mean >= 0 && Number.isFinite(mean), 'drawPoisson: the mean must be a finite number, 0 or more');
  if (mean < 10) return drawSmallPoisson(random, mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const bound = k * Math.log(mean) - mean - logFactorial(k);
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

function drawSmallPoisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let product = random();
  let count = 0;
  while (product > limit) {
    product *= random();
    count += 1;
  }
  return count;
}

/**
 * How many of `trials` succeed. Inversion for few expected successes, else the transformed rejection BTRS
 * (W. Hörmann, "The generation of binomial random variates", 1993).
 * @param probability of one success; above 1 by rounding counts as 1
 */
export function drawBinomial(random: Random, trials: number, probability: number): number {
  assert(!Number.isNaN(probability), 'drawBinomial: the probability must be a number');
  if (trials <= 0 || probability <= 0) return 0;
  if (probability >= 1) return trials;
  if (probability > 0.5) return trials - drawBinomial(random, trials, 1 - probability);
  if (trials * probability < 10) return drawSmallBinomial(random, trials, probability);
  const spread = Math.sqrt(trials * probability * (1 - probability));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * probability;
  const alpha = (2.83 + 5.1 / b) * spread;
  const vr = 0.92 - 4.2 / b;
  const logOdds = Math.log(probability / (1 - probability));
  const mode = Math.floor((trials + 1) * probability);
  const peak = logFactorial(mode) + logFactorial(trials - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + trials * probability + 0.5);
    if (k < 0 || k > trials) continue;
    if (us >= 0.07 && v <= vr) return k;
    const bound = peak - logFactorial(k) - logFactorial(trials - k) + (k - mode) * logOdds;
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

function drawSmallBinomial(random: Random, trials: number, probability: number): number {
  const odds = probability / (1 - probability);
  let mass = (1 - probability) ** trials;
  let left = random();
  let count = 0;
  while (left > mass && count < trials) {
    left -= mass;
    count += 1;
    mass *= ((trials - count + 1) / count) * odds;
  }
  return count;
}

/** `total` spread over `parts` equal shares: a multinomial draw. */
export function drawSplit(random: Random, total: number, parts: number): number[] {
  let left = total;
  return Array.from({ length: parts }, (_part, index) => {
    const count = drawBinomial(random, left, 1 / (parts - index));
    left -= count;
    return count;
  });
}

/** ln(k!), Stirling's series with four terms: exact to double precision from 10 on. */
function logFactorial(k: number): number {
  const small = LOG_FACTORIALS[k];
  if (small !== undefined) return small;
  const x = k + 1;
  const square = x * x;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

const LOG_FACTORIALS = [1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880].map(Math.log);
