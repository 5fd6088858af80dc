// The ways a series may be forecast. Which of them are any good for a series is found by trying them at past origins.
import { autoregression } from './series-autoregression.ts';
import type { SeriesHistory } from './series-history.ts';
import { neighbours } from './series-neighbours.ts';
import { naive, profile } from './series-profile.ts';
import { smoothing } from './series-smoothing.ts';

export interface Candidate {
  name: string;
  /** How many values there must be before an origin to forecast from it. */
  needs: number;
  of(history: SeriesHistory): CandidateOfHistory;
}

export interface CandidateOfHistory {
  /** For each origin its coefficients from what lies before it, an empty list of a candidate that has none, or undefined
   * where there is too little. */
  fit(origins: readonly number[]): (ArrayLike<number> | undefined)[];
  /** Writes the forecast from an origin, in units; it may be negative and is finite. */
  forecast(coefficients: ArrayLike<number>, origin: number, out: Float64Array): void;
}

/** The candidates that a season allows, each name once; the last one needs a single value. */
export function candidatesOf(season: number): readonly Candidate[] {
  // Hours repeat by the day and by the week; of other seasons no longer one is known.
  const long = season === 24 ? 7 : 1;
  const week = long * season;
  const cycles = long === 1 ? [1, 2] : [1, 2, long, long + 1];
  const core = lagsOf(season, 2, cycles, 2);
  const near = lagsOf(season, 2, [1, 2, 3], 2);
  const list = [
    autoregression('log-core', { lags: core, inLogs: true }),
    autoregression('raw-core', { lags: core, inLogs: false }),
    autoregression('log-near', { lags: near, inLogs: true }),
    autoregression('raw-steps', { lags: near, inLogs: false, profile: { period: 1, gain: 1 } }),
    autoregression('log-season', { lags: core, inLogs: true, profile: { period: season, gain: 0.2 } }),
    profile('profile-season', season, 1),
    neighbours('neighbours', season),
    smoothing('smooth-slow', { period: week, level: 0.1, season: 0.1 }),
    smoothing('smooth', { period: week, level: 0.3, season: 0.15 }),
    smoothing('smooth-fast', { period: week, level: 0.6, season: 0.15 }),
    naive('naive-season', season),
  ];
  if (long > 1) {
    const day = lagsOf(season, 3, [1], 3);
    list.push(
      autoregression('log-week', { lags: day, inLogs: true, profile: { period: week, gain: 0.4 } }),
      profile('profile-week', week, 0),
      profile('profile-week-level', week, 1),
      naive('naive-week', week),
    );
  }
  if (season > 1) list.push(naive('naive-last', 1));
  return list;
}

/** 1 to `first`, and `reach` steps to either side of some multiples of the season. */
function lagsOf(season: number, first: number, cycles: readonly number[], reach: number): number[] {
  const lags = new Set<number>();
  for (let lag = 1; lag <= first; lag++) lags.add(lag);
  for (const cycle of cycles) {
    for (let step = -reach; step <= reach; step++) lags.add(Math.max(1, cycle * season + step));
  }
  return [...lags].sort((a, b) => a - b);
}
