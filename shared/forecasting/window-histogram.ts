// The histogram of a flight of other days than the window that was counted: shorter ones exactly, longer ones by who has not
// been seen yet. Days are taken as exchangeable: a listener is as likely to come on one as on another.
import { fitActiveDays, type ActiveDayMixture } from './active-day-mixture.ts';
import { binomialLogMass } from './binomial-log-mass.ts';
import { compactSlots } from './compact-slots.ts';
import { logGamma } from './log-gamma.ts';
import { MAX_SLOTS } from './slots.ts';
import { assertHistogram, assertWindow, uniques, type VisitHistogram } from './visit-histogram.ts';
import { visitsByActiveDays, type JointVisits, type VisitGroup } from './visits-by-active-days.ts';

/**
 * The expected histogram of `days` days. Active days of a shorter flight are hypergeometric in those of the window: no
 * model, but that days are exchangeable. A longer flight adds to each listener's days, and finds listeners whom the window
 * did not see, by a mixture of daily probabilities (see `fitActiveDays`). Visits go with active days: who comes on more
 * days has more of them (the two counts are joined in order), one on each day and the others spread over the days.
 * At most 24 bins of visits.
 * @param days 1 to 31
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function histogramOfWindow(histogram: VisitHistogram, days: number): VisitHistogram {
  assertHistogram(histogram);
  assertWindow(days);
  const { windowDays } = histogram;
  if (days === windowDays) return histogram;
  const tally: Tally = { visits: new Map(), activeDays: new Float64Array(days) };
  if (uniques(histogram) > 0) {
    const joint = visitsByActiveDays(histogram);
    if (days < windowDays) addShorter(tally, joint, windowDays, days);
    else addLonger(tally, joint, histogram, days);
  }
  return toHistogram(tally, days);
}

interface Tally {
  visits: Map<number, number>;
  /** By active days, from 1. */
  activeDays: Float64Array;
}

/**
 * Which of a listener's active days fall into the flight is hypergeometric; how many of its further visits do, as when each
 * day's are negative binomial: beta-binomial.
 */
function addShorter(tally: Tally, { groups, dayShape: shape }: JointVisits, windowDays: number, days: number): void {
  for (const { visits, activeDays, listeners } of groups) {
    const further = visits - activeDays;
    const clumping = (further + shape * activeDays) / (1 + shape * activeDays);
    for (let inside = Math.max(1, activeDays + days - windowDays); inside <= Math.min(days, activeDays); inside++) {
      const share = Math.exp(
        logChoose(activeDays, inside) + logChoose(windowDays - activeDays, days - inside) - logChoose(windowDays, days),
      );
      const part = inside / activeDays;
      const law = { mean: further * part, variance: further * part * (1 - part) * clumping };
      addListeners(tally, inside, inside, law, listeners * share);
    }
  }
}

/** Who was seen comes again, as its days so far say; who was not comes for the first time. */
function addLonger(tally: Tally, joint: JointVisits, histogram: VisitHistogram, days: number): void {
  const { windowDays, activeDayListeners } = histogram;
  const mixture = fitActiveDays(activeDayListeners);
  const added = days - windowDays;
  const laws = activeDayListeners.map((_, index) => lawOfAddedDays(mixture, index + 1, windowDays, added));
  for (const group of joint.groups) {
    const mean = expectedFurther(joint, group);
    (laws[group.activeDays - 1] as Float64Array).forEach((share, more) => {
      const law = { mean: more * mean, variance: more * mean * (1 + mean / joint.dayShape) };
      addListeners(tally, group.activeDays + more, group.visits + more, law, group.listeners * share);
    });
  }
  const mean = joint.daily[0] as number;
  massesOfDays(mixture.probabilities, mixture.unseen, added).forEach((listeners, more) => {
    if (more === 0) return;
    const variance = more * mean * (1 + mean / joint.dayShape + (more * mean) / joint.listenerShape);
    addListeners(tally, more, more, { mean: more * mean, variance }, listeners);
  });
}

/** A listener's further visits on an active day to come: between its own so far and those expected, by what each is worth. */
function expectedFurther({ daily, dayShape, listenerShape }: JointVisits, { visits, activeDays }: VisitGroup): number {
  const expected = daily[activeDays - 1] as number;
  const noise = (1 / expected + 1 / dayShape) / activeDays;
  const own = 1 / listenerShape / (1 / listenerShape + noise);
  return expected + own * ((visits - activeDays) / activeDays - expected);
}

/** The law of the active days to come of a listener with so many of the window's. */
function lawOfAddedDays(
  mixture: ActiveDayMixture,
  activeDays: number,
  windowDays: number,
  added: number,
): Float64Array {
  const likely = mixture.probabilities.map((probability, atom) => {
    const listeners = (mixture.seen[atom] as number) + (mixture.unseen[atom] as number);
    return listeners * Math.exp(binomialLogMass(windowDays, probability, activeDays));
  });
  const masses = massesOfDays(mixture.probabilities, likely, added);
  const all = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / all);
}

/** Of listeners by daily probability: how many come on 0, 1, ... `days` days. */
function massesOfDays(probabilities: Float64Array, listeners: Float64Array, days: number): Float64Array {
  return Float64Array.from({ length: days + 1 }, (_, active) => {
    return probabilities.reduce((sum, probability, atom) => {
      return sum + (listeners[atom] as number) * Math.exp(binomialLogMass(days, probability, active));
    }, 0);
  });
}

/**
 * Adds listeners whose visits are `least` and further ones of this mean and variance: two numbers with that mean and, as
 * nearly as `least` allows, that variance.
 */
function addListeners(
  { visits, activeDays }: Tally,
  active: number,
  least: number,
  { mean, variance }: { mean: number; variance: number },
  listeners: number,
): void {
  activeDays[active - 1] = (activeDays[active - 1] as number) + listeners;
  const below = Math.min(mean, Math.sqrt(variance));
  if (below === 0) return addVisits(visits, least + mean, listeners);
  const above = variance / below;
  const share = above / (below + above);
  addVisits(visits, least + (mean - below), listeners * share);
  addVisits(visits, least + (mean + above), listeners * (1 - share));
}

/** Between two whole numbers listeners are shared so that the mean stays. */
function addVisits(visits: Map<number, number>, amount: number, listeners: number): void {
  const low = Math.min(MAX_SLOTS, Math.floor(amount));
  const share = low === MAX_SLOTS ? 0 : amount - low;
  visits.set(low, (visits.get(low) ?? 0) + listeners * (1 - share));
  if (share > 0) visits.set(low + 1, (visits.get(low + 1) ?? 0) + listeners * share);
}

function toHistogram({ visits, activeDays }: Tally, days: number): VisitHistogram {
  const sorted = [...visits].filter(([, people]) => people > 0).sort(([one], [other]) => one - other);
  const compact = compactSlots({
    slots: sorted.map(([count]) => count),
    listeners: sorted.map(([, people]) => people),
  });
  return {
    windowDays: days,
    visits: compact.slots,
    visitListeners: compact.listeners,
    activeDayListeners: Array.from(activeDays),
  };
}

function logChoose(all: number, chosen: number): number {
  return logGamma(all + 1) - logGamma(chosen + 1) - logGamma(all - chosen + 1);
}
