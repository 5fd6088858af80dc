// The distribution function of the standard normal law.

/** Up to here the rational function is exact to 1e-15; past it the continued fraction is, with so many terms. */
const RATIONAL_TO = 7;
const TERMS = 20;

/**
 * The chance of a draw of at most x, to 1e-15; 0 and 1 beyond what doubles tell apart, NaN for NaN. Hart's rational function
 * (Computer Approximations, 1968, no. 5666), Laplace's continued fraction in the tails (NIST Digital Library of
 * Mathematical Functions 7.9.1).
 */
export function normalCdf(x: number): number {
  const size = Math.abs(x);
  const density = Math.exp((-size * size) / 2);
  const tail = density * (size > RATIONAL_TO ? fractionPast(size) : rationalAt(size));
  return x > 0 ? 1 - tail : tail;
}

/** Mills' ratio over the square root of 2 pi. */
function fractionPast(size: number): number {
  let fraction = size;
  for (let term = TERMS; term > 0; term--) fraction = term / fraction + size;
  return 1 / (fraction * Math.sqrt(2 * Math.PI));
}

function rationalAt(size: number): number {
  let above = 3.52624965998911e-2;
  above = above * size + 0.700383064443688;
  above = above * size + 6.37396220353165;
  above = above * size + 33.912866078383;
  above = above * size + 112.079291497871;
  above = above * size + 221.213596169931;
  above = above * size + 220.206867912376;
  let below = 8.83883476483184e-2;
  below = below * size + 1.75566716318264;
  below = below * size + 16.064177579207;
  below = below * size + 86.7807322029461;
  below = below * size + 296.564248779674;
  below = below * size + 637.333633378831;
  below = below * size + 793.826512519948;
  below = below * size + 440.413735824752;
  return above / below;
}
