// How unevenly the cells of an audience may be served, as a spread of its click rate.

/** How unevenly they are served: so much of the variance of cells' click rates is that of the line's own. */
const UNEVEN_SHARE = 0.4;

/** Sums over cells: opportunities, clicks, and clicks times the click rate. */
export interface MixSums {
  opportunities: number;
  clicks: number;
  squares: number;
}

/** Variance of the logarithm of a click rate of cells that differ, as nobody knows which of them will be served more: 0 or more. */
export function mixVariance({ opportunities, clicks, squares }: MixSums): number {
  if (!(clicks > 0)) return 0;
  return UNEVEN_SHARE * Math.max(0, (squares / clicks) * (opportunities / clicks) - 1);
}
