// What a market's house filler is taken to be worth where nobody has said it: something, so that a line that nobody rivals can be paced by
// its price too, taking the listeners that respond best, and little, so that no money is left for it.
import type { SupplyDay } from '../contracts/documents.ts';

/** Of what an average impression is worth to an average line. */
const HOUSE_SHARE = 0.01;

/** Micros for a thousand impressions, a whole number; 0 without lines or clicks. */
export function houseWorthCpm(
  lines: readonly { clickPriceMicros: number }[],
  cells: readonly Pick<SupplyDay['cells'][number], 'q50' | 'clickPpm'>[],
): number {
  const traffic = cells.reduce((sum, { q50 }) => sum + q50, 0);
  const clicks = cells.reduce((sum, { q50, clickPpm }) => sum + (q50 * clickPpm) / 1e6, 0);
  if (lines.length === 0 || traffic === 0) return 0;
  const clickPriceMicros = lines.reduce((sum, line) => sum + line.clickPriceMicros, 0) / lines.length;
  return Math.min(1e12, Math.round(HOUSE_SHARE * (clicks / traffic) * clickPriceMicros * 1000));
}
