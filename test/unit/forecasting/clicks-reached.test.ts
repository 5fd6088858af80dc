import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clickLaw } from '../../../shared/forecasting/click-law.ts';
import { clicksReached } from '../../../shared/forecasting/clicks-reached.ts';

describe('the clicks that are reached', () => {
  it('is found whatever the guess, also where it lies between the last guess and the largest number', () => {
    for (const most of [1, 7, 5_000, 1e9, 3e11, 2 ** 52, Number.MAX_SAFE_INTEGER - 1]) {
      const law = (clicks: number) => (clicks <= most ? 0.9 : 0.1);
      for (const guess of [0, 1, 4_000, 1e9, 1e12, Infinity]) assert.equal(clicksReached(law, 0.5, guess), most);
    }
  });

  it('are the most with at least the probability', () => {
    const positive = (max: number) => fc.double({ min: 0.01, max, noNaN: true });
    fc.assert(
      fc.property(
        positive(1e6),
        positive(1),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (median, sigma, wanted) => {
          const law = clickLaw([{ weight: 1, median, sigma }], { alpha: 20, beta: 300 });
          const clicks = clicksReached(law, wanted);
          assert(Number.isSafeInteger(clicks) && clicks >= 0);
          assert(law(clicks) >= wanted && law(clicks + 1) < wanted, `${clicks} clicks`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are none where nothing comes, and end at the largest whole number', () => {
    assert.equal(
      clicksReached((clicks) => (clicks === 0 ? 1 : 0), 0.5),
      0,
    );
    assert.equal(
      clicksReached(() => 1, 0.5),
      Number.MAX_SAFE_INTEGER,
    );
    assert.equal(
      clicksReached((clicks) => (clicks <= 8 ? 1 : 0), 0.5),
      8,
    );
    assert.equal(
      clicksReached((clicks) => (clicks <= 1 ? 1 : 0), 0.5),
      1,
    );
  });

  for (const probability of [0, 1, -0.1, 1.5, NaN]) {
    it(`refuse a probability of ${probability}`, () => {
      const message = new RegExp(`between 0 and 1, not ${probability}`);
      assert.throws(() => clicksReached(() => 1, probability), { code: 'INVALID_QUOTE', message });
    });
  }
});
