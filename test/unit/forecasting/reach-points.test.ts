import assert from 'node:assert/strict';
import fc from 'fast-check';
import { budgetForReach, reachByBudget, reachPoints } from '../../../shared/forecasting/reach-points.ts';
import { assertCurve, responseAt } from '../../../shared/planning/response-curve.ts';

const days = { slots: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], listeners: [900, 700, 500, 400, 300, 250, 200, 200, 150, 100] };
const visits = {
  slots: [1, 2, 3, 5, 8, 13, 21, 34, 55, 89],
  listeners: [9000, 4000, 2500, 1500, 900, 500, 300, 150, 90, 40],
};
const code = 'INVALID_HISTOGRAM';

describe('reach for money', () => {
  it('is what the money buys of impressions', () => {
    const offer = { supply: { slots: [2], listeners: [100] }, costPerOpportunityMicros: 10, cap: Infinity };
    const bought = reachByBudget(offer, 1000);
    assert(Math.abs(bought.offerRate - 0.5) < 1e-12);
    assert(Math.abs(bought.reach - 75) < 1e-9);
    assert(Math.abs(bought.impressions - 100) < 1e-9);
    assert(Math.abs(bought.spentMicros - 1000) < 1e-9);
    assert.deepEqual(reachByBudget(offer, 1e9), { reach: 100, impressions: 200, offerRate: 1, spentMicros: 2000 });
    assert.deepEqual(reachByBudget(offer, 0), { reach: 0, impressions: 0, offerRate: 0, spentMicros: 0 });
  });

  it('is everybody where nothing costs, and nobody under a cap of nothing', () => {
    const free = { supply: days, costPerOpportunityMicros: 0, cap: 3 };
    assert.equal(reachByBudget(free, 0).reach, 3700);
    assert.equal(reachByBudget({ ...free, cap: 0 }, 100).reach, 0);
    assert.deepEqual(reachPoints(free), { micros: [0], reach: [3700] });
  });

  it('is found again from the reach', () => {
    for (const cap of [1, 2, 5, Infinity]) {
      const offer = { supply: visits, costPerOpportunityMicros: 12_345, cap };
      for (const listeners of [1, 1000, 9000, 18_000]) {
        const budget = budgetForReach(offer, listeners);
        assert(Math.abs(reachByBudget(offer, budget).reach - listeners) < 1e-3, `${cap} ${listeners}`);
        assert(reachByBudget(offer, budget).reach >= listeners * (1 - 1e-9));
      }
      assert.equal(budgetForReach(offer, 0), 0);
      assert.equal(budgetForReach(offer, 1e9), Infinity);
    }
    assert.equal(budgetForReach({ supply: visits, costPerOpportunityMicros: 1, cap: 0 }, 5), Infinity);
    assert.equal(budgetForReach({ supply: visits, costPerOpportunityMicros: 0, cap: 1 }, 5), 0);
  });
});

describe('points of reach', () => {
  for (const [name, supply] of Object.entries({ days, visits })) {
    it(`follow the curve of ${name} within a thousandth, under any cap`, () => {
      for (const cap of [1, 2, 5, Infinity]) {
        const offer = { supply, costPerOpportunityMicros: 700, cap };
        const { micros, reach: response } = reachPoints(offer);
        assert(micros.length <= 33 && micros[0] === 0 && response[0] === 0);
        const [end, highest] = [micros.at(-1) as number, response.at(-1) as number];
        for (let step = 0; step <= 200; step++) {
          const budget = end * 10 ** (-4 * (1 - step / 200));
          const error = responseAt({ micros, response }, budget) - reachByBudget(offer, budget).reach;
          // Under a cap the true curve has a hollow, above which the line is drawn.
          const above = cap === 1 || cap === Infinity ? 1e-9 : 5e-3;
          assert(error > -1e-3 * highest && error < above * highest, `${cap} ${budget}: ${error / highest}`);
        }
      }
    });
  }

  it('are a curve that planning splits by: whole micros, rising, concave', () => {
    const bin = fc.tuple(
      fc.integer({ min: 0, max: 1e6 }),
      fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e9, noNaN: true })),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(bin, { selector: ([slots]) => slots, maxLength: 24 }),
        fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e15, noNaN: true })),
        fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Infinity)),
        (bins, costPerOpportunityMicros, cap) => {
          const sorted = bins.sort(([one], [other]) => one - other);
          const supply = { slots: sorted.map(([slots]) => slots), listeners: sorted.map(([, people]) => people) };
          const { micros, reach: response } = reachPoints({ supply, costPerOpportunityMicros, cap });
          assertCurve({ micros, response }, 'the curve');
          assert(micros.length <= 33);
          let before = Infinity;
          for (let point = 1; point < micros.length; point++) {
            const width = (micros[point] as number) - (micros[point - 1] as number);
            const slope = ((response[point] as number) - (response[point - 1] as number)) / width;
            assert(slope > 0 && slope < before);
            before = slope;
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are one of nothing for nobody', () => {
    const nothing = { micros: [0], reach: [0] };
    assert.deepEqual(
      reachPoints({ supply: { slots: [], listeners: [] }, costPerOpportunityMicros: 5, cap: 1 }),
      nothing,
    );
    assert.deepEqual(
      reachPoints({ supply: { slots: [0], listeners: [9] }, costPerOpportunityMicros: 5, cap: 1 }),
      nothing,
    );
    assert.deepEqual(reachPoints({ supply: days, costPerOpportunityMicros: 5, cap: 0 }), nothing);
  });

  it('are refused for costs, budgets and caps that are none', () => {
    const offer = { supply: days, costPerOpportunityMicros: 5, cap: 1 };
    for (const cost of [-1, NaN, Infinity]) {
      assert.throws(() => reachPoints({ ...offer, costPerOpportunityMicros: cost }), {
        code,
        message: /the cost of an opportunity/,
      });
    }
    for (const budget of [-1, NaN])
      assert.throws(() => reachByBudget(offer, budget), { code, message: /a budget must be/ });
    for (const cap of [-1, 0.5, NaN])
      assert.throws(() => reachPoints({ ...offer, cap }), { code, message: /a cap must be/ });
    assert.throws(() => budgetForReach(offer, NaN), { code, message: /not NaN/ });
    assert.throws(() => reachPoints({ ...offer, supply: { slots: [1], listeners: [-1] } }), {
      code,
      message: /has -1 listeners/,
    });
  });
});
