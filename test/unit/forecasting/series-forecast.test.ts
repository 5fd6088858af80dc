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

  it('is the same from a model that was stored, and the same every time', () => {
    const values = hours(24 * 40, 2);
    const model = fitSeries(values, { season: 24, horizon: 336 });
    const stored = JSON.stringify(model);
    assert(stored.length < 2_800, `${stored.length} bytes`);
    assert.deepEqual(fitSeries(values, { season: 24, horizon: 336 }), model);
    assert.deepEqual(forecastSeries(JSON.parse(stored), values), forecastSeries(model, values));
  });

  it('follows newer history without being fitted again', () => {
    const values = hours(24 * 56, 3, 0.03);
    const model = fitSeries(values.subarray(0, 24 * 42), { season: 24, horizon: 48 });
    const doubled = values.map((value, hour) => (hour < 24 * 49 ? value : 2 * value));
    const before = forecastSeries(model, values).mean;
    forecastSeries(model, doubled).mean.forEach((value, step) => {
      assert(value > 1.5 * (before[step] as number), `step ${step}: ${value} after ${before[step]}`);
    });
  });

  it('stays near the profile 45 days ahead, with intervals that only widen', () => {
    const values = hours(24 * 56, 4, 0.05);
    const model = fitSeries(values, { season: 24, horizon: 336 });
    const { mean, lower, upper } = forecastSeries(model, values, 1080);
    mean.forEach((value, step) => {
      const truth = patternAt(24 * 56 + step);
      assert(value > 0.6 * truth && value < 1.6 * truth, `step ${step}: ${value} for ${truth}`);
    });
    const widths = [0, 100, 336, 700, 1079].map((step) => (upper[step] as number) / (lower[step] as number));
    const { tilt } = model.spread;
    if (tilt === 0)
      assert.deepEqual(
        [...widths].sort((a, b) => a - b),
        widths,
      );
    assert((widths.at(-1) as number) > (widths[0] as number) && (widths.at(-1) as number) < 10, widths.join());
  });

  it('covers the truth about as often as it says, and so do totals', () => {
    let [inside, insideBand, steps, totals] = [0, 0, 0, 0];
    const series = 24;
    for (let seed = 0; seed < series; seed++) {
      const values = hours(24 * 49, 100 + seed, 0.2);
      const [history, truth] = [values.subarray(0, 24 * 42), values.subarray(24 * 42)];
      const model = fitSeries(history, { season: 24, horizon: 168 });
      const forecast = forecastSeries(model, history);
      truth.forEach((value, step) => {
        steps++;
        if (value >= (forecast.lower[step] as number) && value <= (forecast.upper[step] as number)) inside++;
        if (value >= (forecast.q10[step] as number) && value <= (forecast.q90[step] as number)) insideBand++;
      });
      const { q10, q50, q90 } = totalForecast(model, forecast, 0, 168);
      // Noise of 0.2 an hour leaves 0.015 of a week; the rest is what is not known of the level.
      assert(q90 / q50 > 1.008 && q90 / q50 < 1.1, String(q90 / q50));
      const total = truth.reduce((sum, value) => sum + value, 0);
      if (total >= q10 && total <= q90) totals++;
    }
    assert(inside / steps > 0.92 && inside / steps < 0.99, String(inside / steps));
    assert(insideBand / steps > 0.74 && insideBand / steps < 0.9, String(insideBand / steps));
    assert(totals / series > 0.6, String(totals / series));
  });

  it('has totals that do not add up hours of bad luck', () => {
    const values = hours(24 * 56, 5, 0.3);
    const model = fitSeries(values, { season: 24, horizon: 336 });
    const forecast = forecastSeries(model, values);
    const { q10, q50 } = totalForecast(model, forecast, 24, 168);
    const sum = (part: Float64Array) => part.subarray(24, 192).reduce((a, b) => a + b, 0);
    assert(Math.abs(q50 / sum(forecast.mean) - 1) < 1e-9);
    assert(q10 > 1.1 * sum(forecast.q10), `${q10} and ${sum(forecast.q10)}`);
    assert.throws(() => totalForecast(model, forecast, 300, 100), /no forecast of steps 300 to 400/);
    assert.throws(() => totalForecast(model, forecast, 0, 0), /no forecast/);
  });

  it('is 0 of nothing but zeros, the value of a single one, and follows what begins after', () => {
    const nothing = fitSeries(new Float64Array(400), { season: 24, horizon: 48 });
    assert(forecastSeries(nothing, new Float64Array(400)).upper.every((value) => value < 0.1));
    const begun = Float64Array.from({ length: 400 }, (_, hour) => (hour < 300 ? 0 : 50));
    assert(forecastSeries(nothing, begun).mean.every((value) => value > 10));
    const one = fitSeries(Float64Array.of(5), { season: 24, horizon: 48 });
    const { mean, lower, upper } = forecastSeries(one, Float64Array.of(5), 3);
    assert.deepEqual([...mean], [5, 5, 5]);
    assert((lower[0] as number) < 3 && (upper[0] as number) > 8, `${lower[0]} ${upper[0]}`);
  });

  it('is asked for a season and a horizon that are whole numbers', () => {
    const values = Float64Array.of(1, 2, 3);
    for (const bad of [0, -1, 1.5, NaN, Infinity]) {
      assert.throws(() => fitSeries(values, { season: bad, horizon: 48 }), RangeError);
      assert.throws(() => fitSeries(values, { season: 24, horizon: bad }), RangeError);
    }
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
