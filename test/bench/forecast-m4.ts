// The hourly model on series in files: fitted on the training part, scored on the test part as the M4 competition does.
import { ForecastError } from '../../shared/forecasting/forecast-error.ts';
import { fitSeries } from '../../shared/forecasting/series-fit.ts';
import { forecastSeries } from '../../shared/forecasting/series-forecast.ts';
import type { BenchResult, Figure } from './figure.ts';
import { intervalScoreOf, meanErrorOf, naive2, scaleOf, smapeOf } from './forecast-scores.ts';
import { pairSeries, readSeries, writeForecasts, type ForecastRows, type SeriesPair } from './series-file.ts';
import { UsageError } from './usage-error.ts';

export interface SeriesFiles {
  train: string;
  test: string;
  season: number;
  out?: string | undefined;
}

/** @throws UsageError for files that make no sense */
export async function benchSeries({ train, test, season, out }: SeriesFiles): Promise<BenchResult> {
  const [before, after] = await Promise.all([readSeries(train), readSeries(test)]);
  const pairs = pairSeries(before, after);
  const { scores, forecasts, unscaled } = scoreSeries(pairs, season);
  if (out !== undefined) await writeForecasts(out, forecasts);
  const notes = ['Each series alone, fitted on the training file; every choice by rolling origin inside it.'];
  if (unscaled > 0) {
    notes.push(
      `${unscaled} of ${pairs.length} series repeat exactly or are too short: no MASE and MSIS of theirs is counted.`,
    );
  }
  // The bars are those of M4 Hourly.
  const isHourly = season === 24 && pairs.every((pair) => pair.test.length === 48);
  return { figures: figuresOf(scores, isHourly), notes, fields: { ...scores } };
}

export interface SeriesScores {
  series: number;
  smape: number;
  mase: number;
  owa: number;
  msis: number;
  coverage: number;
  /** Fit and forecast of a series, mean. */
  ms: number;
  naive2Smape: number;
  naive2Mase: number;
}

/** @throws UsageError for a series that no forecast can be made of */
export function scoreSeries(
  pairs: readonly SeriesPair[],
  season: number,
): { scores: SeriesScores; forecasts: ForecastRows[]; unscaled: number } {
  const sums = { smape: 0, mase: 0, msis: 0, coverage: 0, ms: 0, naive2Smape: 0, naive2Mase: 0 };
  const forecasts: ForecastRows[] = [];
  let unscaled = 0;
  for (const { id, train, test } of pairs) {
    const start = performance.now();
    const { mean, lower, upper } = forecastOf(id, train, season, test.length);
    sums.ms += performance.now() - start;
    forecasts.push({ id, mean, lower, upper });
    const simple = naive2(train, season, test.length);
    const { score, coverage } = intervalScoreOf(lower, upper, test);
    const scale = scaleOf(train, season);
    sums.smape += smapeOf(mean, test);
    sums.naive2Smape += smapeOf(simple, test);
    sums.coverage += coverage;
    if (scale === 0) {
      unscaled++;
      continue;
    }
    sums.mase += meanErrorOf(mean, test) / scale;
    sums.naive2Mase += meanErrorOf(simple, test) / scale;
    sums.msis += score / scale;
  }
  const series = pairs.length;
  const scaled = series - unscaled;
  const [smape, naive2Smape] = [sums.smape / series, sums.naive2Smape / series];
  const [mase, naive2Mase] = [sums.mase / scaled, sums.naive2Mase / scaled];
  const owa = (smape / naive2Smape + mase / naive2Mase) / 2;
  const [msis, coverage, ms] = [sums.msis / scaled, sums.coverage / series, sums.ms / series];
  return { scores: { series, smape, mase, owa, msis, coverage, ms, naive2Smape, naive2Mase }, forecasts, unscaled };
}

function forecastOf(id: string, train: Float64Array, season: number, horizon: number) {
  try {
    return forecastSeries(fitSeries(train, { season, horizon }), train, horizon);
  } catch (error) {
    if (error instanceof ForecastError) throw new UsageError(`${id}: ${error.message}`);
    throw error;
  }
}

function figuresOf(scores: SeriesScores, isHourly: boolean): Figure[] {
  const bar = (own: Figure['bar']) => (isHourly && own ? { bar: own } : {});
  return [
    { name: 'series', measured: scores.series, unit: '' },
    { name: 'sMAPE', measured: scores.smape, unit: '%' },
    { name: 'MASE', measured: scores.mase, unit: '' },
    { name: 'OWA', measured: scores.owa, unit: 'of Naive2', ...bar({ atMost: 0.415 }) },
    { name: 'MSIS', measured: scores.msis, unit: '', ...bar({ atMost: 5.9 }) },
    { name: 'coverage of 95% intervals, at least', measured: scores.coverage, unit: '', ...bar({ atLeast: 0.93 }) },
    { name: 'coverage of 95% intervals, at most', measured: scores.coverage, unit: '', ...bar({ atMost: 0.97 }) },
    { name: 'fit and forecast', measured: scores.ms, unit: 'ms a series', ...bar({ atMost: 30 }) },
    { name: 'Naive2 sMAPE', measured: scores.naive2Smape, unit: '%' },
    { name: 'Naive2 MASE', measured: scores.naive2Mase, unit: '' },
  ];
}
