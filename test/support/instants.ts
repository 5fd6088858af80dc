// Fixed instants of the tests: a Monday at midnight and the lengths of time around it.
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const TICK_MS = 300_000;
export const START_MS = Date.parse('2026-03-02T00:00:00Z');

/** The slot of an instant. */
export function slotAt(atMs: number): number {
  return Math.floor(atMs / TICK_MS);
}
