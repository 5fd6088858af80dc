import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countWindow, drawPopulation, KINDS } from '../../bench/reach-populations.ts';
import { reach } from '../../../shared/forecasting/reach.ts';
import {
  assertHistogram,
  daySlots,
  uniques,
  visitSlots,
  type VisitHistogram,
} from '../../../shared/forecasting/visit-histogram.ts';
import { histogramOfWindow } from '../../../shared/forecasting/window-histogram.ts';

const near = (actual: number, expected: number, tolerance: number) =>
  assert(Math.abs(actual / expected - 1) <= tolerance, `${actual}, ${expected}`);
const visitsIn = ({ visits, visitListeners }: VisitHistogram) =>
  visits.reduce((sum, count, bin) => sum + count * (visitListeners[bin] as number), 0);

describe('the histogram of another window', () => {
  it('is itself for the same days', () => {
    const histogram = { windowDays: 2, visits: [1, 5], visitListeners: [3, 1], activeDayListeners: [3, 1] };
    assert.deepEqual(histogramOfWindow(histogram, 2), histogram);
  });

  it('has who comes on some days of a shorter one: all choices of days, counted', () => {
    const activeDayListeners = [7, 0, 11, 5, 3];
    const all = activeDayListeners.reduce((sum, people) => sum + people, 0);
    const histogram = { windowDays: 5, visits: [5], visitListeners: [all], activeDayListeners };
    const expected = [0, 0, 0];
    const choices = Array.from({ length: 32 }, (_, set) => [0, 1, 2, 3, 4].filter((day) => set & (1 << day)));
    activeDayListeners.forEach((people, index) => {
      const sets = choices.filter((days) => days.length === index + 1);
      for (const days of sets) {
        const inside = days.filter((day) => day < 3).length;
        if (inside > 0) expected[inside - 1] = (expected[inside - 1] as number) + people / sets.length;
      }
    });
    histogramOfWindow(histogram, 3).activeDayListeners.forEach((people, index) =>
      near(people, expected[index] as number, 1e-12),
    );
  });

  it('is of nobody when nobody came', () => {
    const nobody = { windowDays: 4, visits: [], visitListeners: [], activeDayListeners: [0, 0, 0, 0] };
    const empty = { ...nobody, visits: [3], visitListeners: [0] };
    for (const histogram of [nobody, empty]) {
      for (const days of [1, 31]) {
        const other = histogramOfWindow(histogram, days);
        assert.deepEqual(other, {
          windowDays: days,
          visits: [],
          visitListeners: [],
          activeDayListeners: Array(days).fill(0),
        });
      }
    }
  });

  it('has as many visits and active days a day, and more listeners the longer it is, but none from nowhere', () => {
    const groups = fc.array(
      fc.record({
        activeDays: fc.integer({ min: 1, max: 7 }),
        further: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5000 })),
        listeners: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(groups, (drawn) => {
        const byVisits = new Map<number, number>();
        const activeDayListeners = Array<number>(7).fill(0);
        for (const { activeDays, further, listeners } of drawn) {
          const visits = activeDays + further;
          byVisits.set(visits, (byVisits.get(visits) ?? 0) + listeners);
          activeDayListeners[activeDays - 1] = (activeDayListeners[activeDays - 1] as number) + listeners;
        }
        const sorted = [...byVisits].sort(([one], [other]) => one - other);
        const histogram = {
          windowDays: 7,
          visits: sorted.map(([visits]) => visits),
          visitListeners: sorted.map(([, people]) => people),
          activeDayListeners,
        };
        let before = 0;
        for (const days of [1, 3, 7, 8, 14, 31]) {
          const other = histogramOfWindow(histogram, days);
          assertHistogram(other);
          assert(other.visits.length <= 24);
          const now = uniques(other);
          assert(now >= before * (1 - 1e-9), `${days}: ${now} < ${before}`);
          assert(now <= Math.max(1, days / 7) * uniques(histogram) * 1.001, `${days}: ${now}`);
          before = now;
          const active = other.activeDayListeners.reduce((sum, people, index) => sum + people * (index + 1), 0);
          const own = activeDayListeners.reduce((sum, people, index) => sum + people * (index + 1), 0);
          if (days <= 7) near(active / days, own / 7, 1e-9);
          // Listeners who all came equally often are more alike than chance: the mixture spreads them.
          else near(active / days, own / 7, 0.2);
          assert(visitsIn(other) >= active * (1 - 1e-9));
        }
      }),
      { numRuns: 60 },
    );
  });

  // The commuters' weeks have another shape than ten days from a Monday: no window without a calendar tells.
  for (const name of Object.keys(KINDS).filter((kind) => kind !== 'commuters')) {
    it(`tells from ten days whom other days reach: ${name}`, () => {
      const population = drawPopulation(name, 20_000, 41, 3);
      const histogram = countWindow(population, 0, 10);
      for (const days of [3, 7, 14, 21]) {
        const [expected, seen] = [histogramOfWindow(histogram, days), countWindow(population, 10, 10 + days)];
        near(uniques(expected), uniques(seen), 0.04);
        near(reach(daySlots(expected), 0.2), reach(daySlots(seen), 0.2), 0.025);
        near(reach(visitSlots(expected), 0.2), reach(visitSlots(seen), 0.2), 0.05);
      }
    });
  }

  it('keeps apart who always comes and who always comes again and again', () => {
    const activeDayListeners = [...Array<number>(9).fill(0), 100];
    const { visits, visitListeners } = histogramOfWindow(
      { windowDays: 10, visits: [12, 1000], visitListeners: [50, 50], activeDayListeners },
      31,
    );
    const few = visits.reduce((sum, count, bin) => sum + (count < 100 ? (visitListeners[bin] as number) : 0), 0);
    const many = visits.reduce((sum, count, bin) => sum + (count > 1500 ? (visitListeners[bin] as number) : 0), 0);
    near(few, 50, 0.05);
    near(many, 50, 0.05);
  });

  it('is a histogram at the ends of what there may be', () => {
    const extremes: VisitHistogram[] = [
      { windowDays: 1, visits: [1], visitListeners: [1], activeDayListeners: [1] },
      { windowDays: 1, visits: [1_000_000], visitListeners: [1], activeDayListeners: [1] },
      {
        windowDays: 31,
        visits: [31],
        visitListeners: [1e15],
        activeDayListeners: [...Array<number>(30).fill(0), 1e15],
      },
      {
        windowDays: 10,
        visits: [1],
        visitListeners: [1e-300],
        activeDayListeners: [1e-300, ...Array<number>(9).fill(0)],
      },
      { windowDays: 2, visits: [1, 1e9], visitListeners: [5, 5], activeDayListeners: [5, 5] },
      // A sample's count can say that who came once came on two days.
      { windowDays: 2, visits: [1], visitListeners: [5], activeDayListeners: [0, 5] },
    ];
    for (const histogram of extremes) {
      for (const days of [1, 2, 10, 30, 31]) {
        const other = histogramOfWindow(histogram, days);
        assertHistogram(other);
        assert(uniques(other) > 0);
      }
    }
  });

  it('refuses flights that are too short or too long, and what is no histogram', () => {
    const histogram = { windowDays: 2, visits: [1], visitListeners: [3], activeDayListeners: [3, 0] };
    for (const days of [0, 32, 1.5, NaN, -1]) {
      assert.throws(() => histogramOfWindow(histogram, days), {
        code: 'INVALID_HISTOGRAM',
        message: /1 to 31 whole days/,
      });
    }
    assert.throws(() => histogramOfWindow({ ...histogram, activeDayListeners: [1, 0] }, 1), {
      code: 'INVALID_HISTOGRAM',
    });
  });
});
