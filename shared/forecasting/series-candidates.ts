// The ways a series can be forecast: each gives forecasts from any origin of the history, from what lies before it.
import { fitAutoregression, rollAutoregression } from './series-autoregression.ts';
import { logOf, type SeriesHistory } from './series-history.ts';

export interface Candidate {
  name: string;
  /** How many values there must be before an origin. */
  needs: number;
  /** For each origin its coefficients (an empty list when there are none), undefined where too little lies before it. */
  fit(history: SeriesHistory, origins: readonly number[]): (ArrayLike<number> | undefined)[];
  /** Writes the forecast in units, not always within the history's range. */
  forecast(history: SeriesHistory, coefficients: ArrayLike<number>, origin: number, out: Float64Array): void;
}

/** Those that a season allows, by name. */
export function candidatesOf(season: number): readonly Candidate[] {
  const week = season === 24 ? 168 : 0;
  const lags = (cycles: number, around: number) => lagsOf(season, cycles, around);
  const short = lags(7, 1);
  const list = [
    autoregression('log-short', short, 1e-4, true),
    autoregression('raw-short', short, 1e-4, false),
    naive('naive-season', season),
    profile('profile-season', season),
  ];
  if (week > 0) {
    list.push(
      autoregression('log-wide', lags(8, 2), 1e-4, true),
      autoregression('raw-wide', lags(8, 2), 1e-4, false),
      naive('naive-week', week),
      profile('profile-week', week),
    );
  }
  if (season > 1) list.push(autoregression('log-near', lags(2, 1), 1e-4, true), naive('naive-last', 1));
  return list;
}

/** 1 to 3, and around every season: `cycles` seasons, `around` steps to either side. */
function lagsOf(season: number, cycles: number, around: number): number[] {
  const lags = new Set([1, 2, 3]);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const reach = cycle === 1 || cycle === 7 ? around : around - 1;
    for (let step = -reach; step <= reach; step++) lags.add(Math.max(1, cycle * season + step));
  }
  return [...lags].sort((a, b) => a - b);
}

function autoregression(name: string, lags: readonly number[], ridge: number, inLogs: boolean): Candidate {
  return {
    name,
    needs: lags.at(-1) as number,
    fit: ({ values, logs }, origins) => fitAutoregression(inLogs ? logs : values, lags, origins, ridge),
    forecast({ values, logs, offset, range: [lowest, highest] }, coefficients, origin, out) {
      const room = new Float64Array((lags.at(-1) as number) + out.length);
      const limits = inLogs ? { lowest: logOf(lowest, offset), highest: logOf(highest, offset) } : { lowest, highest };
      rollAutoregression(inLogs ? logs : values, { lags, coefficients, ...limits }, origin, room, out);
      if (inLogs) for (let step = 0; step < out.length; step++) out[step] = Math.exp(out[step] as number) - offset;
    },
  };
}

/** The last `period` values again and again. */
function naive(name: string, period: number): Candidate {
  return {
    name,
    needs: period,
    fit: (_history, origins) => origins.map((origin) => (origin >= period ? [] : undefined)),
    forecast({ values }, _coefficients, origin, out) {
      for (let step = 0; step < out.length; step++) out[step] = values[origin - period + (step % period)] as number;
    },
  };
}

/** How many periods a profile is the middle of. */
const PROFILE_PERIODS = 5;

/** The median of the last periods at the same place of the period. */
function profile(name: string, period: number): Candidate {
  return {
    name,
    needs: 2 * period,
    fit: (_history, origins) => origins.map((origin) => (origin >= 2 * period ? [] : undefined)),
    forecast({ values }, _coefficients, origin, out) {
      const periods = Math.min(PROFILE_PERIODS, Math.floor(origin / period));
      const places = Math.min(period, out.length);
      const column = new Float64Array(periods);
      for (let step = 0; step < places; step++) {
        for (let back = 0; back < periods; back++) column[back] = values[origin + step - (back + 1) * period] as number;
        out[step] = middleOf(column);
      }
      for (let step = places; step < out.length; step++) out[step] = out[step - period] as number;
    },
  };
}

/** The median; sorts in place. */
function middleOf(column: Float64Array): number {
  column.sort();
  const middle = column.length >> 1;
  const upper = column[middle] as number;
  return column.length % 2 === 1 ? upper : ((column[middle - 1] as number) + upper) / 2;
}
