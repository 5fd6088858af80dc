import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { countWindow, drawPopulation, type Population } from '../../bench/reach-populations.ts';
import { estimateHistogram, type SampledRequest } from '../../../shared/forecasting/estimate-histogram.ts';
import { cappedSupply, reach } from '../../../shared/forecasting/reach.ts';
import { assertHistogram, daySlots, uniques, visitSlots } from '../../../shared/forecasting/visit-histogram.ts';

const within = (actual: number, expected: number, tolerance: number) =>
  assert(Math.abs(actual / expected - 1) <= tolerance, `${actual}, ${expected}`);

/** Some requests of days 10 to 19, each with its listener's counts of the ten days up to it, or of all these. */
function sampleOf({ listeners, days, visits }: Population, countedTo: 'window' | 'request', rate: number) {
  const random = createRandom(7, 'sample', countedTo);
  const sample: SampledRequest[] = [];
  let requests = 0;
  for (let listener = 0; listener < listeners; listener++) {
    const own = visits.subarray(listener * days, (listener + 1) * days);
    for (let day = 10; day < 20; day++) {
      const [from, to] = countedTo === 'window' ? [10, 20] : [day - 9, day];
      const counted = own.subarray(from, to);
      const before = counted.reduce((sum, count) => sum + count, 0);
      const active = counted.filter((count) => count > 0).length;
      for (let visit = 1; visit <= (own[day] as number); visit++) {
        requests++;
        if (random() >= rate) continue;
        if (countedTo === 'window') sample.push({ visits: before, activeDays: active });
        else sample.push({ visits: before + visit, activeDays: active + 1 });
      }
    }
  }
  return { sample, requests };
}

describe('a histogram from sampled requests', () => {
  it('counts each listener once, however often its requests are seen', () => {
    const sample = [
      { visits: 1, activeDays: 1 },
      { visits: 3, activeDays: 2 },
      { visits: 3, activeDays: 2 },
      { visits: 3, activeDays: 2 },
    ];
    const histogram = estimateHistogram(sample, { windowDays: 2, requests: 8, countedTo: 'window' });
    assert.deepEqual(histogram.visits, [1, 3]);
    within(histogram.visitListeners[0] as number, 2, 1e-12);
    within(histogram.visitListeners[1] as number, 2, 1e-12);
    within(uniques(histogram), 4, 1e-12);
  });

  it('counts one who comes five times on one day as one, at each request too', () => {
    const sample = [1, 2, 3, 4, 5].map((visits) => ({ visits, activeDays: 1 }));
    const histogram = estimateHistogram(sample, { windowDays: 10, requests: 5, countedTo: 'request' });
    assert.deepEqual([histogram.visits, histogram.visitListeners], [[5], [1]]);
  });

  for (const name of ['46% daily activity', 'rare bursts', 'gamma-Poisson, high variance']) {
    for (const countedTo of ['window', 'request'] as const) {
      it(`has no bias when counted to the ${countedTo}: ${name}`, () => {
        const population = drawPopulation(name, 30_000, 20, 11);
        const truth = countWindow(population, 10, 20);
        const { sample, requests } = sampleOf(population, countedTo, 0.3);
        const histogram = estimateHistogram(sample, { windowDays: 10, requests, countedTo });
        assertHistogram(histogram);
        within(uniques(histogram), uniques(truth), 0.025);
        within(reach(daySlots(histogram), 0.2), reach(daySlots(truth), 0.2), 0.02);
        within(reach(visitSlots(histogram), 0.2), reach(visitSlots(truth), 0.2), 0.04);
        within(cappedSupply(visitSlots(histogram), Infinity), requests, 0.01);
      });
    }
  }

  it('is of nobody without requests, and keeps its bins few', () => {
    const nobody = estimateHistogram([], { windowDays: 3, requests: 0, countedTo: 'request' });
    assert.deepEqual(nobody, { windowDays: 3, visits: [], visitListeners: [], activeDayListeners: [0, 0, 0] });
    const sample = Array.from({ length: 300 }, (_, index) => ({ visits: index + 10, activeDays: 1 + (index % 10) }));
    for (const countedTo of ['window', 'request'] as const) {
      const histogram = estimateHistogram(sample, { windowDays: 10, requests: 1e6, countedTo });
      assertHistogram(histogram);
      assert(histogram.visits.length <= 24);
    }
  });

  const wrong: { name: string; request: SampledRequest; message: RegExp }[] = [
    { name: 'no visit', request: { visits: 0, activeDays: 1 }, message: /1 to 1000000000 visits, not 0/ },
    { name: 'half a visit', request: { visits: 1.5, activeDays: 1 }, message: /not 1.5/ },
    { name: 'visits that are no number', request: { visits: NaN, activeDays: 1 }, message: /not NaN/ },
    { name: 'no active day', request: { visits: 2, activeDays: 0 }, message: /on 1 to 2 of them, not 0/ },
    { name: 'more days than visits', request: { visits: 2, activeDays: 3 }, message: /on 1 to 2 of them, not 3/ },
    {
      name: 'more days than the window has',
      request: { visits: 9, activeDays: 4 },
      message: /on 1 to 3 of them, not 4/,
    },
  ];
  for (const { name, request, message } of wrong) {
    it(`refuses a request with ${name}`, () => {
      const window = { windowDays: 3, requests: 9, countedTo: 'window' } as const;
      assert.throws(() => estimateHistogram([request], window), { code: 'INVALID_HISTOGRAM', message });
    });
  }

  it('refuses more samples than requests, and windows that are none', () => {
    const code = 'INVALID_HISTOGRAM';
    const sample = [{ visits: 1, activeDays: 1 }];
    for (const requests of [0, NaN, Infinity]) {
      assert.throws(() => estimateHistogram(sample, { windowDays: 3, requests, countedTo: 'window' }), {
        code,
        message: /of which 1 are sampled/,
      });
    }
    assert.throws(() => estimateHistogram(sample, { windowDays: 0, requests: 1, countedTo: 'window' }), {
      code,
      message: /not 0/,
    });
  });
});
