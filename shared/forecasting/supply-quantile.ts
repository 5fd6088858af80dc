// The quantile of a cell's supply that guarantees are sold on, from the stored q10, q50 and q90.
import type { SupplyDay } from '../contracts/documents.ts';

/** Guarantees are booked to the lower quartile: its distance from the median, in distances of q10, for a normal law. */
const Q25_OF_Q10 = 0.6744897501960817 / 1.2815515655446004;

/** Opportunities of the cell's day that may be sold, a real number between q10 and q50. */
export function bookableOpportunities(cell: SupplyDay['cells'][number]): number {
  return cell.q50 - Q25_OF_Q10 * (cell.q50 - cell.q10);
}
