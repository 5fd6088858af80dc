// What a campaign added: streams of listeners whom it was meant to reach, against those of a group held out at random.
import { ForecastError } from './forecast-error.ts';

/** Sums over the listeners of one group, whoever of them streamed or not. */
export interface ListenerGroup {
  listeners: number;
  streams: number;
  streamsSquared: number;
  /** Of the same listeners in the days before the campaign: what makes the answer sharper. */
  before?: { streams: number; streamsSquared: number; timesStreams: number };
}

export type Increment =
  | {
      isKnown: true;
      /** More streams per listener by the campaign; low and high are the ends of a 95% interval, here and below. */
      perListener: number;
      low: number;
      high: number;
      /** The same as a share of what the held-out group streams; absent where that is next to nothing. */
      lift?: { share: number; low: number; high: number };
      /** The least true difference that would show itself in four of five such experiments. */
      detectable: number;
      /** How much of the variance the days before explained, 0 to 1. */
      explained: number;
    }
  | { isKnown: false; reason: 'TOO_FEW_REACHED' | 'TOO_FEW_HELD_OUT' | 'NO_DIFFERENCES' };

/** Below this, counts as skew as streams are not normal enough in the mean for an interval to hold. */
const LEAST_LISTENERS = 100;
/** The q97.5 and the q80 of a standard normal law. */
const Q975 = 1.959963984540054;
const Q80 = 0.8416212335729143;

/**
 * The difference in means of two random groups, each listener's streams less theta times those before, theta being the
 * covariance of both over the variance of those before (CUPED: Deng, Xu, Kohavi and Walker, WSDM 2013). The interval is
 * normal with each group's own variance; that of the lift is on the logarithm of the ratio of means (delta method). Groups
 * without `before` on both sides are compared as they are. NO_DIFFERENCES: all streamed the same, nothing can be told.
 * @throws ForecastError INVALID_RESPONSE for sums that no listeners can have
 */
export function incrementalStreams(reached: ListenerGroup, heldOut: ListenerGroup): Increment {
  requireGroup('reached', reached);
  requireGroup('heldOut', heldOut);
  if (reached.listeners < LEAST_LISTENERS) return { isKnown: false, reason: 'TOO_FEW_REACHED' };
  if (heldOut.listeners < LEAST_LISTENERS) return { isKnown: false, reason: 'TOO_FEW_HELD_OUT' };
  const hasBefore = reached.before !== undefined && heldOut.before !== undefined;
  const [one, other] = [momentsOf(reached), momentsOf(heldOut)];
  const theta = hasBefore ? thetaOf(one, other) : 0;
  const centre = (reached.listeners * one.meanBefore + heldOut.listeners * other.meanBefore) / (one.size + other.size);
  const mean = (group: Moments) => group.mean - theta * (group.meanBefore - centre);
  const variance = (group: Moments) =>
    Math.max(0, group.variance - 2 * theta * group.covariance + theta ** 2 * group.varianceBefore) / group.size;
  const plain = one.variance / one.size + other.variance / other.size;
  const left = variance(one) + variance(other);
  const error = Math.sqrt(left);
  if (!(error > 0)) return { isKnown: false, reason: 'NO_DIFFERENCES' };
  const perListener = mean(one) - mean(other);
  const lift = liftOf(mean(one), variance(one), mean(other), variance(other));
  return {
    isKnown: true,
    perListener,
    low: perListener - Q975 * error,
    high: perListener + Q975 * error,
    ...(lift && { lift }),
    detectable: (Q975 + Q80) * error,
    explained: Math.max(0, 1 - left / plain),
  };
}

interface Moments {
  size: number;
  mean: number;
  variance: number;
  meanBefore: number;
  varianceBefore: number;
  covariance: number;
}

/** Per listener, unbiased; zeros for what was before when nothing is known of it. */
function momentsOf({ listeners, streams, streamsSquared, before }: ListenerGroup): Moments {
  const { streams: x, streamsSquared: xx, timesStreams: xy } = before ?? NOTHING_BEFORE;
  const spread = (square: number, a: number, b: number) => (square - (a * b) / listeners) / (listeners - 1);
  return {
    size: listeners,
    mean: streams / listeners,
    variance: Math.max(0, spread(streamsSquared, streams, streams)),
    meanBefore: x / listeners,
    varianceBefore: Math.max(0, spread(xx, x, x)),
    covariance: spread(xy, x, streams),
  };
}

const NOTHING_BEFORE = { streams: 0, streamsSquared: 0, timesStreams: 0 };

/** Of both groups together, each around its own means, so that the difference itself does not count. */
function thetaOf(one: Moments, other: Moments): number {
  const spread = one.size * one.varianceBefore + other.size * other.varianceBefore;
  return spread > 0 ? (one.size * one.covariance + other.size * other.covariance) / spread : 0;
}

/** Where either mean is not clear of zero, a ratio says nothing. */
function liftOf(mean: number, variance: number, base: number, baseVariance: number) {
  if (mean <= Q975 * Math.sqrt(variance) || base <= Q975 * Math.sqrt(baseVariance)) return undefined;
  const ratio = mean / base;
  const factor = Math.exp(Q975 * Math.sqrt(variance / mean ** 2 + baseVariance / base ** 2));
  return { share: ratio - 1, low: ratio / factor - 1, high: ratio * factor - 1 };
}

function requireGroup(name: string, { listeners, streams, streamsSquared, before }: ListenerGroup): void {
  if (!(Number.isSafeInteger(listeners) && listeners >= 0)) throw invalid(`${name}: ${listeners} listeners`);
  const { streams: x, streamsSquared: xx, timesStreams: xy } = before ?? NOTHING_BEFORE;
  for (const [sum, square] of [
    [streams, streamsSquared],
    [x, xx],
  ] as const) {
    // Cauchy and Schwarz: the square of a sum is at most the number of terms times the sum of squares.
    const isPossible = sum >= 0 && square >= 0 && sum < LARGEST && square < LARGEST;
    if (!isPossible || sum ** 2 > listeners * square * (1 + 1e-9)) {
      throw invalid(`${name}: ${sum} streams with squares of ${square} by ${listeners} listeners`);
    }
  }
  if (!(xy >= 0 && xy ** 2 <= xx * streamsSquared * (1 + 1e-9))) {
    throw invalid(`${name}: a sum of products of ${xy} with squares of ${xx} and ${streamsSquared}`);
  }
}

/** Sums beyond this are a mistake, and their squares no numbers. */
const LARGEST = 1e100;

function invalid(message: string): ForecastError {
  return new ForecastError('INVALID_RESPONSE', message);
}
