// Small plots in plain characters.
import type { ReliabilityBin } from '../outcomes/calibration-reader.ts';

const ROWS = 10;
/** Characters of a column of the reliability plot. */
const COLUMN = 5;
const BAR = 40;

/**
 * What was forecast, left to right, against how often it came so, upwards: `*` is a bin, `.` where it would be if forecasts
 * were right, `@` both. Below each bin, how many were in it. Rows and columns are tenths.
 */
export function reliabilityPlot(bins: readonly Pick<ReliabilityBin, 'bin' | 'n' | 'observed'>[]): string {
  const rowOf = (share: number) => Math.min(ROWS - 1, Math.floor(share * ROWS));
  const lines = Array.from({ length: ROWS }, (_line, index) => {
    const row = ROWS - 1 - index;
    const marks = Array.from({ length: ROWS }, (_mark, column) => {
      const isSeen = bins.some(({ bin, observed }) => bin === column && rowOf(observed) === row);
      if (row === column) return isSeen ? '@' : '.';
      return isSeen ? '*' : ' ';
    });
    return `${((row + 1) / ROWS).toFixed(1)} |${marks.map((mark) => mark.padStart(COLUMN)).join('')}`.trimEnd();
  });
  const counts = Array.from({ length: ROWS }, (_count, column) => bins.find(({ bin }) => bin === column)?.n ?? 0);
  return [
    ...lines,
    `    +${'-'.repeat(ROWS * COLUMN)}`,
    `     ${counts.map((_count, column) => ((column + 1) / ROWS).toFixed(1).padStart(COLUMN)).join('')}  forecast`,
    `     ${counts.map((n) => formatCount(n).padStart(COLUMN)).join('')}  of them`,
  ].join('\n');
}

/** At most four characters. */
function formatCount(n: number): string {
  if (n < 10_000) return String(n);
  return n < 1_000_000 ? `${Math.floor(n / 1000)}k` : `${Math.min(999, Math.floor(n / 1_000_000))}M`;
}

/** Shares as bars with a mark where they are meant to end, one a line. */
export function shareBars(rows: readonly { name: string; share: number; n: number }[], meant: number): string {
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  const mark = Math.round(meant * BAR);
  return rows
    .map(({ name, share, n }) => {
      const filled = Math.round(share * BAR);
      const bar = Array.from({ length: BAR }, (_cell, index) => {
        if (index === mark) return '|';
        return index < filled ? '#' : ' ';
      }).join('');
      return `${name.padEnd(width)}  [${bar}] ${(share * 100).toFixed(1).padStart(5)}%  of ${n}`;
    })
    .join('\n');
}
