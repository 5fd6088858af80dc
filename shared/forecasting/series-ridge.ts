// Ridge regression by Cholesky: the coefficients from a Gram matrix, never NaN.

/**
 * Solves (G + penalty x D) w = r in place, D the identity but for the last column, the intercept, which is free.
 * A column that the others explain (a pivot lost to rounding) gets the coefficient 0.
 * @param gram G, size x size row by row, symmetric, positive semi-definite; overwritten by its factor
 * @param right r, `size` long; overwritten by w
 * @param penalty above or equal 0, in units of the diagonal
 */
export function solveRidge(gram: Float64Array, right: Float64Array, size: number, penalty: number): void {
  for (let row = 0; row < size; row++) {
    const own = row * size + row;
    const diagonal = (gram[own] as number) + (row < size - 1 ? penalty : 0);
    for (let column = 0; column <= row; column++) {
      let sum = column === row ? diagonal : (gram[row * size + column] as number);
      const [a, b] = [row * size, column * size];
      for (let k = 0; k < column; k++) sum -= (gram[a + k] as number) * (gram[b + k] as number);
      if (column < row) {
        const pivot = gram[b + column] as number;
        gram[a + column] = pivot === 0 ? 0 : sum / pivot;
      } else {
        gram[own] = sum > 1e-12 * diagonal ? Math.sqrt(sum) : 0;
      }
    }
  }
  for (let row = 0; row < size; row++) {
    let sum = right[row] as number;
    for (let k = 0; k < row; k++) sum -= (gram[row * size + k] as number) * (right[k] as number);
    const pivot = gram[row * size + row] as number;
    right[row] = pivot === 0 ? 0 : sum / pivot;
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = right[row] as number;
    for (let k = row + 1; k < size; k++) sum -= (gram[k * size + row] as number) * (right[k] as number);
    const pivot = gram[row * size + row] as number;
    right[row] = pivot === 0 ? 0 : sum / pivot;
  }
}
