import assert from 'node:assert/strict';
import { countWindow, drawPopulation } from '../../bench/reach-populations.ts';
import { dailySlots } from '../../../shared/forecasting/daily-slots.ts';
import { cappedSupply, reach } from '../../../shared/forecasting/reach.ts';
import { daySlots, visitSlots } from '../../../shared/forecasting/visit-histogram.ts';
import { visitsByActiveDays } from '../../../shared/forecasting/visits-by-active-days.ts';

const histogram = { windowDays: 3, visits: [1, 4, 9], visitListeners: [50, 30, 20], activeDayListeners: [60, 25, 15] };

describe('slots under a daily cap', () => {
  it('are active days for one a day, and visits without a cap', () => {
    assert.deepEqual(dailySlots(histogram, 1), daySlots(histogram));
    assert.deepEqual(dailySlots(histogram, Infinity), visitSlots(histogram));
  });

  it('lie between the two, more the wider the cap, for the same listeners', () => {
    let before = cappedSupply(daySlots(histogram), Infinity);
    for (const cap of [2, 3, 4, 6, 20]) {
      const slots = dailySlots(histogram, cap);
      const now = cappedSupply(slots, Infinity);
      assert(now >= before - 1e-9 && now <= cappedSupply(visitSlots(histogram), Infinity) + 1e-9);
      assert(Math.abs(reach(slots, 1) - 100) < 1e-9);
      before = now;
    }
  });

  it('are those of listeners whose days are alike', () => {
    const population = drawPopulation('46% daily activity', 20_000, 10, 5);
    for (const cap of [2, 3, 5]) {
      const slots = dailySlots(countWindow(population, 0, 10), cap);
      const counted = population.visits.reduce((sum, visits) => sum + Math.min(cap, visits), 0);
      assert(Math.abs(cappedSupply(slots, Infinity) / counted - 1) < 0.01, `${cap}`);
    }
  });

  it('are none under a cap of nothing, and of nobody', () => {
    assert.deepEqual(dailySlots(histogram, 0), { slots: [], listeners: [] });
    const nobody = { windowDays: 2, visits: [], visitListeners: [], activeDayListeners: [0, 0] };
    assert.equal(cappedSupply(dailySlots(nobody, 3), Infinity), 0);
    assert.equal(cappedSupply(dailySlots({ ...nobody, visits: [4], visitListeners: [0] }, 3), Infinity), 0);
  });

  it('are refused for caps and histograms that are none', () => {
    const code = 'INVALID_HISTOGRAM';
    for (const cap of [-1, 1.5, NaN])
      assert.throws(() => dailySlots(histogram, cap), { code, message: /a cap must be/ });
    assert.throws(() => dailySlots({ ...histogram, windowDays: 4 }, 2), { code, message: /window of 4 days/ });
  });
});

describe('visits by active days', () => {
  it('keep both counts, and never have fewer visits than days', () => {
    const { groups } = visitsByActiveDays(histogram);
    const sumOf = (keep: (group: (typeof groups)[number]) => boolean) =>
      groups.filter(keep).reduce((sum, { listeners }) => sum + listeners, 0);
    histogram.activeDayListeners.forEach((people, index) => {
      assert(Math.abs(sumOf(({ activeDays }) => activeDays === index + 1) - people) < 1e-9);
    });
    histogram.visits.forEach((visits, bin) => {
      const people = histogram.visitListeners[bin] as number;
      assert(Math.abs(sumOf((group) => group.visits === visits) - people) < 0.01 * people);
    });
    assert(groups.every(({ visits, activeDays }) => visits >= activeDays));
  });

  it('have as many a day for everybody where that is so, and more for those who come on more days where that is', () => {
    const [bursts, arrivals] = ['rare bursts', 'gamma-Poisson, high variance'].map((name) => {
      const { daily } = visitsByActiveDays(countWindow(drawPopulation(name, 20_000, 10, 5), 0, 10));
      return (daily[8] as number) / (daily[1] as number);
    });
    assert((bursts as number) < 1.5 && (arrivals as number) > 5, `${bursts}, ${arrivals}`);
  });
});
