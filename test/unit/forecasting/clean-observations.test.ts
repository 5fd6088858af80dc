import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cleanObservations, type RawObservation } from '../../../shared/forecasting/clean-observations.ts';
import { fillGaps } from '../../../shared/forecasting/fill-gaps.ts';
import { HOUR_MS } from '../../../shared/forecasting/traffic-clock.ts';

const NOW = 490_000;
/** A rhythm of the week at a level. */
const usual = (hour: number, level = 1) =>
  level * (100 + 50 * Math.sin((hour * Math.PI) / 12) + (hour % 168 < 48 ? 30 : 0));
const observe = (hour: number, amount: number): RawObservation => ({ hourAtMs: hour * HOUR_MS, amount });
const weeks = (count: number) =>
  Array.from({ length: count * 168 }, (_, index) => {
    const hour = NOW - count * 168 + index;
    return observe(hour, usual(hour));
  });
const at = (history: { startHour: number; values: Float64Array }, hour: number) =>
  history.values[hour - history.startHour] as number;
const near = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${actual}, ${expected}`);

describe('cleaning observations', () => {
  it('keeps what is right, in order, whatever order it came in', () => {
    const raw = weeks(3);
    const shuffled = [...raw].sort((a, b) => (a.amount % 7) - (b.amount % 7));
    const { history, report } = cleanObservations(shuffled, NOW);
    assert.equal(history.startHour, NOW - 3 * 168);
    assert.deepEqual(
      [...history.values],
      raw.map(({ amount }) => amount),
    );
    assert.deepEqual([report.given, report.observed, report.filled], [504, 504, 0]);
  });

  it('fills a gap with the same hours of other weeks, at the level around it', () => {
    const raw = weeks(6).map((one, index) => (index < 504 ? one : { ...one, amount: 3 * one.amount }));
    const gap = (index: number) => (index >= 100 && index < 130) || (index >= 800 && index < 860);
    const { history, report } = cleanObservations(
      raw.filter((_, index) => !gap(index)),
      NOW,
    );
    assert.equal(report.filled, 90);
    for (const index of [100, 115, 129, 800, 830, 859]) {
      const ratio = (history.values[index] as number) / (raw[index]?.amount as number);
      assert(Math.abs(ratio - 1) < 0.05, `${index}: ${ratio}`);
    }
  });

  it('counts an hour told twice once, and takes the amount nearest to other weeks when it was told two ways', () => {
    const raw = weeks(4).concat(
      observe(NOW - 10, usual(NOW - 10)),
      observe(NOW - 20, 2 * usual(NOW - 20)),
      observe(NOW - 40, 0.3 * usual(NOW - 40)),
    );
    raw.splice(4 * 168 - 30, 1, observe(NOW - 30, 0.1 * usual(NOW - 30)), observe(NOW - 30, 1e9));
    const { history, report } = cleanObservations(raw, NOW);
    near(at(history, NOW - 10), usual(NOW - 10));
    near(at(history, NOW - 20), usual(NOW - 20));
    near(at(history, NOW - 40), usual(NOW - 40));
    near(at(history, NOW - 30), 0.1 * usual(NOW - 30));
    assert.deepEqual([report.duplicated, report.conflicting], [1, 3]);
  });

  it('takes the smaller amount when nothing else is known', () => {
    const { history } = cleanObservations([observe(NOW - 1, 9), observe(NOW - 1, 7)], NOW);
    assert.deepEqual([...history.values], [7]);
  });

  it('drops and counts what cannot be', () => {
    const faults = [
      observe(NOW - 5, NaN),
      observe(NOW - 6, -1),
      observe(NOW - 7, Infinity),
      observe(NOW - 8, 2 ** 53),
      observe(NOW, 5),
      observe(NaN, 5),
      observe(NOW - 100_000, 5),
    ];
    const { history, report } = cleanObservations([...weeks(2), ...faults], NOW);
    assert.equal(history.values.length, 336);
    const { notFinite, negative, tooLarge, future, leftOut } = report;
    assert.deepEqual(
      { notFinite, negative, tooLarge, future, leftOut },
      { notFinite: 3, negative: 1, tooLarge: 1, future: 1, leftOut: 1 },
    );
  });

  it('counts an instant within an hour as the hour, and says so', () => {
    const { history, report } = cleanObservations([{ hourAtMs: (NOW - 2) * HOUR_MS + 1000, amount: 4 }], NOW);
    assert.deepEqual([history.startHour, [...history.values], report.offHour], [NOW - 2, [4], 1]);
  });

  it('ends with the last hour observed: what follows is not filled', () => {
    const { history } = cleanObservations(weeks(2).slice(0, -30), NOW);
    assert.equal(history.startHour + history.values.length, NOW - 30);
  });

  it('begins where half of the hours are there', () => {
    const { history, report } = cleanObservations([observe(NOW - 5000, 1), ...weeks(1)], NOW);
    assert.equal(history.startHour, NOW - 168);
    assert.equal(report.leftOut, 1);
  });

  it('gives an empty history of nothing usable', () => {
    for (const raw of [[], [observe(NOW - 1, NaN)], [observe(NOW + 3, 1)]]) {
      const { history } = cleanObservations(raw, NOW);
      assert.deepEqual([history.startHour, history.values.length], [NOW, 0]);
    }
  });

  it('takes 0 and -0 of one hour as the same, whichever came first', () => {
    for (const amounts of [
      [0, -0],
      [-0, 0],
    ]) {
      const { history, report } = cleanObservations(
        amounts.map((amount) => observe(NOW - 1, amount)),
        NOW,
      );
      assert.deepEqual([[...history.values], report.duplicated], [[0], 1]);
    }
  });

  it('gives finite amounts and a report that adds up, of anything', () => {
    const amount = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1e-300, 1e300, NaN, -1, 2 ** 53 - 1));
    const hour = fc.oneof(fc.integer({ min: NOW - 60, max: NOW + 3 }), fc.constantFrom(NaN, -1e300, 0, 1e15));
    fc.assert(
      fc.property(fc.array(fc.tuple(hour, amount)), (told) => {
        const raw = told.map(([one, value]) => observe(one, value));
        const { history, report } = cleanObservations(raw, NOW);
        assert(history.values.every((value) => value >= 0 && value < Infinity));
        assert.equal(report.observed + report.filled, history.values.length);
        const { notFinite, negative, tooLarge, future, leftOut, duplicated } = report;
        const dropped = notFinite + negative + tooLarge + future + leftOut + duplicated;
        assert(dropped + report.observed <= raw.length);
        assert.deepEqual(cleanObservations([...raw].reverse(), NOW).history, history);
      }),
    );
  });

  it('refuses an hour that is no whole number', () => {
    for (const hour of [NaN, 0.5, Infinity]) {
      assert.throws(() => cleanObservations([], hour), { code: 'INVALID_SERIES', message: /whole number/ });
    }
  });

  it('refuses to fill a series of which nothing is known', () => {
    assert.throws(() => fillGaps(0, new Float64Array(3).fill(NaN)), { code: 'INVALID_SERIES', message: /none of 3/ });
    assert.equal(fillGaps(0, new Float64Array(0)).length, 0);
  });

  it('fills with 0 where all that is known is 0, and with what there is of a single hour', () => {
    assert.deepEqual([...fillGaps(0, Float64Array.of(0, NaN, 0))], [0, 0, 0]);
    assert.deepEqual([...fillGaps(0, Float64Array.of(NaN, 5, NaN))], [5, 5, 5]);
  });
});
