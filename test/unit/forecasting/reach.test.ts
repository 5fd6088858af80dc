import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import {
  cappedSupply,
  impressions,
  offerRateForImpressions,
  offerRateForReach,
  reach,
} from '../../../shared/forecasting/reach.ts';
import type { Slots } from '../../../shared/forecasting/slots.ts';

/** Doubles alone are nearly all tiny. */
const probability = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((parts) => parts / 1000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual}, ${expected}`);

const supplies = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.double({ min: 0, max: 1e4, noNaN: true })), {
    selector: ([slots]) => slots,
    maxLength: 12,
  })
  .map((bins): Slots => {
    const sorted = bins.sort(([one], [other]) => one - other);
    return { slots: sorted.map(([slots]) => slots), listeners: sorted.map(([, people]) => people) };
  });
const rates = probability;
const caps = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Infinity));

describe('reach', () => {
  it('is who is taken at least once, and impressions are all that are shown under the cap', () => {
    const supply = { slots: [1, 2, 3], listeners: [10, 20, 30] };
    near(reach(supply, 0.5), 5 + 15 + 26.25);
    near(impressions(supply, 0.5, 1), 46.25);
    // Of two slots: 1 x 1/2 + 2 x 1/4; of three: 1 x 3/8 + 2 x (3/8 + 1/8).
    near(impressions(supply, 0.5, 2), 5 + 20 * 1 + 30 * 1.375);
    near(impressions(supply, 0.5, Infinity), 5 + 20 + 45);
  });

  it('is nobody without slots, without offers, and under a cap of nothing', () => {
    assert.equal(reach({ slots: [], listeners: [] }, 0.5), 0);
    assert.equal(reach({ slots: [0], listeners: [9] }, 1), 0);
    assert.equal(reach({ slots: [5], listeners: [9] }, 0), 0);
    assert.equal(impressions({ slots: [5], listeners: [9] }, 1, 0), 0);
    assert.equal(cappedSupply({ slots: [5], listeners: [9] }, 0), 0);
  });

  it('is everybody who has a slot when all are taken', () => {
    const supply = { slots: [0, 1, 4, 1e6], listeners: [7, 1, 2, 3] };
    assert.equal(reach(supply, 1), 6);
    assert.equal(cappedSupply(supply, 1), 6);
    assert.equal(cappedSupply(supply, 3), 1 + 6 + 9);
    assert.equal(cappedSupply(supply, Infinity), 1 + 8 + 3e6);
  });

  it('equals what happens to listeners one by one', () => {
    const random = createRandom(1, 'reach');
    const supply = { slots: [1, 3, 8, 20], listeners: [4000, 3000, 2000, 1000] };
    for (const rate of [0.05, 0.3, 0.8]) {
      let [reached, shown] = [0, 0];
      for (let round = 0; round < 20; round++) {
        supply.slots.forEach((slots, bin) => {
          for (let listener = 0; listener < (supply.listeners[bin] as number); listener++) {
            let exposures = 0;
            for (let slot = 0; slot < slots && exposures < 3; slot++) exposures += Number(random() < rate);
            reached += Number(exposures > 0);
            shown += exposures;
          }
        });
      }
      near(reach(supply, rate), reached / 20, 0.005);
      near(impressions(supply, rate, 3), shown / 20, 0.005);
    }
  });

  it('rises with the rate, and so do impressions, and slower and slower', () => {
    fc.assert(
      fc.property(supplies, rates, rates, caps, (supply, one, other, cap) => {
        const middle = (one + other) / 2;
        for (const value of [(rate: number) => reach(supply, rate), (rate: number) => impressions(supply, rate, cap)]) {
          const [low, high] = [value(Math.min(one, other)), value(Math.max(one, other))];
          const slack = 1e-9 * (1 + high);
          assert(high >= low - slack);
          assert(value(middle) >= (low + high) / 2 - slack);
        }
      }),
    );
  });

  it('is impressions under a cap of 1, which a wider cap only adds to, up to all that is offered', () => {
    fc.assert(
      fc.property(supplies, rates, fc.integer({ min: 1, max: 12 }), (supply, rate, cap) => {
        near(impressions(supply, rate, 1), reach(supply, rate));
        const [tight, wide] = [impressions(supply, rate, cap), impressions(supply, rate, cap + 1)];
        assert(tight <= wide * (1 + 1e-12) && wide <= impressions(supply, rate, Infinity) * (1 + 1e-12));
      }),
    );
  });

  it('is found again from the rate that it takes', () => {
    fc.assert(
      fc.property(
        supplies,
        fc.double({ min: 1e-9, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (supply, part, cap) => {
          const all = reach(supply, 1);
          fc.pre(all > 1e-9);
          near(reach(supply, offerRateForReach(supply, part * all)) / all, part, 1e-9);
          const most = cappedSupply(supply, cap);
          near(impressions(supply, offerRateForImpressions(supply, part * most, cap), cap) / most, part, 1e-9);
        },
      ),
    );
  });

  it('takes every slot for more than there is, and none for nothing', () => {
    const supply = { slots: [2], listeners: [10] };
    assert.equal(offerRateForReach(supply, 11), 1);
    assert.equal(offerRateForReach(supply, Infinity), 1);
    assert.equal(offerRateForReach(supply, 0), 0);
    assert.equal(offerRateForImpressions(supply, 10, 0), 1);
    assert.equal(offerRateForReach({ slots: [], listeners: [] }, 1), 1);
  });

  it('is a number for listeners with a million slots, for one listener, and for rates that hardly are', () => {
    const supply = { slots: [1, 1e6], listeners: [1, 1] };
    near(reach(supply, 1e-6), 1e-6 + 1 - Math.exp(-1), 1e-6);
    near(impressions(supply, 1e-300, 5), 1e-300 * (1 + 1e6), 1e-300);
    near(offerRateForReach(supply, 1e-300) * 1e306, 1, 1e-3);
    near(impressions(supply, 0.5, 500_000), 500_000.5 - Math.sqrt(250_000 / (2 * Math.PI)), 1e-6);
  });

  const refused: { name: string; run: () => number; message: RegExp }[] = [
    { name: 'a rate above 1', run: () => reach({ slots: [1], listeners: [1] }, 1.1), message: /not 1.1/ },
    { name: 'a negative rate', run: () => impressions({ slots: [1], listeners: [1] }, -0.1, 1), message: /not -0.1/ },
    { name: 'a cap of half', run: () => cappedSupply({ slots: [1], listeners: [1] }, 0.5), message: /not 0.5/ },
    { name: 'negative listeners', run: () => reach({ slots: [1], listeners: [-1] }, 0.5), message: /has -1 listeners/ },
    {
      name: 'a reach that is no number',
      run: () => offerRateForReach({ slots: [1], listeners: [1] }, NaN),
      message: /not NaN/,
    },
    {
      name: 'negative impressions',
      run: () => offerRateForImpressions({ slots: [1], listeners: [1] }, -1, 1),
      message: /not -1/,
    },
  ];
  for (const { name, run, message } of refused) {
    it(`refuses ${name}`, () => assert.throws(run, { code: 'INVALID_HISTOGRAM', message }));
  }
});
