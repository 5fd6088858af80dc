// How far a forecast may be off, from how far its predecessors were: never one number, but how likely each spread is.
import type { SupplyLaw } from './click-law.ts';
import { spreadLikelihood, type PastError } from './spread-likelihood.ts';
import { SPREADS, spreadPrior, type SpreadPrior } from './spread-prior.ts';

/** What is known of the next error's law. JSON as it stands. */
export interface ErrorSpread {
  /** Expected logarithm of what comes over what is forecast. */
  bias: number;
  /** Standard deviations of that logarithm and their probabilities, which add up to 1: the mixture has the long tails of few errors. */
  nodes: { weight: number; sigma: number }[];
  /** The part of the variance that all campaigns of a market share. */
  sharedShare: number;
}

/** Where the posterior is cut; each piece becomes a node. */
const CUTS = [0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 1];

/**
 * The law of the next error, from none, one or many past ones: normal given its spread, and the spread as uncertain as the
 * errors leave it, so about a Student law. A plugged-in spread of ten errors misses its own intervals.
 * @param errors in any order; all count the same
 * @throws ForecastError `INVALID_QUOTE` for an error that is no number
 */
export function estimateSpread(errors: readonly PastError[], prior: SpreadPrior = spreadPrior()): ErrorSpread {
  const likelihood = spreadLikelihood(errors, SPREADS);
  const posterior = prior.map((weight, index) => weight * (likelihood.ofSpread[index] as number));
  const { bias, biasVariance, biasVarianceInSpreads, sharedShare } = likelihood;
  const nodes = piecesOf(posterior).map(({ weight, variance }) => ({
    weight,
    sigma: Math.sqrt(variance * (1 + biasVarianceInSpreads) + biasVariance),
  }));
  return { bias, nodes, sharedShare };
}

/**
 * The law of a supply that is forecast with such errors.
 * @param forecast what is expected at the median, before the bias is taken out
 * @param widening what spreads are multiplied by, where input could not be trusted
 */
export function supplyLaw(forecast: number, { bias, nodes }: ErrorSpread, widening = 1): SupplyLaw {
  const median = forecast * Math.exp(bias);
  return nodes.map(({ weight, sigma }) => ({ weight, median, sigma: sigma * widening }));
}

/** The posterior cut at probabilities: of each piece its mass and its mean square. */
function piecesOf(posterior: readonly number[]): { weight: number; variance: number }[] {
  const total = posterior.reduce((sum, weight) => sum + weight, 0);
  const pieces: { weight: number; variance: number }[] = [];
  let [at, left] = [0, (posterior[0] as number) / total];
  let from = 0;
  for (const cut of CUTS) {
    const weight = cut - from;
    let [wanted, sum] = [weight, 0];
    while (wanted > left && at + 1 < posterior.length) {
      sum += left * (SPREADS[at] as number) ** 2;
      wanted -= left;
      at += 1;
      left = (posterior[at] as number) / total;
    }
    sum += wanted * (SPREADS[at] as number) ** 2;
    left -= wanted;
    pieces.push({ weight, variance: sum / weight });
    from = cut;
  }
  return pieces;
}
