import assert from 'node:assert/strict';
import { NO_HOLIDAY_EFFECT, holidayFactors, withoutHolidays } from '../../../shared/forecasting/holidays.ts';

const START = 20_000 * 24;
const dayName = (day: number) => new Date((20_000 + day) * 86_400_000).toISOString().slice(0, 10);
const history = (holidays: readonly number[], factors = [0.5, 0.5, 0.5, 0.5]) => ({
  startHour: START,
  values: Float64Array.from({ length: 42 * 24 }, (_, hour) => {
    const usual = 100 + (hour % 24) + 5 * Math.floor((hour % 168) / 24);
    const isHoliday = holidays.includes(Math.floor(hour / 24));
    return usual * (isHoliday ? (factors[Math.floor((hour % 24) / 6)] as number) : 1);
  }),
});

describe('holidays', () => {
  it('are usual days to what is learnt', () => {
    const { history: usual } = withoutHolidays(history([20]), [dayName(20)]);
    const plain = history([]).values;
    usual.values.forEach((value, hour) => assert(Math.abs(value - (plain[hour] as number)) < 0.005 * value));
  });

  it('do next time what they did, the more so the more of them were seen', () => {
    const effects = [[20], [13, 20], [6, 13, 20, 27]].map((days) => {
      const { effect } = withoutHolidays(history(days), days.map(dayName));
      return Math.exp(effect[1]);
    }) as [number, number, number];
    assert(effects[0] > effects[1] && effects[1] > effects[2], effects.join());
    assert(effects[2] < 0.55 && effects[0] < 0.65 && effects[2] > 0.5, effects.join());
  });

  it('differ by the quarter of the day', () => {
    const days = [6, 13, 20];
    const { effect } = withoutHolidays(history(days, [0.5, 1, 1, 2]), days.map(dayName));
    assert(
      effect[0] < -0.5 && Math.abs(effect[1]) < 0.01 && Math.abs(effect[2]) < 0.01 && effect[3] > 0.5,
      effect.join(),
    );
    const factors = holidayFactors(effect, [dayName(50)], START + 49 * 24, 72);
    assert.deepEqual([...factors.slice(0, 24), ...factors.slice(48)], new Array(48).fill(1));
    assert.equal(factors[24], Math.exp(effect[0]));
    assert.equal(factors[47], Math.exp(effect[3]));
  });

  it('take an outage as no more than five times less', () => {
    const { effect } = withoutHolidays(history([20], [0, 0, 0, 0]), [dayName(20)]);
    assert(effect.every((log) => Number.isFinite(log) && log >= -Math.log(5)));
  });

  it('leave a history alone that has none, or nothing else', () => {
    const plain = history([]);
    assert.deepEqual(withoutHolidays(plain, ['1999-12-31']), { history: plain, effect: NO_HOLIDAY_EFFECT });
    const day = { startHour: START, values: new Float64Array(24).fill(7) };
    assert.deepEqual(withoutHolidays(day, [dayName(0)]).history, day);
  });

  it('have no effect in a market without traffic', () => {
    const { effect } = withoutHolidays({ startHour: START, values: new Float64Array(480) }, [dayName(3)]);
    assert.deepEqual(effect, NO_HOLIDAY_EFFECT);
  });

  for (const day of ['25 December', '2026-13-01', '', '2026-1-1']) {
    it(`are refused when they are no day: "${day}"`, () => {
      const refusal = { code: 'INVALID_SERIES', message: /a holiday is a day/ };
      assert.throws(() => withoutHolidays(history([]), [day]), refusal);
      assert.throws(() => holidayFactors(NO_HOLIDAY_EFFECT, [day], 0, 1), refusal);
    });
  }
});
