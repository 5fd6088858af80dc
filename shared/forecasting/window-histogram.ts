// The histogram of a flight of other days than the window that was counted: shorter ones exactly, longer ones by who has not
// been seen yet. Days are taken as exchangeable: a listener is as likely to come on one as on another.
import { fitActiveDays, type ActiveDayMixture } from './active-day-mixture.ts';
import { binomialLogMass } from './binomial-log-mass.ts';
import { compactSlots } from './compact-slots.ts';
import { logGamma } from './log-gamma.ts';
import { MAX_SLOTS } from './slots.ts';
import { assertHistogram, assertWindow, type VisitHistogram } from './visit-histogram.ts';

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
  const groups = joined(histogram);
  const tally: Tally = { visits: new Map(), activeDays: new Float64Array(days) };
  if (days < windowDays) for (const group of groups) addShorter(tally, group, windowDays, days);
  else if (groups.length > 0) addLonger(tally, groups, histogram, days);
  return toHistogram(tally, days);
}

/** Listeners with the same visits and active days. */
interface Group {
  visits: number;
  activeDays: number;
  listeners: number;
}

interface Tally {
  visits: Map<number, number>;
  /** By active days, from 1. */
  activeDays: Float64Array;
}

/** Joins the two counts in order: the listeners with the fewest visits are those with the fewest active days. */
function joined({ visits, visitListeners, activeDayListeners }: VisitHistogram): Group[] {
  const groups: Group[] = [];
  let bin = 0;
  let left = visitListeners[0] ?? 0;
  activeDayListeners.forEach((people, index) => {
    let wanted = people;
    while (wanted > 0 && bin < visits.length) {
      const listeners = Math.min(wanted, left);
      const activeDays = index + 1;
      if (listeners > 0) groups.push({ visits: Math.max(activeDays, visits[bin] as number), activeDays, listeners });
      wanted -= listeners;
      left -= listeners;
      if (left <= 0) left = visitListeners[++bin] ?? 0;
    }
  });
  return groups;
}

/** Which of a listener's active days fall into the flight is hypergeometric, and each further visit is on any of them. */
function addShorter(tally: Tally, { visits, activeDays, listeners }: Group, windowDays: number, days: number): void {
  const fewest = Math.max(1, activeDays + days - windowDays);
  for (let inside = fewest; inside <= Math.min(days, activeDays); inside++) {
    const share = Math.exp(
      logChoose(activeDays, inside) + logChoose(windowDays - activeDays, days - inside) - logChoose(windowDays, days),
    );
    const part = inside / activeDays;
    const further = visits - activeDays;
    addListeners(tally, inside, inside, further * part, further * part * (1 - part), listeners * share);
  }
}

/** Who was seen comes again, as its days so far say; who was not comes for the first time. */
function addLonger(
  tally: Tally,
  groups: readonly Group[],
  { windowDays, activeDayListeners }: VisitHistogram,
  days: number,
): void {
  const mixture = fitActiveDays(activeDayListeners);
  const added = days - windowDays;
  const laws = Array.from(activeDayListeners, (_, index) => lawOfAddedDays(mixture, index + 1, windowDays, added));
  for (const { visits, activeDays, listeners } of groups) {
    const rate = (visits - activeDays) / activeDays;
    (laws[activeDays - 1] as Float64Array).forEach((share, more) => {
      addListeners(tally, activeDays + more, visits + more, more * rate, more * rate * (1 + rate), listeners * share);
    });
  }
  const rate = furtherVisitsOfRarest(groups);
  const newcomers = massesOfDays(mixture.probabilities, mixture.unseen, added);
  newcomers.forEach((listeners, more) => {
    if (more > 0) addListeners(tally, more, more, more * rate, more * rate * (1 + rate), listeners);
  });
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

/** Visits a day beyond the first, of the listeners who come on the fewest days. */
function furtherVisitsOfRarest(groups: readonly Group[]): number {
  const fewest = groups[0]?.activeDays as number;
  const rarest = groups.filter(({ activeDays }) => activeDays === fewest);
  const visits = rarest.reduce((sum, { visits: own, listeners }) => sum + own * listeners, 0);
  const listeners = rarest.reduce((sum, { listeners: own }) => sum + own, 0);
  return visits / listeners / fewest - 1;
}

/**
 * Adds listeners whose visits are `least` and further ones of this mean and variance: two numbers with that mean and, as
 * nearly as `least` allows, that variance.
 */
function addListeners(
  { visits, activeDays }: Tally,
  active: number,
  least: number,
  mean: number,
  variance: number,
  listeners: number,
): void {
  activeDays[active - 1] = (activeDays[active - 1] as number) + listeners;
  const below = Math.min(mean, Math.sqrt(variance));
  if (below === 0) return addVisits(visits, least + mean, listeners);
  const above = variance / below;
  const share = above / (below + above);
  addVisits(visits, least + mean - below, listeners * share);
  addVisits(visits, least + mean + above, listeners * (1 - share));
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
