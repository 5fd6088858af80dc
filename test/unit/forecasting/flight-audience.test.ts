import assert from 'node:assert/strict';
import { flightAudience, type Flight } from '../../../shared/forecasting/flight-audience.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';

const flight = (own: Partial<Flight> = {}): Flight => ({
  segments: ['casual'],
  surfaces: ['home'],
  startAtMs: START_MS,
  endAtMs: START_MS + 10 * DAY_MS,
  ...own,
});
const histogram = (own: { segment?: string; surface?: string } = {}, people = 100) => ({
  segment: 'casual',
  windowDays: 10,
  visits: [1, 4],
  visitListeners: [people, people / 2],
  activeDayListeners: [people, 0, 0, people / 2, 0, 0, 0, 0, 0, 0],
  ...own,
});
const cells = [
  cell({ surface: 'home', q50: 3000 }),
  cell({ surface: 'search', q50: 1000 }),
  cell({ segment: 'super', surface: 'home', q50: 500 }),
];
const supply = (listeners: ReturnType<typeof histogram>[]) => supplyDay(START_MS, { cells, listeners });
const people = (audience: ReturnType<typeof flightAudience>) =>
  audience?.listeners.reduce((sum, some) => sum + some, 0);

describe('The audience of a flight', () => {
  it('is the listeners that were counted on its surface, as many as the forecast has visits for', () => {
    const listeners = [histogram({ surface: 'home' }), histogram({}, 5000)];
    assert.deepEqual(flightAudience(flight(), supply(listeners), 600), { slots: [1, 4], listeners: [200, 100] });
  });

  it('adds up the listeners of its segments, which share nobody', () => {
    const both = flight({ segments: ['casual', 'super'] });
    const listeners = [histogram({ surface: 'home' }), histogram({ segment: 'super', surface: 'home' })];
    assert.deepEqual(flightAudience(both, supply(listeners), 600), { slots: [1, 4], listeners: [200, 100] });
  });

  it('is all listeners of a segment on all of its surfaces, and fewer who come less often on some of them', () => {
    const everywhere = flight({ surfaces: ['home', 'search'] });
    const all = flightAudience(everywhere, supply([histogram()]), 300);
    assert.deepEqual(all, { slots: [1, 4], listeners: [100, 50] });
    const some = flightAudience(flight(), supply([histogram()]), 225);
    // Three quarters of the visits: of those who come once as many, of those who come four times all but one in 256.
    assert(Math.abs((people(some) ?? 0) - (75 + 50 * (1 - 0.25 ** 4))) < 1e-6, JSON.stringify(some));
  });

  it('is unknown where nobody was counted, of cells that supply has not, and of histograms of nobody', () => {
    assert.equal(flightAudience(flight(), supply([]), 100), undefined);
    assert.equal(flightAudience(flight({ surfaces: ['radio'] }), supply([histogram()]), 100), undefined);
    assert.equal(flightAudience(flight({ segments: ['nobody'] }), supply([histogram()]), 100), undefined);
    assert.equal(flightAudience(flight(), supply([histogram({ surface: 'home' }, 0)]), 100), undefined);
  });

  it('is nobody where nothing is forecast, and within what a histogram holds where too much is', () => {
    const listeners = [histogram({ surface: 'home' })];
    assert.equal(people(flightAudience(flight(), supply(listeners), 0)), 0);
    assert.equal(people(flightAudience(flight(), supply(listeners), 1e30)), 2e15);
  });

  it('has more listeners in a longer flight, at fewer visits each than days would say', () => {
    const of = (days: number, visits = 30 * days) =>
      flightAudience(flight({ endAtMs: START_MS + days * DAY_MS }), supply([histogram({ surface: 'home' })]), visits);
    const [short, usual, long] = [2, 10, 30].map((days) => people(of(days)) as number) as [number, number, number];
    assert(short < usual && usual < long && long < 3 * usual, `${short} ${usual} ${long}`);
    assert.deepEqual(of(31, 900), of(31.5, 900), 'a month is the longest');
  });
});
