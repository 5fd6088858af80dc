import assert from 'node:assert/strict';
import { logGamma } from '../../../shared/forecasting/log-gamma.ts';

const near = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) <= 1e-13 * Math.max(1, Math.abs(expected)), `${actual}, not ${expected}`);

describe('the logarithm of the gamma function', () => {
  it('is that of the factorial', () => {
    let logFactorial = 0;
    for (let n = 1; n <= 200; n++) {
      near(logGamma(n), logFactorial);
      logFactorial += Math.log(n);
    }
  });

  it('knows the half numbers, the tiny and the huge', () => {
    near(logGamma(0.5), 0.5 * Math.log(Math.PI));
    near(logGamma(2.5), Math.log(0.75 * Math.sqrt(Math.PI)));
    near(logGamma(1e-300), 300 * Math.LN10);
    near(logGamma(1e15) / (1e15 * (15 * Math.LN10 - 1)), 1);
  });

  it('is infinite at 0 and at infinity, and no number below 0', () => {
    assert.equal(logGamma(0), Infinity);
    assert.equal(logGamma(Infinity), Infinity);
    assert.equal(logGamma(-1), NaN);
    assert.equal(logGamma(NaN), NaN);
  });
});
