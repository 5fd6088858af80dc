import assert from 'node:assert/strict';
import type { SupplyDay } from '../../../shared/contracts/forecast-documents.ts';
import { freezeSupply, widened } from '../../../shared/forecasting/freeze-supply.ts';
import { DAY_MS, dayOf } from '../../../shared/forecasting/traffic-clock.ts';

const GOOD_MS = Date.parse('2026-03-10T00:00:00Z');

function known(days: number): Map<string, SupplyDay> {
  return new Map(
    Array.from({ length: days }, (_, index) => {
      const day = dayOf(GOOD_MS + index * DAY_MS);
      const cell = { segment: 'casual', surface: 'home', q10: 500, q50: 1000 + index, q90: 2000, clickPpm: 10_000 };
      const hourShape = new Array<number>(24).fill(1 / 24);
      return [
        day,
        { schemaVersion: 1, market: 'SE', day, modelId: 'm', issuedAtMs: GOOD_MS, hourShape, cells: [cell] },
      ];
    }),
  );
}

describe('Frozen supply', () => {
  it('keeps medians and widens the spread with the age of the last good forecast', () => {
    const { widening, days } = freezeSupply(known(10), { nowMs: GOOD_MS + 4 * DAY_MS, horizonDays: 2 });
    assert.equal(widening, 2);
    assert.deepEqual(
      days.map(({ day, widening: own, cells }) => [day, own, cells[0]?.q10, cells[0]?.q50, cells[0]?.q90]),
      [
        ['2026-03-14', 2, 249, 1004, 3984],
        ['2026-03-15', 2, 249, 1005, 3980],
      ],
    );
  });

  it('widens from the good forecast when it is frozen again, not from the frozen one', () => {
    const once = freezeSupply(known(10), { nowMs: GOOD_MS + 2 * DAY_MS, horizonDays: 8 });
    const frozen = new Map([...known(10), ...once.days.map((day) => [day.day, day] as const)]);
    const again = freezeSupply(frozen, { nowMs: GOOD_MS + 4 * DAY_MS, horizonDays: 1 });
    const straight = freezeSupply(known(10), { nowMs: GOOD_MS + 4 * DAY_MS, horizonDays: 1 });
    assert.equal(again.widening, straight.widening);
    const [left, right] = [again.days[0]?.cells[0], straight.days[0]?.cells[0]];
    assert(Math.abs((left?.q10 ?? 0) - (right?.q10 ?? 0)) <= 2, 'but for what was rounded');
  });

  it('goes on with the same weekdays beyond its end, and with those again', () => {
    const { days } = freezeSupply(known(9), { nowMs: GOOD_MS + 6 * DAY_MS, horizonDays: 14 });
    assert.deepEqual(
      days.map(({ cells }) => cells[0]?.q50),
      [1006, 1007, 1008, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1002, 1003, 1004, 1005],
    );
    assert.equal(days.at(-1)?.day, '2026-03-29');
  });

  it('never widens more than threefold, nor before time has passed', () => {
    assert.equal(freezeSupply(known(9), { nowMs: GOOD_MS + 300 * DAY_MS, horizonDays: 1 }).widening, 3);
    assert.equal(freezeSupply(known(9), { nowMs: GOOD_MS - DAY_MS, horizonDays: 1 }).widening, 1);
  });

  it('has nothing where nothing was forecast', () => {
    assert.deepEqual(freezeSupply(new Map(), { nowMs: GOOD_MS, horizonDays: 3 }).days, []);
  });

  it('leaves a median of nothing, a certain quantile and a first decile of nothing as they are', () => {
    assert.deepEqual(widened({ q10: 0, q50: 0, q90: 9 }, 2), { q10: 0, q50: 0, q90: 9 });
    assert.deepEqual(widened({ q10: 7, q50: 7, q90: 7 }, 3), { q10: 7, q50: 7, q90: 7 });
    assert.deepEqual(widened({ q10: 0, q50: 8, q90: 16 }, 2), { q10: 0, q50: 8, q90: 32 });
  });
});
