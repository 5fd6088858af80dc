// The logarithm of the gamma function, which the laws of counts are written with.

/**
 * ln Gamma(x) for x > 0, to about 1e-14 of itself; infinite at 0 and NaN below. Stirling's series from 10 on, and
 * Gamma(x + 1) = x Gamma(x) below (NIST Digital Library of Mathematical Functions, 5.11.1 and 5.5.1).
 */
export function logGamma(x: number): number {
  if (!(x >= 0)) return NaN;
  if (x === 0 || x === Infinity) return Infinity;
  let product = 1;
  let shifted = x;
  for (; shifted < 10; shifted++) product *= shifted;
  const square = shifted * shifted;
  const series =
    (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
