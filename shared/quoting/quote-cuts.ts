// The instants between which the cells of quotes lie: those at which flights begin and end while they are few, and a grid elsewhere.
import { DAY_MS, HOUR_MS } from '../forecasting/traffic-clock.ts';
import type { MarketSupply } from './market-supply.ts';

/** More cells make every quote slower; fewer leave more of flights in cells of which they have only a part. */
const MOST_CUTS = 72;
const STEPS_MS = [1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR_MS);

/** From now to the end of the last day that is known, ascending. The grid goes through the commonest time of day. */
export function quoteCuts(
  flights: readonly { startAtMs: number; endAtMs: number }[],
  { asOfMs, firstDay, days }: MarketSupply,
): number[] {
  const endMs = (firstDay + days) * DAY_MS;
  if (endMs <= asOfMs) return [asOfMs];
  const bounds = flights
    .flatMap(({ startAtMs, endAtMs }) => [startAtMs, endAtMs])
    .filter((atMs) => atMs > asOfMs && atMs < endMs);
  const cuts = [...new Set([asOfMs, ...bounds, endMs])].sort((one, other) => one - other);
  if (cuts.length <= MOST_CUTS) return cuts;
  const stepMs = STEPS_MS.find((step) => (endMs - asOfMs) / step <= MOST_CUTS - 2) ?? DAY_MS;
  const grid = [asOfMs];
  const offset = commonest(bounds.map((atMs) => atMs % stepMs));
  for (let atMs = Math.floor(asOfMs / stepMs) * stepMs + offset; atMs < endMs; atMs += stepMs)
    if (atMs > asOfMs) grid.push(atMs);
  return [...grid, endMs];
}

/** The place of the last cut at an instant or before it, -1 for none. */
export function cutBefore(cuts: readonly number[], atMs: number): number {
  let [low, high] = [-1, cuts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] as number) <= atMs) low = middle;
    else high = middle;
  }
  return low;
}

function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let [most, found] = [0, 0];
  for (const [value, count] of counts) {
    if (count > most || (count === most && value < found)) [most, found] = [count, value];
  }
  return found;
}
