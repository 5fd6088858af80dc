import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dayRoomMicros, dueMicros, passedTrafficShare, plannedShare } from '../../../shared/pacing/spend-curve.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';

const even = Array.from({ length: 24 }, () => 1 / 24);
const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS, trafficByDay: [300, 100] };

describe('the share of a flight that has passed', () => {
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

describe('the spend curve', () => {
  const steady = { ...flight, trafficByDay: [100, 100] };
  const spendCurve = [
    { trafficShare: 0.25, spendShare: 0.5 },
    { trafficShare: 0.5, spendShare: 0.5 },
    { trafficShare: 0.5, spendShare: 0.8 },
  ];
  const at = (passed: number) => START_MS + passed * 2 * DAY_MS;

  it('follows the traffic where nothing else is asked', () => {
    assert.equal(plannedShare(flight, even, START_MS + DAY_MS), 0.75);
    assert.equal(plannedShare({ ...flight, pacing: 'even' }, even, START_MS + DAY_MS), 0.75);
  });

  it('is all at once for asap, and nothing before the flight', () => {
    const asap = { ...flight, pacing: 'asap' as const };
    assert.equal(plannedShare(asap, even, START_MS - 1), 0);
    assert.equal(plannedShare(asap, even, START_MS), 1);
  });

  it('starts at twice the even rate and ends at none when front-loaded', () => {
    const front = { ...steady, pacing: 'front-loaded' as const };
    const share = (passed: number) => plannedShare(front, even, at(passed));
    assert.equal(share(0.5), 0.75);
    assert(Math.abs(share(1 - Math.SQRT1_2) - 0.5) < 1e-9);
    assert(Math.abs(share(0.001) - 0.002) < 2e-6);
    assert(share(1) - share(0.99) < 2e-4);
    assert.equal(share(1), 1);
  });

  it('goes through the points of a custom curve, on a step as well, and ends at all of it', () => {
    const custom = { ...steady, pacing: 'custom' as const, spendCurve };
    const shares = [0, 0.125, 0.25, 0.375, 0.5, 0.75, 1].map((passed) => plannedShare(custom, even, at(passed)));
    assert.deepEqual(
      shares.map((share) => share.toFixed(9)),
      [0, 0.25, 0.5, 0.5, 0.8, 0.9, 1].map((share) => share.toFixed(9)),
    );
  });

  it('is due from the first instant where a custom curve starts above nothing, and never ends early without a curve', () => {
    const sudden = { ...steady, pacing: 'custom' as const, spendCurve: [{ trafficShare: 0, spendShare: 0.3 }] };
    assert.equal(plannedShare(sudden, even, START_MS), 0.3);
    assert.equal(plannedShare({ ...steady, pacing: 'custom' }, even, at(0.5)), 0.5);
  });

  it('rises from nothing to all of it and never falls, whatever the curve', () => {
    const point = fc.record({ trafficShare: fc.nat(100), spendShare: fc.nat(100) });
    const arbitrary = fc.record({
      pacing: fc.constantFrom('even' as const, 'asap' as const, 'front-loaded' as const, 'custom' as const),
      points: fc.array(point, { maxLength: 20 }),
      minutes: fc.array(fc.integer({ min: -60, max: 2 * 1440 + 60 }), { minLength: 2 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ pacing, points, minutes }) => {
        const sorted = (of: 'trafficShare' | 'spendShare') => points.map((one) => one[of]).sort((a, b) => a - b);
        const [traffic, spend] = [sorted('trafficShare'), sorted('spendShare')];
        const curve = traffic.map((share, index) => ({
          trafficShare: share / 100,
          spendShare: (spend[index] as number) / 100,
        }));
        const own = { ...steady, pacing, ...(pacing === 'custom' ? { spendCurve: curve } : {}) };
        let last = 0;
        for (const minute of minutes.sort((a, b) => a - b)) {
          const share = plannedShare(own, even, START_MS + minute * 60_000);
          assert(share >= last - 1e-12 && share <= 1, `${share} after ${last}`);
          last = share;
        }
      }),
    );
  });
});

describe('the money that is due', () => {
  const day = START_MS / DAY_MS;
  const line = { ...flight, trafficByDay: [100, 100], budgetMicros: 100 };

  it('is the part of the budget that the curve says, in whole micros, and never more than the budget', () => {
    assert.equal(dueMicros(line, even, START_MS + 6 * HOUR_MS), 12);
    assert.equal(dueMicros(line, even, START_MS + 3 * DAY_MS), 100);
    assert.equal(dueMicros({ ...line, budgetMicros: 0 }, even, START_MS + DAY_MS), 0);
  });

  it('grows with the traffic of the day inside a daily cap, and stays under the curve', () => {
    const capped = { ...line, dailyCapMicros: 20, today: { day, startMicros: 0 } };
    assert.equal(dueMicros(capped, even, START_MS + 12 * HOUR_MS), 10);
    assert.equal(dueMicros(capped, even, START_MS + DAY_MS - 1), 19);
    const loose = { ...capped, dailyCapMicros: 80 };
    assert.equal(dueMicros(loose, even, START_MS + 12 * HOUR_MS), 25);
  });

  it('catches up after a poor day no faster than the cap', () => {
    const behind = { ...line, dailyCapMicros: 60, today: { day: day + 1, startMicros: 10 } };
    assert.equal(dueMicros(behind, even, START_MS + DAY_MS), 10);
    assert.equal(dueMicros(behind, even, START_MS + 1.5 * DAY_MS), 40);
    assert.equal(dueMicros(behind, even, START_MS + 2 * DAY_MS - 1), 69);
  });

  it('is the whole cap at once for asap', () => {
    const asap = { ...line, pacing: 'asap' as const, dailyCapMicros: 20, today: { day, startMicros: 5 } };
    assert.equal(dueMicros(asap, even, START_MS + 1), 25);
  });

  it('has room for a cap above what was accrued when the day began, and knows none without a cap or of another day', () => {
    const today = { day, startMicros: 30 };
    assert.equal(dayRoomMicros({ dailyCapMicros: 20, today }, START_MS), 50);
    assert.equal(dayRoomMicros({ today }, START_MS), undefined);
    assert.equal(dayRoomMicros({ dailyCapMicros: 20 }, START_MS), undefined);
    assert.equal(dayRoomMicros({ dailyCapMicros: 20, today }, START_MS + DAY_MS), undefined);
    assert.equal(dueMicros({ ...line, dailyCapMicros: 20, today }, even, START_MS + DAY_MS), 50);
  });
});
