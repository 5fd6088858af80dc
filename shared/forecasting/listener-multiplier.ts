// How much more or less one listener responds than listeners like them do, from what they did before.
import { effectVariance } from './effect-variance.ts';
import { ForecastError } from './forecast-error.ts';

export interface ListenerHistory {
  clicks: number;
  /** Sum of the predicted rates of the impressions they had. */
  expectedClicks: number;
}

/** However much is known of a listener, one responds no more than this many times as much, or as little, as others. */
const FURTHEST = 10;

/**
 * The factor on the listener's predicted rate: (1 / variance + clicks) / (1 / variance + expected clicks), the posterior
 * mean of a gamma law of mean 1 (Robbins 1956; Efron, Large-Scale Inference, 2010, chapter 1), kept within a tenth and
 * ten times. 1 for a listener of whom nothing is known.
 * @param variance of the factor over listeners, by {@link listenerVariance}; 0 says that all respond alike
 * @throws ForecastError INVALID_RESPONSE for amounts that are negative or no numbers
 */
export function listenerMultiplier({ clicks, expectedClicks }: ListenerHistory, variance: number): number {
  for (const [name, amount] of Object.entries({ clicks, expectedClicks, variance })) {
    if (!(amount >= 0 && amount < Infinity)) {
      throw new ForecastError('INVALID_RESPONSE', `${name} must be a number of 0 or more, not ${amount}`);
    }
  }
  const multiplier = (1 + variance * clicks) / (1 + variance * expectedClicks);
  // Both may pass the largest number, where only their ratio matters.
  const bounded = Number.isNaN(multiplier) ? clicks / expectedClicks : multiplier;
  return Math.max(1 / FURTHEST, Math.min(FURTHEST, bounded));
}

/**
 * How far listeners differ: the variance of their factors that makes their clicks most likely, 0 where they do not differ
 * beyond chance, 4 at most. Factors whose logarithm has spread sigma have variance exp(sigma^2) - 1.
 */
export function listenerVariance(histories: readonly ListenerHistory[]): number {
  histories.forEach((history) => listenerMultiplier(history, 0));
  return effectVariance(
    Float64Array.from(histories, ({ expectedClicks }) => expectedClicks),
    Float64Array.from(histories, ({ clicks }) => clicks),
  ).variance;
}
