// Which visits go with which active days: the joint count behind a histogram's two counts.
import { logGamma } from './log-gamma.ts';
import type { VisitHistogram } from './visit-histogram.ts';

/** Listeners with the same visits and active days. */
export interface VisitGroup {
  visits: number;
  activeDays: number;
  listeners: number;
}

/** How further visits vary: of Gamma laws with mean 1, the larger the less. */
export interface FurtherVisits {
  /** Further visits of an active day, by active days from 1: expected. */
  daily: readonly number[];
  /** From day to day of one listener: 1 is geometric, large is Poisson. */
  dayShape: number;
  /** From listener to listener, for good. */
  listenerShape: number;
}

export interface JointVisits extends FurtherVisits {
  groups: VisitGroup[];
}

/**
 * Each active day has one visit and a random number of further ones: Poisson, with a mean that differs between active days
 * (`tilt`: those who come on more days have more a day, as Poisson arrivals would), between listeners, and between a
 * listener's days. Of a grid of such laws the likeliest for the visits that were counted is taken; the joint count is what
 * it says, fitted to both counts (iterative proportional fitting; Deming and Stephan, Annals of Mathematical Statistics
 * 11, 1940).
 * @param histogram with somebody in it, valid
 */
export function visitsByActiveDays(histogram: VisitHistogram): JointVisits {
  const { visits, visitListeners, activeDayListeners } = histogram;
  const further = likeliest(histogram);
  const joint = jointOf(histogram, further);
  for (let round = 0; round < ROUNDS; round++) {
    joint.forEach((row, bin) => scaleTo(row, visitListeners[bin] as number));
    for (let index = 0; index < activeDayListeners.length; index++) {
      const all = joint.reduce((sum, row) => sum + (row[index] as number), 0);
      const factor = all > 0 ? (activeDayListeners[index] as number) / all : 0;
      for (const row of joint) row[index] = (row[index] as number) * factor;
    }
  }
  const groups = joint.flatMap((row, bin) =>
    row.map((listeners, index) => {
      const activeDays = index + 1;
      return { visits: Math.max(activeDays, visits[bin] as number), activeDays, listeners };
    }),
  );
  return { ...further, groups: groups.filter(({ listeners }) => listeners > 0) };
}

/** The laws that are tried. */
const TILTS = [0, 0.5, 1, 1.5];
const SHAPES = [0.3, 1, 3, 1e6];

function likeliest(histogram: VisitHistogram): FurtherVisits {
  const { visitListeners } = histogram;
  let best = { further: furtherOf(histogram, 0, 1, 1), logLikelihood: -Infinity };
  for (const tilt of TILTS) {
    for (const dayShape of SHAPES) {
      for (const listenerShape of SHAPES) {
        const further = furtherOf(histogram, tilt, dayShape, listenerShape);
        const logLikelihood = jointOf(histogram, further).reduce((sum, row, bin) => {
          return (
            sum + (visitListeners[bin] as number) * Math.log(row.reduce((all, amount) => all + amount, IMPOSSIBLE))
          );
        }, 0);
        if (logLikelihood > best.logLikelihood) best = { further, logLikelihood };
      }
    }
  }
  return best.further;
}

/** Further visits that add up to all there are, in proportion to the tilt's power of those of Poisson arrivals. */
function furtherOf(
  { visits, visitListeners, activeDayListeners, windowDays }: VisitHistogram,
  tilt: number,
  dayShape: number,
  listenerShape: number,
): FurtherVisits {
  const relative = activeDayListeners.map((_, index) => {
    const probability = (index + 1) / (windowDays + 0.5);
    return (-Math.log1p(-probability) / probability - 1) ** tilt;
  });
  const activeDays = activeDayListeners.reduce((sum, people, index) => sum + people * (index + 1), 0);
  const all = visits.reduce((sum, count, bin) => sum + count * (visitListeners[bin] as number), 0) - activeDays;
  const unscaled = relative.reduce(
    (sum, one, index) => sum + one * (index + 1) * (activeDayListeners[index] as number),
    0,
  );
  const scale = Math.max(LEAST_FURTHER, all / unscaled);
  return { daily: relative.map((one) => one * scale), dayShape, listenerShape };
}

/** Listeners by visits and active days as the law expects them, for the active days that were counted. */
function jointOf({ visits, activeDayListeners }: VisitHistogram, further: FurtherVisits): number[][] {
  const { daily, dayShape, listenerShape } = further;
  return visits.map((count) =>
    activeDayListeners.map((people, index) => {
      const activeDays = index + 1;
      const shape = 1 / (1 / (dayShape * activeDays) + 1 / listenerShape);
      return people * likelihood(count - activeDays, shape, (activeDays * (daily[index] as number)) / shape);
    }),
  );
}

const LEAST_FURTHER = 1e-9;

/** Both counts are met to four digits by then; that of active days exactly. */
const ROUNDS = 50;

/** What cannot happen is only very unlikely: a count from a small sample may say so. */
const IMPOSSIBLE = 1e-200;

function likelihood(further: number, shape: number, scale: number): number {
  if (further < 0) return IMPOSSIBLE;
  const log =
    logGamma(shape + further) -
    logGamma(shape) -
    logGamma(further + 1) +
    further * Math.log(scale / (1 + scale)) -
    shape * Math.log1p(scale);
  return Math.max(IMPOSSIBLE, Math.exp(log));
}

function scaleTo(row: number[], wanted: number): void {
  const all = row.reduce((sum, amount) => sum + amount, 0);
  row.forEach((amount, index) => {
    row[index] = all > 0 ? (amount / all) * wanted : 0;
  });
}
