// Listeners who may not be shown it any more: who had all their exposures, and who streams the release already.
import { cappedExposures } from './capped-exposures.ts';
import { ForecastError } from './forecast-error.ts';
import { assertCap, assertOfferRate, assertSlots, type Slots } from './slots.ts';

/**
 * Who is left after a time in which each slot was taken with probability x: n_k P[Bin(k, x) < cap], by the slots of that
 * time. Those who come often are gone first.
 * @param cap exposures that a listener may have
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function withoutReached(supply: Slots, offerRate: number, cap = 1): Slots {
  assertOfferRate(offerRate);
  assertCap(cap);
  return thinned(supply, (slots) => {
    if (cap === 0 || cap === Infinity) return Number(cap === Infinity);
    // E[min(B, c)] - E[min(B, c - 1)] = P[B >= c].
    return 1 - (cappedExposures(slots, offerRate, cap) - cappedExposures(slots, offerRate, cap - 1));
  });
}

/**
 * Who is left when each day a part of the segment's listeners streams the release by itself: (1 - hazard)^days of all.
 * @param hazard that part, from 0 to 1
 * @param days that have passed, at least 0, whole or not
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function withoutStreamers(supply: Slots, { hazard, days }: { hazard: number; days: number }): Slots {
  if (!(hazard >= 0 && hazard <= 1)) refuse(`a hazard must be from 0 to 1, not ${hazard}`);
  if (!(days >= 0 && days < Infinity)) refuse(`days must be a number of at least 0, not ${days}`);
  const left = (1 - hazard) ** days;
  return thinned(supply, () => left);
}

function thinned(supply: Slots, shareOf: (slots: number) => number): Slots {
  assertSlots(supply);
  const shares = Array.from(supply.slots, shareOf);
  return {
    slots: supply.slots,
    listeners: shares.map((share, bin) => (supply.listeners[bin] as number) * Math.max(0, Math.min(1, share))),
  };
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
