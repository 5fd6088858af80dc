import assert from 'node:assert/strict';
import fc from 'fast-check';
import { attributeDifference } from '../../../shared/campaign/attribute-difference.ts';

const ratio = fc.double({ min: 0.1, max: 10, noNaN: true });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);

/**
 * The same as an integral: along the way from e to d on which each factor grows at a steady rate, what it adds at each moment
 * (Divisia), by Simpson's rule.
 */
function integrated(expected: number, ratios: readonly number[]): number[] {
  const steps = 2000;
  const whole = product(ratios);
  const amountAt = (step: number) => expected * whole ** (step / steps);
  let area = amountAt(0) + amountAt(steps);
  for (let step = 1; step < steps; step++) area += amountAt(step) * (step % 2 === 1 ? 4 : 2);
  return ratios.map((one) => (area / 3 / steps) * Math.log(one));
}

describe('a difference by its factors', () => {
  it('is what each adds along the way, added up', () => {
    for (const ratios of [[0.5], [0.5, 2], [0.5, 0.8, 1.1], [3, 0.2, 1, 1.7], [1 + 1e-9, 1], [1e-3, 0.5]]) {
      const expected = 1_000_000_000;
      const parts = attributeDifference(Math.round(expected * product(ratios)), expected, ratios);
      integrated(expected, ratios).forEach((part, index) => {
        assert(Math.abs(part - (parts[index] as number)) < 5, `${ratios.join()}: ${parts.join()} is not ${part}`);
      });
    }
  });

  it('adds up to the unit, in any order of the factors, and has the sign of each', () => {
    fc.assert(
      fc.property(
        fc.array(ratio, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 2 ** 30 }),
        (drawn, expected) => {
          const delivered = Math.round(expected * product(drawn));
          fc.pre(delivered > 0);
          // The last is what the others leave, as it is of a real difference.
          const known = drawn.slice(1);
          const ratios = [...known, delivered / expected / product(known)];
          const parts = attributeDifference(delivered, expected, ratios);
          assert.equal(sum(parts), delivered - expected);
          const reversed = attributeDifference(delivered, expected, ratios.toReversed()).toReversed();
          // Whole numbers: what rounding leaves over may lie elsewhere.
          parts.forEach((part, index) => {
            assert(Math.abs(part - (reversed[index] as number)) <= ratios.length + 1);
            const isSame =
              part === 0 || Math.abs(part) <= ratios.length + 1 || part > 0 === (ratios[index] as number) > 1;
            assert(isSame, `${part} of ${ratios[index]}`);
          });
        },
      ),
      { seed: 7 },
    );
  });

  it('is all due to what there was none of', () => {
    assert.deepEqual(attributeDifference(0, 900, [0]), [-900]);
    assert.deepEqual(attributeDifference(0, 900, [2, 0, 0.5]), [0, -900, 0]);
    assert.deepEqual(attributeDifference(0, 901, [0, 1, 0]).map(Math.abs).sort(), [0, 450, 451]);
  });

  it('is nothing where all is as planned, and nothing in all where factors cancel', () => {
    assert.deepEqual(attributeDifference(700, 700, [1, 1]), [0, 0]);
    const [less, more] = attributeDifference(1_000_000, 1_000_000, [0.5, 2]) as [number, number];
    assert.deepEqual([less + more, more], [0, Math.round(1_000_000 * Math.LN2)]);
  });

  it('takes nothing that no difference can be made of', () => {
    for (const [delivered, expected, ratios] of [
      [1, 0, [1]],
      [1, 1, [NaN]],
      [1, 1, [-1]],
      [1, 1, [Infinity]],
      [0, 1, [0.5]],
    ] as const)
      assert.throws(() => attributeDifference(delivered, expected, ratios), { code: 'ERR_ASSERTION' });
  });
});
