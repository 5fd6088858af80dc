// What is thought of a market's forecast errors before any of them is known: a law of their spread, on a grid.
import { ForecastError } from './forecast-error.ts';
import { spreadLikelihood, type PastError } from './spread-likelihood.ts';

/** Probabilities of the spreads in {@link SPREADS}; they add up to 1. */
export type SpreadPrior = readonly number[];

const GRID = 64;
const [NARROWEST, WIDEST] = [0.01, 3];

/** Standard deviations of logarithms that are told apart, each 9% above the one before. */
export const SPREADS: readonly number[] = Array.from(
  { length: GRID },
  (_, index) => NARROWEST * (WIDEST / NARROWEST) ** (index / (GRID - 1)),
);

/** Weak on purpose, as markets are of many kinds: a factor of 2.5 up or down in two of three cases. */
const USUAL_SPREAD = 0.25;
const LOG_DEVIATION = 0.9;
/** How often a market is like no other: then every spread is as likely. */
const ODD_SHARE = 0.3;

/**
 * The prior around a spread: log-normal, with a share that is flat over the whole grid, so that errors can contradict it.
 * @param centre the spread that is expected, such as that of the forecast's own interval; .25 where nothing is known, as
 *   forecasts of several days are off
 * @throws ForecastError `INVALID_QUOTE` for a centre that is not positive
 */
export function spreadPrior(centre = USUAL_SPREAD): SpreadPrior {
  if (!(centre > 0 && centre < Infinity)) {
    throw new ForecastError('INVALID_QUOTE', `the spread that is expected must be above 0, not ${centre}`);
  }
  const usual = Math.log(Math.max(NARROWEST, Math.min(WIDEST, centre)));
  const bell = normalised(SPREADS.map((spread) => Math.exp(-(((Math.log(spread) - usual) / LOG_DEVIATION) ** 2) / 2)));
  return bell.map((weight) => (1 - ODD_SHARE) * weight + ODD_SHARE / GRID);
}

/** What the base counts beside the markets that were seen, in markets. */
const BASE_MARKETS = 3;
const ROUNDS = 50;

/**
 * The prior that fits the errors of many markets: each market's spread is drawn from it (empirical Bayes; the
 * non-parametric maximum likelihood of Laird, JASA 73, 1978, by expectation and maximisation, held to the base by
 * some markets' worth of it). A market with few errors or none then borrows from the others.
 * @param markets the past errors of each
 */
export function learnSpreadPrior(
  markets: readonly (readonly PastError[])[],
  base: SpreadPrior = spreadPrior(),
): SpreadPrior {
  const seen = markets
    .filter((errors) => errors.length > 0)
    .map((errors) => spreadLikelihood(errors, SPREADS).ofSpread);
  let prior = base;
  for (let round = 0; round < ROUNDS && seen.length > 0; round++) {
    const sums = base.map((weight) => BASE_MARKETS * weight);
    for (const likelihood of seen) {
      const posterior = normalised(prior.map((weight, index) => weight * (likelihood[index] as number)));
      posterior.forEach((weight, index) => (sums[index] = (sums[index] as number) + weight));
    }
    prior = normalised(sums);
  }
  return prior;
}

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
