// Fits a series: tries the candidates at past origins, mixes them by their skill there, and measures how far the mix was off.
import { historyOf, offsetOf, recentValues, roundTo6, unitOf } from './series-history.ts';
import { mixAt } from './series-mix.ts';
import type { SeriesModel } from './series-model.ts';
import { spreadOf } from './series-spread.ts';
import { tryCandidates } from './series-trials.ts';
import { weightsOf } from './series-weights.ts';

export interface SeriesFitOptions {
  /** Steps after which the series repeats, 1 or more: 24 for hours, 7 for days. */
  season: number;
  /** Steps ahead to be good at, 1 or more. */
  horizon: number;
}

/** Digits kept of a coefficient: more change no forecast visibly. */
const COEFFICIENT_DIGITS = 4;
/** Members of less weight than this, everywhere, are left out. */
const LEAST_WEIGHT = 0.03;

/**
 * The model of a series: candidates (series-candidates.ts) mixed by their errors at past origins, and the spread of the
 * mix's own errors there.
 * @param values clean history, oldest first, one a step, 0 or more; the last LONGEST_HISTORY count
 * @throws ForecastError INVALID_SERIES for no values, or one that is negative or no number
 * @throws RangeError for a season or horizon that is no whole number above 0
 */
export function fitSeries(values: Float64Array, { season, horizon }: SeriesFitOptions): SeriesModel {
  for (const [name, count] of Object.entries({ season, horizon })) {
    if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`the ${name} must be 1 or more, not ${count}`);
  }
  const recent = recentValues(values);
  const unit = unitOf(recent);
  const offset = roundTo6(offsetOf(recent, unit));
  const history = historyOf(recent, season, unit, offset);
  const trials = tryCandidates(history, horizon);
  const weights = weightsOf(history, trials);
  const members = trials.candidates
    .map(({ name, coefficients }, index) => ({
      name,
      weights: (weights[index] as number[]).map((weight) => Number(weight.toFixed(3))),
      coefficients: Array.from(coefficients, (value) => Number(value.toPrecision(COEFFICIENT_DIGITS))),
    }))
    .filter((member) => member.weights.some((weight) => weight >= LEAST_WEIGHT));
  const mixes = trials.origins.map((_origin, index) => mixAt(trials, weights, index, season));
  const spread = spreadOf(mixes, trials, history);
  return { season, horizon: trials.horizon, unit, offset, members, spread };
}
