// Time as traffic sees it: which part of a day's opportunities falls between two instants.
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The day of an instant, UTC: `2026-01-31`. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The days a flight touches, in order. */
export function daysBetween(startAtMs: number, endAtMs: number): string[] {
  const days: string[] = [];
  for (let atMs = Math.floor(startAtMs / DAY_MS) * DAY_MS; atMs < endAtMs; atMs += DAY_MS) days.push(dayOf(atMs));
  return days;
}

/**
 * The share of one day's opportunities between two instants of it.
 * @param hourShape 24 shares that add up to 1
 * @param dayStartAtMs midnight UTC of the day; what lies outside the day counts nothing
 */
export function shareOfDay(
  hourShape: readonly number[],
  dayStartAtMs: number,
  fromAtMs: number,
  toAtMs: number,
): number {
  const from = Math.max(0, fromAtMs - dayStartAtMs);
  const to = Math.min(DAY_MS, toAtMs - dayStartAtMs);
  let share = 0;
  for (let hour = Math.floor(from / HOUR_MS); hour * HOUR_MS < to; hour++) {
    const overlapMs = Math.min(to, (hour + 1) * HOUR_MS) - Math.max(from, hour * HOUR_MS);
    share += ((hourShape[hour] ?? 0) * overlapMs) / HOUR_MS;
  }
  return share;
}
