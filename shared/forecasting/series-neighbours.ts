// The candidate that looks for the past seasons most like the last one, and forecasts what came after them.
import type { Candidate } from './series-candidates.ts';

/** How many past seasons are averaged. */
const NEAREST = 4;
/** How much of the difference in level between the last season and a past one is carried over. */
const LEVEL = 0.5;

/**
 * Nearest neighbours in logarithms, season by season: the last season is compared, without its level, with each past one
 * that starts at the same place; the seasons after the nearest are averaged by the inverse square of their distance,
 * and what comes out is the last season of the next round.
 */
export function neighbours(name: string, season: number): Candidate {
  return {
    name,
    needs: 3 * season,
    of: ({ logs, offset }) => ({
      fit: (origins) => origins.map((origin) => (origin >= 3 * season ? [] : undefined)),
      forecast(_coefficients, origin, out) {
        const seasons = Math.floor(origin / season);
        const first = origin - seasons * season;
        const levels = new Float64Array(seasons);
        for (let index = 0; index < seasons; index++) levels[index] = levelOf(logs, first + index * season, season);
        const last = logs.slice(origin - season, origin);
        const nearest = new Int32Array(NEAREST);
        const distances = new Float64Array(NEAREST);
        for (let step = 0; step < out.length; step += season) {
          const level = levelOf(last, 0, season);
          distances.fill(Infinity);
          for (let index = 0; index < seasons - 1; index++) {
            const distance = distanceOf(logs, first + index * season, last, level - (levels[index] as number));
            insert(nearest, distances, index, distance);
          }
          average(logs, { first, season, levels, level }, nearest, distances, last);
          for (let place = 0; place < season && step + place < out.length; place++) {
            out[step + place] = Math.exp(last[place] as number) - offset;
          }
        }
      },
    }),
  };
}

/** Of the past season `index`, the one after it is what is averaged. */
function average(
  logs: Float64Array,
  { first, season, levels, level }: { first: number; season: number; levels: Float64Array; level: number },
  nearest: Int32Array,
  distances: Float64Array,
  out: Float64Array,
): void {
  out.fill(0);
  let sum = 0;
  for (let rank = 0; rank < NEAREST; rank++) {
    const distance = distances[rank] as number;
    if (distance === Infinity) break;
    const weight = 1 / (distance / season + CLOSEST);
    const index = nearest[rank] as number;
    const shift = LEVEL * (level - (levels[index] as number));
    sum += weight;
    for (let place = 0; place < season; place++) {
      const value = (logs[first + (index + 1) * season + place] as number) + shift;
      out[place] = (out[place] as number) + weight * value;
    }
  }
  for (let place = 0; place < season; place++) out[place] = (out[place] as number) / sum;
}

/** Mean square distance in logarithms below which seasons are the same. */
const CLOSEST = 1e-6;

/** Keeps the nearest in order. */
function insert(nearest: Int32Array, distances: Float64Array, index: number, distance: number): void {
  let rank = NEAREST - 1;
  if (!(distance < (distances[rank] as number))) return;
  for (; rank > 0 && distance < (distances[rank - 1] as number); rank--) {
    distances[rank] = distances[rank - 1] as number;
    nearest[rank] = nearest[rank - 1] as number;
  }
  distances[rank] = distance;
  nearest[rank] = index;
}

function distanceOf(logs: Float64Array, from: number, last: Float64Array, shift: number): number {
  let sum = 0;
  for (let place = 0; place < last.length; place++) {
    sum += ((last[place] as number) - (logs[from + place] as number) - shift) ** 2;
  }
  return sum;
}

function levelOf(logs: Float64Array, from: number, season: number): number {
  let sum = 0;
  for (let place = 0; place < season; place++) sum += logs[from + place] as number;
  return sum / season;
}
