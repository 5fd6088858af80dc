// Days of opportunities for one campaign, as `bench pacing` plays them: traffic and prices that follow the hours, values that
// prices follow, and whatever else a world may do. Yesterday is the same process under another seed.
import { drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';

/** Opportunities in time order: what each is worth to the campaign and what it costs to win, in units of money. */
export interface OpportunityLog {
  minute: Float64Array;
  value: Float64Array;
  price: Float64Array;
}

export interface PacingWorld {
  /** Expected in the day. */
  opportunities: number;
  /** Swing of traffic over the day, as the amplitude of its logarithm; the peak is at eight in the evening. */
  trafficSwing: number;
  /** The same of prices. */
  priceSwing: number;
  /** Standard deviation of the logarithm of values, and of what of prices does not follow values. */
  valueSigma: number;
  priceSigma: number;
  /** Correlation of the logarithms of value and price. */
  correlation: number;
  /** Standard deviations of what an hour's traffic and price level differ from their shape. */
  hourNoise: number;
  /** What prices are multiplied by from noon on. */
  noonShock: number;
}

export const DAY_MINUTES = 1440;
const PEAK_MINUTE = 20 * 60;

/** 40,000 opportunities with the hours in traffic and prices. */
export const standardWorld: PacingWorld = {
  opportunities: 40_000,
  trafficSwing: 0.8,
  priceSwing: 0.3,
  valueSigma: 0.8,
  priceSigma: 0.7,
  correlation: 0.5,
  hourNoise: 0.1,
  noonShock: 1,
};

/** The same whatever the hour. */
export const stationaryWorld: PacingWorld = {
  ...standardWorld,
  trafficSwing: 0,
  priceSwing: 0,
  hourNoise: 0,
};

export function drawLog(world: PacingWorld, ...labels: (string | number)[]): OpportunityLog {
  const random = createRandom('pacing', ...labels);
  const swing = (minute: number, amplitude: number) =>
    Math.exp(amplitude * Math.cos((2 * Math.PI * (minute - PEAK_MINUTE)) / DAY_MINUTES));
  let whole = 0;
  for (let minute = 0; minute < DAY_MINUTES; minute++) whole += swing(minute, world.trafficSwing);
  const minutes: number[] = [];
  const levels: number[] = [];
  let [traffic, level] = [1, 1];
  for (let minute = 0; minute < DAY_MINUTES; minute++) {
    if (minute % 60 === 0) {
      traffic = Math.exp(world.hourNoise * drawNormal(random));
      level = Math.exp(world.hourNoise * drawNormal(random));
    }
    const mean = (world.opportunities * swing(minute, world.trafficSwing) * traffic) / whole;
    const count = drawPoisson(random, mean);
    const own = Array.from({ length: count }, () => minute + random()).sort((a, b) => a - b);
    const shock = minute >= DAY_MINUTES / 2 ? world.noonShock : 1;
    minutes.push(...own);
    levels.push(...own.map(() => level * shock * swing(minute, world.priceSwing)));
  }
  const value = new Float64Array(minutes.length);
  const price = new Float64Array(minutes.length);
  minutes.forEach((_, index) => {
    const common = drawNormal(random);
    const own = world.correlation * common + Math.sqrt(1 - world.correlation ** 2) * drawNormal(random);
    value[index] = Math.exp(world.valueSigma * common);
    price[index] = (levels[index] as number) * Math.exp(world.priceSigma * own);
  });
  return { minute: Float64Array.from(minutes), value, price };
}

export function totalOf(amounts: Float64Array): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
