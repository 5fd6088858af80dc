import assert from 'node:assert/strict';
import {
  assertHistogram,
  daySlots,
  uniques,
  visitSlots,
  type VisitHistogram,
} from '../../../shared/forecasting/visit-histogram.ts';

const histogram: VisitHistogram = {
  windowDays: 3,
  visits: [1, 2, 9],
  visitListeners: [5, 3, 2],
  activeDayListeners: [6, 3, 1],
};

describe('a visit histogram', () => {
  it('has slots for each visit, and for each day', () => {
    assertHistogram(histogram);
    assert.deepEqual(visitSlots(histogram), { slots: [1, 2, 9], listeners: [5, 3, 2] });
    assert.deepEqual(daySlots(histogram), { slots: [1, 2, 3], listeners: [6, 3, 1] });
    assert.equal(uniques(histogram), 10);
  });

  it('may be of nobody', () => {
    assertHistogram({ windowDays: 2, visits: [], visitListeners: [], activeDayListeners: [0, 0] });
  });

  const wrong: { name: string; change: Partial<VisitHistogram>; message: RegExp }[] = [
    { name: 'no days', change: { windowDays: 0, activeDayListeners: [] }, message: /1 to 31 whole days, not 0/ },
    { name: 'too many days', change: { windowDays: 32 }, message: /1 to 31 whole days, not 32/ },
    { name: 'days that are no number', change: { windowDays: NaN }, message: /not NaN/ },
    { name: 'active days of another window', change: { windowDays: 4 }, message: /window of 4 days has 3 numbers/ },
    { name: 'listeners without visits', change: { visits: [0, 2, 9] }, message: /without a visit/ },
    { name: 'falling visits', change: { visits: [2, 1, 9] }, message: /bin 1 is of 1 slots/ },
    { name: 'negative listeners', change: { visitListeners: [-1, 3, 2] }, message: /bin 0 has -1 listeners/ },
    {
      name: 'active days of no number',
      change: { activeDayListeners: [6, NaN, 1] },
      message: /bin 1 has NaN listeners/,
    },
    {
      name: 'two numbers of listeners',
      change: { visitListeners: [5, 3, 3] },
      message: /11 listeners by visits, 10 by/,
    },
  ];
  for (const { name, change, message } of wrong) {
    it(`has not ${name}`, () => {
      assert.throws(() => assertHistogram({ ...histogram, ...change }), { code: 'INVALID_HISTOGRAM', message });
    });
  }
});
