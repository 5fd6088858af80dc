import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  CONVERSION_WINDOW_MS,
  attributedClick,
  conversionsAreFinal,
} from '../../../shared/forecasting/conversion-window.ts';

describe('the conversion window', () => {
  it('is fourteen days, the last instant included', () => {
    assert.equal(CONVERSION_WINDOW_MS, 14 * 24 * 3_600_000);
    assert.equal(attributedClick([1000], 1000 + CONVERSION_WINDOW_MS), 0);
    assert.equal(attributedClick([1000], 1001 + CONVERSION_WINDOW_MS), undefined);
    assert.equal(conversionsAreFinal(1000, 1000 + CONVERSION_WINDOW_MS), false);
    assert.equal(conversionsAreFinal(1000, 1001 + CONVERSION_WINDOW_MS), true);
  });

  it('gives a conversion to the last click before it, to none after it', () => {
    assert.equal(attributedClick([5, 30, 10, 41], 40), 1);
    assert.equal(attributedClick([40], 40), 0);
    assert.equal(attributedClick([41], 40), undefined);
    assert.equal(attributedClick([], 40), undefined);
    assert.equal(attributedClick([7, 7], 40), 0);
  });

  it('attributes to the same instant in whatever order the clicks come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3e9 })),
        fc.integer({ min: 0, max: 3e9 }),
        (clicks, conversionAtMs) => {
          const one = attributedClick(clicks, conversionAtMs);
          const reversed = clicks.toReversed();
          const other = attributedClick(reversed, conversionAtMs);
          assert.equal(one === undefined ? one : clicks[one], other === undefined ? other : reversed[other]);
          const best = Math.max(
            ...clicks.filter((atMs) => atMs <= conversionAtMs && conversionAtMs - atMs <= CONVERSION_WINDOW_MS),
          );
          assert.equal(one === undefined ? -Infinity : clicks[one], best);
        },
      ),
    );
  });

  it('refuses instants that are no numbers', () => {
    for (const bad of [NaN, Infinity]) {
      assert.throws(() => attributedClick([bad], 1), { code: 'INVALID_RESPONSE' });
      assert.throws(() => attributedClick([1], bad), { code: 'INVALID_RESPONSE' });
      assert.throws(() => conversionsAreFinal(bad, 1), { code: 'INVALID_RESPONSE' });
      assert.throws(() => conversionsAreFinal(1, bad), { code: 'INVALID_RESPONSE' });
    }
  });
});
