// How much of the clicks (or conversions) has come by an age: learned from those that came, of impressions (or clicks) too
// young to have brought all of theirs.
import { ForecastError } from './forecast-error.ts';
import { normalCdf } from './normal-cdf.ts';

export interface DelayCount {
  /** From the impression to the click, 0 or more; with counts by the hour, the end of the hour. */
  delayMs: number;
  /** From the impression to now: how late a click would have been seen. Not below the delay. */
  observableMs: number;
  count: number;
}

/** What is believed before anything was seen, worth {@link PRIOR_COUNT} clicks: a log-normal law. */
export interface DelayGuess {
  medianMs: number;
  /** Standard deviation of the logarithm. */
  sigma: number;
}

/** JSON of forty numbers. */
export interface DelayCurve {
  /** The click window: what would come later is nobody's. */
  windowMs: number;
  /** Of all that comes within the window, what has come at {@link ageOf} each place; rising to 1. */
  shares: number[];
}

/** Ages of a curve: in equal ratios over twelve doublings up to the window, 5 seconds to 6 hours. */
const AGES = 40;
const DOUBLINGS = 12;
const PRIOR_COUNT = 20;
const LEAST_SIGMA = 0.05;
const MOST_SIGMA = 5;

/**
 * The distribution of delays under right truncation, by its reversed hazard: of the clicks that came by an age, from
 * impressions old enough to have shown them, the share that came in the last step (Lagakos, Barraj and De Gruttola,
 * Biometrika 1988; the same as the actuaries' chain ladder, Mack, ASTIN Bulletin 1993; the problem: Chapelle, KDD 2014).
 * Each step leans, with the weight of some clicks, on the log-normal law that is most likely for all of them, so that
 * ages which no impression has reached yet and ages where little came follow the law.
 * @throws ForecastError INVALID_RESPONSE for a window or guess that is not above 0, and for counts that make no sense
 */
export function fitDelayCurve(counts: readonly DelayCount[], windowMs: number, guess: DelayGuess): DelayCurve {
  for (const [name, value] of Object.entries({ windowMs, ...guess })) {
    if (!(value > 0 && value < Infinity)) throw invalid(`${name} must be above 0, not ${value}`);
  }
  const triangle = toTriangle(counts, windowMs);
  const law = shareOfLaw(fitLaw(triangle, windowMs, guess), windowMs);
  const shares = new Array<number>(AGES).fill(1);
  for (let age = AGES - 1; age > 0; age--) {
    const [latest, all] = lastStep(triangle, age);
    const lawStep = share(law, age) === 0 ? 1 : 1 - share(law, age - 1) / share(law, age);
    const step = (latest + PRIOR_COUNT * lawStep) / (all + PRIOR_COUNT);
    shares[age - 1] = share(shares, age) * (1 - step);
  }
  return { windowMs, shares };
}

/**
 * The share that has come of all that will, by the age of an impression: 0 at 0, 1 from the window on, never falling;
 * straight between the curve's ages on the logarithm of time.
 * @throws ForecastError INVALID_RESPONSE for an age that is no number
 */
export function arrivedShare({ windowMs, shares }: DelayCurve, ageMs: number): number {
  if (Number.isNaN(ageMs)) throw invalid('the age must be a number');
  if (ageMs <= 0) return 0;
  if (ageMs >= windowMs) return 1;
  const place = (AGES - 1) * (1 + Math.log2(ageMs / windowMs) / DOUBLINGS);
  if (place <= 0) return (ageMs / ageOf(0, windowMs)) * share(shares, 0);
  const below = Math.min(AGES - 2, Math.floor(place));
  const [from, to] = [share(shares, below), share(shares, below + 1)];
  return Math.min(to, from + (place - below) * (to - from));
}

function ageOf(place: number, windowMs: number): number {
  return windowMs * 2 ** (-DOUBLINGS * (1 - place / (AGES - 1)));
}

/** Clicks by the step of their delay (row) and the last age at which they would have been seen (column). */
function toTriangle(counts: readonly DelayCount[], windowMs: number): Float64Array {
  const triangle = new Float64Array(AGES * AGES);
  const ages = Float64Array.from({ length: AGES }, (_, place) => ageOf(place, windowMs));
  counts.forEach(({ delayMs, observableMs, count }, index) => {
    if (!(delayMs >= 0 && observableMs >= delayMs && count >= 0 && count < Infinity)) {
      const what = `a delay of ${delayMs} ms, observable for ${observableMs} ms, ${count} times`;
      throw invalid(`count ${index} makes no sense: ${what}`);
    }
    const step = ages.findIndex((age) => delayMs <= age);
    const seen = ages.findLastIndex((age) => age <= observableMs);
    if (step === -1 || step > seen) return;
    triangle[step * AGES + seen] = (triangle[step * AGES + seen] as number) + count;
  });
  return triangle;
}

/** Of the impressions that reached the age: the clicks of the step up to it, and of all steps up to it. */
function lastStep(triangle: Float64Array, age: number): [number, number] {
  let [latest, all] = [0, 0];
  for (let seen = age; seen < AGES; seen++) {
    latest += triangle[age * AGES + seen] as number;
    for (let step = 0; step <= age; step++) all += triangle[step * AGES + seen] as number;
  }
  return [latest, all];
}

/** The most likely log-normal law of the truncated clicks and the guess's own, by a grid that closes in. */
function fitLaw(triangle: Float64Array, windowMs: number, guess: DelayGuess): DelayGuess {
  const prior = shareOfLaw(guess, windowMs);
  const clicks = triangle.slice();
  for (let step = 0; step < AGES; step++) {
    const own = step * AGES + AGES - 1;
    clicks[own] =
      (clicks[own] as number) + PRIOR_COUNT * (share(prior, step) - (step === 0 ? 0 : share(prior, step - 1)));
  }
  const bounds = [
    Math.log(ageOf(0, windowMs)),
    Math.log(4 * windowMs),
    Math.log(LEAST_SIGMA),
    Math.log(MOST_SIGMA),
  ] as const;
  let [median, sigma] = [(bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2];
  let [medianStep, sigmaStep] = [(bounds[1] - bounds[0]) / 8, (bounds[3] - bounds[2]) / 8];
  for (let round = 0; round < 12; round++) {
    let best = { likelihood: -Infinity, median, sigma };
    for (let row = -4; row <= 4; row++) {
      for (let column = -4; column <= 4; column++) {
        const at = { median: median + row * medianStep, sigma: sigma + column * sigmaStep };
        if (at.sigma < bounds[2] || at.sigma > bounds[3] || at.median < bounds[0] || at.median > bounds[1]) continue;
        const law = { medianMs: Math.exp(at.median), sigma: Math.exp(at.sigma) };
        const likelihood = likelihoodOf(clicks, shareOfLaw(law, windowMs));
        if (likelihood > best.likelihood) best = { likelihood, ...at };
      }
    }
    ({ median, sigma } = best);
    medianStep /= 2;
    sigmaStep /= 2;
  }
  return { medianMs: Math.exp(median), sigma: Math.exp(sigma) };
}

function likelihoodOf(clicks: Float64Array, law: readonly number[]): number {
  let likelihood = 0;
  for (let step = 0; step < AGES; step++) {
    const mass = LEAST_MASS + share(law, step) - (step === 0 ? 0 : share(law, step - 1));
    for (let seen = step; seen < AGES; seen++) {
      const count = clicks[step * AGES + seen] as number;
      if (count > 0) likelihood += count * Math.log(mass / (share(law, seen) + (seen + 1) * LEAST_MASS));
    }
  }
  return likelihood;
}

/** Of a step of any law: what a law holds impossible is only very unlikely, also given that it is not later. */
const LEAST_MASS = 1e-9;

/** Of what comes within the window, at each age; a law so late that none comes is taken as coming evenly. */
function shareOfLaw({ medianMs, sigma }: DelayGuess, windowMs: number): number[] {
  const shares = Array.from({ length: AGES }, (_, place) =>
    normalCdf(Math.log(ageOf(place, windowMs) / medianMs) / sigma),
  );
  const whole = share(shares, AGES - 1);
  return shares.map((own, place) => (whole > 1e-200 ? own / whole : (place + 1) / AGES));
}

function share(shares: readonly number[], place: number): number {
  return shares[place] as number;
}

function invalid(message: string): ForecastError {
  return new ForecastError('INVALID_RESPONSE', message);
}
