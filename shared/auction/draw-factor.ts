// What a draw does to a line's net worth, so that the highest score is a draw by `drawWeight`.

const BITS = 33;
/** 2^-k for k from 0 to 33. */
const HALVES = halves();
/** Of draws by their first eight bits: the factor of the last of them, and more than rounding could add. */
const highestFactors = Float64Array.from({ length: 256 }, (_, bits) => drawFactor(bits * 2 ** 24 + 0xffffff) + 1e-12);

/**
 * (-ln u)^(-1/64) of u = (draw + 1/2) / 2^32, from .952 to 1.43. Of lines with net worths v, the highest v x factor is
 * line j with probability v_j^64 / sum v^64, the chance that {@link ../planning/draw-weight.ts | drawWeight} gives it: an
 * exponential race, in which -ln u / v^64 comes first (Efraimidis and Spirakis, "Weighted random sampling with a
 * reservoir", 2006).
 *
 * Only +, -, x, / and square roots, which IEEE 754 rounds exactly: the same to the last bit on every machine, as Math.log
 * and Math.pow need not be. The logarithm is the series of the inverse hyperbolic tangent, its error below 1e-13.
 * @param draw a whole number from 0 to 2^32 - 1
 */
export function drawFactor(draw: number): number {
  // u = m x 2^(e - 33) with m from sqrt(1/2) to sqrt(2): then nothing cancels where u is close to 1.
  let exponent = 32 - Math.clz32(draw);
  let mantissa = (2 * draw + 1) * (HALVES[exponent] as number);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const z2 = z * z;
  const tail = z2 * (1 / 7 + z2 * (1 / 9 + z2 * (1 / 11 + z2 * (1 / 13 + z2 * (1 / 15)))));
  const waited = (BITS - exponent) * Math.LN2 - 2 * z * (1 + z2 * (1 / 3 + z2 * (1 / 5 + tail)));
  // The 64th root.
  return 1 / Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(waited))))));
}

/** No factor of a draw is above this: enough to pass over most lines without working theirs out. */
export function factorAtMost(draw: number): number {
  return highestFactors[draw >>> 24] as number;
}

function halves(): Float64Array {
  const powers = new Float64Array(BITS + 1).fill(1);
  for (let k = 1; k <= BITS; k++) powers[k] = (powers[k - 1] as number) / 2;
  return powers;
}
