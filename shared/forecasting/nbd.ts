// The negative binomial distribution of exposures by maximum likelihood: the one curve the field compares with.
import { assertExposures, type ExposureTable } from './exposure-table.ts';
import { logGamma } from './log-gamma.ts';

/** Exposures of one person: Poisson with a rate that is gamma distributed, of shape r and rate alpha. */
export interface Nbd {
  /** Above 0 and at most a million: there the law is Poisson's to six digits, where exposures vary no more than that. */
  r: number;
  alpha: number;
  logLikelihood: number;
}

const LEAST_SHAPE = 1e-9;
const MOST_SHAPE = 1e6;

/** Bisection of ln r over its range, to the last digits. */
const HALVINGS = 60;

/**
 * The law's parameters of greatest likelihood (Ehrenberg 1959; Fader and Hardie's notes): alpha = r / mean, and r where the
 * likelihood's slope, sum n_m (psi(r + m) - psi(r)) - N ln(1 + mean / r), is 0.
 * @param table people without an exposure included
 * @throws ForecastError INVALID_HISTOGRAM, when nobody was exposed too
 */
export function fitNbd(table: ExposureTable): Nbd {
  assertExposures(table);
  const { exposures, people } = table;
  let [all, sum] = [0, 0];
  for (let row = 0; row < exposures.length; row++) {
    all += people[row] as number;
    sum += (people[row] as number) * (exposures[row] as number);
  }
  const mean = sum / all;
  const slopeAt = (r: number) => {
    let slope = -all * Math.log1p(mean / r);
    for (let row = 0; row < exposures.length; row++) {
      slope += (people[row] as number) * harmonicSum(r, exposures[row] as number);
    }
    return slope;
  };
  let [low, high] = [Math.log(LEAST_SHAPE), Math.log(MOST_SHAPE)];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (slopeAt(Math.exp(middle)) > 0) low = middle;
    else high = middle;
  }
  const r = Math.exp(high);
  return { r, alpha: r / mean, logLikelihood: nbdLogLikelihood(table, r, r / mean) };
}

/** ln of the law's probability of m exposures. */
export function nbdLogMass({ r, alpha }: { r: number; alpha: number }, m: number): number {
  return logGamma(r + m) - logGamma(r) - logGamma(m + 1) - r * Math.log1p(1 / alpha) - m * Math.log1p(alpha);
}

/** ln of Poisson's probability of m exposures, for what varies no more than chance. */
export function poissonLogMass(mean: number, m: number): number {
  return m * Math.log(mean) - mean - logGamma(m + 1);
}

function nbdLogLikelihood({ exposures, people }: ExposureTable, r: number, alpha: number): number {
  let sum = 0;
  for (let row = 0; row < exposures.length; row++) {
    sum += (people[row] as number) * nbdLogMass({ r, alpha }, exposures[row] as number);
  }
  return sum;
}

/** psi(r + m) - psi(r) = sum of 1 / (r + i) for i below m: term by term up to 64, by the series of psi beyond. */
function harmonicSum(r: number, m: number): number {
  let sum = 0;
  const terms = Math.min(m, 64);
  for (let index = 0; index < terms; index++) sum += 1 / (r + index);
  return m === terms ? sum : sum + psi(r + m) - psi(r + terms);
}

/** The derivative of ln gamma for x of 64 and more (Abramowitz and Stegun 6.3.18). */
function psi(x: number): number {
  const square = 1 / (x * x);
  return Math.log(x) - 1 / (2 * x) - square * (1 / 12 - square * (1 / 120 - square / 252));
}
