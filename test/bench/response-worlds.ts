// Worlds whose true rates, delays, robots and effects are known.
import { drawBinomial, drawInteger, drawLogNormal, drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { ClickRecord } from '../../shared/forecasting/click-filter.ts';
import type { DelayCount } from '../../shared/forecasting/delay-curve.ts';
import { normalCdf } from '../../shared/forecasting/normal-cdf.ts';
import type { Observed } from './response-log.ts';

export const HOUR_MS = 3_600_000;

export interface RateWorld {
  name: string;
  /** The rate of an item, position and hour like any other. */
  baseRate: number;
  /** Spreads in log-odds of items, positions, the hours' wave, cells of item and position, and what is no one's. */
  item: number;
  position: number;
  hour: number;
  cell: number;
  /** Impressions of an item and position in an hour, on average; items differ as streams of songs do. */
  impressions: number;
}

export const RATE_WORLDS: readonly RateWorld[] = [
  { name: 'like a log, long', baseRate: 0.005, item: 0.4, position: 0.2, hour: 0.2, cell: 0.1, impressions: 2000 },
  { name: 'strong cells', baseRate: 0.02, item: 0.7, position: 0.5, hour: 0.3, cell: 0.5, impressions: 1000 },
  { name: 'weak effects', baseRate: 0.01, item: 0.1, position: 0.05, hour: 0.05, cell: 0, impressions: 2000 },
  { name: 'conversions', baseRate: 0.2, item: 0.5, position: 0.2, hour: 0.1, cell: 0.2, impressions: 60 },
];

/** Ten days of thirty items at three positions, hour by hour; five of the items come in the middle. */
export function drawRateWorld(seed: number, world: RateWorld): Observed[] {
  const random = createRandom(seed, 'rate world', world.name);
  const positions = Array.from({ length: 3 }, () => world.position * drawNormal(random));
  const base = Math.log(world.baseRate / (1 - world.baseRate));
  const log: Observed[] = [];
  for (let item = 0; item < 30; item++) {
    const own = world.item * drawNormal(random);
    const popularity = drawLogNormal(random, 0.6, 1);
    const cells = positions.map((position) => base + own + position + world.cell * drawNormal(random));
    for (let hours = item < 25 ? 0 : 120; hours < 240; hours++) {
      const traffic = 1 + 0.7 * Math.sin((2 * Math.PI * (hours - 9)) / 24);
      const wave = world.hour * Math.sin((2 * Math.PI * hours) / 24);
      cells.forEach((logOdds, position) => {
        const impressions = drawPoisson(random, world.impressions * popularity * traffic);
        if (impressions === 0) return;
        const clicks = drawBinomial(random, impressions, 1 / (1 + Math.exp(-(logOdds + wave))));
        const factors = { log: 'world', item: `${item}`, position: `${position + 1}` };
        log.push({ factors, day: Math.floor(hours / 24), hour: hours % 24, impressions, clicks, score: 0 });
      });
    }
  }
  return log;
}

export interface DelayWorld {
  name: string;
  windowMs: number;
  /** Hours of impressions up to now. */
  hours: number;
  draw(random: Random): number;
  /** Share of all delays up to this one, the later than the window included. */
  share(delayMs: number): number;
}

const logNormal = (medianMs: number, sigma: number) => ({
  draw: (random: Random) => drawLogNormal(random, medianMs, sigma),
  share: (delayMs: number) => (delayMs <= 0 ? 0 : normalCdf(Math.log(delayMs / medianMs) / sigma)),
});
const exponential = (meanMs: number) => ({
  draw: (random: Random) => -meanMs * Math.log(1 - random()),
  share: (delayMs: number) => 1 - Math.exp(-Math.max(0, delayMs) / meanMs),
});
const [quick, slow] = [logNormal(HOUR_MS / 60, 0.7), logNormal(2 * HOUR_MS, 0.5)];

export const DELAY_WORLDS: readonly DelayWorld[] = [
  { name: 'ten minutes', windowMs: 6 * HOUR_MS, hours: 24, ...logNormal(HOUR_MS / 6, 1) },
  { name: 'an hour, half a day of log', windowMs: 6 * HOUR_MS, hours: 12, ...logNormal(HOUR_MS, 1.3) },
  { name: 'exponential', windowMs: 6 * HOUR_MS, hours: 24, ...exponential(HOUR_MS) },
  {
    name: 'at once or hours later',
    windowMs: 6 * HOUR_MS,
    hours: 24,
    draw: (random) => (random() < 0.6 ? quick : slow).draw(random),
    share: (delayMs) => 0.6 * quick.share(delayMs) + 0.4 * slow.share(delayMs),
  },
  { name: 'conversions, 14 days', windowMs: 336 * HOUR_MS, hours: 480, ...logNormal(48 * HOUR_MS, 1.2) },
];

/** Clicks that have come of impressions evenly before now, one in `everyMs`. */
export function drawDelays(seed: number, world: DelayWorld, impressions: number): DelayCount[] {
  const random = createRandom(seed, 'delay world', world.name);
  const counts: DelayCount[] = [];
  for (let index = 0; index < impressions; index++) {
    const observableMs = ((index + random()) / impressions) * world.hours * HOUR_MS;
    const delayMs = world.draw(random);
    if (delayMs <= Math.min(observableMs, world.windowMs)) counts.push({ delayMs, observableMs, count: 1 });
  }
  return counts;
}

/** A day's clicks: people click on few campaigns, some twice; robots on many, each once, and as slowly as people. */
export function drawClicks(seed: number): { clicks: ClickRecord[]; robots: Set<string> } {
  const random = createRandom(seed, 'robots');
  const clicks: ClickRecord[] = [];
  const robots = new Set<string>();
  const add = (listener: string, campaign: number) => {
    const impressionAtMs = 20_000 * 24 * HOUR_MS + Math.floor(20 * HOUR_MS * random());
    const atMs = impressionAtMs + 500 + Math.floor(drawLogNormal(random, 30_000, 1));
    clicks.push({
      listener,
      campaignId: `c${campaign}`,
      atMs: Math.min(atMs, impressionAtMs + 3 * HOUR_MS),
      impressionAtMs,
    });
  };
  for (let person = 0; person < 20_000; person++) {
    const count = drawPoisson(random, drawLogNormal(random, 0.3 * Math.exp(-0.32), 0.8));
    for (let click = 0; click < count; click++) add(`person ${person}`, drawInteger(random, 0, 499));
  }
  for (let robot = 0; robot < 100; robot++) {
    robots.add(`robot ${robot}`);
    for (let click = drawInteger(random, 50, 400); click > 0; click--)
      add(`robot ${robot}`, drawInteger(random, 0, 499));
  }
  return { clicks, robots };
}

export interface Experiment {
  reached: [number, number][];
  heldOut: [number, number][];
}

/** Streams of listeners before and after; `effect` more streams after for those of the reached group. */
export function drawExperiment(
  seed: number,
  { reached, heldOut }: { reached: number; heldOut: number },
  effect: number,
): Experiment {
  const random = createRandom(seed, 'experiment');
  const draw = (listeners: number, more: number) =>
    Array.from({ length: listeners }, (): [number, number] => {
      const habit = drawLogNormal(random, 1.2, 0.9);
      return [drawPoisson(random, habit), drawPoisson(random, habit + more)];
    });
  return { reached: draw(reached, effect), heldOut: draw(heldOut, 0) };
}
