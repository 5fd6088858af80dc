import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bookableOpportunities } from '../../../shared/forecasting/supply-quantile.ts';
import { daysBetween, dayOf, shareOfDay } from '../../../shared/forecasting/traffic-clock.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell } from '../../support/markets.ts';

describe('the traffic clock', () => {
  it('names the days that a flight touches, over the end of a month', () => {
    const february = Date.parse('2028-02-28T23:00:00Z');
    assert.deepEqual(daysBetween(february, february + DAY_MS + 2 * HOUR_MS), [
      '2028-02-28',
      '2028-02-29',
      '2028-03-01',
    ]);
    assert.deepEqual(daysBetween(START_MS, START_MS + DAY_MS), ['2026-03-02']);
    assert.deepEqual(daysBetween(START_MS, START_MS), []);
    assert.equal(dayOf(START_MS + DAY_MS - 1), '2026-03-02');
  });

  it('shares of a day split anywhere add up to the whole, and outside the day there is nothing', () => {
    const shape = Array.from({ length: 24 }, (_, hour) => (hour < 8 ? 1 / 16 : 1 / 32));
    fc.assert(
      fc.property(fc.integer({ min: -DAY_MS, max: 2 * DAY_MS }), (cutMs) => {
        const left = shareOfDay(shape, START_MS, START_MS - DAY_MS, START_MS + cutMs);
        const right = shareOfDay(shape, START_MS, START_MS + cutMs, START_MS + 3 * DAY_MS);
        assert(Math.abs(left + right - 1) < 1e-9);
        assert(left >= 0 && right >= 0);
      }),
    );
    assert.equal(shareOfDay(shape, START_MS, START_MS + DAY_MS, START_MS + 2 * DAY_MS), 0);
    assert.equal(shareOfDay(shape, START_MS, START_MS - DAY_MS, START_MS), 0);
  });

  it('books the lower quartile of a cell, between its tenth and its median', () => {
    assert.equal(bookableOpportunities(cell({ q10: 500, q50: 500, q90: 500 })), 500);
    // The quartiles of a normal distribution lie 0.526 of the way to its deciles.
    assert.equal(bookableOpportunities(cell({ q10: 0, q50: 1000, q90: 2000 })).toFixed(3), '473.693');
  });
});
