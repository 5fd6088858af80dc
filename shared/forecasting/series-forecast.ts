// The forecast of a series from its stored model and its newest history: no fitting.
import { SMALL, historyOf, recentValues } from './series-history.ts';
import { mixedForecast } from './series-mix.ts';
import type { SeriesModel } from './series-model.ts';
import { WIDEST } from './series-spread.ts';

/** By step ahead; lower <= q10 <= mean <= q90 <= upper, all 0 or more. */
export interface SeriesForecast {
  mean: Float64Array;
  /** Of the 95% interval. */
  lower: Float64Array;
  upper: Float64Array;
  q10: Float64Array;
  q90: Float64Array;
}

/**
 * @param values clean history, oldest first, ending at the step before the first forecast
 * @param horizon steps ahead, the model's own when left out; beyond that one intervals go on widening
 * @throws ForecastError INVALID_SERIES for no values, or one that is negative or no number
 */
export function forecastSeries(model: SeriesModel, values: Float64Array, horizon = model.horizon): SeriesForecast {
  const recent = recentValues(values);
  const { season, unit, offset, members, spread } = model;
  const history = historyOf(recent, season, unit, offset);
  const mean = mixedForecast(members, history, horizon);
  const [lower, upper, q10, q90] = [mean.slice(), mean.slice(), mean.slice(), mean.slice()];
  let knot = 0;
  for (let step = 0; step < horizon; step++) {
    while (knot + 1 < spread.steps.length && (spread.steps[knot] as number) < step + 1) knot++;
    const own = mean[step] as number;
    const tilt = (own + SMALL) ** -spread.tilt;
    const wide = Math.min(WIDEST, tilt * widthAt(spread.steps, spread.wide, knot, step + 1));
    const narrow = Math.min(wide, tilt * widthAt(spread.steps, spread.narrow, knot, step + 1));
    lower[step] = finite(moved(own, -wide) * unit);
    upper[step] = finite(moved(own, wide) * unit);
    q10[step] = finite(moved(own, -narrow) * unit);
    q90[step] = finite(moved(own, narrow) * unit);
    mean[step] = finite(own * unit);
  }
  return { mean, lower, upper, q10, q90 };
}

/** Between two knots by the logarithm of the steps; after the last one growing with the root of the steps. */
function widthAt(steps: readonly number[], widths: readonly number[], knot: number, step: number): number {
  const [end, width] = [steps[knot] as number, widths[knot] as number];
  if (step > end) return width * Math.sqrt(step / end);
  const start = steps[knot - 1];
  if (start === undefined) return width;
  const part = Math.log(step / start) / Math.log(end / start);
  const before = widths[knot - 1] as number;
  return before + part * (width - before);
}

/** Values next to the largest number stay numbers. */
export function finite(value: number): number {
  return Math.min(Number.MAX_VALUE, value);
}

function moved(value: number, logWidth: number): number {
  return Math.max(0, value + (value + SMALL) * Math.expm1(logWidth));
}
