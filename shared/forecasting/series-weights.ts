// The weights of candidates in the mix, from their errors at past origins, for each part of the horizon.
import { logRatio, type SeriesHistory } from './series-history.ts';
import { PARTS, partOf } from './series-mix.ts';
import type { SeriesTrials } from './series-trials.ts';

/** Weights are the relative error to minus this power. */
const SHARPNESS = 4;
/** How many origins the error in the part before counts for: far ahead there are few, or none. */
const CARRIED_ORIGINS = 0.5;
/** Logarithm beyond which an error counts no more: a factor of twenty. */
const FURTHEST = 3;
/** Relative errors below this are alike. */
const EXACT = 1e-3;

/**
 * By candidate and part of the horizon, adding up to 1 in each part: (error / usual error)^-SHARPNESS. Errors are
 * absolute ones of logarithms, so that each hour counts alike; usual is the median of the candidates at the same origin.
 */
export function weightsOf(history: SeriesHistory, { origins, candidates }: SeriesTrials): number[][] {
  const errors = candidates.map(({ forecasts }) =>
    forecasts.map((forecast, index) => forecast && partErrors(history, origins[index] as number, forecast)),
  );
  const usual = origins.map((_origin, index) => {
    const there = errors.map((own) => own[index]).filter((own) => own !== undefined);
    return Array.from({ length: PARTS }, (_, part) => middle(there.map((own) => own[part] as number)));
  });
  const relative = errors.map((own) => relativeErrors(own, usual));
  for (let part = 0; part < PARTS; part++) {
    let sum = 0;
    for (const own of relative) sum += own[part] = (EXACT + (own[part] as number)) ** -SHARPNESS;
    for (const own of relative) own[part] = (own[part] as number) / sum;
  }
  return relative;
}

/** Sums of errors in each part. */
function partErrors({ truths, season }: SeriesHistory, origin: number, forecast: Float64Array): number[] {
  const sums = new Array<number>(PARTS).fill(0);
  for (let step = 0; step < forecast.length; step++) {
    const truth = truths[origin + step] as number;
    const error = Math.abs(logRatio(truth, forecast[step] as number));
    const part = partOf(step, season);
    sums[part] = (sums[part] as number) + Math.min(FURTHEST, error);
  }
  return sums;
}

/** Of one candidate, by part; where it was not tried it is as good as in the part before. */
function relativeErrors(own: readonly (number[] | undefined)[], usual: readonly number[][]): number[] {
  let before = 1;
  return Array.from({ length: PARTS }, (_, part) => {
    let [sum, others, all] = [0, 0, 0];
    own.forEach((errors, index) => {
      const other = (usual[index] as number[])[part] as number;
      all += other;
      if (!errors) return;
      sum += errors[part] as number;
      others += other;
    });
    const carried = Math.max(EXACT, (CARRIED_ORIGINS * all) / Math.max(1, own.length));
    before = (sum + carried * before) / (others + carried);
    return before;
  });
}

function middle(values: number[]): number {
  values.sort((a, b) => a - b);
  return ((values[(values.length - 1) >> 1] ?? 0) + (values[values.length >> 1] ?? 0)) / 2;
}
