import assert from 'node:assert/strict';
import fc from 'fast-check';
import { flightAudience } from '../../../shared/forecasting/flight-audience.ts';
import { listenerHistograms } from '../../../shared/forecasting/listener-histograms.ts';
import type { SampledListeners } from '../../../shared/forecasting/market-features.ts';
import { assertHistogram } from '../../../shared/forecasting/visit-histogram.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';

function sampled(own: Partial<SampledListeners> = {}): SampledListeners {
  return { segment: 'casual', surface: 'home', visits: 1, activeDays: 1, listeners: 10, ...own };
}

const three = [sampled(), sampled({ visits: 2, listeners: 5 }), sampled({ visits: 3, activeDays: 2, listeners: 1.5 })];

describe('Histograms of sampled listeners', () => {
  it('count listeners by visits and by days, for each segment and surface and each segment as a whole', () => {
    const ofSegment = three.map(({ segment, visits, activeDays }) => ({ segment, visits, activeDays, listeners: 2 }));
    assert.deepEqual(listenerHistograms([...ofSegment, ...three]), [
      {
        segment: 'casual',
        surface: 'home',
        windowDays: 10,
        visits: [1, 2, 3],
        visitListeners: [10, 5, 1.5],
        activeDayListeners: [15, 1.5, 0, 0, 0, 0, 0, 0, 0, 0],
      },
      {
        segment: 'casual',
        windowDays: 10,
        visits: [1, 2, 3],
        visitListeners: [2, 2, 2],
        activeDayListeners: [4, 2, 0, 0, 0, 0, 0, 0, 0, 0],
      },
    ]);
  });

  it('do not depend on the order of what was sampled', () => {
    assert.deepEqual(listenerHistograms([...three].reverse()), listenerHistograms(three));
  });

  it('are none of fewer than three kinds of listeners', () => {
    assert.deepEqual(listenerHistograms(three.slice(1)), []);
    assert.deepEqual(listenerHistograms([]), []);
  });

  it('leave out listeners who come more often than anybody can, or not at all', () => {
    const wrong = [sampled({ visits: 1e12 }), sampled({ visits: Number.MAX_SAFE_INTEGER }), sampled({ visits: 0 })];
    assert.deepEqual(listenerHistograms([...three, ...wrong]), listenerHistograms(three));
  });

  it('are histograms that audiences can be made of, whatever was sampled, and keep the opportunities', () => {
    const kind = fc.record({
      visits: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 1e9 })),
      activeDays: fc.integer({ min: 0, max: 12 }),
      listeners: fc.oneof(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.constantFrom(0, 1e-12, 1e12)),
      surface: fc.constantFrom('home', 'search', undefined),
    });
    fc.assert(
      fc.property(
        fc.array(kind, { maxLength: 60 }),
        fc.integer({ min: 1, max: 31 }),
        fc.constantFrom(0, 1, 12_345, Number.MAX_SAFE_INTEGER, 1e18),
        fc.subarray(['home', 'search'], { minLength: 1 }),
        (kinds, days, opportunities, surfaces) => {
          const listeners = listenerHistograms(
            kinds.map(({ surface, visits, activeDays, ...kept }) => ({
              segment: 'casual',
              ...(surface === undefined ? {} : { surface }),
              visits,
              activeDays: Math.min(visits, activeDays),
              ...kept,
            })),
          );
          listeners.forEach(assertHistogram);
          const cells = ['home', 'search'].map((surface) => cell({ surface, q10: 50, q50: 100, q90: 200 }));
          const supply = supplyDay(START_MS, { cells, listeners });
          const flight = { segments: ['casual'], surfaces, startAtMs: START_MS, endAtMs: START_MS + days * DAY_MS };
          const audience = flightAudience(flight, supply, opportunities);
          if (!audience) return;
          const visits = audience.slots.reduce(
            (sum, count, bin) => sum + count * (audience.listeners[bin] as number),
            0,
          );
          assert(audience.slots.length <= 24);
          if (opportunities <= Number.MAX_SAFE_INTEGER && audience.listeners.every((people) => people < 1e15))
            assert(Math.abs(visits - opportunities) <= 1e-6 * opportunities, `${visits} for ${opportunities}`);
        },
      ),
      { numRuns: 150 },
    );
  });
});
