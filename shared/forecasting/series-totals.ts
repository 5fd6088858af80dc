// What a series adds up to over some steps, with an interval of the total's own: hourly intervals do not add up to it.
import assert from 'node:assert/strict';
import { finite, type SeriesForecast } from './series-forecast.ts';
import type { SeriesModel } from './series-model.ts';

export interface TotalForecast {
  q10: number;
  q50: number;
  q90: number;
}

/**
 * The total of the steps from `fromHour`, with its 80% interval: conformal on totals of 1, 7, 10 and 14 seasons,
 * interpolated by the logarithm of their length between.
 * @param fromHour the first step, 0 for the first one ahead
 * @param hours how many steps, 1 or more; the forecast must reach as far
 */
export function totalForecast(
  model: SeriesModel,
  forecast: SeriesForecast,
  fromHour: number,
  hours: number,
): TotalForecast {
  const end = fromHour + hours;
  assert(fromHour >= 0 && hours >= 1 && end <= forecast.mean.length, `no forecast of steps ${fromHour} to ${end}`);
  let q50 = 0;
  for (let step = fromHour; step < end; step++) q50 = finite(q50 + (forecast.mean[step] as number));
  const width = Math.exp(widthOf(model.spread.totals, hours));
  return { q10: q50 / width, q50, q90: finite(q50 * width) };
}

function widthOf(totals: readonly { steps: number; narrow: number }[], hours: number): number {
  const next = totals.findIndex(({ steps }) => steps >= hours);
  if (next === 0) return (totals[0] as { narrow: number }).narrow;
  if (next === -1) {
    const last = totals.at(-1) as { steps: number; narrow: number };
    return last.narrow * Math.sqrt(hours / last.steps);
  }
  const [before, after] = [totals[next - 1], totals[next]] as [(typeof totals)[0], (typeof totals)[0]];
  const part = Math.log(hours / before.steps) / Math.log(after.steps / before.steps);
  return before.narrow + part * (after.narrow - before.narrow);
}
