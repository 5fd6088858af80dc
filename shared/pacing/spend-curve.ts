// How much of a flight's traffic has passed at an instant: even pacing is "spend follows the expected traffic".
import type { BookEntry } from '../contracts/documents.ts';
import { DAY_MS, shareOfDay } from '../forecasting/traffic-clock.ts';

type Flight = Pick<BookEntry, 'startAtMs' | 'endAtMs' | 'trafficByDay'>;

/**
 * The share of the flight's expected opportunities before `atMs`, 0 to 1.
 * @param hourShape the hours of the day that `atMs` is in, 24 shares that add up to 1
 */
export function passedTrafficShare(flight: Flight, hourShape: readonly number[], atMs: number): number {
  if (atMs <= flight.startAtMs) return 0;
  if (atMs >= flight.endAtMs) return 1;
  const total = flight.trafficByDay.reduce((sum, traffic) => sum + traffic, 0);
  // A flight for which nothing is expected passes like the clock.
  if (total === 0) return (atMs - flight.startAtMs) / (flight.endAtMs - flight.startAtMs);
  const firstDay = Math.floor(flight.startAtMs / DAY_MS);
  const today = Math.floor(atMs / DAY_MS);
  const before = flight.trafficByDay.slice(0, today - firstDay).reduce((sum, traffic) => sum + traffic, 0);
  const midnightAtMs = today * DAY_MS;
  const flown = shareOfDay(hourShape, midnightAtMs, flight.startAtMs, atMs);
  const whole = shareOfDay(hourShape, midnightAtMs, flight.startAtMs, flight.endAtMs);
  const ofToday = whole > 0 ? flown / whole : 0;
  return Math.min(1, (before + ofToday * (flight.trafficByDay[today - firstDay] ?? 0)) / total);
}
