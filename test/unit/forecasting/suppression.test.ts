import assert from 'node:assert/strict';
import fc from 'fast-check';
import { reach } from '../../../shared/forecasting/reach.ts';
import { frequencies } from '../../../shared/forecasting/frequency.ts';
import { withoutReached, withoutStreamers } from '../../../shared/forecasting/suppression.ts';

/** Doubles alone are nearly all tiny. */
const probability = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((parts) => parts / 1000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

const supply = { slots: [0, 1, 4, 20], listeners: [10, 100, 80, 60] };
const total = (amounts: ArrayLike<number>) => Array.from(amounts).reduce((sum, amount) => sum + amount, 0);

describe('listeners who were not reached yet', () => {
  it('are all but the reach, and come less often', () => {
    const left = withoutReached(supply, 0.2);
    assert(Math.abs(total(left.listeners) - (250 - reach(supply, 0.2))) < 1e-9);
    assert.deepEqual(Array.from(left.listeners).slice(0, 2), [10, 80]);
    assert((left.listeners[3] as number) < 1);
  });

  it('are all but those with as many exposures as they may have', () => {
    const table = frequencies(supply, 0.2, Infinity);
    const left = withoutReached(supply, 0.2, 3);
    assert(Math.abs(total(left.listeners) - (250 - total(table.slice(2)))) < 1e-9);
  });

  it('are reached by a second campaign as if both had been one', () => {
    fc.assert(
      fc.property(probability, probability, (one, other) => {
        const both = reach(supply, one) + reach(withoutReached(supply, one), other);
        assert(Math.abs(both - reach(supply, 1 - (1 - one) * (1 - other))) < 1e-9);
      }),
    );
  });

  it('are nobody under a cap of nothing, and everybody without a cap or an offer', () => {
    assert.deepEqual(withoutReached(supply, 0.2, 0).listeners, [0, 0, 0, 0]);
    assert.deepEqual(withoutReached(supply, 0.2, Infinity).listeners, supply.listeners);
    assert.deepEqual(withoutReached(supply, 0).listeners, supply.listeners);
    assert.deepEqual(withoutReached({ slots: [], listeners: [] }, 0.5).listeners, []);
  });

  it('are none of a rate, a cap or a histogram that is none', () => {
    const code = 'INVALID_HISTOGRAM';
    assert.throws(() => withoutReached(supply, 1.5), { code, message: /not 1.5/ });
    assert.throws(() => withoutReached(supply, 0.5, -1), { code, message: /not -1/ });
    assert.throws(() => withoutReached({ slots: [1], listeners: [-1] }, 0.5), { code, message: /has -1/ });
  });
});

describe('listeners who do not stream the release yet', () => {
  it('become fewer day by day, however often they come', () => {
    const left = withoutStreamers(supply, { hazard: 0.1, days: 2 });
    assert(Math.abs(total(left.listeners) - 250 * 0.81) < 1e-9);
    assert.deepEqual(withoutStreamers(supply, { hazard: 0.1, days: 0 }).listeners, supply.listeners);
    assert.deepEqual(withoutStreamers(supply, { hazard: 1, days: 1 }).listeners, [0, 0, 0, 0]);
  });

  it('are none of a hazard or of days that are none', () => {
    const code = 'INVALID_HISTOGRAM';
    for (const hazard of [-0.1, 1.1, NaN])
      assert.throws(() => withoutStreamers(supply, { hazard, days: 1 }), { code, message: /hazard/ });
    for (const days of [-1, NaN, Infinity])
      assert.throws(() => withoutStreamers(supply, { hazard: 0.1, days }), { code, message: /days/ });
  });
});
