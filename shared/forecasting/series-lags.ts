// Regression of a series on its own past at chosen lags: fitted by ridge at several origins in one pass, rolled forward from
// any of them.
import { solveRidge } from './series-ridge.ts';

/**
 * Coefficients of y_t on 1 and y_(t - lag), one set per origin, each from the values before that origin alone.
 * algorithms: ridge on seasonal lags with a free intercept, (X'X + ridge n I)^-1 X'y, after centring and scaling.
 * @param values finite
 * @param lags ascending, above 0
 * @param origins ascending, at most `values.length`
 * @param ridge the penalty, per row and in units of the values' variance
 * @returns for each origin `lags.length` coefficients and the intercept; undefined when there are too few rows before it
 */
export function fitLags(
  values: Float64Array,
  lags: readonly number[],
  origins: readonly number[],
  ridge: number,
): (Float64Array | undefined)[] {
  const size = lags.length + 1;
  const longest = lags.at(-1) as number;
  const { centre, spread } = momentsOf(values);
  const gram = new Float64Array(size * size);
  const right = new Float64Array(size);
  const row = new Float64Array(size);
  row[size - 1] = 1;
  let time = longest;
  return origins.map((origin) => {
    for (; time < origin; time++) {
      const target = ((values[time] as number) - centre) / spread;
      for (let k = 0; k < size - 1; k++) {
        row[k] = ((values[time - (lags[k] as number)] as number) - centre) / spread;
      }
      for (let i = 0; i < size; i++) {
        const own = row[i] as number;
        const start = i * size;
        for (let k = 0; k <= i; k++) gram[start + k] = (gram[start + k] as number) + own * (row[k] as number);
        right[i] = (right[i] as number) + own * target;
      }
    }
    const rows = origin - longest;
    if (rows < 2 * size) return undefined;
    const coefficients = right.slice();
    solveRidge(gram.slice(), coefficients, size, ridge * rows);
    let sum = 0;
    for (let k = 0; k < size - 1; k++) sum += coefficients[k] as number;
    coefficients[size - 1] = (coefficients[size - 1] as number) * spread + centre * (1 - sum);
    return coefficients;
  });
}

/**
 * Rolls an autoregression forward into `out`, each value kept within bounds so that no explosive root can run away.
 * @param values the history; what is at `origin` and after is not looked at
 * @param room workspace, at least the longest lag and `out` together
 */
export function rollLags(
  values: Float64Array,
  { lags, coefficients, lowest, highest }: Roll,
  origin: number,
  room: Float64Array,
  out: Float64Array,
): void {
  const count = lags.length;
  const longest = lags[count - 1] as number;
  for (let k = 0; k < longest; k++) room[k] = values[origin - longest + k] as number;
  const weights = Float64Array.from(coefficients);
  const back = Int32Array.from(lags);
  const intercept = weights[count] as number;
  for (let step = 0; step < out.length; step++) {
    const at = longest + step;
    let sum = intercept;
    for (let k = 0; k < count; k++) sum += (weights[k] as number) * (room[at - (back[k] as number)] as number);
    const value = sum < lowest ? lowest : sum > highest ? highest : sum;
    room[at] = value;
    out[step] = value;
  }
}

export interface Roll {
  lags: readonly number[];
  /** As fitLags returns them. */
  coefficients: ArrayLike<number>;
  lowest: number;
  highest: number;
}

function momentsOf(values: Float64Array): { centre: number; spread: number } {
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const centre = sum / values.length;
  for (const value of values) squares += (value - centre) ** 2;
  const spread = Math.sqrt(squares / values.length);
  return { centre, spread: spread > 0 ? spread : 1 };
}
