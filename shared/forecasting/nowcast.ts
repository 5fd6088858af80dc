// How much more or less there is than was forecast, from what has been seen so far: the factor that the rest of the
// market's forecast is multiplied with.

export interface Observation {
  /** What the forecast said of a day, a cell or an hour, above 0. */
  expected: number;
  observed: number;
}

/** Standard deviations of logarithms of ratios. */
export interface NowcastSpreads {
  /** Of the factor that all observations share, from one forecast to another. */
  market: number;
  /** Of one observation around that factor. */
  own: number;
}

/** An observation further off than this many spreads is taken as being so far. */
const FURTHEST = 4;

/**
 * The shared factor: the logarithm of observed over expected, of all together, shrunk towards 0 by how little it says:
 * weight = market^2 / (market^2 + noise^2), noise^2 = own^2 x sum expected^2 / (sum expected)^2 (the posterior mean of a
 * normal law). Without observations it is 1.
 * @throws RangeError for amounts or spreads that are negative or no numbers
 */
export function nowcastFactor(observations: readonly Observation[], { market, own }: NowcastSpreads): number {
  for (const [name, spread] of Object.entries({ market, own })) {
    if (!(spread >= 0 && spread < Infinity))
      throw new RangeError(`the spread ${name} must be 0 or more, not ${spread}`);
  }
  let [expected, observed, squares] = [0, 0, 0];
  observations.forEach((one, index) => {
    for (const amount of [one.expected, one.observed]) {
      if (!(amount >= 0 && amount < Infinity)) {
        throw new RangeError(`observation ${index} must be of amounts of 0 or more, not ${amount}`);
      }
    }
    expected += one.expected;
    observed += one.observed;
    squares += one.expected ** 2;
  });
  if (expected === 0 || market === 0) return 1;
  const noise = (own * Math.sqrt(squares)) / expected;
  const furthest = FURTHEST * Math.hypot(market, noise);
  const ratio = Math.max(-furthest, Math.min(furthest, Math.log(observed / expected)));
  return Math.exp((ratio * market ** 2) / (market ** 2 + noise ** 2));
}
