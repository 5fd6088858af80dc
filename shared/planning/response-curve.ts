// How much money brings, as a few points with straight lines between them: the form, and the two curves that campaigns use.
// Both are concave, so that a split by them is the best there is and house monotone.
import { MAX_MICROS } from '../contracts/micros.ts';
import { PlanningError } from './planning-error.ts';

/** Response to money: straight between points, flat after the last. */
export interface ResponseCurve {
  /** Whole micros, ascending, the first 0. */
  micros: readonly number[];
  /** At each of `micros`, in any unit, never falling. */
  response: readonly number[];
}

/** So many points keep both curves within 1e-4 of the true ones. */
const POINTS = 101;

/** The standard normal quantile of 3/4: quartiles are so many sigma from the median. */
const QUARTILE_SIGMAS = 0.6744897501960817;
const MAX_SIGMA = 3;
/** Sigmas above the median to where the curve is drawn: there one micro in 1,700 is still spent. */
const END_SIGMAS = 3.25;

/**
 * The money that is expected to be delivered of a budget b: E[min(b, V)] where V, what supply is worth to the part, is
 * log-normal (the limited expected value of actuaries; Klugman, Panjer, Willmot, Loss Models, appendix A). Its slope is the
 * probability that the last micro is spent, so a split by such curves makes that equal everywhere: in proportion to supply
 * where uncertainty is the same, and less to those whose supply is less certain. Within 1e-4 of its highest point.
 *
 * A certain supply (`lowMicros` = `medianMicros`) is spent up to the median; a lower quartile under 0.13 of the median, 0
 * too, counts as 0.13 of it (sigma 3); a median of 0 brings nothing.
 * @param medianMicros the median of V
 * @param lowMicros its lower quartile
 * @param points at most so many
 * @throws PlanningError INVALID_CURVE
 */
export function spendCurve(
  { medianMicros, lowMicros }: { medianMicros: number; lowMicros: number },
  points = POINTS,
): ResponseCurve {
  assertAmount(medianMicros, 'the median');
  assertAmount(lowMicros, 'the lower quartile');
  if (lowMicros > medianMicros) refuse(`the lower quartile ${lowMicros} is above the median ${medianMicros}`);
  assertPoints(points);
  const sigma = Math.min(MAX_SIGMA, Math.log(medianMicros / lowMicros) / QUARTILE_SIGMAS);
  if (!(sigma > 0)) return drawn([1], [1], medianMicros, medianMicros);
  const amounts = spendKnots(sigma, points - 1);
  const spent = amounts.map((amount) => {
    const sigmas = Math.log(amount) / sigma;
    return Math.exp((sigma * sigma) / 2) * normalCdf(sigmas - sigma) + amount * normalCdf(-sigmas);
  });
  return drawn(amounts, spent, medianMicros, medianMicros);
}

/**
 * The listeners who are expected to be reached when a budget buys opportunities at random: U (1 - (1 - x)^k), where x is the
 * share of all opportunities that is bought and k = opportunities / U what each of U listeners has (an even histogram of
 * slots; fewer opportunities than listeners reach one listener each). Straight up to the cost of everything, flat after.
 * Within 1e-4 of its highest point. What costs nothing reaches everybody without money.
 * @param costPerOpportunityMicros expected, any number of at least 0
 * @param points at most so many
 * @throws PlanningError INVALID_CURVE
 */
export function reachCurve(
  supply: { listeners: number; opportunities: number; costPerOpportunityMicros: number },
  points = POINTS,
): ResponseCurve {
  const { listeners, opportunities, costPerOpportunityMicros } = supply;
  assertAmount(listeners, 'the listeners');
  assertAmount(opportunities, 'the opportunities');
  assertAmount(costPerOpportunityMicros, 'the cost of an opportunity');
  assertPoints(points);
  const reachable = Math.min(listeners, opportunities);
  if (reachable === 0) return { micros: [0], response: [0] };
  if (costPerOpportunityMicros === 0) return { micros: [0], response: [reachable] };
  const slots = opportunities / reachable;
  const count = slots === 1 ? 1 : points - 1;
  // Where 1 - (1 - x)^(k / 2) grows by equal steps, chords are equally far from the curve, and the reach needs no powers.
  const steps = Array.from({ length: count }, (_, index) => 1 - (index + 1) / count);
  return drawn(
    steps.map((left) => 1 - left ** (2 / slots)),
    steps.map((left) => (slots === 1 ? 1 - left : 1 - left * left)),
    opportunities * costPerOpportunityMicros,
    reachable,
  );
}

/**
 * What `micros` bring by a curve.
 * @param micros at least 0
 */
export function responseAt({ micros: amounts, response }: ResponseCurve, micros: number): number {
  let low = 0;
  let high = amounts.length - 1;
  if (micros >= (amounts[high] as number)) return response[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((amounts[middle] as number) <= micros) low = middle;
    else high = middle;
  }
  const [from, to] = [amounts[low] as number, amounts[high] as number];
  const [least, most] = [response[low] as number, response[high] as number];
  return least + (most - least) * ((micros - from) / (to - from));
}

/**
 * Refuses what is no curve.
 * @param whose names the curve in the message
 * @throws PlanningError INVALID_CURVE
 */
export function assertCurve({ micros, response }: ResponseCurve, whose: string): void {
  if (micros.length === 0 || micros.length !== response.length)
    refuse(`${whose}: ${micros.length} amounts and ${response.length} responses`);
  micros.forEach((amount, index) => {
    if (!Number.isSafeInteger(amount)) refuse(`${whose}: amount ${index} is ${amount}, not whole micros up to 2^53-1`);
    const before = micros[index - 1];
    if (before === undefined ? amount !== 0 : amount <= before)
      refuse(`${whose}: amount ${index} is ${amount}, not ${before === undefined ? '0' : `above ${before}`}`);
  });
  response.forEach((value, index) => {
    const before = response[index - 1] ?? 0;
    if (!(value >= before && value <= MAX_RESPONSE))
      refuse(`${whose}: response ${index} is ${value}, not a number from ${before} to ${MAX_RESPONSE}`);
  });
}

/** Sums and quotients of responses stay numbers. */
const MAX_RESPONSE = 1e200;

function refuse(problem: string): never {
  throw new PlanningError('INVALID_CURVE', problem);
}

function assertAmount(amount: number, what: string): void {
  if (!(amount >= 0 && amount <= MAX_MICROS)) refuse(`${what}: ${amount} is not a number from 0 to 2^53-1`);
}

function assertPoints(points: number): void {
  if (!(Number.isSafeInteger(points) && points >= 2)) refuse(`a curve has at least 2 points, not ${points}`);
}

/**
 * The curve through 0 and these points, in units of its two scales, at whole micros. Pieces keep the slopes that they have
 * before rounding, so that curves that differ by scale alone tie to the last digit; the response is off by what half a
 * micro brings, at most.
 */
function drawn(
  amounts: readonly number[],
  responses: readonly number[],
  microsScale: number,
  responseScale: number,
): ResponseCurve {
  const micros = [0];
  const response = [0];
  const most = responseScale * (responses.at(-1) as number);
  let last = { amount: 0, response: 0 };
  amounts.forEach((amount, index) => {
    const next = responses[index] as number;
    const slope = (next - last.response) / (amount - last.amount);
    const rounded = Math.min(MAX_MICROS, Math.round(amount * microsScale));
    const length = rounded - (micros.at(-1) as number);
    // Rounding may make a flat piece fall.
    if (length <= 0 || slope < 0) return;
    micros.push(rounded);
    response.push(Math.min(most, (response.at(-1) as number) + slope * (length * (responseScale / microsScale))));
    last = { amount, response: next };
  });
  return { micros, response };
}

/**
 * Where to put points of a spend curve of median 1: equally far apart in the integral of the root of its curvature, the
 * density, which is a normal law of mean sigma and variance 2 in z = ln b / sigma (de Boor, A Practical Guide to Splines,
 * chapter III).
 */
function spendKnots(sigma: number, count: number): number[] {
  const all = normalCdf((END_SIGMAS - sigma) / Math.SQRT2);
  return Array.from({ length: count }, (_, index) => {
    const isLast = index === count - 1;
    const sigmas = isLast ? END_SIGMAS : sigma + Math.SQRT2 * normalQuantile((all * (index + 1)) / count);
    return Math.exp(sigma * Math.min(END_SIGMAS, sigmas));
  });
}

/** The inverse of the standard normal distribution, to 4.5e-4 (Abramowitz and Stegun 26.2.23): where points stand need not be exact. */
function normalQuantile(probability: number): number {
  const tail = Math.min(probability, 1 - probability);
  const t = Math.sqrt(-2 * Math.log(tail));
  const sigmas = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return probability < 0.5 ? -sigmas : sigmas;
}

/** The standard normal distribution function, to 1e-14 (Hart, Computer Approximations, 1968, 5666; West, Wilmott, 2005). */
function normalCdf(sigmas: number): number {
  const x = Math.abs(sigmas);
  if (x > 37) return sigmas > 0 ? 1 : 0;
  const density = Math.exp((-x * x) / 2);
  let tail: number;
  if (x < 7.07106781186547) {
    tail = (density * polynomial(NUMERATOR, x)) / polynomial(DENOMINATOR, x);
  } else {
    const fraction = x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))));
    tail = density / fraction / 2.506628274631;
  }
  return sigmas > 0 ? 1 - tail : tail;
}

const NUMERATOR = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const DENOMINATOR = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];

/** @param coefficients of the highest power first */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
