// A window's histogram from a sample of its requests. Requests show those who come often more often: that is undone here.
import { compactSlots } from './compact-slots.ts';
import { ForecastError } from './forecast-error.ts';
import { MAX_LISTENERS, MAX_SLOTS } from './slots.ts';
import { assertWindow, type VisitHistogram } from './visit-histogram.ts';

/** A request, and what its listener did in so many days, the request included. */
export interface SampledRequest {
  visits: number;
  /** From 1 to the window's days, and at most `visits`. */
  activeDays: number;
}

export interface SampledWindow {
  windowDays: number;
  /** Requests of a whole window, sampled or not: the sample is uniform among them. */
  requests: number;
  /**
   * `window`: all counts are of the window that is sampled, what came after the request too.
   * `request`: each is of the days up to its request's, and of that day up to the request.
   */
  countedTo: 'window' | 'request';
}

/**
 * Listeners by visits and by active days from requests sampled uniformly. Each stands for requests / sample size of its
 * kind, and counts for the listeners that those make (Horvitz and Thompson, JASA 47, 1952), without bias:
 *
 * Counted to the window's end, a listener with k visits is sampled k times as likely: 1 / k listeners. Counted to the
 * request that would find one of 5 visits on one day five times, as listeners with 1 to 5 visits, 2.28 listeners instead of
 * one (70% too many where listeners come in bursts). There the first request of a day stands for its day, 1 / d listeners
 * with d active days; nobody says which is the first, but where the visits of a listener's days are geometric, (d - 1) / (k - 1)
 * is how likely it is, whatever their mean; other laws of the day's visits bias that by less than 1%.
 * @returns at most 24 bins of visits; nobody for an empty sample
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function estimateHistogram(sample: readonly SampledRequest[], window: SampledWindow): VisitHistogram {
  const { windowDays, requests, countedTo } = window;
  assertWindow(windowDays);
  if (!(requests >= sample.length && requests <= MAX_LISTENERS))
    refuse(`${requests} requests of which ${sample.length} are sampled`);
  sample.forEach((request) => assertRequest(request, windowDays));
  const weight = requests / sample.length;
  const byVisits = new Map<number, number>();
  const activeDayListeners = Array<number>(windowDays).fill(0);
  const add = (visits: number, activeDays: number, listeners: number) => {
    if (!(listeners > 0)) return;
    activeDayListeners[activeDays - 1] = (activeDayListeners[activeDays - 1] as number) + listeners;
    const whole = Math.min(MAX_SLOTS, Math.floor(visits));
    const part = Math.min(MAX_SLOTS, visits) - whole;
    byVisits.set(whole, (byVisits.get(whole) ?? 0) + listeners * (1 - part));
    if (part > 0) byVisits.set(whole + 1, (byVisits.get(whole + 1) ?? 0) + listeners * part);
  };
  if (countedTo === 'window') {
    for (const { visits, activeDays } of sample) add(visits, activeDays, weight / visits);
  } else {
    for (const [visits, days] of visitsOfOneDay(sample)) add(visits, 1, weight * days);
    for (const { visits, activeDays } of sample) {
      if (activeDays > 1) add(wholeVisits(visits, activeDays), activeDays, weight * firstShare(visits, activeDays));
    }
  }
  const sorted = [...byVisits].sort(([one], [other]) => one - other);
  const compact = compactSlots({
    slots: sorted.map(([visits]) => visits),
    listeners: sorted.map(([, people]) => people),
  });
  return { windowDays, visits: compact.slots, visitListeners: compact.listeners, activeDayListeners };
}

/** How likely a request is the first of its day, over the days that its listener is found on. */
function firstShare(visits: number, activeDays: number): number {
  return (activeDays - 1) / (visits - 1) / activeDays;
}

/** Visits when the day is over: the other days' further visits, and as many again on this one. */
function wholeVisits(visits: number, activeDays: number): number {
  return activeDays + ((visits - activeDays) * activeDays) / (activeDays - 1);
}

/**
 * Listener-days by visits, of listeners with one active day: as many have v or more as requests are the v-th of their day.
 * Where the sample has more of a later one, they are averaged (pool adjacent violators; Ayer and others, Annals of
 * Mathematical Statistics 26, 1955).
 */
function visitsOfOneDay(sample: readonly SampledRequest[]): [visits: number, days: number][] {
  const counts = new Map<number, number>();
  for (const { visits, activeDays } of sample) {
    if (activeDays === 1) counts.set(visits, (counts.get(visits) ?? 0) + 1);
  }
  // Blocks of numbers of visits up to `end`, and how many days have each of them or more: falling.
  const blocks: { start: number; end: number; days: number }[] = [];
  const push = (start: number, end: number, days: number) => {
    let block = { start, end, days };
    for (let last = blocks.at(-1); last !== undefined && last.days <= block.days; last = blocks.at(-1)) {
      const [before, own] = [last.end - last.start + 1, block.end - block.start + 1];
      block = { start: last.start, end: block.end, days: (last.days * before + block.days * own) / (before + own) };
      blocks.pop();
    }
    blocks.push(block);
  };
  let end = 0;
  for (const [visits, days] of [...counts].sort(([one], [other]) => one - other)) {
    if (visits > end + 1) push(end + 1, visits - 1, 0);
    push(visits, visits, days);
    end = visits;
  }
  return blocks.map((block, index) => [block.end, block.days - (blocks[index + 1]?.days ?? 0)]);
}

function assertRequest({ visits, activeDays }: SampledRequest, windowDays: number): void {
  if (!(Number.isInteger(visits) && visits >= 1 && visits <= MAX_SLOTS))
    refuse(`a request's listener has 1 to ${MAX_SLOTS} visits, not ${visits}`);
  const most = Math.min(windowDays, visits);
  if (!(Number.isInteger(activeDays) && activeDays >= 1 && activeDays <= most))
    refuse(`${visits} visits in ${windowDays} days are on 1 to ${most} of them, not ${activeDays}`);
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
