// How listeners of a histogram come: kinds of them, each with a chance of coming on a day and visits on such a day. Fitted once,
// asked about flights of any length in closed form, where histogramOfWindow makes a histogram of each.
import { fitActiveDays } from './active-day-mixture.ts';
import { uniques, type VisitHistogram } from './visit-histogram.ts';
import { visitsByActiveDays } from './visits-by-active-days.ts';

/** Kinds of listeners; arrays have one number for each. */
export interface ListenerModel {
  listeners: Float64Array;
  /** Chance of coming on a day. */
  daily: Float64Array;
  /** Visits of such a day beyond the first, expected; negative binomial with the shape. */
  further: Float64Array;
  shape: number;
}

/** Kinds that come about as often are one. */
const MOST_KINDS = 12;
/** Above it listeners of one kind are alike. */
const ALIKE = 50;

/** Models of histograms that are still in use: a fit takes a millisecond. */
const models = new WeakMap<VisitHistogram, ListenerModel | undefined>();

/** @returns undefined where nobody came */
export function listenerModel(histogram: VisitHistogram): ListenerModel | undefined {
  if (!models.has(histogram)) models.set(histogram, fittedModel(histogram));
  return models.get(histogram);
}

function fittedModel(histogram: VisitHistogram): ListenerModel | undefined {
  if (!(uniques(histogram) > 0)) return undefined;
  const { probabilities, seen, unseen } = fitActiveDays(histogram.activeDayListeners);
  const joint = visitsByActiveDays(histogram);
  const kinds = merged(
    Array.from(probabilities, (daily, atom) => ({
      daily,
      listeners: (seen[atom] as number) + (unseen[atom] as number),
    })),
  ).flatMap(({ daily, listeners }) => {
    const further = at(joint.daily, daily * histogram.windowDays);
    if (joint.listenerShape > ALIKE) return [{ daily, listeners, further }];
    // Two points with the mean, the variance and the skew of the Gamma law.
    const deviation = 1 / Math.sqrt(joint.listenerShape);
    const [low, high] = [-1, 1].map((side) => deviation + side * Math.hypot(deviation, 1)) as [number, number];
    const share = high / (high - low);
    return [
      { daily, listeners: share * listeners, further: further * (1 + deviation * low) },
      { daily, listeners: (1 - share) * listeners, further: further * (1 + deviation * high) },
    ];
  });
  return {
    listeners: Float64Array.from(kinds, ({ listeners }) => listeners),
    daily: Float64Array.from(kinds, ({ daily }) => daily),
    further: Float64Array.from(kinds, ({ further }) => further),
    shape: joint.dayShape,
  };
}

/** Neighbours with about the same visits in all, so that few kinds stand for many. */
function merged(kinds: readonly { daily: number; listeners: number }[]): { daily: number; listeners: number }[] {
  const all = kinds.reduce((sum, { daily, listeners }) => sum + Math.sqrt(daily) * listeners, 0);
  const groups: { daily: number; listeners: number }[] = [];
  let [passed, visits, listeners] = [0, 0, 0];
  for (const kind of kinds) {
    passed += Math.sqrt(kind.daily) * kind.listeners;
    visits += kind.daily * kind.listeners;
    listeners += kind.listeners;
    if (passed < ((groups.length + 1) * all) / MOST_KINDS && kind !== kinds.at(-1)) continue;
    if (listeners > 0) groups.push({ daily: visits / listeners, listeners });
    [visits, listeners] = [0, 0];
  }
  return groups;
}

/** Between the numbers for 1, 2, ... active days. */
function at(daily: readonly number[], activeDays: number): number {
  const place = Math.max(0, Math.min(daily.length - 1, activeDays - 1));
  const below = Math.floor(place);
  const low = daily[below] as number;
  return low + (place - below) * ((daily[below + 1] ?? low) - low);
}
