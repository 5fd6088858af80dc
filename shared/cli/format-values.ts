// Amounts, instants and durations as people read them.
import { formatInstant } from '../contracts/instants.ts';

/** Micros as units of their currency: 12500000 is `12.5`, 1 is `0.000001`. Exact: no division of a large number is rounded. */
export function formatMicros(micros: number): string {
  const units = Math.floor(Math.abs(micros) / 1_000_000);
  const fraction = String(Math.abs(micros) % 1_000_000)
    .padStart(6, '0')
    .replace(/(?<!0)0+$/, '');
  return `${micros < 0 ? '-' : ''}${units}${fraction === '' ? '' : `.${fraction}`}`;
}

/** RFC 3339 without the milliseconds that are zero. */
export function formatTime(atMs: number): string {
  return formatInstant(atMs).replace('.000Z', 'Z');
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** The two largest units of a duration: `3m 20s`, `2d 4h`. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.abs(durationMs);
  const parts: string[] = [];
  for (const [unit, unitMs] of units) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}

/** How long ago an instant is, or how far ahead. */
export function formatAge(atMs: number, nowMs: number): string {
  return atMs > nowMs
    ? `${formatDuration(atMs - nowMs)} ahead of the wall clock`
    : `${formatDuration(nowMs - atMs)} ago`;
}
