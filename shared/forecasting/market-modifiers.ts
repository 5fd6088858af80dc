// What people's corrections of some cells come to for their market as a whole.
import type { Modifier } from '../contracts/forecast-documents.ts';

interface CellTraffic {
  segment: string;
  surface: string;
  /** Opportunities, of the same time for all cells. */
  traffic: number;
}

/**
 * A correction of all cells stays; one of some cells moves the market by their part of its traffic, and by their number
 * where none has any. Without this a market's own forecast would take back what people said of its cells.
 */
export function marketModifiers(modifiers: readonly Modifier[], cells: readonly CellTraffic[]): Modifier[] {
  const isAnyTraffic = cells.some(({ traffic }) => traffic > 0);
  const sum = (some: readonly CellTraffic[]) =>
    some.reduce((total, { traffic }) => total + (isAnyTraffic ? traffic : 1), 0);
  return modifiers.map(({ segments, surfaces, ...modifier }) => {
    const own = cells.filter(
      (cell) => (segments?.includes(cell.segment) ?? true) && (surfaces?.includes(cell.surface) ?? true),
    );
    const share = own.length === cells.length ? 1 : sum(own) / sum(cells);
    return { ...modifier, multiplier: 1 + share * (modifier.multiplier - 1) };
  });
}
