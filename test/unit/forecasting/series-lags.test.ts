import assert from 'node:assert/strict';
import fc from 'fast-check';
import { normalDraws } from '../../../shared/forecasting/normal-draws.ts';
import { fitLags, rollLags } from '../../../shared/forecasting/series-lags.ts';
import { solveRidge } from '../../../shared/forecasting/series-ridge.ts';

/** The oracle: Gauss-Jordan elimination with the largest pivot first. */
function eliminate(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] as number]);
  const at = (row: number, column: number) => (rows[row] as number[])[column] as number;
  for (let column = 0; column < rows.length; column++) {
    let pivot = column;
    for (let row = column; row < rows.length; row++) {
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    for (let row = 0; row < rows.length; row++) {
      if (row === column) continue;
      const factor = at(row, column) / at(column, column);
      rows[row] = (rows[row] as number[]).map((value, index) => value - factor * at(column, index));
    }
  }
  return rows.map((row, index) => (row.at(-1) as number) / (row[index] as number));
}

describe('Ridge by Cholesky', () => {
  it('solves what elimination solves, the last coefficient without penalty', () => {
    const entry = fc.double({ min: -3, max: 3, noNaN: true });
    const system = fc
      .integer({ min: 1, max: 6 })
      .chain((size) =>
        fc.tuple(
          fc.array(fc.array(entry, { minLength: size, maxLength: size }), { minLength: size, maxLength: size + 4 }),
          fc.array(entry, { minLength: size, maxLength: size }),
          fc.double({ min: 0.5, max: 5, noNaN: true }),
        ),
      );
    fc.assert(
      fc.property(system, ([rows, right, penalty]) => {
        const size = right.length;
        const sums = Array.from({ length: size }, (_, a) =>
          Array.from({ length: size }, (_unused, b) => {
            // The ones keep the free column away from 0.
            const own = a === size - 1 && b === size - 1 ? 1 : 0;
            return rows.reduce((sum, row) => sum + (row[a] as number) * (row[b] as number), own);
          }),
        );
        const solved = Float64Array.from(right);
        solveRidge(Float64Array.from(sums.flat()), solved, size, penalty);
        const expected = eliminate(
          sums.map((row, a) => row.map((value, b) => value + (a === b && a < size - 1 ? penalty : 0))),
          right,
        );
        expected.forEach((value, index) => {
          assert(
            Math.abs(value - (solved[index] as number)) < 1e-6 * (1 + Math.abs(value)),
            `${value} ${solved[index]}`,
          );
        });
      }),
      { seed: 11 },
    );
  });

  it('gives nothing to a column that others explain, and never NaN', () => {
    const right = Float64Array.of(2, 2, 1);
    solveRidge(Float64Array.of(1, 1, 0, 1, 1, 0, 0, 0, 1), right, 3, 0);
    assert.deepEqual([...right], [2, 0, 1]);
    const none = new Float64Array(2);
    solveRidge(new Float64Array(4), none, 2, 0);
    assert.deepEqual([...none], [0, 0]);
  });
});

describe('Regression on lags', () => {
  it('finds the coefficients a series was made with', () => {
    const draw = normalDraws(5);
    const values = new Float64Array(20_000);
    for (let step = 24; step < values.length; step++) {
      values[step] = 2 + 0.5 * (values[step - 1] as number) + 0.3 * (values[step - 24] as number) + draw();
    }
    const [coefficients] = fitLags(values, [1, 24], [values.length], 1e-6);
    const [near, far, intercept] = [...(coefficients ?? [])] as [number, number, number];
    assert(
      Math.abs(near - 0.5) < 0.02 && Math.abs(far - 0.3) < 0.02 && Math.abs(intercept - 2) < 0.3,
      `${near} ${far} ${intercept}`,
    );
  });

  it('sees at each origin only what lies before it', () => {
    const draw = normalDraws(6);
    const values = Float64Array.from({ length: 300 }, () => 5 + draw());
    const changed = values.map((value, step) => (step < 200 ? value : 1e3 * value));
    const early = fitLags(values, [1, 2], [200, 300], 0)[0] as Float64Array;
    const same = fitLags(changed, [1, 2], [200, 300], 0)[0] as Float64Array;
    early.forEach((value, index) =>
      assert(Math.abs(value - (same[index] as number)) < 1e-6, `${early.join()} ${same.join()}`),
    );
  });

  it('has no coefficients for too short a history, and the mean for a constant one', () => {
    assert.deepEqual(fitLags(new Float64Array(40), [1, 24], [10, 25, 28], 0), [undefined, undefined, undefined]);
    const constant = new Float64Array(100).fill(7);
    const [coefficients] = fitLags(constant, [1, 2], [100], 1e-4);
    const out = new Float64Array(3);
    const form = { lags: [1, 2], coefficients: coefficients as Float64Array, lowest: 0, highest: 100 };
    rollLags(constant, form, 100, new Float64Array(5), out);
    assert.deepEqual([...out], [7, 7, 7]);
  });

  it('is rolled forward from its own forecasts and kept within its limits', () => {
    const out = new Float64Array(4);
    const doubling = { lags: [1], coefficients: [2, 1], lowest: 0, highest: 20 };
    rollLags(Float64Array.of(9, 1), doubling, 2, new Float64Array(5), out);
    assert.deepEqual([...out], [3, 7, 15, 20]);
    rollLags(Float64Array.of(9, 1), doubling, 1, new Float64Array(5), out);
    assert.deepEqual([...out], [19, 20, 20, 20]);
  });
});
