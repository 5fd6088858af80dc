// A window's histogram from a sample of its requests. Requests show those who come often more often: that is undone here.
import { compactSlots } from './compact-slots.ts';
import { ForecastError } from './forecast-error.ts';
import { MAX_LISTENERS, MAX_SLOTS } from './slots.ts';
import { assertWindow, type VisitHistogram } from './visit-histogram.ts';

/** A request of the window, and what its listener did in that same window, the request itself included. */
export interface SampledRequest {
  visits: number;
  /** From 1 to the window's days, and at most `visits`. */
  activeDays: number;
}

/**
 * Listeners by visits and by active days from requests sampled uniformly from all of the window: a listener with k visits is
 * in the sample k times as likely, so each sampled request counts for 1 / k listeners (Horvitz and Thompson, JASA 47, 1952),
 * times the requests that each one stands for. Without bias. Counts must be of the window that is sampled, the same for all: a
 * count up to the moment of each request makes several listeners of one who comes in bursts.
 * @param window.requests of the whole window, sampled or not
 * @returns at most 24 bins of visits; nobody for an empty sample
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function estimateHistogram(
  sample: readonly SampledRequest[],
  { windowDays, requests }: { windowDays: number; requests: number },
): VisitHistogram {
  assertWindow(windowDays);
  if (!(requests >= sample.length && requests <= MAX_LISTENERS))
    refuse(`${requests} requests of which ${sample.length} are sampled`);
  const weight = requests / sample.length;
  const byVisits = new Map<number, number>();
  const activeDayListeners = Array<number>(windowDays).fill(0);
  for (const { visits, activeDays } of sample) {
    if (!(Number.isInteger(visits) && visits >= 1 && visits <= MAX_SLOTS))
      refuse(`a request's listener has at least 1 visit, whole ones, not ${visits}`);
    if (!(Number.isInteger(activeDays) && activeDays >= 1 && activeDays <= Math.min(windowDays, visits)))
      refuse(
        `${visits} visits in ${windowDays} days are on 1 to ${Math.min(windowDays, visits)} of them, not ${activeDays}`,
      );
    const listeners = weight / visits;
    byVisits.set(visits, (byVisits.get(visits) ?? 0) + listeners);
    activeDayListeners[activeDays - 1] = (activeDayListeners[activeDays - 1] as number) + listeners;
  }
  const sorted = [...byVisits].sort(([one], [other]) => one - other);
  const { slots, listeners } = compactSlots({
    slots: sorted.map(([visits]) => visits),
    listeners: sorted.map(([, people]) => people),
  });
  return { windowDays, visits: slots, visitListeners: listeners, activeDayListeners };
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
