// What frequency caps leave of the visits that a line is offered at random.
import { cappedExposures } from './capped-exposures.ts';
import type { Slots } from './slots.ts';

export interface FrequencyCaps {
  /** Exposures of a listener in the flight and on a day; Infinity for none. */
  perFlight: number;
  perDay: number;
}

/**
 * Of all visits, the share that it may be shown at where each is offered to it with a probability: visits of a listener fall on the
 * days of the flight at random. Where both caps are set, the tighter one of each listener counts.
 * @param listeners by visits in the flight
 * @param days of the flight, at least 1
 * @param offerRate from 0 to 1
 */
export function cappedAudience(
  { slots, listeners }: Slots,
  { perFlight, perDay }: FrequencyCaps,
  { days, offerRate }: { days: number; offerRate: number },
): number {
  let [shown, visits] = [0, 0];
  for (let bin = 0; bin < slots.length; bin++) {
    const [count, people] = [slots[bin] as number, listeners[bin] as number];
    const inFlight = cappedExposures(count, offerRate, perFlight);
    const byDay = days * cappedExposures(count, offerRate / days, perDay);
    shown += people * Math.min(inFlight, byDay);
    visits += people * count;
  }
  return visits > 0 ? shown / visits : 0;
}
