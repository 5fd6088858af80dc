import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ERROR_DAYS, forecastSpread } from '../../../shared/forecasting/forecast-spread.ts';
import { DAY_MS } from '../../support/instants.ts';

const stated = { q10: 80, q50: 100, q90: 125 };
const past = (logErrors: readonly number[], apartDays = ERROR_DAYS, days = ERROR_DAYS) =>
  logErrors.map((logError, index) => ({ issuedAtMs: index * apartDays * DAY_MS, days, logError }));
const sigmaOf = ({ nodes }: ReturnType<typeof forecastSpread>) =>
  Math.sqrt(nodes.reduce((sum, { weight, sigma }) => sum + weight * sigma ** 2, 0));

describe('The spread of a market’s forecasts', () => {
  it('is about what the forecast says of itself before any has ended', () => {
    const narrow = forecastSpread([], { q10: 95, q50: 100, q90: 105 });
    const wide = forecastSpread([], { q10: 30, q50: 100, q90: 300 });
    assert(sigmaOf(narrow) < sigmaOf(wide));
    assert.equal(narrow.bias, 0);
  });

  it('follows what forecasts came to', () => {
    const small = forecastSpread(past(Array.from({ length: 30 }, (_, index) => (index % 2 ? 0.05 : -0.05))), stated);
    const large = forecastSpread(past(Array.from({ length: 30 }, (_, index) => (index % 2 ? 0.5 : -0.5))), stated);
    assert(sigmaOf(small) < 0.15 && sigmaOf(large) > 0.4, `${sigmaOf(small)} ${sigmaOf(large)}`);
  });

  it('counts forecasts of a week once a week, and none of other lengths', () => {
    const errors = Array.from({ length: 10 }, (_, index) => (index % 2 ? 0.4 : -0.4));
    const often = past(
      errors.flatMap((error) => [error, 9, 9, 9, 9, 9, 9]),
      1,
    );
    assert.deepEqual(forecastSpread(often, stated), forecastSpread(past(errors), stated));
    assert.deepEqual(forecastSpread(past(errors, 7, 14), stated), forecastSpread([], stated));
  });

  it('is a law whatever came, and whatever is stated', () => {
    const quantile = fc.constantFrom(0, 1, 50, 1e15);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 0.1, -3, 40, -Infinity, Infinity, NaN), { maxLength: 100 }),
        fc.array(quantile, { minLength: 3, maxLength: 3 }),
        (logErrors, quantiles) => {
          const [q10, q50, q90] = quantiles.sort((a, b) => a - b) as [number, number, number];
          const { bias, nodes, sharedShare } = forecastSpread(past(logErrors), { q10, q50, q90 });
          assert(Math.abs(bias) <= 20 && sharedShare >= 0 && sharedShare <= 1, `${bias} ${sharedShare}`);
          const weights = nodes.reduce((sum, { weight }) => sum + weight, 0);
          assert(Math.abs(weights - 1) < 1e-9 && nodes.every(({ sigma }) => sigma >= 0 && sigma < 50));
        },
      ),
    );
  });
});
