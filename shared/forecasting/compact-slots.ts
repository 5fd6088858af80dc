// The same listeners in few bins, so that a histogram of any length fits into a document and costs the same to ask.
import { assertSlots, type Slots } from './slots.ts';

/** Bins of a stored histogram: so many at the bottom stay as they are, the others are made of groups. */
const BINS = 24;
const EXACT = 8;
const GROUPS = (BINS - EXACT) / 2;

/**
 * At most 24 bins with the same listeners and the same slots: the mean has no bias, and reach is off by less than 1e-3 of
 * all listeners at any offer rate (up to 400 slots; 3e-3 up to a million). The eight lowest bins stay; further up,
 * listeners whose slots lie within one factor become two bins at whole numbers with their count, mean and, as nearly as
 * whole numbers allow, variance and skew (Gauss quadrature of two points).
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function compactSlots(supply: Slots): { slots: number[]; listeners: number[] } {
  assertSlots(supply);
  const slots = Array.from(supply.slots);
  const listeners = Array.from(supply.listeners);
  if (slots.length <= BINS) return { slots, listeners };
  const compact = { slots: slots.slice(0, EXACT), listeners: listeners.slice(0, EXACT) };
  const start = slots[EXACT] as number;
  const factor = (slots.at(-1) as number) / start;
  let bin = EXACT;
  for (let group = 1; group <= GROUPS; group++) {
    const end = group === GROUPS ? Infinity : start * factor ** (group / GROUPS);
    const from = bin;
    while (bin < slots.length && (slots[bin] as number) < end) bin++;
    addGroup(compact, slots.slice(from, bin), listeners.slice(from, bin));
  }
  return compact;
}

/** Adds one bin for a group of equal slots, two for others, none for nobody. */
function addGroup(compact: { slots: number[]; listeners: number[] }, slots: number[], listeners: number[]): void {
  const people = listeners.reduce((sum, count) => sum + count, 0);
  if (people === 0) return;
  const moment = (power: number, around: number) =>
    slots.reduce((sum, count, bin) => sum + ((listeners[bin] as number) / people) * (count - around) ** power, 0);
  const mean = moment(1, 0);
  const variance = moment(2, mean);
  const [low, high] = pairFor(mean, variance, moment(3, mean), slots);
  // The mean of very few listeners may round to beyond the last of them.
  const share = low === high ? 1 : Math.max(0, Math.min(1, (high - mean) / (high - low)));
  compact.slots.push(low);
  compact.listeners.push(people * share);
  if (share === 1) return;
  compact.slots.push(high);
  compact.listeners.push(people * (1 - share));
}

/** Whole numbers around the mean, within the group, whose two-point law has the variance that is nearest. */
function pairFor(mean: number, variance: number, thirdMoment: number, slots: number[]): [number, number] {
  const [least, most] = [slots[0] as number, slots.at(-1) as number];
  if (!(variance > 0)) return [Math.round(mean), Math.round(mean)];
  const tilt = thirdMoment / (2 * variance);
  const spread = Math.sqrt(tilt * tilt + variance);
  const [lower, upper] = [Math.round(mean + tilt - spread), Math.round(mean + tilt + spread)];
  let best: [number, number] = [least, most];
  let nearest = Infinity;
  for (let low = Math.max(least, lower - NEIGHBOURS); low <= Math.min(mean, lower + NEIGHBOURS); low++) {
    for (let high = Math.min(most, upper + NEIGHBOURS); high > mean && high >= upper - NEIGHBOURS; high--) {
      const distance = Math.abs((mean - low) * (high - mean) - variance);
      if (distance < nearest) [nearest, best] = [distance, [low, high]];
    }
  }
  return best;
}

/** How far around the nodes to look for whole numbers. */
const NEIGHBOURS = 2;
