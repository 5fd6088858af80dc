// The candidates that are autoregressions: of the values or their logarithms, or of how far they are from a profile that
// follows them.
import type { Candidate } from './series-candidates.ts';
import { logOf } from './series-history.ts';
import { fitLags, rollLags } from './series-lags.ts';

export interface AutoregressionForm {
  /** Ascending, above 0. */
  lags: readonly number[];
  inLogs: boolean;
  /**
   * What is regressed is the distance from a profile: of each place of the period the exponentially smoothed value,
   * moved by `gain` of each distance. A period and a gain of 1 are the differences between neighbours.
   */
  profile?: { period: number; gain: number };
}

/** Per row, in units of the variance. */
const RIDGE = 1e-4;

/** Ridge autoregression, rolled forward; its profile is moved by what is forecast as it was by what was seen. */
export function autoregression(name: string, { lags, inLogs, profile }: AutoregressionForm): Candidate {
  const longest = lags.at(-1) as number;
  const { period, gain } = profile ?? { period: 0, gain: 0 };
  return {
    name,
    needs: longest + period,
    of(history) {
      const source = inLogs ? history.logs : history.values;
      const { expected, distances } = followProfile(source, period, gain);
      const [lowest, highest] = limitsOf(distances);
      const limits = inLogs ? history.range.map((value) => logOf(value, history.offset)) : history.range;
      const [floor, ceiling] = limits as [number, number];
      return {
        fit(origins) {
          const inside = origins.map((origin) => origin - period);
          return fitLags(distances, lags, inside, RIDGE);
        },
        forecast(coefficients, origin, out) {
          const start = origin - period;
          rollLags(
            distances,
            { lags, coefficients, lowest, highest },
            start,
            new Float64Array(longest + out.length),
            out,
          );
          const ahead = source.slice(start, origin);
          for (let place = 0; place < period; place++) {
            const before = expected[start + place] as number;
            ahead[place] = before + gain * ((ahead[place] as number) - before);
          }
          for (let step = 0; step < out.length; step++) {
            const distance = out[step] as number;
            const place = step % period;
            const value = period === 0 ? distance : (ahead[place] as number) + distance;
            const kept = Math.max(floor, Math.min(ceiling, value));
            if (period > 0) ahead[place] = (ahead[place] as number) + gain * (kept - (ahead[place] as number));
            out[step] = inLogs ? Math.exp(kept) - history.offset : kept;
          }
        },
      };
    },
  };
}

/** What the profile said of each step before it was seen, and how far off it was from the second period on. */
function followProfile(source: Float64Array, period: number, gain: number) {
  if (period === 0) return { expected: source, distances: source };
  const expected = source.slice();
  const distances = new Float64Array(Math.max(0, source.length - period));
  for (let step = period; step < source.length; step++) {
    const before = expected[step - period] as number;
    const said = before + gain * ((source[step - period] as number) - before);
    expected[step] = said;
    distances[step - period] = (source[step] as number) - said;
  }
  return { expected, distances };
}

/** Half the range beyond it. */
function limitsOf(values: Float64Array): [number, number] {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of values) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  const room = (highest - lowest) / 2;
  return [lowest - room, highest + room];
}
