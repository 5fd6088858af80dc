// How fast stored models are forecast again, and how large they are: eight weeks of hours, 14 and 45 days ahead.
import { normalDraws } from '../../shared/forecasting/normal-draws.ts';
import { fitSeries } from '../../shared/forecasting/series-fit.ts';
import { forecastSeries } from '../../shared/forecasting/series-forecast.ts';
import type { Figure } from './figure.ts';
import { median } from './median.ts';

const CELLS = 60;
const HISTORY_HOURS = 8 * 168;
const FITTED_HOURS = 14 * 24;
const AHEAD_HOURS = [14 * 24, 45 * 24];
/** A document holds the models of 500 cells in a megabyte. */
const MODEL_BYTES = 2_000;

export function measureSpeed(rounds: number): Figure[] {
  const cells = Array.from({ length: CELLS }, (_, index) => cellOf(index));
  const start = cpuMs();
  const models = cells.map((values) => fitSeries(values, { season: 24, horizon: FITTED_HOURS }));
  const fitMs = (cpuMs() - start) / CELLS;
  const bytes = models.reduce((sum, model) => sum + JSON.stringify(model).length, 0) / CELLS;
  const refreshes = AHEAD_HOURS.map((hours): Figure => {
    const rates = Array.from({ length: rounds }, () => {
      const from = cpuMs();
      models.forEach((model, index) => forecastSeries(model, cells[index] as Float64Array, hours));
      return (1000 * CELLS) / (cpuMs() - from);
    });
    const name = `refresh with stored coefficients, ${hours / 24} days ahead`;
    return { name, measured: median(rates), unit: 'cells a second', bar: { atLeast: 1000 } };
  });
  return [
    { name: 'fit for 14 days ahead, eight weeks of hours', measured: fitMs, unit: 'ms', bar: { atMost: 30 } },
    { name: 'a stored model, as JSON', measured: bytes, unit: 'bytes', bar: { atMost: MODEL_BYTES } },
    ...refreshes,
  ];
}

/** Time of the processor, not of the clock: what others do on the machine counts little. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Days and weeks of its own shape, a level that wanders, noise that lasts some hours. */
function cellOf(seed: number): Float64Array {
  const draw = normalDraws(1000 + seed);
  const days = Float64Array.from({ length: 7 }, () => 0.15 * draw());
  const hours = Float64Array.from({ length: 24 }, (_, hour) => Math.sin(((hour + 3 * (seed % 5)) / 24) * 2 * Math.PI));
  let [level, noise] = [Math.log(2_000) + draw(), 0];
  return Float64Array.from({ length: HISTORY_HOURS }, (_, hour) => {
    level += 0.005 * draw();
    noise = 0.8 * noise + 0.05 * draw();
    return Math.exp(level + (days[Math.floor(hour / 24) % 7] as number) + (hours[hour % 24] as number) + noise);
  });
}
