// The mix of candidates: which part of the horizon a step belongs to, the weight of each member there, the mixed forecast.
import { candidatesOf } from './series-candidates.ts';
import type { SeriesHistory } from './series-history.ts';
import type { SeriesMember } from './series-model.ts';
import type { SeriesTrials } from './series-trials.ts';

/** Ends of the parts of a horizon in which members have their own weights, in seasons; the last part has no end. */
const PART_ENDS_SEASONS = [1, 2, 7];
export const PARTS = PART_ENDS_SEASONS.length + 1;

/** The part of the horizon of a step ahead, from 0. */
export function partOf(step: number, season: number): number {
  const part = PART_ENDS_SEASONS.findIndex((end) => step < end * season);
  return part === -1 ? PARTS - 1 : part;
}

function partsOf(steps: number, season: number): Uint8Array {
  return Uint8Array.from({ length: steps }, (_, step) => partOf(step, season));
}

/** The mean of the members' forecasts by their weights, in units and within the range. */
export function mixedForecast(members: readonly SeriesMember[], history: SeriesHistory, steps: number): Float64Array {
  const mixed = new Float64Array(steps);
  const own = new Float64Array(steps);
  const byName = new Map(candidatesOf(history.season).map((candidate) => [candidate.name, candidate]));
  const origin = history.values.length;
  const parts = partsOf(steps, history.season);
  const weighed = new Float64Array(PARTS);
  for (const { name, weights, coefficients } of members) {
    const candidate = byName.get(name);
    if (!candidate || candidate.needs > origin) continue;
    candidate.of(history).forecast(coefficients, origin, own);
    for (let step = 0; step < steps; step++) {
      const weight = weights[parts[step] as number] as number;
      mixed[step] = (mixed[step] as number) + weight * clamp(own[step] as number, history.range);
    }
    for (let part = 0; part < PARTS; part++) weighed[part] = (weighed[part] as number) + (weights[part] as number);
  }
  for (let step = 0; step < steps; step++) {
    const weight = weighed[parts[step] as number] as number;
    mixed[step] = weight > 0 ? (mixed[step] as number) / weight : (history.values[origin - 1] as number);
  }
  return mixed;
}

export function clamp(value: number, [lowest, highest]: readonly [number, number]): number {
  return value < lowest ? lowest : value > highest ? highest : value;
}

/** What the candidates tried, mixed by their weights, would have said at an origin. */
export function mixAt(
  { candidates }: SeriesTrials,
  weights: readonly number[][],
  index: number,
  season: number,
): Float64Array {
  const mixed = new Float64Array(candidates.at(-1)?.forecasts[index]?.length ?? 0);
  const weighed = new Float64Array(mixed.length);
  const parts = partsOf(mixed.length, season);
  candidates.forEach(({ forecasts }, candidate) => {
    const own = forecasts[index];
    if (!own) return;
    for (let step = 0; step < mixed.length; step++) {
      const weight = (weights[candidate] as number[])[parts[step] as number] as number;
      mixed[step] = (mixed[step] as number) + weight * (own[step] as number);
      weighed[step] = (weighed[step] as number) + weight;
    }
  });
  return mixed.map((value, step) => value / (weighed[step] as number));
}
