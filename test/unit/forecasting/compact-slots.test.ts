import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compactSlots } from '../../../shared/forecasting/compact-slots.ts';
import { impressions, reach } from '../../../shared/forecasting/reach.ts';
import type { Slots } from '../../../shared/forecasting/slots.ts';

/** Bins of 1 to `most` slots. */
function bins(most: number, listenersOf: (slots: number) => number): Slots {
  const slots = Array.from({ length: most }, (_, index) => index + 1);
  return { slots, listeners: slots.map(listenersOf) };
}

/** The law of a Poisson number of slots, by its recurrence. */
function poisson(mean: number, most: number): Slots {
  let mass = Math.exp(-mean);
  return bins(most, (slots) => (mass *= mean / slots));
}

const shapes: Record<string, Slots> = {
  'falling with the square': bins(400, (slots) => 1e6 / slots ** 2.14),
  'falling slowly': bins(400, (slots) => 1e3 / slots ** 0.5),
  'all alike': bins(60, () => 1),
  geometric: bins(300, (slots) => 0.95 ** slots),
  'around 12': poisson(12, 100),
  'around 30': poisson(30, 100),
  'two lumps': bins(400, (slots) => (slots < 5 || slots > 390 ? 10 : 0)),
};
const rates = Array.from({ length: 61 }, (_, index) => 10 ** (-6 + index / 10));

describe('a histogram in few bins', () => {
  for (const [name, supply] of Object.entries(shapes)) {
    it(`has the same listeners and slots, and nearly the same reach, when they are ${name}`, () => {
      const compact = compactSlots(supply);
      assert(compact.slots.length <= 24);
      const everybody = reach(supply, 1);
      assert(Math.abs(reach(compact, 1) / everybody - 1) < 1e-12);
      assert(Math.abs(impressions(compact, 1, Infinity) / impressions(supply, 1, Infinity) - 1) < 1e-12);
      for (const rate of rates) {
        assert(Math.abs(reach(compact, rate) - reach(supply, rate)) < 1e-3 * everybody, `${rate}`);
        for (const cap of [2, 5]) {
          const exact = impressions(supply, rate, cap);
          assert(Math.abs(impressions(compact, rate, cap) / exact - 1) < 2e-3, `${rate}, ${cap}`);
        }
      }
    });
  }

  it('is itself when it has few already', () => {
    const supply = { slots: [0, 2, 9], listeners: [1, 0, 3] };
    assert.deepEqual(compactSlots(supply), supply);
    assert.deepEqual(compactSlots({ slots: [], listeners: [] }), { slots: [], listeners: [] });
  });

  it('keeps listeners and slots whatever it is, ascending and in whole slots', () => {
    const bin = fc.tuple(
      fc.integer({ min: 0, max: 1e6 }),
      fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e9, noNaN: true })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(bin, { selector: ([slots]) => slots, maxLength: 200 }), (unsorted) => {
        const sorted = unsorted.sort(([one], [other]) => one - other);
        const supply = { slots: sorted.map(([slots]) => slots), listeners: sorted.map(([, people]) => people) };
        const compact = compactSlots(supply);
        assert(compact.slots.length <= 24);
        assert(
          compact.slots.every((slots, index) => Number.isInteger(slots) && slots > (compact.slots[index - 1] ?? -1)),
        );
        assert(compact.listeners.every((people) => people >= 0));
        for (const cap of [Infinity]) {
          const [before, after] = [impressions(supply, 1, cap), impressions(compact, 1, cap)];
          assert(Math.abs(after - before) <= 1e-9 * before, `${before}, ${after}`);
        }
        const [before, after] = [reach(supply, 1), reach(compact, 1)];
        assert(Math.abs(after - before) <= 1e-9 * before, `${before}, ${after}`);
      }),
    );
  });

  it('refuses what is no histogram', () => {
    assert.throws(() => compactSlots({ slots: [2, 1], listeners: [1, 1] }), { code: 'INVALID_HISTOGRAM' });
  });
});
