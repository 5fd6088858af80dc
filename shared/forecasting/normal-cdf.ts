// The distribution function of the standard normal law.

/**
 * The chance of a draw of at most x, to 1e-15; 0 and 1 beyond what doubles tell apart, NaN for NaN. Taylor's series around
 * 0 near it, Laplace's continued fraction in the tails (Marsaglia, Journal of Statistical Software 11(4), 2004; NIST
 * Digital Library of Mathematical Functions 7.9.1).
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 3) return 1 - normalCdf(-x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < -3) {
    let fraction = -x;
    for (let term = 60; term > 0; term--) fraction = term / fraction - x;
    return density / fraction;
  }
  let term = x;
  let series = 0;
  for (let odd = 3; series !== series + term; odd += 2) {
    series += term;
    term *= (x * x) / odd;
  }
  return 0.5 + density * series;
}
