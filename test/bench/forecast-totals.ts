// What quotes sell: totals of a week and of two, forecast from what lies before them, with their 80% band.
import { fitSeries } from '../../shared/forecasting/series-fit.ts';
import { forecastSeries } from '../../shared/forecasting/series-forecast.ts';
import { totalForecast } from '../../shared/forecasting/series-totals.ts';
import type { Figure } from './figure.ts';
import { median } from './median.ts';
import type { SeriesPair } from './series-file.ts';

const WEEK_HOURS = 168;
const LENGTHS_HOURS = [WEEK_HOURS, 2 * WEEK_HOURS];

/** The last hours of each series, train and test in one, are held back and forecast. */
export function measureTotals(pairs: readonly SeriesPair[]): Figure[] {
  return LENGTHS_HOURS.flatMap((hours) => {
    const errors: number[] = [];
    const naiveErrors: number[] = [];
    let inside = 0;
    for (const { train, test } of pairs) {
      const all = Float64Array.of(...train, ...test);
      const history = all.subarray(0, all.length - hours);
      const truth = sumOf(all.subarray(all.length - hours));
      const model = fitSeries(history, { season: 24, horizon: hours });
      const { q10, q50, q90 } = totalForecast(model, forecastSeries(model, history, hours), 0, hours);
      errors.push(Math.abs(q50 / truth - 1));
      naiveErrors.push(Math.abs(((hours / WEEK_HOURS) * sumOf(history.subarray(-WEEK_HOURS))) / truth - 1));
      if (truth >= q10 && truth <= q90) inside++;
    }
    const name = (what: string) => `total of ${hours / 24} days: ${what}`;
    const coverage = inside / pairs.length;
    return [
      { name: name('median error'), measured: 100 * median(errors), unit: '%', bar: { atMost: 3 } },
      { name: name('median error of the weekly naive'), measured: 100 * median(naiveErrors), unit: '%' },
      { name: name('inside q10-q90, at least'), measured: coverage, unit: '', bar: { atLeast: 0.75 } },
      { name: name('inside q10-q90, at most'), measured: coverage, unit: '', bar: { atMost: 0.85 } },
    ];
  });
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
