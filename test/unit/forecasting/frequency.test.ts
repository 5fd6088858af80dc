import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binomialLogMass } from '../../../shared/forecasting/binomial-log-mass.ts';
import { frequencies } from '../../../shared/forecasting/frequency.ts';
import { impressions, reach } from '../../../shared/forecasting/reach.ts';

/** Doubles alone are nearly all tiny. */
const probability = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((parts) => parts / 1000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

const supply = { slots: [0, 1, 2, 5, 30, 1000], listeners: [50, 40, 30, 20, 10, 5] };
const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert(Math.abs(actual - expected) <= tolerance * Math.max(1, expected), `${actual}, ${expected}`);

describe('the frequency table', () => {
  it('has who is shown it exactly so often', () => {
    const table = frequencies({ slots: [2], listeners: [100] }, 0.3, Infinity);
    near(table[0] as number, 42);
    near(table[1] as number, 9);
    assert.deepEqual([...table.slice(2)], [0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('is the binomial law of each listener', () => {
    const table = frequencies({ slots: [30], listeners: [1] }, 0.2, Infinity);
    for (let count = 1; count < 10; count++)
      near(table[count - 1] as number, Math.exp(binomialLogMass(30, 0.2, count)));
  });

  it('gathers at the cap who would have had more', () => {
    const [free, capped] = [frequencies(supply, 0.3, Infinity), frequencies(supply, 0.3, 3)];
    assert.deepEqual([...capped.slice(0, 2)], [...free.slice(0, 2)]);
    near(
      capped[2] as number,
      free.slice(2).reduce((sum, people) => sum + people, 0),
    );
    assert.deepEqual([...capped.slice(3)], [0, 0, 0, 0, 0, 0, 0]);
  });

  it('adds up to the reach, and to the impressions where it ends at the cap', () => {
    const rates = probability;
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 10 }), (rate, cap) => {
        const table = frequencies(supply, rate, cap);
        near(
          table.reduce((sum, people) => sum + people, 0),
          reach(supply, rate),
        );
        near(
          table.reduce((sum, people, index) => sum + people * (index + 1), 0),
          impressions(supply, rate, cap),
        );
        assert(table.every((people) => people >= 0));
      }),
    );
  });

  it('has all slots of everybody when all are taken', () => {
    assert.deepEqual([...frequencies(supply, 1, Infinity)], [40, 30, 0, 0, 20, 0, 0, 0, 0, 15]);
  });

  it('is empty without offers, under a cap of nothing, and of nobody', () => {
    const none = Array<number>(10).fill(0);
    assert.deepEqual([...frequencies(supply, 0, 5)], none);
    assert.deepEqual([...frequencies(supply, 0.5, 0)], none);
    assert.deepEqual([...frequencies({ slots: [], listeners: [] }, 0.5, 5)], none);
  });

  it('refuses rates, caps and histograms that are none', () => {
    const code = 'INVALID_HISTOGRAM';
    assert.throws(() => frequencies(supply, 2, 1), { code, message: /not 2/ });
    assert.throws(() => frequencies(supply, 0.5, -1), { code, message: /not -1/ });
    assert.throws(() => frequencies({ slots: [1], listeners: [NaN] }, 0.5, 1), { code, message: /NaN listeners/ });
  });
});
