// Gives each line of a plan its share of the opportunities it is eligible for where the plan is stale: a line takes the same
// fraction of every eligible opportunity, and where the fractions over a cell add up to more than the cell, the lines
// over it are scaled down together. The simplest rule there is, and never more than a cell has.
import { isEligible } from './market-model.ts';

export interface FallbackLine {
  segments: readonly string[];
  surfaces: readonly string[];
  clickPriceMicros: number;
  /** What the line should spend in the interval, micros. */
  wantedMicros: number;
}

export interface FallbackCell {
  segment: string;
  surface: string;
  /** Expected opportunities of the interval. */
  opportunities: number;
  clickPpm: number;
}

/**
 * The share of each line, 0 to 1, in the order of `lines`; over any cell the shares of eligible lines add up to at
 * most 1 (invariant 5).
 */
export function fallbackShares(lines: readonly FallbackLine[], cells: readonly FallbackCell[]): number[] {
  const eligible = lines.map((line) => cells.flatMap((cell, index) => (isEligible(line, cell) ? [index] : [])));
  const wanted = lines.map((line, which) => {
    let valueMicros = 0;
    for (const index of eligible[which] as number[]) {
      const cell = cells[index] as FallbackCell;
      valueMicros += (cell.opportunities * cell.clickPpm * line.clickPriceMicros) / 1e6;
    }
    return line.wantedMicros <= 0 || valueMicros === 0 ? 0 : Math.min(1, line.wantedMicros / valueMicros);
  });
  const loads = cells.map(() => 0);
  wanted.forEach((share, which) => {
    for (const index of eligible[which] as number[]) loads[index] = (loads[index] as number) + share;
  });
  return wanted.map((share, which) => {
    const fullest = Math.max(1, ...(eligible[which] as number[]).map((index) => loads[index] as number));
    // Rounded down to nine digits: sums stay below one whatever the order of addition.
    return Math.floor((share / fullest) * 1e9) / 1e9;
  });
}
