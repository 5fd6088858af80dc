import assert from 'node:assert/strict';
import { candidatesOf } from '../../../shared/forecasting/series-candidates.ts';
import { historyOf, offsetOf, unitOf } from '../../../shared/forecasting/series-history.ts';
import { normalDraws } from '../../../shared/forecasting/normal-draws.ts';

function forecastOf(name: string, values: Float64Array, season: number, steps: number): Float64Array | undefined {
  const unit = unitOf(values);
  const candidate = candidatesOf(season).find((one) => one.name === name);
  assert(candidate, name);
  const own = candidate.of(historyOf(values, season, unit, offsetOf(values, unit)));
  const [coefficients] = own.fit([values.length]);
  if (!coefficients) return undefined;
  const out = new Float64Array(steps);
  own.forecast(coefficients, values.length, out);
  return out.map((value) => value * unit);
}

const weekly = (hour: number) => 10 + (hour % 24) + (Math.floor(hour / 24) % 7 === 6 ? 30 : 0);

describe('The candidates of a series', () => {
  it('forecast a week that repeats: all that know weeks', () => {
    const values = Float64Array.from({ length: 5 * 168 }, (_, hour) => weekly(hour));
    for (const name of ['log-core', 'raw-core', 'log-week', 'profile-week', 'profile-week-level', 'naive-week']) {
      const said = forecastOf(name, values, 24, 200) as Float64Array;
      said.forEach((value, step) => {
        const truth = weekly(5 * 168 + step);
        assert(Math.abs(value / truth - 1) < 0.03, `${name}, step ${step}: ${value} for ${truth}`);
      });
    }
  });

  it('forecast a line by their differences', () => {
    const draw = normalDraws(3);
    const values = Float64Array.from({ length: 400 }, (_, step) => 1000 + 5 * step + 0.01 * draw());
    const said = forecastOf('raw-steps', values, 24, 24) as Float64Array;
    said.forEach((value, step) => assert(Math.abs(value - (1000 + 5 * (400 + step))) < 2, `step ${step}: ${value}`));
  });

  it('have a middle that one odd season does not move, a naive that repeats it', () => {
    const values = Float64Array.from({ length: 7 * 6 }, (_, day) => (day >= 35 ? 900 : 10 + (day % 7)));
    const middle = forecastOf('naive-season', values, 7, 8) as Float64Array;
    middle.forEach((value) => assert(Math.abs(value - 900) < 1e-9, String(value)));
    const weeks = Float64Array.from({ length: 6 * 168 }, (_, hour) => (hour >= 5 * 168 ? 500 : weekly(hour)));
    const profile = forecastOf('profile-week', weeks, 24, 10) as Float64Array;
    profile.forEach((value, hour) => assert(Math.abs(value - weekly(hour)) < 1e-6, `hour ${hour}: ${value}`));
  });

  it('find the past days most like the last one, and what came after them', () => {
    // Days of two shapes that follow each other: up, up, down, down.
    const values = Float64Array.from({ length: 24 * 40 }, (_, hour) => {
      const isUp = Math.floor(hour / 24) % 4 < 2;
      const before = Math.floor(hour / 24) % 2;
      return 100 + 10 * before + (isUp ? hour % 24 : 23 - (hour % 24));
    });
    const said = forecastOf('neighbours', values, 24, 72) as Float64Array;
    said.forEach((value, step) => {
      const truth = values[step] as number;
      assert(Math.abs(value / truth - 1) < 0.01, `step ${step}: ${value} for ${truth}`);
    });
  });

  it('carry half of a new level over, as a factor', () => {
    const values = Float64Array.from({ length: 24 * 20 }, (_, hour) => (hour < 24 * 19 ? 1 : 2) * (10 + (hour % 24)));
    const said = forecastOf('neighbours', values, 24, 24) as Float64Array;
    said.forEach((value, hour) => {
      assert(Math.abs(value / (Math.SQRT2 * (10 + hour)) - 1) < 1e-6, `hour ${hour}: ${value}`);
    });
  });

  it('are none of those that the history is too short for', () => {
    const short = Float64Array.of(3, 4, 5);
    for (const { name } of candidatesOf(24)) {
      assert.equal(forecastOf(name, short, 24, 2) !== undefined, name === 'naive-last', name);
    }
    assert.deepEqual([...(forecastOf('naive-last', short, 24, 2) as Float64Array)].map(Math.round), [5, 5]);
  });

  it('have each a name of its own, the last of them in need of one value', () => {
    for (const season of [1, 2, 7, 12, 24, 168]) {
      const all = candidatesOf(season);
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
      assert.equal(all.at(-1)?.needs, 1, `season ${season}`);
    }
  });
});
