// Reports leave out cells where nobody came.
import type { CellHours } from '../forecasting/market-features.ts';

/** Cells with a zero for each hour, from their first on, in which the market was observed and they were not named. */
export function fillSilentHours(cells: readonly CellHours[]): CellHours[] {
  const observed = [...new Set(cells.flatMap(({ hoursAtMs }) => hoursAtMs))].sort((a, b) => a - b);
  return cells.map((cell) => {
    const [firstAtMs = Infinity] = cell.hoursAtMs;
    const counted = new Map(cell.hoursAtMs.map((atMs, index) => [atMs, cell.opportunities[index] ?? 0]));
    const hoursAtMs = observed.filter((atMs) => atMs >= firstAtMs);
    return { ...cell, hoursAtMs, opportunities: hoursAtMs.map((atMs) => counted.get(atMs) ?? 0) };
  });
}
