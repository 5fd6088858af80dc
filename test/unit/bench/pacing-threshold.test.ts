import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RATIO_STEPS, ratioStep, solveThreshold } from '../../bench/pacing-threshold.ts';

type Offer = [value: number, price: number];

function costOf(offers: readonly Offer[]): Float64Array {
  const cost = new Float64Array(RATIO_STEPS);
  for (const [value, price] of offers) {
    const step = ratioStep(value, price);
    if (step >= 0) cost[step] = (cost[step] as number) + price;
  }
  return cost;
}

/** By sorting: the ratio of the last that the money reaches. */
function sortedThreshold(offers: readonly Offer[], money: number): number {
  let left = money;
  for (const [value, price] of [...offers].sort((a, b) => b[0] / b[1] - a[0] / a[1])) {
    if (price >= left) return value / price;
    left -= price;
  }
  return 0;
}

describe('the threshold of value for money', () => {
  it('is where what is worth more costs just the money, to within a step', () => {
    const amount = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(amount, amount), { minLength: 1 }),
        fc.double({ min: 0.001, max: 0.99, noNaN: true }),
        (offers, share) => {
          const money = share * offers.reduce((sum, [, price]) => sum + price, 0);
          const [found, exact] = [solveThreshold(costOf(offers), money), sortedThreshold(offers, money)];
          assert(Math.abs(Math.log2(found / exact)) <= 1.0001 / 32, `${found} beside ${exact}`);
        },
      ),
    );
  });

  it('is nothing where there is money for all, and beyond everything without money', () => {
    const cost = costOf([[2, 1]]);
    assert.equal(solveThreshold(cost, 2), 0);
    assert.equal(solveThreshold(costOf([]), 1), 0);
    for (const money of [0, -1, NaN]) assert.equal(solveThreshold(cost, money), Infinity);
  });

  it('falls as money grows', () => {
    const cost = costOf([
      [1, 1],
      [2, 1],
      [4, 1],
    ]);
    let last = Infinity;
    for (let money = 0; money < 3.5; money += 0.01) {
      const threshold = solveThreshold(cost, money);
      assert(threshold <= last);
      last = threshold;
    }
    assert.equal(last, 0);
  });

  it('has no step for what is free, and the outermost for ratios beyond all others', () => {
    assert.equal(ratioStep(1, 0), -1);
    assert.equal(ratioStep(0, 1), 0);
    assert.equal(ratioStep(1e300, 1e-9), RATIO_STEPS - 1);
    assert.equal(ratioStep(2, 1) - ratioStep(1, 1), 32);
  });
});
