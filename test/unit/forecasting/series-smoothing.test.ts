import assert from 'node:assert/strict';
import { historyOf } from '../../../shared/forecasting/series-history.ts';
import { smoothing } from '../../../shared/forecasting/series-smoothing.ts';

const week = [100, 110, 120, 130, 90, 40, 30];
const weeks = (count: number, change: (value: number, day: number) => number = (value) => value) =>
  Float64Array.from({ length: count * 7 }, (_, day) => change(week[day % 7] as number, day));

/** No spike is cut of less than three seasons: here smoothing is on its own. */
const uncut = (values: Float64Array) => historyOf(values, values.length, 1, 0);

function forecast(values: Float64Array, steps = 14): number[] {
  const candidate = smoothing('smooth', { period: 7, level: 0.3, season: 0.15 });
  const own = candidate.of(uncut(values));
  const [coefficients] = own.fit([values.length]);
  assert(coefficients);
  const out = new Float64Array(steps);
  own.forecast(coefficients, values.length, out);
  return [...out];
}

const near = (said: readonly number[], expected: readonly number[], share: number) =>
  said.forEach((value, step) => {
    assert(Math.abs(value / (expected[step] as number) - 1) < share, `${step}: ${value}, ${expected[step]}`);
  });

describe('smoothing', () => {
  it('repeats a season that repeats', () => {
    near(forecast(weeks(6)), [...week, ...week], 1e-9);
  });

  it('follows a level that moved', () => {
    const noisy = (value: number, day: number) => value * (1 + 0.1 * Math.sin(5 * day)) * (day >= 70 ? 1.5 : 1);
    near(
      forecast(weeks(16, noisy), 7),
      week.map((value) => 1.5 * value),
      0.15,
    );
  });

  it('is moved by one odd day no more than by a usual one', () => {
    const noisy = (value: number, day: number) => value * (1 + 0.05 * Math.sin(5 * day));
    const calm = forecast(weeks(12, noisy));
    const odd = forecast(weeks(12, (value, day) => (day === 81 ? 0.01 : 1) * noisy(value, day)));
    near(odd, calm, 0.12);
  });

  it('says nothing before two seasons', () => {
    const candidate = smoothing('smooth', { period: 7, level: 0.3, season: 0.15 });
    assert.deepEqual(candidate.of(uncut(weeks(3))).fit([13, 14]), [undefined, []]);
  });

  it('gives finite amounts of zeros', () => {
    const said = forecast(new Float64Array(70));
    assert(said.every((value) => Number.isFinite(value)));
  });
});
