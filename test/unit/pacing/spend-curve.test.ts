import assert from 'node:assert/strict';
import fc from 'fast-check';
import { passedTrafficShare } from '../../../shared/pacing/spend-curve.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';

const even = Array.from({ length: 24 }, () => 1 / 24);
const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS, trafficByDay: [300, 100] };

describe('the spend curve', () => {
  it('is zero up to the start and one from the end on', () => {
    assert.equal(passedTrafficShare(flight, even, START_MS - 1), 0);
    assert.equal(passedTrafficShare(flight, even, START_MS), 0);
    assert.equal(passedTrafficShare(flight, even, START_MS + 2 * DAY_MS), 1);
    assert.equal(passedTrafficShare(flight, even, START_MS + 3 * DAY_MS), 1);
  });

  it('is one from the end on, also where the last hours expect nothing, and where no hour does', () => {
    const nightly = even.map((_, hour) => (hour === 23 ? 1 : 0));
    const noon = { ...flight, endAtMs: START_MS + 1.5 * DAY_MS };
    assert.equal(passedTrafficShare(noon, nightly, noon.endAtMs - 1), 0.75);
    assert.equal(passedTrafficShare(noon, nightly, noon.endAtMs), 1);
    assert.equal(passedTrafficShare({ ...flight, trafficByDay: [0, 0] }, even, START_MS + 3 * DAY_MS), 1);
  });

  it('follows the traffic of the days, and inside a day its hours', () => {
    assert.equal(passedTrafficShare(flight, even, START_MS + DAY_MS), 0.75);
    assert.equal(passedTrafficShare(flight, even, START_MS + 12 * HOUR_MS).toFixed(9), '0.375000000');
    const nightly = even.map((_, hour) => (hour === 23 ? 1 : 0));
    assert.equal(passedTrafficShare(flight, nightly, START_MS + 23 * HOUR_MS), 0);
    assert.equal(passedTrafficShare(flight, nightly, START_MS + 23.5 * HOUR_MS), 0.375);
  });

  it('counts only the hours inside the flight', () => {
    const evening = { startAtMs: START_MS + 18 * HOUR_MS, endAtMs: START_MS + DAY_MS, trafficByDay: [100] };
    assert.equal(passedTrafficShare(evening, even, START_MS + 21 * HOUR_MS).toFixed(9), '0.500000000');
  });

  it('passes like the clock where no traffic is expected', () => {
    assert.equal(passedTrafficShare({ ...flight, trafficByDay: [0, 0] }, even, START_MS + 12 * HOUR_MS), 0.25);
  });

  it('rises from zero to one and never falls', () => {
    const arbitrary = fc.record({
      startHour: fc.nat(23),
      traffic: fc.array(fc.nat(10 ** 9), { minLength: 3, maxLength: 3 }),
      hours: fc.array(fc.nat(100), { minLength: 24, maxLength: 24 }),
      minutes: fc.array(fc.nat(4 * 1440), { minLength: 2 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ startHour, traffic, hours, minutes }) => {
        const total = hours.reduce((sum, hour) => sum + hour, 0);
        const shape = total === 0 ? even : hours.map((hour) => hour / total);
        const startAtMs = START_MS + startHour * HOUR_MS;
        const own = { startAtMs, endAtMs: START_MS + 2 * DAY_MS + HOUR_MS, trafficByDay: traffic };
        const shares = minutes
          .sort((a, b) => a - b)
          .map((minute) => passedTrafficShare(own, shape, START_MS + minute * 60_000));
        shares.forEach((share, index) => {
          assert(share >= 0 && share <= 1);
          assert(share >= (shares[index - 1] ?? 0) - 1e-9);
        });
      }),
    );
  });
});
