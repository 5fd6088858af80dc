// How far the truth may lie from a forecast, from how far it lay at past origins: split conformal in logarithms.
import { SMALL, type SeriesHistory } from './series-history.ts';
import type { SeriesSpread } from './series-model.ts';

/** Steps either side whose errors are pooled, as a part of a season. */
const POOLED_SEASONS = 0.25;
/** Lengths of totals, in seasons. */
const TOTAL_SEASONS = [1, 7, 10, 14];
/** The spread without any past origin: a factor of e either way. */
const UNKNOWN = 1;

/**
 * Quantiles of |log(truth / forecast)| by steps ahead, pooled over near steps, never falling with the steps ahead.
 * @param mixes the forecast at each origin, in units, as far as the history goes
 */
export function spreadOf(
  mixes: readonly Float64Array[],
  origins: readonly number[],
  { values, season }: SeriesHistory,
  tried: number,
): SeriesSpread {
  const steps = [1, season / 4, season / 2, season, 2 * season, 4 * season, 7 * season, 14 * season]
    .map(Math.round)
    .filter((step, index, all) => step >= 1 && step < tried && step > (all[index - 1] ?? 0));
  steps.push(tried);
  const reach = Math.max(1, Math.round(POOLED_SEASONS * season));
  const wide: number[] = [];
  const narrow: number[] = [];
  for (const step of steps) {
    const errors: number[] = [];
    mixes.forEach((mix, index) => {
      for (let at = Math.max(0, step - 1 - reach); at < Math.min(mix.length, step + reach); at++) {
        errors.push(Math.abs(logRatio(values[(origins[index] as number) + at] as number, mix[at] as number)));
      }
    });
    errors.sort((a, b) => a - b);
    wide.push(round(Math.max(wide.at(-1) ?? 0, quantileOf(errors, 0.95))));
    narrow.push(round(Math.max(narrow.at(-1) ?? 0, quantileOf(errors, 0.8))));
  }
  return { steps, wide, narrow, totals: totalsOf(mixes, origins, values, season, narrow) };
}

function totalsOf(
  mixes: readonly Float64Array[],
  origins: readonly number[],
  values: Float64Array,
  season: number,
  narrow: readonly number[],
) {
  const totals: { steps: number; narrow: number }[] = [];
  for (const length of TOTAL_SEASONS.map((seasons) => seasons * season)) {
    const errors: number[] = [];
    mixes.forEach((mix, index) => {
      if (mix.length < length) return;
      let [truth, said] = [0, 0];
      for (let at = 0; at < length; at++) {
        truth += values[(origins[index] as number) + at] as number;
        said += mix[at] as number;
      }
      errors.push(Math.abs(logRatio(truth / length, said / length)));
    });
    errors.sort((a, b) => a - b);
    if (errors.length >= 4) totals.push({ steps: length, narrow: round(quantileOf(errors, 0.8)) });
  }
  if (totals.length === 0) totals.push({ steps: 1, narrow: narrow[0] as number });
  return totals;
}

function logRatio(truth: number, said: number): number {
  return Math.log((truth + SMALL) / (said + SMALL));
}

/** With the finite-sample correction of split conformal prediction, as far as there are enough errors. */
function quantileOf(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return UNKNOWN;
  const rank = Math.ceil((sorted.length + 1) * share);
  return sorted[Math.min(sorted.length, rank) - 1] as number;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
