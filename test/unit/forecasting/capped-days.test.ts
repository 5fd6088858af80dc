import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cappedDays } from '../../../shared/forecasting/capped-days.ts';

const near = (one: number, other: number) => Math.abs(one - other) <= 1e-6 * Math.max(1, other);

describe('Daily caps', () => {
  it('change nothing where there are none, and where supply is nothing', () => {
    for (const part of [
      { days: [5, 7], dailyCapMicros: Infinity },
      { days: [0], dailyCapMicros: 3 },
      { days: [], dailyCapMicros: 3 },
    ]) {
      const { spentOf, neededFor } = cappedDays([part]);
      assert.deepEqual([spentOf(10), neededFor(10)], [10, 10]);
    }
  });

  it('cut the best days, and leave the others as they are', () => {
    const { spentOf, neededFor } = cappedDays([{ days: [10, 30], dailyCapMicros: 20 }]);
    assert(near(spentOf(40), 30));
    assert(near(neededFor(30), 40));
    assert(near(spentOf(20), 20), 'no day is that good');
    assert(near(neededFor(35), 60), 'a half more on both days');
  });

  it('leave no more than all of them, whatever the supply', () => {
    const { spentOf, neededFor } = cappedDays([{ days: [10, 30], dailyCapMicros: 20 }]);
    assert(near(spentOf(1e9), 40));
    assert(near(neededFor(40), 80));
    assert.equal(neededFor(40.1), Infinity);
    assert.equal(neededFor(0), 0);
  });

  it('hold for the part that has them alone', () => {
    const { spentOf } = cappedDays([
      { days: [10], dailyCapMicros: 10 },
      { days: [10], dailyCapMicros: Infinity },
    ]);
    assert(near(spentOf(40), 30));
  });

  it('are undone by the supply that they take', () => {
    const micros = fc.double({ min: 0.01, max: 1e6, noNaN: true });
    const part = fc.record({ days: fc.array(micros, { minLength: 1, maxLength: 14 }), dailyCapMicros: micros });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), micros, (parts, potential) => {
        const { spentOf, neededFor } = cappedDays(parts);
        const spent = spentOf(potential);
        assert(spent <= potential);
        const needed = neededFor(spent * (1 - 1e-6));
        assert(needed <= potential * (1 + 1e-5), `${needed} for ${spent} of ${potential}`);
      }),
      { seed: 3 },
    );
  });
});
