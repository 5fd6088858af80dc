import assert from 'node:assert/strict';
import { historyOf } from '../../../shared/forecasting/series-history.ts';
import { PARTS, partOf } from '../../../shared/forecasting/series-mix.ts';
import { weightsOf } from '../../../shared/forecasting/series-weights.ts';

const SEASON = 2;
const values = new Float64Array(60).fill(1);
const history = historyOf(values, SEASON, 1, 0);
const origins = [10, 20, 30];

/** A candidate that says the same from every origin, `steps` ahead. */
function always(said: number, steps = 20, from = 0) {
  const forecasts = origins.map((_origin, index) => (index < from ? undefined : new Float64Array(steps).fill(said)));
  return { name: String(said), coefficients: [], forecasts };
}

describe('Weights of candidates', () => {
  it('add up to 1 in each part, more for who errs less, alike for who errs alike', () => {
    const weights = weightsOf(history, { origins, horizon: 20, candidates: [always(1.1), always(2), always(1.1)] });
    for (let part = 0; part < PARTS; part++) {
      const own = weights.map((row) => row[part] as number) as [number, number, number];
      assert(Math.abs(own[0] + own[1] + own[2] - 1) < 1e-12);
      assert.equal(own[0], own[2]);
      assert(own[1] < own[0] / 10, own.join());
    }
  });

  it('carry on what was found nearer by where nothing was tried', () => {
    const weights = weightsOf(history, { origins, horizon: 2, candidates: [always(1.1, 2), always(1.5, 2)] });
    for (const row of weights)
      for (const weight of row) assert(Math.abs(weight - (row[0] as number)) < 0.05, row.join());
  });

  it('give no one the advantage of not having been tried', () => {
    const untried = { ...always(1), forecasts: origins.map(() => undefined) };
    const weights = weightsOf(history, { origins, horizon: 20, candidates: [untried, always(1.1), always(1.1)] });
    for (let part = 0; part < PARTS; part++) {
      assert((weights[0]?.[part] as number) < 0.5, `part ${part}: ${weights[0]?.[part]}`);
    }
  });

  it('are shared evenly when there was no origin at all', () => {
    const candidates = [always(1), always(5)].map((one) => ({ ...one, forecasts: [] }));
    for (const row of weightsOf(history, { origins: [], horizon: 1, candidates })) {
      for (const weight of row) assert.equal(weight, 0.5);
    }
  });

  it('belong to parts of the horizon: a season, two, a week of seasons, and what is beyond', () => {
    const parts = [0, 23, 24, 47, 48, 167, 168, 5000].map((step) => partOf(step, 24));
    assert.deepEqual(parts, [0, 0, 1, 1, 2, 2, 3, 3]);
  });
});
