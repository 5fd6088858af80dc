import assert from 'node:assert/strict';
import { createPanel } from '../../../emulators/world/listeners.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { estimateListeners } from '../../../shared/forecasting/estimate-listeners.ts';

const DRAWS = 20_000;

describe('The panel of listeners', () => {
  it('is sampled so that requests say how many listeners there are, and on how many days they come', () => {
    const panel = createPanel(1, 'SE', 'casual');
    const random = createRandom('requests');
    const rows = Array.from({ length: DRAWS }, () => {
      const { visits, activeDays, allVisits, allActiveDays } = panel.sample(random, panel.pick(random), 0.4);
      assert(activeDays >= 1 && visits >= activeDays && allVisits >= visits, 'a day has a visit');
      assert(allActiveDays <= 10 && allActiveDays >= activeDays && allVisits >= allActiveDays, 'counts agree');
      return { segment: 'casual', visits: allVisits, activeDays: allActiveDays, requests: 1 };
    });
    const estimated = estimateListeners(rows, 1);
    const listeners = estimated.reduce((sum, one) => sum + one.listeners, 0);
    const days = estimated.reduce((sum, one) => sum + one.listeners * one.activeDays, 0);
    // Some eight in a hundred do not come in ten days.
    const visits = panel.visitsPerDay * 10;
    const found = (10 * DRAWS) / listeners;
    assert(
      found > visits * 1.04 && found < visits * 1.15,
      `${found} visits of a listener, ${visits} with who stays away`,
    );
    assert(days / listeners > 4 && days / listeners < 6, `${days / listeners} days`);
  });

  it('comes as often as it says, and on as many days', () => {
    const panel = createPanel(1, 'SE', 'casual');
    const random = createRandom('days');
    let [visits, active] = [0, 0];
    for (let draw = 0; draw < DRAWS; draw++) {
      const ofDay = panel.visitsOfDay(random, draw % panel.habits);
      visits += ofDay;
      if (ofDay > 0) active += 1;
    }
    assert(Math.abs(visits / DRAWS / panel.visitsPerDay - 1) < 0.05, `${visits / DRAWS} visits`);
    assert(Math.abs(active / DRAWS - panel.activeShare) < 0.02, `${active / DRAWS} come`);
  });

  it('is the same for the same labels and another for others', () => {
    assert.equal(createPanel(1, 'SE', 'casual').visitsPerDay, createPanel(1, 'SE', 'casual').visitsPerDay);
    assert.notEqual(createPanel(1, 'SE', 'casual').visitsPerDay, createPanel(1, 'DE', 'casual').visitsPerDay);
  });
});
