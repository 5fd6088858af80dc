// The candidates that repeat what was seen at the same place of a period.
import type { Candidate } from './series-candidates.ts';
import { middleOf } from './series-middle.ts';

/** The last `period` values again and again. */
export function naive(name: string, period: number): Candidate {
  return {
    name,
    needs: period,
    of: ({ values }) => ({
      fit: (origins) => origins.map((origin) => (origin >= period ? [] : undefined)),
      forecast(_coefficients, origin, out) {
        for (let step = 0; step < out.length; step++) out[step] = values[origin - period + (step % period)] as number;
      },
    }),
  };
}

/** How many periods a profile is the middle of. */
const PERIODS = 5;

/**
 * The median over the last periods of the logarithm at each place.
 * @param level how much of the last period's level the profile is moved to: 0 of none, 1 of all of it
 */
export function profile(name: string, period: number, level: 0 | 1): Candidate {
  return {
    name,
    needs: 2 * period,
    of: ({ logs, offset }) => ({
      fit: (origins) => origins.map((origin) => (origin >= 2 * period ? [] : undefined)),
      forecast(_coefficients, origin, out) {
        const periods = Math.min(PERIODS, Math.floor(origin / period));
        const levels = new Float64Array(periods);
        for (let back = 0; level > 0 && back < periods; back++)
          levels[back] = meanOf(logs, origin - (back + 1) * period, period);
        const column = new Float64Array(periods);
        const places = Math.min(period, out.length);
        for (let place = 0; place < places; place++) {
          for (let back = 0; back < periods; back++) {
            column[back] = (logs[origin + place - (back + 1) * period] as number) - (levels[back] as number);
          }
          out[place] = Math.exp(middleOf(column) + (levels[0] as number)) - offset;
        }
        for (let step = places; step < out.length; step++) out[step] = out[step - period] as number;
      },
    }),
  };
}

function meanOf(values: Float64Array, from: number, count: number): number {
  let sum = 0;
  for (let step = from; step < from + count; step++) sum += values[step] as number;
  return sum / count;
}
