// How many clicks are more than chance allows: robots, double reports, a broken counter.
import { ForecastError } from './forecast-error.ts';

export interface ClickCounts {
  impressions: number;
  clicks: number;
  /** Clicks per impression that were predicted. */
  expectedRate: number;
}

/** A true rate is off the predicted one by half, give or take. */
const RATE_VARIANCE = 0.25;

/**
 * Whole clicks beyond what a Poisson count allows whose rate is off by a gamma factor; 0 for plausible counts.
 * @throws ForecastError INVALID_RESPONSE for negative counts or no numbers; more clicks than impressions are no mistake
 * here but clicks of nobody: all beyond the impressions are implausible
 */
export function implausibleClicks({ impressions, clicks, expectedRate }: ClickCounts): number {
  for (const [name, amount] of Object.entries({ impressions, clicks, expectedRate })) {
    if (!(amount >= 0 && amount <= Number.MAX_SAFE_INTEGER)) {
      throw new ForecastError('INVALID_RESPONSE', `${name} must be a number of 0 or more, not ${amount}`);
    }
  }
  const most = Math.min(impressions, plausibleCount(impressions * expectedRate, RATE_VARIANCE));
  return Math.max(0, Math.ceil(clicks - most));
}

/**
 * The most events that one in a million such counts passes, at most: the least n with a bound on the chance of more than
 * n below that. Counts are negative binomial of this mean; the bound is Chernoff's (Annals of Mathematical Statistics,
 * 1952), in closed form, so the true chance is a little smaller.
 * @param mean 0 or more
 * @param variance of the gamma factor on the mean, above 0
 */
export function plausibleCount(mean: number, variance: number): number {
  if (mean === 0) return 0;
  let [low, high] = [Math.floor(mean), Math.ceil(mean) + 1];
  while (rarity(high, mean, 1 / variance) < RARE) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle === low || middle === high) break;
    if (rarity(middle, mean, 1 / variance) < RARE) low = middle;
    else high = middle;
  }
  return low;
}

/** Nats of one in a million. */
const RARE = Math.log(1e6);

/** Minus the logarithm of Chernoff's bound on the chance of `count` or more. */
function rarity(count: number, mean: number, shape: number): number {
  if (count <= mean) return 0;
  return count * Math.log(count / mean) - (count + shape) * Math.log1p((count - mean) / (mean + shape));
}
