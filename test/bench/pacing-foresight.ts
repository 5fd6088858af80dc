// What a pacer expects of the rest of its flight: by the log of a day before, or, without one, by the hours it has seen.
import { RATIO_STEPS, ratioStep } from './pacing-threshold.ts';
import { addMoved, type Foresight } from './pacing-pacer.ts';
import type { OpportunityLog } from './pacing-world.ts';

const HOUR = 60;
const DAY = 1440;

/** Yesterday's rest, as much more or less as today has brought so far, at the level of the last hours. */
const MEMORY_MINUTES = 240;
/** Standard deviations, of logarithms: of days among themselves, and of an hour beside its day. */
const DAY_SPREAD = { traffic: 0.3, level: 0.2 };
const HOUR_SPREAD = { traffic: 0.15, level: 0.2 };

/** @param shift minutes from the log to today */
export function yesterday(log: OpportunityLog, shift: number): Foresight {
  const rest = new Float64Array(RATIO_STEPS);
  log.value.forEach((value, index) => addTo(rest, value, log.price[index] as number, 1));
  let [at, seen, last, hours] = [0, 0, (log.minute[0] ?? 0) + shift, 0];
  const first = last;
  const today = emptyLevel();
  const before = emptyLevel();
  const advance = (minute: number) => {
    const kept = Math.exp(-Math.max(0, minute - last) / MEMORY_MINUTES);
    for (const level of [today, before])
      for (let part = 0; part < level.length; part++) level[part] = (level[part] as number) * kept;
    hours = hours * kept + Math.max(0, minute - last) / HOUR;
    last = Math.max(last, minute);
  };
  const levelShift = (part: 1 | 2) => {
    const [own, other] = [today[0] as number, before[0] as number];
    if (own < 2 || other < 2) return 0;
    const moved = (today[part] as number) / own - (before[part] as number) / other;
    const noise = variance(today, part) / own + variance(before, part) / other;
    return moved * believed(DAY_SPREAD.level, noise + HOUR_SPREAD.level ** 2 / Math.max(hours, 0.1));
  };
  return {
    outlookAt(minute) {
      for (; at < log.value.length && (log.minute[at] as number) + shift < minute; at++) {
        const [value, price] = [log.value[at] as number, log.price[at] as number];
        addTo(rest, value, price, -1);
        advance((log.minute[at] as number) + shift);
        addToLevel(before, value, price);
      }
      advance(minute);
      const noise = 1 / (seen + 1) + 1 / (at + 1) + HOUR_SPREAD.traffic ** 2 / Math.max((minute - first) / HOUR, 0.1);
      const traffic = Math.log((seen + 1) / (at + 1)) * believed(DAY_SPREAD.traffic, noise);
      const cost = new Float64Array(RATIO_STEPS);
      addMoved(cost, rest, { scale: Math.exp(traffic + levelShift(1)), logRatio: levelShift(2) });
      return { count: (log.value.length - at) * Math.exp(traffic), cost };
    },
    observe(minute, { value, price }) {
      seen += 1;
      advance(minute);
      addToLevel(today, value, price);
    },
  };
}

/** Standard deviations of the waves of a day, and of an hour beside its wave. */
const WAVE_SPREAD = { traffic: 0.5, level: 0.25 };
const HOUR_NOISE = 0.15;

interface Hour {
  from: number;
  count: number;
  level: Float64Array;
  cost: Float64Array;
}

/**
 * The hours so far, each at its own level, make one pool; traffic, prices and value for money go on as the daily wave (one
 * cosine of free phase) that the hours so far make most likely, beside none. Before the first hours are over that is nearly flat.
 */
export function ownHours(startMinute: number, minutes: number): Foresight {
  const seen: Hour[] = [];
  const end = startMinute + minutes;
  return {
    outlookAt(minute) {
      const total = seen.reduce((sum, { count }) => sum + count, 0);
      if (total === 0) return undefined;
      const passed = seen.map((hour, index) => {
        const until = index === seen.length - 1 ? Math.max(minute, hour.from) : hour.from + HOUR;
        const from = Math.max(startMinute, hour.from);
        const length = Math.max(1e-3, until - from);
        return { ...hour, middle: from + length / 2, length, noise: (HOUR_NOISE ** 2 * HOUR) / Math.max(length, 5) };
      });
      const paid = passed.filter(({ level }) => (level[0] as number) > 0);
      const traffic = fitWave(
        WAVE_SPREAD.traffic,
        passed.map(({ middle, count, length, noise }) => ({
          at: middle,
          level: Math.log((count + 0.5) / length),
          variance: 1 / (count + 0.5) + noise,
        })),
      );
      const [price, ratio] = ([1, 2] as const).map((part) =>
        fitWave(
          WAVE_SPREAD.level,
          paid.map(({ middle, level, noise }) => ({
            at: middle,
            level: (level[part] as number) / (level[0] as number),
            variance: 1 / (level[0] as number) + noise,
          })),
        ),
      ) as [Wave, Wave];
      const pool = new Float64Array(RATIO_STEPS);
      for (const { cost, middle } of paid) {
        addMoved(pool, cost, { scale: Math.exp(-price(middle)) / total, logRatio: -ratio(middle) });
      }
      const outlook = { count: 0, cost: new Float64Array(RATIO_STEPS) };
      for (let from = minute; from < end;) {
        const until = Math.min(end, (Math.floor(from / HOUR) + 1) * HOUR);
        const middle = (from + until) / 2;
        const count = Math.exp(traffic(middle)) * (until - from);
        outlook.count += count;
        addMoved(outlook.cost, pool, { scale: count * Math.exp(price(middle)), logRatio: ratio(middle) });
        from = until;
      }
      return outlook;
    },
    observe(minute, { value, price }) {
      const from = Math.floor(minute / HOUR) * HOUR;
      const known = seen.at(-1);
      const gap = known === undefined ? 0 : Math.min(DAY / HOUR, (from - known.from) / HOUR - 1);
      for (let hour = gap; hour > 0; hour--) seen.push(emptyHour(from - hour * HOUR));
      let hour = seen.at(-1);
      if (hour === undefined || hour.from < from) {
        hour = emptyHour(from);
        seen.push(hour);
      }
      hour.count += 1;
      addTo(hour.cost, value, price, 1);
      addToLevel(hour.level, value, price);
    },
  };
}

type Wave = (minute: number) => number;

/** a + b cos + c sin of the day, by weighted least squares with normal priors of this spread on b and c. */
function fitWave(spread: number, points: readonly { at: number; level: number; variance: number }[]): Wave {
  const rows = [0, 1, 2].map((row) =>
    Float64Array.from({ length: 4 }, (_, column) => (column !== row ? 0 : row === 0 ? 1e-9 : spread ** -2)),
  );
  for (const { at, level, variance: own } of points) {
    const terms = termsAt(at);
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++)
        add(rows, row, column, ((terms[row] as number) * (terms[column] as number)) / own);
      add(rows, row, 3, ((terms[row] as number) * level) / own);
    }
  }
  for (let pivot = 0; pivot < 3; pivot++) {
    const own = (rows[pivot] as Float64Array).map((cell) => cell / ((rows[pivot] as Float64Array)[pivot] as number));
    rows.forEach((cells, row) => {
      const factor = cells[pivot] as number;
      rows[row] = row === pivot ? own : cells.map((cell, column) => cell - factor * (own[column] as number));
    });
  }
  const [a, b, c] = rows.map((cells) => cells[3] as number) as [number, number, number];
  return (minute) => {
    const [one, cosine, sine] = termsAt(minute);
    return a * one + b * cosine + c * sine;
  };
}

function add(rows: Float64Array[], row: number, column: number, amount: number): void {
  (rows[row] as Float64Array)[column] = ((rows[row] as Float64Array)[column] as number) + amount;
}

function termsAt(minute: number): [number, number, number] {
  const angle = (2 * Math.PI * minute) / DAY;
  return [1, Math.cos(angle), Math.sin(angle)];
}

/** Count, sums of log price and log ratio, and of their squares, over what has a value and a price. */
function emptyLevel(): Float64Array {
  return new Float64Array(5);
}

function emptyHour(from: number): Hour {
  return { from, count: 0, level: emptyLevel(), cost: new Float64Array(RATIO_STEPS) };
}

function addToLevel(level: Float64Array, value: number, price: number): void {
  if (value <= 0 || price <= 0) return;
  const [logPrice, logRatio] = [Math.log(price), Math.log(value / price)];
  [1, logPrice, logRatio, logPrice ** 2, logRatio ** 2].forEach((amount, part) => {
    level[part] = (level[part] as number) + amount;
  });
}

function variance(level: Float64Array, part: 1 | 2): number {
  const count = level[0] as number;
  return Math.max(0, (level[part + 2] as number) / count - ((level[part] as number) / count) ** 2) + 0.05;
}

function addTo(cost: Float64Array, value: number, price: number, sign: 1 | -1): void {
  const step = ratioStep(value, price);
  if (step >= 0 && value > 0) cost[step] = Math.max(0, (cost[step] as number) + sign * price);
}

/** The part of a difference to believe in: its own variance over that and the noise. */
function believed(spread: number, noise: number): number {
  return spread ** 2 / (spread ** 2 + noise);
}
