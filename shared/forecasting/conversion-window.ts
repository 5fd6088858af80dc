// Which click a conversion belongs to, and when no more can come.
import { ForecastError } from './forecast-error.ts';
import { DAY_MS } from './traffic-clock.ts';

/** A conversion counts up to this long after its click, the last instant included. */
export const CONVERSION_WINDOW_MS = 14 * DAY_MS;

/**
 * The place of the click that a conversion is attributed to: the last one of the same listener at or before it, if that
 * is within the window; of clicks at one instant the first in the list. None: it is nobody's conversion.
 * @param clicksAtMs billable clicks of the listener, in any order
 * @throws ForecastError INVALID_RESPONSE for instants that are no numbers
 */
export function attributedClick(clicksAtMs: readonly number[], conversionAtMs: number): number | undefined {
  requireInstant(conversionAtMs);
  let last: number | undefined;
  clicksAtMs.forEach((atMs, place) => {
    requireInstant(atMs);
    if (atMs > conversionAtMs || conversionAtMs - atMs > CONVERSION_WINDOW_MS) return;
    if (last === undefined || atMs > (clicksAtMs[last] as number)) last = place;
  });
  return last;
}

/** Whether the conversions of a click, or of a campaign whose last click it was, are final. */
export function conversionsAreFinal(lastClickAtMs: number, nowMs: number): boolean {
  requireInstant(lastClickAtMs);
  requireInstant(nowMs);
  return nowMs - lastClickAtMs > CONVERSION_WINDOW_MS;
}

function requireInstant(atMs: number): void {
  if (!Number.isFinite(atMs)) throw new ForecastError('INVALID_RESPONSE', `an instant must be a number, not ${atMs}`);
}
