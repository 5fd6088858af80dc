import assert from 'node:assert/strict';
import { reach } from '../../../shared/forecasting/reach.ts';
import { uniques } from '../../../shared/forecasting/visit-histogram.ts';
import { histogramOfWindow } from '../../../shared/forecasting/window-histogram.ts';
import { listenerCurve, valueAt } from '../../../shared/forecasting/listener-curve.ts';
import { listenerModel } from '../../../shared/forecasting/listener-model.ts';
import { histogram, uniforms } from '../../support/quote-worlds.ts';

const model = listenerModel(histogram);
assert(model);
const [NONE, DAY, FLIGHT] = [
  { perDay: Infinity, perFlight: Infinity },
  { perDay: 1, perFlight: Infinity },
  { perDay: Infinity, perFlight: 1 },
];

/** Everybody's visits of a flight, each served with a chance until a cap stops it. */
function played(days: number, rate: number, { perDay, perFlight }: { perDay: number; perFlight: number }) {
  assert(model);
  const next = uniforms(11);
  let [shown, reached] = [0, 0];
  model.listeners.forEach((listeners, kind) => {
    for (let one = 0; one < Math.round(listeners); one++) {
      let own = 0;
      for (let day = 0; day < days; day++) {
        if (next() >= (model.daily[kind] as number)) continue;
        let visits = 1;
        // A negative binomial number: Poisson with a Gamma mean, by its masses.
        const [mean, shape] = [model.further[kind] as number, model.shape];
        let mass = (1 + mean / shape) ** -shape;
        for (let left = next() - mass; left > 0 && visits < 1000; visits++) {
          mass *= ((shape + visits - 1) / visits) * (mean / (shape + mean));
          left -= mass;
        }
        let today = 0;
        for (let visit = 0; visit < visits && today < perDay && own < perFlight; visit++) {
          if (next() >= rate) continue;
          today++;
          own++;
        }
      }
      shown += own;
      if (own > 0) reached++;
    }
  });
  return { shown, reached };
}

/** Four deviations of a played count, and a fiftieth. */
function near(count: number): number {
  return 0.02 * count + 4 * Math.sqrt(count);
}

describe('the listeners of a flight', () => {
  it('are those of the histogram of its days, within a twentieth, at any offer rate', () => {
    for (const days of [1, 3, 7, 10, 14, 28]) {
      const exact = histogramOfWindow(histogram, days);
      const visits = exact.visits.reduce((sum, count, bin) => sum + count * (exact.visitListeners[bin] as number), 0);
      const curve = listenerCurve(model, days, NONE);
      assert(Math.abs(curve.visits - visits) < 0.05 * visits, `${days}: ${curve.visits} of ${visits}`);
      for (const rate of [0.01, 0.1, 0.4, 1]) {
        const people = reach({ slots: exact.visits, listeners: exact.visitListeners }, rate);
        const found = valueAt(curve.reach, rate);
        assert(Math.abs(found - people) < 0.05 * people, `${days} at ${rate}: ${found} of ${people}`);
      }
      assert(Math.abs(valueAt(curve.reach, 1) - uniques(exact)) < 0.05 * uniques(exact));
    }
  });

  it('see as much under their caps as when every visit is played', () => {
    for (const caps of [
      NONE,
      DAY,
      FLIGHT,
      { perDay: 2, perFlight: Infinity },
      { perDay: Infinity, perFlight: 3 },
      { perDay: 1, perFlight: 2 },
    ]) {
      for (const rate of [0.05, 0.3, 1]) {
        const { shown, reached } = played(7, rate, caps);
        const curve = listenerCurve(model, 7, caps);
        const about = JSON.stringify({ ...caps, rate });
        const exposures = valueAt(curve.exposures, rate);
        assert(Math.abs(exposures - shown) < near(shown), `${about}: ${exposures} for ${shown}`);
        if (caps === NONE) assert(Math.abs(valueAt(curve.reach, rate) - reached) < near(reached), about);
      }
    }
  });

  it('are fewer exposures for a cap of one a day than there are visits, even where all is free', () => {
    const [free, capped] = [listenerCurve(model, 7, NONE), listenerCurve(model, 7, DAY)];
    assert(valueAt(capped.exposures, 1) < 0.85 * free.visits);
    for (const rate of [0.1, 0.5, 0.9])
      assert(valueAt(capped.exposures, rate) < Math.min(valueAt(free.exposures, rate), valueAt(capped.exposures, 1)));
  });

  it('are nobody where nobody came', () => {
    const nobody = { windowDays: 3, visits: [1], visitListeners: [0], activeDayListeners: [0, 0, 0] };
    assert.equal(listenerModel(nobody), undefined);
    assert.equal(valueAt(listenerCurve(model, 7, NONE).reach, 0), 0);
  });
});
