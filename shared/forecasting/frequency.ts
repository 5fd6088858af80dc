// How many listeners are shown it exactly once, twice, and so on.
import { cappedExposures } from './capped-exposures.ts';
import { assertCap, assertOfferRate, assertSlots, type Slots } from './slots.ts';

/** The last row of the table: so many exposures and more. */
const ROWS = 10;

/**
 * Listeners with exactly 1, 2, ... 9 and with 10 or more exposures, when each slot is taken with probability x until a
 * listener has `cap`: sum n_k P[min(Bin(k, x), cap) = m]. They add up to the reach.
 * @returns ten amounts; the first is of one exposure
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function frequencies(supply: Slots, offerRate: number, cap: number): Float64Array {
  assertSlots(supply);
  assertOfferRate(offerRate);
  assertCap(cap);
  const table = new Float64Array(ROWS);
  const last = Math.min(ROWS, cap);
  if (last === 0 || offerRate === 0) return table;
  for (let bin = 0; bin < supply.slots.length; bin++) {
    const slots = supply.slots[bin] as number;
    addListeners(table, last, slots, supply.listeners[bin] as number, offerRate);
  }
  return table;
}

/** Rows below `last` get the binomial masses, row `last` all that is left: who would have more is stopped or counted there. */
function addListeners(table: Float64Array, last: number, slots: number, listeners: number, offerRate: number): void {
  if (slots === 0) return;
  let left = cappedExposures(slots, offerRate, 1);
  let mass = Math.exp(slots * Math.log1p(-offerRate));
  const odds = offerRate / (1 - offerRate);
  for (let exposures = 1; exposures < last && exposures <= slots; exposures++) {
    // All slots are taken: the recurrence would multiply nothing by infinite odds.
    mass = offerRate === 1 ? Number(exposures === slots) : mass * ((slots - exposures + 1) / exposures) * odds;
    const here = Math.min(left, mass);
    table[exposures - 1] = (table[exposures - 1] as number) + listeners * here;
    left -= here;
  }
  if (slots >= last) table[last - 1] = (table[last - 1] as number) + listeners * left;
}
