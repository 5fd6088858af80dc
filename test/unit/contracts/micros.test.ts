import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_MICROS, mulDiv, sumMicros } from '../../../shared/contracts/micros.ts';

describe('money arithmetic', () => {
  it('multiplies and divides exactly as integers of any size do', () => {
    const amount = fc.oneof(fc.maxSafeNat(), fc.integer({ min: MAX_MICROS - 5, max: MAX_MICROS }), fc.nat(10));
    fc.assert(
      fc.property(amount, amount, amount, (a, b, divisor) => {
        const c = Math.max(1, divisor);
        const exact = (BigInt(a) * BigInt(b)) / BigInt(c);
        if (exact > BigInt(MAX_MICROS)) assert.throws(() => mulDiv(a, b, c), /does not fit/);
        else assert.equal(mulDiv(a, b, c), Number(exact));
      }),
      { numRuns: 1000 },
    );
  });

  it('loses no micro just above 2^53', () => {
    assert.equal(mulDiv(MAX_MICROS, MAX_MICROS, MAX_MICROS), MAX_MICROS);
    assert.equal(mulDiv(2 ** 53 - 1, 3, 2 ** 30), 25165823);
    assert.throws(() => mulDiv(94906267, 94906267, 1), /does not fit/);
  });

  it('refuses a sum that a number does not hold', () => {
    assert.equal(sumMicros([MAX_MICROS - 1, 1]), MAX_MICROS);
    assert.throws(() => sumMicros([MAX_MICROS, 1]), /does not fit/);
    assert.throws(() => sumMicros([0.5]), /does not fit/);
  });
});
