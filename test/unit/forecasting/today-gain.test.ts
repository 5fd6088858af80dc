import assert from 'node:assert/strict';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { fitSeries } from '../../../shared/forecasting/series-fit.ts';
import { fitTodayGain, todayFactor } from '../../../shared/forecasting/today-gain.ts';

/** Ten weeks from a midnight: days good or bad as a whole by `day`, hours each by `hour`. */
const market = (day: number, hour: number) => {
  const random = createRandom(2, 'today-gain', day, hour);
  const values = new Float64Array(70 * 24);
  for (let of = 0; of < 70; of++) {
    const mood = day * drawNormal(random);
    for (let at = 0; at < 24; at++) {
      const rhythm = 0.8 * Math.sin((at * Math.PI) / 12);
      values[of * 24 + at] = 1000 * Math.exp(rhythm + mood + hour * drawNormal(random));
    }
  }
  return values;
};
const fitted = (values: Float64Array) => {
  const model = fitSeries(values, { season: 24, horizon: 48 });
  return { model, gain: fitTodayGain(model, 0, values) };
};

describe("what today's hours say of the rest of it", () => {
  const moody = market(0.2, 0.1);

  it('is much where days are good or bad as a whole, and little where each hour is by itself', () => {
    const [much, little] = [fitted(moody).gain, fitted(market(0.001, 0.3)).gain];
    assert(much >= 0.3 && little <= 0.25 && much > little, `${much}, ${little}`);
  });

  it('moves the rest of a day the way its first hours went', () => {
    const { model, gain } = fitted(moody);
    const until = (factor: number) =>
      moody.slice(0, 69 * 24 + 10).map((value, hour) => (hour >= 69 * 24 ? factor : 1) * value);
    assert(todayFactor(model, gain, 0, until(1.5)) > todayFactor(model, gain, 0, until(1)));
    assert(todayFactor(model, gain, 0, until(0.6)) < todayFactor(model, gain, 0, until(1)));
  });

  it('takes no surprise for more than twice or half', () => {
    const wild = market(0.5, 0.5);
    const { model } = fitted(wild);
    for (const factor of [0.1, 0.3, 4, 6]) {
      const values = wild.slice(0, 69 * 24 + 10).map((value, hour) => (hour >= 69 * 24 ? factor : 1) * value);
      const moved = todayFactor(model, 1, 0, values);
      assert(moved <= 2.001 && moved >= 0.499, String(moved));
    }
  });

  it('moves nothing at midnight, without a gain, or without a day before', () => {
    const { model, gain } = fitted(moody);
    assert.equal(todayFactor(model, gain, 0, moody), 1);
    assert.equal(todayFactor(model, 0, 0, moody.slice(0, -5)), 1);
    assert.equal(todayFactor(model, gain, 0, moody.slice(0, 9)), 1);
  });

  it('is none of a history that is too short, or empty of traffic', () => {
    assert.equal(fitTodayGain(fitted(moody).model, 0, moody.slice(0, 30)), 0);
    const nothing = new Float64Array(600);
    assert.equal(fitted(nothing).gain, 0);
    assert.equal(todayFactor(fitted(nothing).model, 1, 3, nothing), 1);
  });
});
