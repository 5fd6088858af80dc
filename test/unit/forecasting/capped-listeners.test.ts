import assert from 'node:assert/strict';
import { cappedListeners, listenerDays } from '../../../shared/forecasting/capped-listeners.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';
import { histogram } from '../../support/quote-worlds.ts';

const NONE = { perDay: Infinity, perFlight: Infinity };
const ONCE = { perDay: Infinity, perFlight: 1 };
const audience = { segments: ['casual'], surfaces: ['home'] };
const cells = [
  cell({ surface: 'home', q50: 3000 }),
  cell({ surface: 'search', q50: 1000 }),
  cell({ segment: 'super', surface: 'home', q50: 500 }),
];
const supply = (listeners: NonNullable<ReturnType<typeof supplyDay>['listeners']>) =>
  supplyDay(START_MS, { cells, listeners });
const casual = { segment: 'casual', ...histogram };

describe('what frequency caps leave of an audience', () => {
  it('is all of its visits where there is no cap', () => {
    for (const surfaces of [['home'], ['home', 'search']]) {
      const share = cappedListeners({ ...audience, surfaces }, supply([casual]), 7, NONE);
      assert(share !== undefined && Math.abs(share - 1) < 1e-12);
    }
  });

  it('is one of the visits of each listener where it is seen once', () => {
    const { visits, visitListeners } = histogram;
    const all = visits.reduce((sum, count, bin) => sum + count * (visitListeners[bin] as number), 0);
    const people = visitListeners.reduce((sum, some) => sum + some, 0);
    const share = cappedListeners({ ...audience, surfaces: ['home', 'search'] }, supply([casual]), 10, ONCE) as number;
    assert(Math.abs(share / (people / all) - 1) < 0.05, `${share}, counted ${people / all}`);
  });

  it('is more where visits to other surfaces are not asked for, and less of a longer flight', () => {
    const [all, some] = [['home', 'search'], ['search']].map((surfaces) =>
      cappedListeners({ ...audience, surfaces }, supply([casual]), 7, ONCE),
    ) as [number, number];
    assert(some > all && some < 1, `${some} and ${all}`);
    assert((cappedListeners({ ...audience, surfaces: ['search'] }, supply([casual]), 21, ONCE) as number) < some);
  });

  it('is by those of its one surface where they were counted', () => {
    const loyal = { ...casual, surface: 'home', visits: histogram.visits.map((count) => 10 * count) };
    const share = cappedListeners(audience, supply([casual, loyal]), 7, ONCE) as number;
    assert(share < 0.5 * (cappedListeners(audience, supply([casual]), 7, ONCE) as number), `${share}`);
  });

  it('takes segments that were not counted to be like the others, and one that is named twice as one', () => {
    const alone = cappedListeners(audience, supply([casual]), 7, ONCE);
    assert.equal(cappedListeners({ ...audience, segments: ['casual', 'super'] }, supply([casual]), 7, ONCE), alone);
    assert.equal(cappedListeners({ ...audience, segments: ['casual', 'casual'] }, supply([casual]), 7, ONCE), alone);
  });

  it('is not known where nobody was counted, nobody came, or nothing is forecast', () => {
    const nobody = { ...casual, visitListeners: histogram.visits.map(() => 0), activeDayListeners: [0, 0, 0] };
    for (const listeners of [[], [{ ...nobody, windowDays: 3 }], [{ ...casual, segment: 'super' }]])
      assert.equal(cappedListeners(audience, supply(listeners), 7, ONCE), undefined);
    assert.equal(cappedListeners({ ...audience, surfaces: ['radio'] }, supply([casual]), 7, ONCE), undefined);
    assert.equal(cappedListeners(audience, { cells }, 7, ONCE), undefined);
  });

  it('is counted in whole days, 1 to 31', () => {
    assert.equal(listenerDays(START_MS, START_MS + 1), 1);
    assert.equal(listenerDays(START_MS, START_MS + 1.5 * DAY_MS), 2);
    assert.equal(listenerDays(START_MS, START_MS + 90 * DAY_MS), 31);
    assert.equal(listenerDays(START_MS, START_MS - DAY_MS), 1);
  });
});
