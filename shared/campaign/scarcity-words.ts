// Which supply is scarce, in words for whoever asked for it. Never who else wants it.
import { dayOf } from '../forecasting/traffic-clock.ts';
import type { ScarceCell } from './open-markets.ts';

/** A reason has 500 characters, and says more than this. */
const MAX_LENGTH = 350;

/** `; scarce: casual on home in SE, 2026-03-02 to 2026-03-04`, or nothing where no cell is. */
export function scarcityWords(cells: readonly ScarceCell[]): string {
  const phrases = [...new Set(stretches(cells).map(phraseOf))];
  let words = '';
  for (const [index, phrase] of phrases.entries()) {
    if (words.length + phrase.length > MAX_LENGTH) return `${words} and ${phrases.length - index} more`;
    words += `${index === 0 ? '; scarce: ' : '; '}${phrase}`;
  }
  return words;
}

/** Cells that follow each other as one. */
function stretches(cells: readonly ScarceCell[]): ScarceCell[] {
  const found: ScarceCell[] = [];
  const audiences = Map.groupBy(cells, ({ market, segment, surface }) => [market, segment, surface].join());
  for (const own of audiences.values()) {
    for (const cell of own.toSorted((one, other) => one.fromAtMs - other.fromAtMs)) {
      const last = found.at(-1);
      const isNext = last && isSame(last, cell) && cell.fromAtMs <= last.toAtMs;
      if (isNext) last.toAtMs = Math.max(last.toAtMs, cell.toAtMs);
      else found.push({ ...cell });
    }
  }
  return found;
}

function isSame(one: ScarceCell, other: ScarceCell): boolean {
  return one.market === other.market && one.segment === other.segment && one.surface === other.surface;
}

function phraseOf({ market, segment, surface, fromAtMs, toAtMs }: ScarceCell): string {
  const [first, last] = [dayOf(fromAtMs), dayOf(toAtMs - 1)];
  return `${segment} on ${surface} in ${market}, ${first === last ? first : `${first} to ${last}`}`;
}
