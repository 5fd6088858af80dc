// A plain forecaster of a market's days from those before, and how far its weeks turned out to be off: it errs by what it cannot
// know, and quotes learn by how much from its settled errors alone.
import type { SupplyDay } from '../../shared/contracts/documents.ts';
import { forecastSpread } from '../../shared/forecasting/forecast-spread.ts';
import type { PastError } from '../../shared/forecasting/market-features.ts';
import { DAY_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import type { CellClicks } from './season-truth.ts';

/** The first day of every season. */
export const SEASON_MS = Date.UTC(2026, 0, 5);
/** Days that are forecast. */
export const HORIZON_DAYS = 31;

export interface Forecaster {
  /** The visits of the day that follows the last one told. */
  observe(visits: Float64Array): void;
  /** Supply from a day of the season on, as known before it begins. */
  issue(day: number, known: Known): Map<string, SupplyDay>;
}

export interface Known {
  market: string;
  cells: readonly { segment: string; surface: string }[];
  clicks: readonly CellClicks[];
  listeners: NonNullable<SupplyDay['listeners']>;
}

const DAYS_OF_WEEK = 7;
/** How much of a day's news the level believes, and how much of a week's the shapes do. */
const [LEVEL_GAIN, SHAPE_GAIN] = [0.12, 0.1];
/** What is said of a cell's day before any week was settled. */
const FIRST_SPREAD = 0.2;
const [Z90, CELL_SPREAD] = [1.2815515655446004, 0.1];

/** @param firstDay of what will be observed, in days of the season */
export function createForecaster(cells: number, firstDay: number): Forecaster {
  let level: number | undefined;
  const weekday = new Float64Array(DAYS_OF_WEEK);
  const share = new Float64Array(cells).fill(1 / cells);
  const errors: PastError[] = [];
  const open: { day: number; expected: number; seen: number }[] = [];
  let next = firstDay;
  const weekdayOf = (day: number) => ((day % DAYS_OF_WEEK) + DAYS_OF_WEEK) % DAYS_OF_WEEK;
  const totalOf = (day: number) => Math.exp((level ?? 0) + (weekday[weekdayOf(day)] as number));
  return {
    observe(visits) {
      const total = visits.reduce((sum, count) => sum + count, 0);
      for (const week of open) week.seen += next < week.day + DAYS_OF_WEEK ? total : 0;
      while (open[0] && next + 1 >= open[0].day + DAYS_OF_WEEK) {
        const { day, expected, seen } = open.shift() as (typeof open)[number];
        const logError = Math.log(seen / expected);
        errors.push({ issuedAtMs: SEASON_MS + day * DAY_MS, days: DAYS_OF_WEEK, logError });
      }
      const news = Math.log(total) - (level ?? Math.log(total)) - (weekday[weekdayOf(next)] as number);
      level = (level ?? Math.log(total)) + LEVEL_GAIN * news;
      weekday[weekdayOf(next)] = (weekday[weekdayOf(next)] as number) + SHAPE_GAIN * news;
      share.forEach((own, cell) => (share[cell] = own + 0.05 * ((visits[cell] as number) / total - own)));
      next += 1;
      // The first weeks teach shapes; their errors say nothing of later ones.
      if (next >= firstDay + 3 * DAYS_OF_WEEK) {
        let expected = 0;
        for (let ahead = 0; ahead < DAYS_OF_WEEK; ahead++) expected += totalOf(next + ahead);
        open.push({ day: next, expected, seen: 0 });
      }
    },
    issue(day, { market, cells: audiences, clicks, listeners }) {
      const squares = errors.slice(-60).map(({ logError }) => logError ** 2);
      const settled = squares.reduce((sum, square) => sum + square, 2 * FIRST_SPREAD ** 2) / (squares.length + 2);
      const ofCell = Math.exp(-Z90 * Math.hypot(Math.sqrt(settled), CELL_SPREAD));
      const ofWeek = Math.exp(-Z90 * Math.sqrt(settled));
      const errorSpread = forecastSpread(errors, { q10: ofWeek, q50: 1, q90: 1 / ofWeek });
      const issuedAtMs = SEASON_MS + day * DAY_MS;
      const days = Array.from({ length: HORIZON_DAYS }, (_, ahead): [string, SupplyDay] => {
        const name = dayOf(issuedAtMs + ahead * DAY_MS);
        const of = audiences.map((audience, cell) => {
          const { clickPpm, clickTrials, conversionPpm } = clicks[cell] as CellClicks;
          const q50 = Math.round(totalOf(day + ahead) * (share[cell] as number));
          const quantiles = { q10: Math.round(q50 * ofCell), q50, q90: Math.round(q50 / ofCell) };
          return { ...audience, ...quantiles, clickPpm, clickTrials, conversionPpm };
        });
        return [name, { ...FORM, market, day: name, cells: of, listeners, errorSpread, issuedAtMs }];
      });
      return new Map(days);
    },
  };
}

const FORM = {
  schemaVersion: 1 as const,
  modelId: 'season',
  inputsHash: '5'.repeat(64),
  hourShape: Array.from({ length: 24 }, () => 1 / 24),
};
