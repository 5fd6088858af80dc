// A cell without history in a market that has one: the parent's shape and movements, and the share of it that such a cell has.
import type { HourlyHistory } from './clean-observations.ts';
import { NO_PRIOR, type ColdStartPrior } from './cold-start-prior.ts';
import { ForecastError } from './forecast-error.ts';
import { summariseHistory } from './history-summary.ts';

export interface Parent {
  /** Clean, of all cells together; with less than two whole weeks it says nothing. */
  history: HourlyHistory;
  /** What the cells that are known have of it, each above 0 and below 1. */
  siblingShares: readonly number[];
}

/** What a cell's day and week differ from its parent's. */
const [SHAPE_SPREAD, WEEKDAY_SPREAD] = [0.3, 0.1];
/** The concentration of a Dirichlet law before siblings are seen (1 when shares are anything, large when all are even). */
const [USUAL_CONCENTRATION, LEAST_CONCENTRATION] = [2, 0.5];

/**
 * The prior of one more cell beside K siblings: shares follow a Dirichlet law with equal means, of which the newcomer's is
 * 1 / (K + 1), and its concentration is fitted to how unlike the siblings are (by moments, smoothed with what is usual).
 * The level is the median of that share, the spread that of its logarithm.
 * @returns undefined when the parent's history is shorter than two weeks or empty of traffic
 * @throws ForecastError INVALID_SERIES for a share that is not above 0 and below 1
 */
export function sharePrior({ history, siblingShares }: Parent): ColdStartPrior | undefined {
  const wrong = siblingShares.find((share) => !(share > 0 && share < 1));
  if (wrong !== undefined) throw new ForecastError('INVALID_SERIES', `a share lies between 0 and 1, not at ${wrong}`);
  const summary = summariseHistory(history);
  if (!summary) return undefined;
  const share = 1 / (siblingShares.length + 1);
  const relativeVariance = siblingsVariance(siblingShares) / share ** 2;
  const logVariance = Math.log(1 + relativeVariance);
  const shape = summary.logShape.map(Math.exp);
  const meanShape = shape.reduce((sum, value) => sum + value, 0) / shape.length;
  return {
    ...NO_PRIOR,
    basis: 'share-of-parent',
    logLevel: summary.logLevel + Math.log(share) - logVariance / 2,
    levelSpread: Math.sqrt(logVariance),
    shape: shape.map((value) => value / meanShape),
    shapeSpread: SHAPE_SPREAD,
    weekdaySpread: WEEKDAY_SPREAD,
    hourSpread: Math.hypot(summary.hourSpread, NO_PRIOR.hourSpread / 2),
    daySpread: Math.hypot(summary.daySpread, NO_PRIOR.daySpread / 2),
    driftSpread: summary.driftSpread,
    isCounted: summary.isCounted,
  };
}

/** Of one more share: mean (1 - mean) / (concentration + 1). */
function siblingsVariance(shares: readonly number[]): number {
  const count = shares.length;
  const mean = 1 / (count + 1);
  const even = mean * (1 - mean) || 1 / 4;
  const usual = even / (USUAL_CONCENTRATION * (count + 1) + 1);
  if (count < 2) return usual;
  const own = shares.reduce((sum, share) => sum + share, 0) / count;
  const squares = shares.reduce((sum, share) => sum + (share - own) ** 2, 0);
  const variance = (2 * usual + squares) / (2 + count - 1);
  return Math.min(variance, even / (LEAST_CONCENTRATION + 1));
}
