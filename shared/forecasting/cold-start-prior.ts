// What is known of a cell before it has a history of its own.

export interface ColdStartPrior {
  basis: 'analogue' | 'share-of-parent' | 'short-history';
  /** Logarithm of the mean amount of an hour, and its standard deviation from one such cell to another. */
  logLevel: number;
  levelSpread: number;
  /** By hour of the week (168, see fill-gaps.ts), 1 on average. */
  shape: readonly number[];
  /** Standard deviations of logarithms: of an hour of the day's and a weekday's share around the shape's. */
  shapeSpread: number;
  weekdaySpread: number;
  /** The same of an hour around its day, of a day around its level, and of how far the level moves in a day. */
  hourSpread: number;
  daySpread: number;
  driftSpread: number;
  /** Amounts are counts of events: their spread is at least Poisson's. */
  isCounted: boolean;
  /** What widths are multiplied by at {@link CALIBRATED_HOURS} of own history, of hours and of totals. */
  hourCalibration: readonly number[];
  totalCalibration: readonly number[];
}

/** Hours of own history at which the widths of analogues' own cold starts were looked at: 0, 1, 3 and 7 days. */
export const CALIBRATED_HOURS = [0, 24, 72, 168] as const;

/** A cell of which nothing is known but what it is itself: no level, no shape, spreads as they commonly are. */
export const NO_PRIOR: ColdStartPrior = {
  basis: 'short-history',
  logLevel: 0,
  levelSpread: 5,
  shape: new Array<number>(168).fill(1),
  shapeSpread: 0.8,
  weekdaySpread: 0.2,
  hourSpread: 0.3,
  daySpread: 0.2,
  driftSpread: 0.05,
  isCounted: false,
  hourCalibration: CALIBRATED_HOURS.map(() => 1),
  totalCalibration: CALIBRATED_HOURS.map(() => 1),
};
