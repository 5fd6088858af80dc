// What is kept of a fitted series, so that it can be forecast again from newer history without fitting.

/** Plain numbers of few digits: the JSON of an hourly model is a little under 2 KB. */
export interface SeriesModel {
  /** Steps after which the series repeats: 24 for hours, 7 for days. */
  season: number;
  /** Steps ahead that were tried out when fitting; a forecast may go further. */
  horizon: number;
  /** The history's mean: all else is in units of it. 1 when the history was all zeros. */
  unit: number;
  /** Added, in units, before taking logarithms. */
  offset: number;
  /** Whose forecasts are mixed, with their weights for each part of the horizon. */
  members: SeriesMember[];
  /** Logarithm of how far the truth may lie from the mean, by steps ahead. */
  spread: SeriesSpread;
}

export interface SeriesMember {
  /** A name of series-candidates.ts. */
  name: string;
  /** By part of the horizon (series-mix.ts). */
  weights: number[];
  coefficients: number[];
}

export interface SeriesSpread {
  /** Widths are divided by the forecast, in units, to this power: what is low may be off by more. */
  tilt: number;
  /** Steps ahead, ascending; between them widths are interpolated in the logarithm of the steps. */
  steps: number[];
  /** Half the 95% interval at these steps. */
  wide: number[];
  /** Half the 80% interval, q10 to q90. */
  narrow: number[];
  /** Of totals over so many steps: half the 80% interval. */
  totals: { steps: number; narrow: number }[];
}
