// What people know that no history shows: "this cell sees 30% more from Friday to Sunday". Data, applied after the model.
import type { Modifier } from '../contracts/forecast-documents.ts';
import { ForecastError } from './forecast-error.ts';
import { HOUR_MS } from './traffic-clock.ts';

/** A market that sees more than so many times what its history says needs other analogues, not a modifier. */
const MOST = 100;

/** @throws ForecastError INVALID_SERIES naming the first modifier that makes no sense, and why */
function assertModifiers(modifiers: readonly Modifier[]): void {
  for (const [index, { segments, surfaces, startAtMs, endAtMs, multiplier, reason }] of modifiers.entries()) {
    const refuse = (what: string) => {
      throw new ForecastError('INVALID_SERIES', `modifier ${index} ${what}`);
    };
    if (!Number.isFinite(startAtMs) || !Number.isFinite(endAtMs) || startAtMs >= endAtMs) {
      refuse(`must start before it ends, not from ${startAtMs} to ${endAtMs}`);
    }
    if (!(multiplier >= 0 && multiplier <= MOST)) refuse(`must multiply by 0 to ${MOST}, not ${multiplier}`);
    if (segments?.length === 0 || surfaces?.length === 0) refuse('names no segment or no surface: leave the list out');
    if (reason.trim() === '') refuse('gives no reason');
  }
}

/**
 * What each of some hours of a cell is multiplied by: those that overlap are multiplied, one that covers part of an hour
 * counts for that part.
 * @param fromHour in hours since the epoch
 * @throws ForecastError INVALID_SERIES as {@link assertModifiers}
 */
export function modifierFactors(
  modifiers: readonly Modifier[],
  cell: { segment: string; surface: string },
  fromHour: number,
  hours: number,
): Float64Array {
  assertModifiers(modifiers);
  const factors = new Float64Array(hours).fill(1);
  for (const { segments, surfaces, startAtMs, endAtMs, multiplier } of modifiers) {
    if (segments?.includes(cell.segment) === false || surfaces?.includes(cell.surface) === false) continue;
    const first = Math.max(0, Math.floor(startAtMs / HOUR_MS) - fromHour);
    for (let index = first; index < hours; index++) {
      const atMs = (fromHour + index) * HOUR_MS;
      if (atMs >= endAtMs) break;
      const covered = (Math.min(endAtMs, atMs + HOUR_MS) - Math.max(startAtMs, atMs)) / HOUR_MS;
      factors[index] = (factors[index] as number) * (1 + (multiplier - 1) * covered);
    }
  }
  return factors;
}
