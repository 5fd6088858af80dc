import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { cutSpikes } from '../../../shared/forecasting/cut-spikes.ts';

const rhythm = (hours: number, noise = 0.1) => {
  const random = createRandom(5, 'cut-spikes');
  return Float64Array.from({ length: hours }, (_, hour) => {
    return 100 * Math.exp(0.8 * Math.sin((hour * Math.PI) / 12) + noise * drawNormal(random));
  });
};
const changed = (values: Float64Array, change: (value: number, hour: number) => number) => values.map(change);
const furthest = (one: Float64Array, other: Float64Array) =>
  one.reduce((most, value, hour) => Math.max(most, Math.abs(Math.log(value / (other[hour] as number)))), 0);

describe('cutting spikes', () => {
  const usual = rhythm(8 * 168);

  it('leaves a usual series as it is', () => {
    assert.deepEqual(cutSpikes(usual, 24), usual);
  });

  for (const [name, from, hours, factor] of [
    ['a spike of an hour', 1000, 1, 20],
    ['a huge one', 1000, 1, 1e9],
    ['one in the last hour', 1343, 1, 30],
    ['a day of five times', 1200, 24, 5],
    ['an outage of six hours', 1100, 6, 0],
  ] as const) {
    it(`takes ${name} for what is usual`, () => {
      const spiked = changed(usual, (value, hour) => (hour >= from && hour < from + hours ? factor * value : value));
      assert(furthest(cutSpikes(spiked, 24), usual) < 0.5);
    });
  }

  it('keeps a new level from its second day on', () => {
    const grown = changed(usual, (value, hour) => (hour >= 1344 - 48 ? 4 * value : value));
    assert(furthest(cutSpikes(grown, 24).subarray(1344 - 24), grown.subarray(1344 - 24)) < 1e-9);
  });

  it('keeps a clock that was changed', () => {
    const steep = (hour: number) => 100 * (hour % 24 < 8 ? 1 : 10);
    const moved = Float64Array.from({ length: 1344 }, (_, hour) => steep(hour < 1000 ? hour : hour + 1));
    assert.deepEqual(cutSpikes(moved, 24).subarray(1000, 1320), moved.subarray(1000, 1320));
  });

  it('does not take the few that there are for spikes', () => {
    const sparse = Float64Array.from({ length: 1344 }, (_, hour) => (hour % 29 === 0 ? 1 + (hour % 3) : 0));
    assert.deepEqual(cutSpikes(sparse, 24), sparse);
    const spiked = changed(sparse, (value, hour) => (hour === 700 ? 1e6 : value));
    assert((cutSpikes(spiked, 24)[700] as number) <= 6);
  });

  it('has nothing to say of short, empty and constant series', () => {
    for (const values of [[], [5], [0, 0, 9], new Array<number>(100).fill(0), new Array<number>(100).fill(3)]) {
      assert.deepEqual([...cutSpikes(Float64Array.from(values), 24)], values);
    }
  });

  it('gives amounts of 0 or more, and never more than there were, of anything', () => {
    const amount = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.constantFrom(0, 1, 1e-300, 2 ** 53));
    fc.assert(
      fc.property(
        fc.array(amount, { minLength: 6, maxLength: 120 }),
        fc.integer({ min: 1, max: 30 }),
        (list, season) => {
          const most = Math.max(...list);
          const cut = cutSpikes(Float64Array.from(list), season);
          assert.equal(cut.length, list.length);
          assert(
            cut.every((value) => value >= 0 && value <= most * (1 + 1e-9)),
            cut.join(),
          );
        },
      ),
    );
  });
});
