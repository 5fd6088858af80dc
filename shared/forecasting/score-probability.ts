// How good probabilities were, now that it is known what happened: the scores of a calibration view.
import { ForecastError } from './forecast-error.ts';
import { reliabilityTable, type ReliabilityBin } from './reliability-table.ts';

/** A probability that was told, and what came of it. */
export interface SettledProbability {
  /** 0 to 1. */
  probability: number;
  happened: boolean;
}

export interface ProbabilityScore {
  count: number;
  /** Mean squared error; lower is better. */
  brier: number;
  /** Mean of -ln of the probability of what happened, probabilities held to 1e-6 from 0 and 1. */
  logScore: number;
  /** Expected calibration error in ten bins of one width, and in ten of one count. */
  ece: number;
  eceOfEqualCounts: number;
  /** Murphy's parts: brier = reliability - resolution + uncertainty (+ what bins hide). */
  reliability: number;
  resolution: number;
  uncertainty: number;
}

const BINS = 10;
/** What was told in millionths is never surer than that. */
const SUREST = 1e-6;

/**
 * Scores of settled probabilities.
 * Sources: Brier (Monthly Weather Review 78, 1950); Murphy (Journal of Applied Meteorology 12, 1973); ECE as in Naeini,
 * Cooper and Hauskrecht (AAAI 2015).
 * @throws ForecastError `INVALID_QUOTE` for nothing to score, and probabilities outside 0 to 1
 */
export function scoreProbabilities(settled: readonly SettledProbability[]): ProbabilityScore {
  if (settled.length === 0) throw new ForecastError('INVALID_QUOTE', 'there is no settled probability to score');
  const bins = reliabilityTable(settled, { bins: BINS, by: 'width' });
  const count = settled.length;
  let [squares, logs, happenings] = [0, 0, 0];
  for (const { probability, happened } of settled) {
    squares += (probability - (happened ? 1 : 0)) ** 2;
    logs -= Math.log(Math.max(SUREST, happened ? probability : 1 - probability));
    if (happened) happenings += 1;
  }
  const base = happenings / count;
  const over = (value: (bin: ReliabilityBin) => number) =>
    bins.reduce((sum, bin) => sum + (bin.count / count) * value(bin), 0);
  return {
    count,
    brier: squares / count,
    logScore: logs / count,
    ece: calibrationError(bins),
    eceOfEqualCounts: calibrationError(reliabilityTable(settled, { bins: BINS, by: 'count' })),
    reliability: over(({ meanProbability, rate }) => (meanProbability - rate) ** 2),
    resolution: over(({ rate }) => (rate - base) ** 2),
    uncertainty: base * (1 - base),
  };
}

/** The mean distance between what was told and what happened, by bin. */
function calibrationError(bins: readonly ReliabilityBin[]): number {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  return bins.reduce((sum, bin) => sum + (bin.count / count) * Math.abs(bin.meanProbability - bin.rate), 0);
}
