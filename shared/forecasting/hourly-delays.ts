// Clicks that were only counted by the hour, as delays that a delay curve can be fitted to: without this the curve would be
// a staircase, on which an hour's clicks come all at its end.
import type { DelayCount, DelayGuess } from './delay-curve.ts';
import { normalCdf } from './normal-cdf.ts';

const HOUR_MS = 3_600_000;
/** Of an hour, both for when its impressions were and for when its clicks came. */
const STEPS = 30;
/** What is believed before anything was seen weighs as much as so many clicks. */
const PRIOR_COUNT = 20;
const [LEAST_SIGMA, MOST_SIGMA] = [0.1, 3];
/** Of an hour in any law: what it holds impossible is only very unlikely. */
const LEAST_MASS = 1e-9;

/**
 * Counts in steps of two minutes. How many came by each full hour is kept; inside an hour they come as under the log-normal
 * law of delays that makes the counts most likely, impressions being spread over their hour.
 * @param byHour clicks that came in the first, second, ... hour since the hour of their impression began; all of them seen
 */
export function hourlyDelays(byHour: readonly number[], guess: DelayGuess): DelayCount[] {
  const observableMs = byHour.length * HOUR_MS;
  const law = fitLaw(byHour, guess);
  return byHour.flatMap((count, hour) => {
    const rises = Array.from({ length: STEPS }, (_, step) => {
      const place = hour * STEPS + step;
      return (law[place + 1] as number) - (law[place] as number) + LEAST_MASS;
    });
    const whole = rises.reduce((sum, rise) => sum + rise, 0);
    return rises.map((rise, step) => ({
      delayMs: (hour + (step + 0.5) / STEPS) * HOUR_MS,
      observableMs,
      count: (count * rise) / whole,
    }));
  });
}

/** The most likely law, by a grid that closes in, as {@link arrivals} has it. */
function fitLaw(byHour: readonly number[], guess: DelayGuess): Float64Array {
  const prior = arrivals(guess, byHour.length);
  const counts = byHour.map((count, hour) => count + PRIOR_COUNT * massOfHour(prior, hour));
  let [median, sigma] = [Math.log(guess.medianMs), Math.log(guess.sigma)];
  let [medianStep, sigmaStep] = [1, 0.5];
  for (let round = 0; round < 10; round++) {
    let best = { likelihood: -Infinity, median, sigma };
    for (let row = -3; row <= 3; row++) {
      for (let column = -3; column <= 3; column++) {
        const at = { median: median + row * medianStep, sigma: sigma + column * sigmaStep };
        if (at.sigma < Math.log(LEAST_SIGMA) || at.sigma > Math.log(MOST_SIGMA)) continue;
        const law = arrivals({ medianMs: Math.exp(at.median), sigma: Math.exp(at.sigma) }, byHour.length);
        const likelihood = counts.reduce((sum, count, hour) => sum + count * Math.log(massOfHour(law, hour)), 0);
        if (likelihood > best.likelihood) best = { likelihood, ...at };
      }
    }
    ({ median, sigma } = best);
    medianStep /= 2;
    sigmaStep /= 2;
  }
  return arrivals({ medianMs: Math.exp(median), sigma: Math.exp(sigma) }, byHour.length);
}

/** The share of all clicks that has come by each step since the hour of the impressions began, of those that come in these hours. */
function arrivals({ medianMs, sigma }: DelayGuess, hours: number): Float64Array {
  const byStep = new Float64Array(hours * STEPS + 1);
  const stepMs = HOUR_MS / STEPS;
  for (let place = 1; place < byStep.length; place++) byStep[place] = cdf((place - 0.5) * stepMs, medianMs, sigma);
  // Impressions of each of the hour's steps are one step younger than those before.
  let sum = 0;
  const shares = byStep.map((share, place) => {
    sum += share - (byStep[place - STEPS] ?? 0);
    return sum / STEPS;
  });
  const whole = shares[hours * STEPS] as number;
  return whole > 0 ? shares.map((share) => share / whole) : shares.map((_, place) => place / (hours * STEPS));
}

function cdf(delayMs: number, medianMs: number, sigma: number): number {
  return normalCdf(Math.log(delayMs / medianMs) / sigma);
}

function massOfHour(law: Float64Array, hour: number): number {
  return LEAST_MASS + (law[(hour + 1) * STEPS] as number) - (law[hour * STEPS] as number);
}
