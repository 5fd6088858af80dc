// Cells that add up to their market's own forecast, where the last weeks say that this is nearer to what comes.
import { forecastCell, type CellForecast, type CellModel } from './cell-forecast.ts';
import type { HourlyHistory } from './clean-observations.ts';
import { decideReconciliation, reconcileCounts, type FamilyOrigin, type FamilyVariances } from './hierarchy.ts';

interface Part {
  segment: string;
  surface: string;
  history: HourlyHistory;
  model: CellModel;
  forecast: CellForecast;
}

/** Weeks that are forecast again, each from its beginning, with today's coefficients. */
const ORIGINS = 4;
const WEEK_HOURS = 7 * 24;

/**
 * Whether cells should be made to add up to their market, decided by the last weeks: the variances to do it with, or
 * undefined where cells alone were as near. Cells with a short history are no part of it: then nothing moves.
 */
export function decideAgreement(
  whole: Part,
  cells: readonly Part[],
  holidays: readonly string[],
): FamilyVariances | undefined {
  const isModelled = [whole, ...cells].every(({ forecast }) => forecast.basis === 'model');
  const endHour = whole.history.startHour + whole.history.values.length;
  const least = Math.min(...[whole, ...cells].map(({ history }) => history.values.length));
  if (!isModelled || cells.length < 2 || least < (ORIGINS + 3) * WEEK_HOURS) return undefined;
  const origins: FamilyOrigin[] = [];
  for (let week = ORIGINS; week >= 1; week--) {
    const from = endHour - week * WEEK_HOURS;
    const forecastOf = ({ model, history, segment, surface }: Part) =>
      hoursOf(
        forecastCell(model, history, { cell: { segment, surface }, nowHour: from, days: 8, holidays, modifiers: [] }),
        from,
        WEEK_HOURS,
      );
    const actualOf = ({ history }: Part) =>
      Float64Array.from({ length: WEEK_HOURS }, (_, hour) => history.values[from + hour - history.startHour] ?? 0);
    origins.push({
      forecast: { parent: forecastOf(whole), children: cells.map(forecastOf) },
      actual: { parent: actualOf(whole), children: cells.map(actualOf) },
    });
  }
  const { isBetter, variances } = decideReconciliation(origins);
  return isBetter ? variances : undefined;
}

/** The cells' forecasts, moved so that the hours of all cells are the market's. Each day's quantiles move with its amount. */
export function reconcileDays<P extends Part>(
  whole: Part,
  cells: readonly P[],
  { variances, nowHour }: { variances: FamilyVariances; nowHour: number },
): P[] {
  const hours = whole.forecast.days.length * 24 - (nowHour % 24);
  const ahead = ({ forecast }: Part) => hoursOf(forecast, nowHour, hours);
  const { children } = reconcileCounts({ parent: ahead(whole), children: cells.map(ahead) }, variances);
  return cells.map((cell, index) => ({
    ...cell,
    forecast: moved(cell.forecast, children[index] as Float64Array, nowHour),
  }));
}

/** A forecast's hours from one on. */
function hoursOf({ days }: CellForecast, fromHour: number, count: number): Float64Array {
  const skipped = fromHour % 24;
  return Float64Array.from({ length: count }, (_, hour) => {
    const at = skipped + hour;
    return days[Math.floor(at / 24)]?.hours[at % 24] ?? 0;
  });
}

function moved(forecast: CellForecast, hours: Float64Array, nowHour: number): CellForecast {
  const skipped = nowHour % 24;
  const days = forecast.days.map((day, index) => {
    const own = Float64Array.from(day.hours, (amount, hour) => hours[index * 24 + hour - skipped] ?? amount);
    const [before, after] = [day.hours, own].map((values) => values.reduce((sum, value) => sum + value, 0));
    const factor = before && before > 0 ? (after as number) / before : 1;
    const scaled = ({ q10, q50, q90 }: { q10: number; q50: number; q90: number }) => ({
      q10: q10 * factor,
      q50: q50 * factor,
      q90: q90 * factor,
    });
    return { ...day, ...scaled(day), notional: scaled(day.notional), hours: own };
  });
  return { ...forecast, days };
}
