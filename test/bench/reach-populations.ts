// Synthetic audiences for reach: each listener's visits on each day, of seven kinds from steady to bursty, drawn from a seed.
import { drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { VisitHistogram } from '../../shared/forecasting/visit-histogram.ts';

export interface Population {
  name: string;
  listeners: number;
  days: number;
  /** Visits, listener by listener, day by day. */
  visits: Uint16Array;
}

type Habit = (random: Random) => (day: number) => number;

/** How one listener comes: fixed traits first, then a draw for each day. */
export const KINDS: Readonly<Record<string, Habit>> = {
  'gamma-Poisson, low variance': (random) => poissonDays(random, drawGamma(random, 4) * 0.1),
  'gamma-Poisson, high variance': (random) => poissonDays(random, drawGamma(random, 0.3) * 2),
  zeta: (random) => poissonDays(random, Math.min(400, (1 - random()) ** (-1 / 1.14)) / 10),
  'half come daily': (random) => {
    const often = random() < 0.3;
    return days(random, often ? 0.8 : 0.05, often ? 2 : 0.5);
  },
  '46% daily activity': (random) => days(random, drawBeta(random, 1, 1.17), 0.8),
  commuters: (random) => {
    const commutes = random() < 0.4;
    const casual = drawBeta(random, 0.5, 3);
    return (day) => visitsOf(random, commutes ? (day % 7 < 5 ? 0.9 : 0.25) : casual, commutes ? 1 : 0.3);
  },
  'rare bursts': (random) => days(random, drawBeta(random, 0.5, 6), 4),
};

/** @param days in a row, from a Monday */
export function drawPopulation(name: string, listeners: number, days: number, seed: number): Population {
  const random = createRandom(seed, 'reach population', name);
  const habit = KINDS[name] as Habit;
  const visits = new Uint16Array(listeners * days);
  for (let listener = 0; listener < listeners; listener++) {
    const visitsOn = habit(random);
    for (let day = 0; day < days; day++) visits[listener * days + day] = visitsOn(day);
  }
  return { name, listeners, days, visits };
}

/** What a count of some days of it gives; every number of visits has its bin. */
export function countWindow({ listeners, days, visits }: Population, from: number, to: number): VisitHistogram {
  const byVisits = new Map<number, number>();
  const activeDayListeners = Array<number>(to - from).fill(0);
  for (let listener = 0; listener < listeners; listener++) {
    let [sum, active] = [0, 0];
    for (let day = from; day < to; day++) {
      const count = visits[listener * days + day] as number;
      sum += count;
      active += Number(count > 0);
    }
    if (sum === 0) continue;
    byVisits.set(sum, (byVisits.get(sum) ?? 0) + 1);
    activeDayListeners[active - 1] = (activeDayListeners[active - 1] as number) + 1;
  }
  const sorted = [...byVisits].sort(([one], [other]) => one - other);
  return {
    windowDays: to - from,
    visits: sorted.map(([count]) => count),
    visitListeners: sorted.map(([, people]) => people),
    activeDayListeners,
  };
}

function poissonDays(random: Random, daily: number): (day: number) => number {
  return () => drawPoisson(random, daily);
}

/** @param further mean of the visits after a day's first, geometric */
function days(random: Random, probability: number, further: number): (day: number) => number {
  return () => visitsOf(random, probability, further);
}

function visitsOf(random: Random, probability: number, further: number): number {
  if (random() >= probability) return 0;
  return 1 + Math.floor(Math.log(1 - random()) / Math.log(further / (1 + further)));
}

/** Marsaglia and Tsang, ACM TOMS 26, 2000; scale 1. */
export function drawGamma(random: Random, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = drawNormal(random);
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
  }
}

function drawBeta(random: Random, a: number, b: number): number {
  const first = drawGamma(random, a);
  return first / (first + drawGamma(random, b));
}
