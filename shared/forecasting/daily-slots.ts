// Slots under a daily cap: a listener's first so many requests of each day.
import { logGamma } from './log-gamma.ts';
import { compactSlots } from './compact-slots.ts';
import { assertCap, type Slots } from './slots.ts';
import { assertHistogram, daySlots, visitSlots, type VisitHistogram } from './visit-histogram.ts';
import { visitsByActiveDays } from './visits-by-active-days.ts';

/**
 * Listeners by slots when at most `cap` requests of a listener's day are slots: their active days for 1, all visits for
 * Infinity, between them what the joint count of visits and active days leads to expect, in at most 24 bins. A cap of a whole
 * flight comes on top: it is that of `impressions` and `frequencies`.
 * @param cap of a day, at least 1
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function dailySlots(histogram: VisitHistogram, cap: number): Slots {
  assertHistogram(histogram);
  assertCap(cap);
  if (cap === 0) return { slots: [], listeners: [] };
  if (cap === 1 || histogram.visits.length === 0) return daySlots(histogram);
  if (cap === Infinity) return visitSlots(histogram);
  const { groups, dayShape } = visitsByActiveDays(histogram);
  const bySlots = new Map<number, number>();
  for (const { visits, activeDays, listeners } of groups) {
    const slots = activeDays * (1 + furtherUpTo(cap - 1, visits - activeDays, activeDays, dayShape));
    const whole = Math.floor(slots);
    const part = slots - whole;
    bySlots.set(whole, (bySlots.get(whole) ?? 0) + listeners * (1 - part));
    if (part > 0) bySlots.set(whole + 1, (bySlots.get(whole + 1) ?? 0) + listeners * part);
  }
  const sorted = [...bySlots].sort(([one], [other]) => one - other);
  return compactSlots({ slots: sorted.map(([count]) => count), listeners: sorted.map(([, people]) => people) });
}

/**
 * E[min(E, m)] of one day's further visits E when a listener has `further` on `days` days: beta-binomial, as when each day's
 * are negative binomial; the sum of P[E > i] over i below m.
 */
function furtherUpTo(most: number, further: number, days: number, shape: number): number {
  if (most >= further) return further / days;
  const others = shape * (days - 1);
  let mass = Math.exp(
    logGamma(others + further) - logGamma(others) + logGamma(others + shape) - logGamma(others + shape + further),
  );
  let [left, sum] = [1, 0];
  for (let count = 0; count < most; count++) {
    left -= mass;
    sum += Math.max(0, left);
    mass *= ((further - count) / (count + 1)) * ((shape + count) / (others + further - count - 1));
  }
  return Math.min(sum, further / days);
}
