// Forecasts of public series beside the seasonal naive: NAB's hours and Madrid's days from rolling origins, whether a spike
// poisons the week after it, and whether making Madrid's modes and their total agree would have helped.
import { decideReconciliation, reconcileCounts, type FamilyOrigin } from '../../shared/forecasting/hierarchy.ts';
import { fitSeries } from '../../shared/forecasting/series-fit.ts';
import { forecastSeries } from '../../shared/forecasting/series-forecast.ts';
import type { Figure } from './figure.ts';
import { readM4, readMadrid, readNab } from './public-series.ts';

const ORIGINS = 30;
/** MASE at least 15% below the seasonal naive's. */
const BAR = { atMost: 0.85 };

interface Series {
  name: string;
  values: Float64Array;
  season: number;
  /** Lags of the naive forecasts to stand beside. */
  lags: readonly number[];
  horizons: readonly number[];
}

/** @param dataDir where the public series are */
export async function measurePublic(dataDir: string): Promise<Figure[]> {
  const nab = (await readNab(dataDir)).map(({ history }, index): Series => {
    return { name: `NAB ${index + 1}`, values: history.values, season: 24, lags: [24, 168], horizons: [24, 168] };
  });
  const { modes, total } = await readMadrid(dataDir);
  const madrid = [...modes, ['total', total] as const].map(([mode, values]): Series => {
    return { name: `Madrid ${mode}`, values, season: 7, lags: [7], horizons: [7, 14] };
  });
  const m4 = (await readM4(dataDir)).filter((_, index) => index % 7 === 5).map(({ history }) => history.values);
  return [
    ...accuracyFigures(nab, madrid),
    ...spikeFigures(
      'NAB',
      nab.map(({ values }) => values),
    ),
    ...spikeFigures('M4', m4),
    ...hierarchyFigures([...modes.values()], total),
  ];
}

function accuracyFigures(nab: readonly Series[], madrid: readonly Series[]): Figure[] {
  const figures: Figure[] = [];
  const near: number[] = [];
  for (const [name, all] of [
    ['NAB', nab],
    ['Madrid', madrid],
  ] as const) {
    const { horizons, lags } = all[0] as Series;
    for (const horizon of horizons) {
      const scores = all.map((series) => score(series, horizon));
      for (const [index, lag] of lags.entries()) {
        const ratios = scores.map(({ mase, naive }) => mase / (naive[index] as number));
        if (horizon === horizons[0] && index === 0) near.push(...ratios);
        figures.push({
          name: `${name}: MASE beside naive ${lag}, ${horizon} ahead, mean of ${all.length}`,
          measured: meanOf(ratios),
          unit: 'ratio',
          ...(name === 'NAB' && { bar: BAR }),
        });
      }
      scores.forEach(({ mase, coverage }, index) => {
        const of = `${(all[index] as Series).name}, ${horizon} ahead`;
        figures.push({ name: `${of}: MASE`, measured: mase, unit: 'MASE' });
        figures.push({ name: `${of}: 95% intervals cover`, measured: coverage, unit: 'of steps' });
      });
    }
  }
  const name = 'NAB and Madrid: MASE beside the seasonal naive, a day and a week ahead, mean of all';
  return [{ name, measured: meanOf(near), unit: 'ratio', bar: BAR }, ...figures];
}

/** From origins all over the second half, each forecast from what lay before it. */
function score({ values, season, lags }: Series, horizon: number) {
  const sums = { own: 0, naive: lags.map(() => 0), inside: 0, steps: 0, scale: 0 };
  for (const origin of originsOf(values.length, horizon)) {
    const history = values.slice(0, origin);
    const { mean, lower, upper } = forecastFrom(history, season, horizon);
    sums.scale += meanDistance(history, season);
    for (let step = 0; step < horizon; step++) {
      const truth = values[origin + step] as number;
      sums.own += Math.abs(truth - (mean[step] as number));
      lags.forEach((lag, index) => {
        const said = values[origin - lag + (step % lag)] as number;
        sums.naive[index] = (sums.naive[index] as number) + Math.abs(truth - said);
      });
      if (truth >= (lower[step] as number) && truth <= (upper[step] as number)) sums.inside += 1;
      sums.steps += 1;
    }
  }
  const scale = (sums.scale / ORIGINS) * sums.steps;
  return { mase: sums.own / scale, naive: sums.naive.map((sum) => sum / scale), coverage: sums.inside / sums.steps };
}

function originsOf(length: number, horizon: number): number[] {
  const [first, last] = [Math.floor(length / 2), length - horizon];
  return Array.from({ length: ORIGINS }, (_, index) => first + Math.floor(((last - first) * index) / (ORIGINS - 1)));
}

function forecastFrom(history: Float64Array, season: number, horizon: number) {
  return forecastSeries(fitSeries(history, { season, horizon }), history, horizon);
}

/** The scale of MASE: how far the naive forecast with the season's lag is off within the history. */
function meanDistance(values: Float64Array, season: number): number {
  let sum = 0;
  for (let step = season; step < values.length; step++) {
    sum += Math.abs((values[step] as number) - (values[step - season] as number));
  }
  return sum / (values.length - season);
}

/** What is done to the last days before a forecast; the week after is left as it was. */
const accidents: Record<string, (values: Float64Array, end: number) => void> = {
  'an hour of 20 times': (values, end) => multiply(values, end - 30, 1, 20),
  'an hour of 1,000 times': (values, end) => multiply(values, end - 100, 1, 1000),
  'three hours of 10 times': (values, end) => multiply(values, end - 43, 3, 10),
  'a day of 5 times': (values, end) => multiply(values, end - 96, 24, 5),
  'the last hour of 20 times': (values, end) => multiply(values, end - 1, 1, 20),
  'six hours without any': (values, end) => multiply(values, end - 26, 6, 0),
};

/** They leave marks in the smoothest of series, whose errors are next to nothing without. */
const longOnes = new Set(['a day of 5 times', 'six hours without any']);

function multiply(values: Float64Array, from: number, hours: number, factor: number): void {
  for (let hour = from; hour < from + hours; hour++) values[hour] = factor * (values[hour] as number);
}

/** Error of the week after, beside that without the accident: both summed over all series, each in its own scale. */
function spikeFigures(name: string, all: readonly Float64Array[]): Figure[] {
  const calm = all.map((values) => weekError(values, values.slice(0, -168)));
  return Object.entries(accidents).map(([accident, change]): Figure => {
    const errors = all.map((values) => {
      const history = values.slice(0, -168);
      change(history, history.length);
      return weekError(values, history);
    });
    return {
      name: `${name}: error of the week after ${accident}`,
      measured: meanOf(errors) / meanOf(calm),
      unit: 'of the error without',
      bar: { atMost: longOnes.has(accident) ? 1.5 : 1.1 },
    };
  });
}

function weekError(values: Float64Array, history: Float64Array): number {
  const { mean } = forecastFrom(history, 24, 168);
  const scale = meanDistance(values, 24);
  let sum = 0;
  mean.forEach((said, hour) => (sum += Math.abs(said - (values[history.length + hour] as number))));
  return sum / (168 * scale);
}

/** The first half of the origins decides, the second half says what the decision was worth. */
function hierarchyFigures(modes: readonly Float64Array[], total: Float64Array): Figure[] {
  const origins = originsOf(total.length, 14).map((origin): FamilyOrigin => {
    const said = (values: Float64Array) => forecastFrom(values.slice(0, origin), 7, 14).mean;
    const came = (values: Float64Array) => values.slice(origin, origin + 14);
    return {
      forecast: { parent: said(total), children: modes.map(said) },
      actual: { parent: came(total), children: modes.map(came) },
    };
  });
  const half = origins.length / 2;
  const { isBetter, variances, base, reconciled } = decideReconciliation(origins.slice(0, half));
  const later = origins.slice(half);
  const errorOf = (isReconciled: boolean) =>
    meanOf(
      later.map(({ forecast, actual }) => {
        const { parent, children } = isReconciled ? reconcileCounts(forecast, variances) : forecast;
        const errors = [parent, ...children].map((series, index) => {
          const truth = index === 0 ? actual.parent : (actual.children[index - 1] as Float64Array);
          return series.reduce((sum, value, day) => sum + Math.abs(value - (truth[day] as number)), 0);
        });
        return errors.reduce((sum, error) => sum + error, 0);
      }),
    );
  return [
    {
      name: 'Madrid, made to agree: error of modes in the backtest',
      measured: reconciled.children / base.children,
      unit: 'ratio',
    },
    {
      name: 'Madrid, made to agree: error of the total in the backtest',
      measured: reconciled.parent / base.parent,
      unit: 'ratio',
    },
    { name: 'Madrid, made to agree: decided by the backtest', measured: Number(isBetter), unit: 'yes (1) or no' },
    {
      name: 'Madrid, as decided: error of later forecasts beside those left alone',
      measured: errorOf(isBetter) / errorOf(false),
      unit: 'ratio',
      bar: { atMost: 1.01 },
    },
  ];
}

function meanOf(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}
