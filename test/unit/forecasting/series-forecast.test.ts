import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import { normalDraws } from '../../../shared/forecasting/normal-draws.ts';
import { fitSeries } from '../../../shared/forecasting/series-fit.ts';
import { forecastSeries } from '../../../shared/forecasting/series-forecast.ts';
import { totalForecast } from '../../../shared/forecasting/series-totals.ts';

/** Hours of a daily and weekly pattern with log-normal noise. */
function hours(count: number, seed: number, noise = 0.1): Float64Array {
  const draw = normalDraws(seed);
  return Float64Array.from({ length: count }, (_, hour) => patternAt(hour) * Math.exp(noise * draw()));
}

function patternAt(hour: number): number {
  const isWeekend = Math.floor(hour / 24) % 7 >= 5;
  return 1000 * Math.exp(Math.sin((hour / 24) * 2 * Math.PI) + (isWeekend ? 0.5 : 0));
}

function assertSound(values: Float64Array, season: number, horizon: number): void {
  const model = JSON.parse(JSON.stringify(fitSeries(values, { season, horizon })));
  const forecast = forecastSeries(model, values, horizon + 30);
  const { mean, lower, upper, q10, q90 } = forecast;
  for (let step = 0; step < mean.length; step++) {
    const inOrder = [0, lower[step], q10[step], mean[step], q90[step], upper[step], Number.MAX_VALUE] as number[];
    for (let k = 1; k < inOrder.length; k++) {
      assert((inOrder[k - 1] as number) <= (inOrder[k] as number), `step ${step}: ${inOrder.join(' ')}`);
    }
  }
  for (const [from, steps] of [
    [0, 1],
    [3, 24],
    [0, horizon + 30],
  ] as const) {
    const total = totalForecast(model, forecast, Math.min(from, horizon), Math.min(steps, horizon + 30 - from));
    assert(total.q10 >= 0 && total.q10 <= total.q50 && total.q50 <= total.q90 && total.q90 <= Number.MAX_VALUE);
  }
}

describe('A series forecast', () => {
  it('follows the days and weeks of its history', () => {
    const values = hours(24 * 56, 1, 0.02);
    const model = fitSeries(values, { season: 24, horizon: 336 });
    const { mean } = forecastSeries(model, values);
    assert.equal(mean.length, 336);
    mean.forEach((value, step) => {
      const truth = patternAt(24 * 56 + step);
      assert(Math.abs(value / truth - 1) < 0.08, `step ${step}: ${value} for ${truth}`);
    });
  });

  it('is sound for whatever numbers there are', () => {
    const one = fc.oneof(
      fc.constantFrom(0, 1, 1e-300, 1e300, Number.MAX_VALUE, Number.MIN_VALUE),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(1, 2, 7, 12, 24),
        fc.constantFrom(1, 48, 100),
        (values, season, horizon) => assertSound(Float64Array.from(values), season, horizon),
      ),
      { seed: 7, numRuns: 150 },
    );
  });

  it('refuses a series that is none, and says why', () => {
    for (const [values, message] of [
      [[], /at least one value/],
      [[1, NaN], /value 1 .* not NaN/],
      [[-1, 2], /value 0 .* not -1/],
      [[1, Infinity], /value 1 .* not Infinity/],
    ] as const) {
      const isRefused = (error: unknown) =>
        error instanceof ForecastError && error.code === 'INVALID_SERIES' && message.test(error.message);
      assert.throws(() => fitSeries(Float64Array.from(values), { season: 24, horizon: 48 }), isRefused);
      const model = fitSeries(Float64Array.of(1, 2), { season: 1, horizon: 1 });
      assert.throws(() => forecastSeries(model, Float64Array.from(values), 2), isRefused);
    }
  });
});
