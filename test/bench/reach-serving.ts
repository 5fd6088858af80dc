// Serving listener by listener, beside what the closed forms say of it.
import { drawBinomial } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';
import { compactSlots } from '../../shared/forecasting/compact-slots.ts';
import { planReach } from '../../shared/forecasting/eligible-share.ts';
import { frequencies } from '../../shared/forecasting/frequency.ts';
import { impressions, reach } from '../../shared/forecasting/reach.ts';
import type { Slots } from '../../shared/forecasting/slots.ts';
import { daySlots, uniques, visitSlots } from '../../shared/forecasting/visit-histogram.ts';
import { histogramOfWindow } from '../../shared/forecasting/window-histogram.ts';
import { KINDS, countWindow, drawPopulation, type Population } from './reach-populations.ts';

export const LEVELS = [0.05, 0.1, 0.2, 0.4, 0.7, 1];
export const CAPS = [1, 2, 3, 5, Infinity];

/** Listeners are served again and again until so many were reached: the error of the simulation is below 0.2%. */
const ENOUGH = 300_000;
const MOST_ROUNDS = 400;

/** Relative errors, the worst of each. */
export interface WorstErrors {
  reach: number;
  impressions: number;
  /** Of listeners with exactly 1, 2, 3 exposures, in parts of the reach. */
  frequency: number;
  at: string;
}

/** All kinds of listeners, slots by visit and by day, of flights whose histogram is known, in its 24 bins. */
export function measureKnownFlights(flights: readonly number[], listeners: number): WorstErrors {
  const worst: WorstErrors = { reach: 0, impressions: 0, frequency: 0, at: '' };
  for (const name of Object.keys(KINDS)) {
    for (const days of flights) {
      const histogram = countWindow(drawPopulation(name, listeners, days, days), 0, days);
      for (const [form, supply] of Object.entries({ visits: visitSlots(histogram), days: daySlots(histogram) })) {
        for (const level of LEVELS) compare(worst, supply, level, `${name}, ${days} days, by ${form}, ${level}`);
      }
    }
  }
  return worst;
}

function compare(worst: WorstErrors, supply: Slots, level: number, at: string): void {
  const known = compactSlots(supply);
  const served = serve(supply, level, at);
  const reachError = Math.abs(reach(known, level) / served.reached - 1);
  if (reachError > worst.reach) worst.at = at;
  worst.reach = Math.max(worst.reach, reachError);
  CAPS.forEach((cap, index) => {
    const error = Math.abs(impressions(known, level, cap) / (served.shown[index] as number) - 1);
    worst.impressions = Math.max(worst.impressions, error);
  });
  frequencies(known, level, Infinity)
    .slice(0, 3)
    .forEach((people, index) => {
      const error = Math.abs(people - (served.exactly[index] as number)) / served.reached;
      worst.frequency = Math.max(worst.frequency, error);
    });
}

/** What a flight does, on average over its rounds: each listener draws for each slot until the cap. */
function serve({ slots, listeners }: Slots, level: number, seed: string) {
  const random = createRandom('serve', seed);
  const total = { reached: 0, shown: CAPS.map(() => 0), exactly: [0, 0, 0] };
  let rounds = 0;
  while (total.reached < ENOUGH && rounds < MOST_ROUNDS) {
    rounds++;
    for (let bin = 0; bin < slots.length; bin++) {
      for (let listener = 0; listener < (listeners[bin] as number); listener++) {
        const exposures = drawBinomial(random, slots[bin] as number, level);
        if (exposures === 0) continue;
        total.reached++;
        CAPS.forEach((cap, index) => (total.shown[index] = (total.shown[index] as number) + Math.min(cap, exposures)));
        if (exposures <= 3) total.exactly[exposures - 1] = (total.exactly[exposures - 1] as number) + 1;
      }
    }
  }
  return {
    reached: total.reached / rounds,
    shown: total.shown.map((sum) => sum / rounds),
    exactly: total.exactly.map((sum) => sum / rounds),
  };
}

/** Errors of other flights' histograms made from ten days, over all kinds of listeners. */
export interface WindowErrors {
  uniques: number;
  /** Of reach at the levels, drawn by day and by visit. */
  byDay: number;
  byVisit: number;
}

/** From the ten days before a flight of so many. */
export function measureOtherWindow(days: number, listeners: number, kinds: readonly string[]): WindowErrors {
  const worst: WindowErrors = { uniques: 0, byDay: 0, byVisit: 0 };
  for (const name of kinds) {
    const population = drawPopulation(name, listeners, 10 + days, 1000 + days);
    const expected = histogramOfWindow(countWindow(population, 0, 10), days);
    const seen = countWindow(population, 10, 10 + days);
    const error = (one: number, other: number) => Math.abs(one / other - 1);
    worst.uniques = Math.max(worst.uniques, error(uniques(expected), uniques(seen)));
    for (const level of LEVELS) {
      worst.byDay = Math.max(worst.byDay, error(reach(daySlots(expected), level), reach(daySlots(seen), level)));
      worst.byVisit = Math.max(
        worst.byVisit,
        error(reach(visitSlots(expected), level), reach(visitSlots(seen), level)),
      );
    }
  }
  return worst;
}

/** What flights delivered, in parts of what was sold. */
export interface Delivery {
  /** With the schedule found again each day from whom was reached so far. */
  planned: number[];
  /** With the schedule of the first day. */
  once: number[];
  /** At one rate: what was sold over all listener-days. */
  fixed: number[];
}

/**
 * Ten-day flights of one exposure a listener, sold at half of the uniques of the ten days before. How busy a weekday is comes
 * from the two weeks before; the flight begins on a weekday of the seed's.
 */
export function measureFlights(seeds: readonly number[], listeners: number): Delivery {
  const delivery: Delivery = { planned: [], once: [], fixed: [] };
  for (const name of Object.keys(KINDS)) {
    for (const seed of seeds) {
      const start = 14 + (seed % 7);
      const population = drawPopulation(name, listeners, start + 10, seed);
      const { activeDayListeners } = countWindow(population, start - 10, start);
      const dayTraffic = Array.from({ length: 10 }, (_, day) => {
        const weekday = day % 7;
        return comingOn(population, start - 14 + weekday) + comingOn(population, start - 7 + weekday);
      });
      const sold = activeDayListeners.reduce((sum, people) => sum + people, 0) / 2;
      const listenerDays = activeDayListeners.reduce((sum, people, index) => sum + people * (index + 1), 0);
      const groups = [{ activeDayListeners, dayTraffic }];
      const { offerRates } = planReach(groups, { sold });
      const flown = (rateOf: RateOf) => fly(population, start, `${name} ${seed}`, rateOf) / sold;
      delivery.planned.push(flown((day, soFar) => planReach(groups, { sold, soFar }).offerRates[day] as number));
      delivery.once.push(flown((day) => offerRates[day] as number));
      delivery.fixed.push(flown(() => sold / listenerDays));
    }
  }
  return delivery;
}

type RateOf = (day: number, soFar: { offerRates: number[]; reached: number[] }) => number;

function comingOn({ listeners, days, visits }: Population, day: number): number {
  let coming = 0;
  for (let listener = 0; listener < listeners; listener++)
    coming += Number((visits[listener * days + day] as number) > 0);
  return coming;
}

/** Listeners reached on ten days from `start`: a listener draws once a day. */
function fly({ listeners, days, visits }: Population, start: number, seed: string, rateOf: RateOf): number {
  const random = createRandom('fly', seed);
  const isReached = new Uint8Array(listeners);
  const soFar: { offerRates: number[]; reached: number[] } = { offerRates: [], reached: [] };
  for (let day = 0; day < 10; day++) {
    const rate = rateOf(day, soFar);
    let reached = 0;
    for (let listener = 0; listener < listeners; listener++) {
      const comes = (visits[listener * days + start + day] as number) > 0;
      if (!comes || isReached[listener] === 1 || random() >= rate) continue;
      isReached[listener] = 1;
      reached++;
    }
    soFar.offerRates.push(rate);
    soFar.reached.push(reached);
  }
  return soFar.reached.reduce((sum, reached) => sum + reached, 0);
}
