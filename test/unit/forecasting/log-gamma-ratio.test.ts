import assert from 'node:assert/strict';
import fc from 'fast-check';
import { logGamma } from '../../../shared/forecasting/log-gamma.ts';
import { logGammaRatio } from '../../../shared/forecasting/log-gamma-ratio.ts';

const ratio = (a: number, re: number, im: number) => {
  const out = { re: NaN, im: NaN };
  logGammaRatio(a, re)(im, out);
  return out;
};

describe('the ratio of gamma functions', () => {
  it('is the difference of logarithms on the real line', () => {
    const shape = fc.double({ min: 0.01, max: 500, noNaN: true });
    const share = fc.double({ min: -0.9, max: 3, noNaN: true });
    fc.assert(
      fc.property(shape, share, (a, by) => {
        const expected = logGamma(a + a * by) - logGamma(a);
        const { re } = ratio(a, a * by, 0);
        assert(Math.abs(re - expected) < 1e-11 * Math.max(1, Math.abs(logGamma(a + a * by))), `${re}, ${expected}`);
      }),
    );
  });

  it('has the size that the reflection formula gives on the line of 1/2', () => {
    for (const y of [0.1, 1, 3, 10]) {
      const expected = 0.5 * Math.log(Math.PI / Math.cosh(Math.PI * y)) - 0.5 * Math.log(Math.PI);
      assert(Math.abs(ratio(0.5, 0, y).re - expected) < 1e-12, `y ${y}`);
    }
  });

  it('obeys the recurrence: Gamma(a + 1 + t) / Gamma(a + t) is a + t', () => {
    const real = fc.double({ min: 0.1, max: 50, noNaN: true });
    fc.assert(
      fc.property(real, real, (a, y) => {
        const [lower, upper] = [ratio(a, 0, y), ratio(a, 1, y)];
        const size = Math.exp(upper.re - lower.re);
        const turn = upper.im - lower.im;
        assert(Math.abs(size * Math.cos(turn) - a) < 1e-9 * Math.hypot(a, y));
        assert(Math.abs(size * Math.sin(turn) - y) < 1e-9 * Math.hypot(a, y));
      }),
    );
  });

  it('keeps its digits where the logarithm itself has none left', () => {
    // Gamma(a + t) / Gamma(a) is a^t (1 + t (t - 1) / 2a + ...) for large a.
    const { re } = ratio(1e14, 2, 0);
    assert(Math.abs(re - 2 * Math.log(1e14)) < 1e-12, String(re));
    assert.equal(ratio(1e100, 0, 0).re, 0);
  });
});
