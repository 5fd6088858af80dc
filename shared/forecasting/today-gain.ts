// How much the hours already seen today say of the rest of it, beyond what the model makes of them: learnt from the last days
// of each cell, for some cells' days are good or bad as a whole and others' are not.
import { cutSpikes } from './cut-spikes.ts';
import { forecastSeries } from './series-forecast.ts';
import type { SeriesModel } from './series-model.ts';

/** Days looked at, and the hours of each at which the rest of it is forecast. */
const DAYS = 10;
const HOURS = [8, 16] as const;
const GAINS = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1] as const;
/** Of the mean, added to amounts before logarithms are taken. */
const SMALL_SHARE = 0.05;
/** No surprise counts for more than twice or half. */
const FURTHEST = Math.LN2;

/**
 * The gain that would have brought the forecasts of the rest of the last days nearest to what came: of the logarithm of
 * what was seen of a day over what had been expected of it at midnight. 0 when the history is too short.
 * @param startHour of the first value, in hours since the epoch
 * @param values clean and without spikes, what the model is forecast from
 */
export function fitTodayGain(model: SeriesModel, startHour: number, values: Float64Array): number {
  const errors = new Float64Array(GAINS.length);
  const lastMidnight = values.length - ((startHour + values.length) % 24);
  const offset = offsetOf(values);
  if (offset === 0) return 0;
  for (let midnight = lastMidnight - 24; midnight >= Math.max(24, lastMidnight - 24 * DAYS); midnight -= 24) {
    const said = forecastSeries(model, values.subarray(0, midnight), 24).mean;
    for (const hour of HOURS) {
      const now = midnight + hour;
      const surprise = distance(values.subarray(midnight, now), said.subarray(0, hour), offset);
      const rest = forecastSeries(model, values.subarray(0, now), 24 - hour).mean;
      const left = distance(values.subarray(now, midnight + 24), rest, offset);
      GAINS.forEach((gain, index) => {
        errors[index] = (errors[index] as number) + Math.abs(left - gain * surprise);
      });
    }
  }
  return GAINS[errors.indexOf(Math.min(...errors))] as number;
}

/**
 * What the rest of today's forecast is multiplied by; 1 before the day's first hour is over.
 * @param gain of {@link fitTodayGain}
 * @param values up to now, clean
 */
export function todayFactor(model: SeriesModel, gain: number, startHour: number, values: Float64Array): number {
  const hours = (startHour + values.length) % 24;
  const midnight = values.length - hours;
  const offset = offsetOf(values);
  if (gain === 0 || hours === 0 || midnight <= 0 || offset === 0) return 1;
  const said = forecastSeries(model, values.subarray(0, midnight), hours).mean;
  return Math.exp(gain * distance(cutSpikes(values, model.season).subarray(midnight), said, offset));
}

function offsetOf(values: Float64Array): number {
  return SMALL_SHARE * values.reduce((sum, value) => sum + value / values.length, 0);
}

/** Of one mean over the other, as a logarithm. */
function distance(actual: Float64Array, said: Float64Array, offset: number): number {
  let [came, expected] = [0, 0];
  for (let hour = 0; hour < actual.length; hour++) {
    came += (actual[hour] as number) / actual.length;
    expected += (said[hour] as number) / actual.length;
  }
  return Math.max(-FURTHEST, Math.min(FURTHEST, Math.log((came + offset) / (expected + offset))));
}
