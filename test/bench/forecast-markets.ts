// Markets that nobody lives in, hour by hour: what cold start, spikes and bad input are tried on. Several kinds, because a
// newcomer is not like one kind only.
import { drawLogNormal, drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { Analogue } from '../../shared/forecasting/analogue-prior.ts';

/** Standard deviations are of logarithms. */
export interface MarketKind {
  name: string;
  /** Opportunities per active listener and hour. */
  perListener: number;
  /** From market to market: of the level per listener, of each hour of the day, of each weekday. */
  level: number;
  shape: number;
  weekday: number;
  /** Day and night, as a logarithm around the mean. */
  swing: number;
  /** Of an hour, of a day, of the level from day to day. */
  hour: number;
  day: number;
  drift: number;
  /** Listeners of a usual day: the median market's. */
  listeners: number;
  /** Of all hours, how many are spikes of 5 to 50 times. */
  spikes: number;
}

const PLAIN: MarketKind = {
  name: 'plain',
  perListener: 0.2,
  level: 0.3,
  shape: 0.15,
  weekday: 0.05,
  swing: 0.8,
  hour: 0.1,
  day: 0.08,
  drift: 0.01,
  listeners: 20_000,
  spikes: 0,
};

export const marketKinds: readonly MarketKind[] = [
  PLAIN,
  { ...PLAIN, name: 'small counts', listeners: 20, perListener: 0.05 },
  { ...PLAIN, name: 'middling counts', listeners: 300, perListener: 0.05, weekday: 0.15 },
  { ...PLAIN, name: 'noisy', hour: 0.5, day: 0.3, drift: 0.05 },
  { ...PLAIN, name: 'unlike', level: 1, shape: 0.5, weekday: 0.3, swing: 0.3 },
  { ...PLAIN, name: 'drifting', drift: 0.1 },
  { ...PLAIN, name: 'spiky', hour: 0.3, spikes: 0.01 },
];

/** Analogue markets of a kind, `days` long: fixed by the seed. */
export function createMarkets(kind: MarketKind, seed: number, count: number, days: number): Analogue[] {
  const random = createRandom(seed, 'forecast-markets', kind.name);
  const peakHour = 24 * random();
  return Array.from({ length: count }, () => createMarket(kind, peakHour, random, days));
}

function createMarket(kind: MarketKind, peakHour: number, random: Random, days: number): Analogue {
  const activeListeners = Math.ceil(drawLogNormal(random, kind.listeners, 1));
  const hours = Array.from({ length: 24 }, (_, hour) => {
    return kind.swing * Math.cos(((hour - peakHour) * Math.PI) / 12) + kind.shape * drawNormal(random);
  });
  const weekdays = Array.from({ length: 7 }, (_, day) => (day > 4 ? 0.2 : 0) + kind.weekday * drawNormal(random));
  let level = Math.log(kind.perListener * activeListeners) + kind.level * drawNormal(random);
  const values = new Float64Array(days * 24);
  for (let day = 0; day < days; day++) {
    level += kind.drift * drawNormal(random);
    const ofDay = level + (weekdays[day % 7] as number) + kind.day * drawNormal(random);
    for (let hour = 0; hour < 24; hour++) {
      const spike = random() < kind.spikes ? 5 * 10 ** random() : 1;
      const mean = spike * Math.exp(ofDay + (hours[hour] as number) + kind.hour * drawNormal(random));
      values[day * 24 + hour] = drawPoisson(random, mean);
    }
  }
  return { history: { startHour: 490_000 * 24, values }, activeListeners };
}
