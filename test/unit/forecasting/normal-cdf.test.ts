import assert from 'node:assert/strict';
import { normalCdf } from '../../../shared/forecasting/normal-cdf.ts';

/** Simpson's rule on the density: an oracle that shares nothing with the series. */
function byQuadrature(x: number): number {
  const steps = 4000;
  const width = x / steps;
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const weight = step === 0 || step === steps ? 1 : step % 2 === 0 ? 2 : 4;
    sum += weight * Math.exp(-((step * width) ** 2) / 2);
  }
  return 0.5 + (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}

describe('the normal distribution function', () => {
  it('is the area below the density', () => {
    for (let x = -8; x <= 8; x += 0.125) {
      assert(Math.abs(normalCdf(x) - byQuadrature(x)) < 1e-12, `${x}: ${normalCdf(x)}, not ${byQuadrature(x)}`);
    }
  });

  it('knows the quantiles of tables, and far tails to their last digits', () => {
    assert(Math.abs(normalCdf(1.959963984540054) - 0.975) < 1e-15);
    assert(Math.abs(normalCdf(-10) / 7.619853024160527e-24 - 1) < 1e-12);
    assert(Math.abs(normalCdf(-3.0000001) / normalCdf(-2.9999999) - 1) < 1e-6);
  });

  it('is 0 and 1 at the ends, a half in the middle, and no number for none', () => {
    assert.deepEqual([-Infinity, -1e300, 0, 1e300, Infinity].map(normalCdf), [0, 0, 0.5, 1, 1]);
    assert.equal(normalCdf(NaN), NaN);
  });
});
