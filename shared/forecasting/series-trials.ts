// Candidates tried at past origins: what each would have said there, fitted on what lay before.
import { candidatesOf } from './series-candidates.ts';
import type { SeriesHistory } from './series-history.ts';
import { clamp } from './series-mix.ts';

export interface SeriesTrials {
  /** Ascending; each forecasts up to the horizon tried or the end of the history. */
  origins: number[];
  horizon: number;
  candidates: CandidateTrial[];
}

export interface CandidateTrial {
  name: string;
  /** Fitted on the whole history. */
  coefficients: ArrayLike<number>;
  /** What it said from each origin, in units; undefined where it had too little to go by. */
  forecasts: (Float64Array | undefined)[];
}

/** Origins tried that lie the whole horizon back. */
const WHOLE_ORIGINS = 28;
/** Origins a season; one when the horizon is far, where they tell less apart. */
const ORIGINS_A_SEASON = 2;
const FAR_SEASONS = 7;
/** The part of the history that lies before the first origin, at least. */
const LEAST_BEFORE = 1 / 3;

/**
 * All candidates of the season that the history is long enough for, at origins half a season or a season apart.
 * @param horizon at most this many steps, and never more than the history leaves after LEAST_BEFORE, are tried
 */
export function tryCandidates(history: SeriesHistory, horizon: number): SeriesTrials {
  const { values, season, range } = history;
  const { length } = values;
  const tried = Math.min(horizon, Math.max(1, Math.floor(length * (1 - LEAST_BEFORE))));
  const origins = originsOf(length, season, tried);
  const candidates: CandidateTrial[] = [];
  for (const candidate of candidatesOf(season)) {
    const own = candidate.of(history);
    const fits = own.fit([...origins, length]);
    const coefficients = fits.pop();
    if (!coefficients) continue;
    const forecasts = origins.map((origin, index) => {
      const fit = fits[index];
      if (!fit) return undefined;
      const out = new Float64Array(Math.min(tried, length - origin));
      own.forecast(fit, origin, out);
      return out.map((value) => clamp(value, range));
    });
    candidates.push({ name: candidate.name, coefficients, forecasts });
  }
  return { origins, horizon: tried, candidates };
}

function originsOf(length: number, season: number, tried: number): number[] {
  const often = tried > FAR_SEASONS * season ? 1 : ORIGINS_A_SEASON;
  const gap = Math.max(1, Math.round(season / often));
  const count = Math.ceil(tried / gap) + WHOLE_ORIGINS - 1;
  const origins: number[] = [];
  for (let back = count; back >= 1; back--) {
    const origin = length - back * gap;
    if (origin >= length * LEAST_BEFORE) origins.push(origin);
  }
  if (origins.length === 0 && length > 1) origins.push(Math.ceil(length / 2));
  return origins;
}
