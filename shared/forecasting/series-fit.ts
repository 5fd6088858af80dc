// Fits a series: tries the candidates at past origins, mixes them by their skill there, and measures how far the mix was off.
import { candidatesOf, type Candidate } from './series-candidates.ts';
import { SMALL, historyOf, offsetOf, recentValues, unitOf, type SeriesHistory } from './series-history.ts';
import { PARTS, clamp, partOf } from './series-mix.ts';
import type { SeriesMember, SeriesModel } from './series-model.ts';
import { spreadOf } from './series-spread.ts';

export interface SeriesFitOptions {
  /** Steps after which the series repeats, 1 or more: 24 for hours, 7 for days. */
  season: number;
  /** Steps ahead to be good at, 1 or more. */
  horizon: number;
}

/** Past origins tried that lie a whole horizon back. */
const WHOLE_ORIGINS = 14;
/** Weights are the error to minus this power. */
const SHARPNESS = 4;
/** Members of less weight than this, everywhere, are left out. */
const LEAST_WEIGHT = 0.01;

/**
 * The model of a series, each candidate's weight from its errors at past origins (forecast from what lay before them).
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
  const tried = Math.min(horizon, Math.max(1, Math.floor(recent.length / 2)));
  const offset = round(offsetOf(recent, unit));
  const history = historyOf(recent, season, unit, offset);
  const origins = originsOf(recent.length, season, tried);
  const trials = tryAll(candidatesOf(season), history, origins, tried);
  const weights = weightsOf(trials, history, origins, tried);
  const members: SeriesMember[] = trials
    .map(({ candidate, coefficients }, index) => ({
      name: candidate.name,
      weights: (weights[index] as number[]).map((weight) => Number(weight.toFixed(4))),
      coefficients: Array.from(coefficients, round),
    }))
    .filter((member) => member.weights.some((weight) => weight >= LEAST_WEIGHT));
  const mixes = origins.map((_origin, index) => mixOf(trials, weights, index, season));
  const spread = spreadOf(mixes, origins, history, tried);
  return { season, horizon: tried, unit, offset, members, spread };
}

interface Trial {
  candidate: Candidate;
  /** Fitted on the whole history. */
  coefficients: ArrayLike<number>;
  /** What it said at each origin; undefined where it had too little to go by. */
  forecasts: (Float64Array | undefined)[];
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

/** A season apart, ascending, up to the last one; the eldest with a half of the history before it. */
function originsOf(length: number, season: number, tried: number): number[] {
  const count = Math.ceil(tried / season) + WHOLE_ORIGINS - 1;
  const origins: number[] = [];
  for (let back = count; back >= 1; back--) {
    const origin = length - back * season;
    if (origin >= length / 3) origins.push(origin);
  }
  if (origins.length === 0 && length > 1) origins.push(Math.ceil(length / 2));
  return origins;
}

function tryAll(
  candidates: readonly Candidate[],
  history: SeriesHistory,
  origins: readonly number[],
  tried: number,
): Trial[] {
  const length = history.values.length;
  const trials: Trial[] = [];
  for (const candidate of candidates) {
    const own = candidate.of(history);
    const fits = own.fit([...origins, length]);
    const coefficients = fits.pop();
    if (!coefficients) continue;
    const forecasts = origins.map((origin, index) => {
      const fit = fits[index];
      if (!fit) return undefined;
      const out = new Float64Array(Math.min(tried, length - origin));
      own.forecast(fit, origin, out);
      return out.map((value) => clamp(value, history.range));
    });
    trials.push({ candidate, coefficients, forecasts });
  }
  return trials;
}

/** By trial and part: from the mean error beside the last trial's at the same origins and steps. */
function weightsOf(
  trials: readonly Trial[],
  { values, season }: SeriesHistory,
  origins: readonly number[],
  tried: number,
) {
  const reference = trials.at(-1);
  const weights = trials.map(({ forecasts }) => {
    const errors = new Float64Array(PARTS);
    const others = new Float64Array(PARTS);
    origins.forEach((origin, index) => {
      const own = forecasts[index];
      const other = reference?.forecasts[index];
      if (!own || !other) return;
      for (let step = 0; step < own.length; step++) {
        const part = partOf(step, season);
        const truth = values[origin + step] as number;
        errors[part] = (errors[part] as number) + errorOf(truth, own[step] as number);
        others[part] = (others[part] as number) + errorOf(truth, other[step] as number);
      }
    });
    return Array.from(errors, (error, part) => weightOf(error, others[part] as number));
  });
  for (let part = 0; part < PARTS; part++) {
    let sum = 0;
    for (const own of weights) sum += own[part] as number;
    const from = part > 0 && (part >= PARTS || partOf(tried - 1, season) < part) ? part - 1 : part;
    for (const own of weights) own[part] = from < part ? (own[from] as number) : (own[part] as number) / sum;
  }
  return weights;
}

/** Of logarithms, so that each season counts alike; no single one more than FURTHEST. */
function errorOf(truth: number, said: number): number {
  return Math.min(FURTHEST, Math.abs(Math.log((truth + SMALL) / (said + SMALL))));
}

/** A factor of twenty. */
const FURTHEST = 3;

function weightOf(error: number, other: number): number {
  return (1e-3 + error / (other + 1e-12)) ** -SHARPNESS;
}

function mixOf(trials: readonly Trial[], weights: readonly number[][], origin: number, season: number): Float64Array {
  const length = trials.at(-1)?.forecasts[origin]?.length ?? 0;
  const mix = new Float64Array(length);
  for (let step = 0; step < length; step++) {
    const part = partOf(step, season);
    let [sum, weighed] = [0, 0];
    trials.forEach(({ forecasts }, index) => {
      const own = forecasts[origin];
      if (!own) return;
      const weight = (weights[index] as number[])[part] as number;
      sum += weight * (own[step] as number);
      weighed += weight;
    });
    mix[step] = sum / weighed;
  }
  return mix;
}
