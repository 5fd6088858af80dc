// What forecasts are made of, from the log in memory: for tests and simulations. Adds up what the views in terraform/views
// do; days are never closed, so that a forecast is scored as soon as its period has been observed.
import { LISTENER_WINDOW_DAYS } from '../contracts/forecast-documents.ts';
import { estimateListeners } from '../forecasting/estimate-listeners.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../forecasting/traffic-clock.ts';
import { ARRIVAL_MS, type FeatureReader } from './feature-reader.ts';
import type { MemoryLog } from './memory-log.ts';
import { cellHours, hoursOf, observationsOf, sampledRequests, type Observation } from './memory-observations.ts';
import { forecastScores } from './memory-scores.ts';
import { fillSilentHours } from './fill-silent-hours.ts';

export function createMemoryFeatures(log: Pick<MemoryLog, 'rows'>): FeatureReader {
  const observations = (from: { market?: string; fromDay: string; untilMs?: number }) =>
    observationsOf(log).filter(
      ({ market, eventDay, eventAtMs }) =>
        eventDay >= from.fromDay &&
        (from.market === undefined || market === from.market) &&
        eventAtMs < (from.untilMs ?? Infinity),
    );

  return {
    markets: async (fromDay) => [...new Set(observations({ fromDay }).map(({ market }) => market))].sort(),
    async supplyHours({ market, fromDay, untilMs }) {
      const isAsked = (atMs: number) => atMs >= Date.parse(fromDay) && atMs <= untilMs - HOUR_MS;
      const cells = cellHours(observations({ market, fromDay })).map((cell) => ({
        ...cell,
        hoursAtMs: cell.hoursAtMs.filter(isAsked),
        opportunities: cell.opportunities.filter((_count, index) => isAsked(cell.hoursAtMs[index] as number)),
      }));
      return fillSilentHours(cells.filter(({ hoursAtMs }) => hoursAtMs.length > 0));
    },
    async inputDays(scope) {
      const covered = observations(scope).flatMap((report) => hoursOf(report).map((atMs) => ({ report, atMs })));
      const byDay = Map.groupBy(
        covered.filter(({ atMs }) => atMs >= Date.parse(scope.fromDay)),
        ({ atMs }) => dayOf(atMs),
      );
      return [...byDay.keys()].sort().map((day) => {
        const own = byDay.get(day) ?? [];
        const reports = own.map(({ report }) => report);
        const counting = reports.filter(({ opportunities }) => opportunities.length > 0);
        const count = <T>(values: readonly T[]) => new Set(values).size;
        const repeatedWindows =
          count(counting.map(({ rowId }) => rowId)) -
          count(
            counting.map(({ group, windowStartAtMs, windowEndAtMs }) => `${group} ${windowStartAtMs} ${windowEndAtMs}`),
          );
        return {
          day,
          reports: count(reports.map(({ rowId }) => rowId)),
          groups: count(reports.map(({ group }) => group)),
          hours: count(own.map(({ atMs }) => atMs)),
          repeatedWindows,
          lastWindowEndAtMs: Math.max(...reports.map(({ windowEndAtMs }) => windowEndAtMs)),
        };
      });
    },
    async listeners({ market, fromDay, untilMs }) {
      const windowDay = dayOf(Math.max(0, untilMs - LISTENER_WINDOW_DAYS * DAY_MS));
      const sampled = observations({ market, fromDay: fromDay > windowDay ? fromDay : windowDay })
        .filter(({ eventDay }) => eventDay < dayOf(untilMs))
        .map((report) => ({ eventDay: report.eventDay, requests: sampledRequests(report) }))
        .filter(({ requests }) => requests.length > 0);
      const days = new Set(sampled.map(({ eventDay }) => eventDay)).size;
      return estimateListeners(
        sampled.flatMap(({ requests }) => requests),
        days,
      );
    },
    async responses(scope) {
      const lastMs = scope.untilMs - ARRIVAL_MS - HOUR_MS;
      const mature = responsesSince(observations(scope), scope.fromDay).filter(({ hourAtMs }) => hourAtMs <= lastMs);
      const byCell = Map.groupBy(mature, ({ segment, surface, format }) =>
        JSON.stringify([segment, surface, format ?? '']),
      );
      return [...byCell.keys()].sort().map((key) => {
        const own = byCell.get(key) ?? [];
        const [segment, surface, format] = JSON.parse(key) as [string, string, string];
        const sum = (field: 'impressions' | 'clicks' | 'conversions') =>
          own.reduce((total, one) => total + one[field], 0);
        return {
          segment,
          surface,
          ...(format === '' ? {} : { format }),
          impressions: sum('impressions'),
          clicks: sum('clicks'),
          conversions: sum('conversions'),
        };
      });
    },
    async arrivals(scope) {
      const arrived = responsesSince(observations(scope), scope.fromDay).filter(
        ({ hourAtMs, windowEndAtMs, clicks, conversions }) => hourAtMs <= windowEndAtMs && clicks + conversions > 0,
      );
      const byAge = Map.groupBy(arrived, ({ hourAtMs, windowEndAtMs }) =>
        Math.floor(Math.max(0, windowEndAtMs - hourAtMs - 1) / HOUR_MS),
      );
      return [...byAge]
        .sort(([a], [b]) => a - b)
        .map(([ageHours, own]) => ({
          ageHours,
          clicks: own.reduce((total, { clicks }) => total + clicks, 0),
          conversions: own.reduce((total, { conversions }) => total + conversions, 0),
        }));
    },
    pastErrors: async ({ market, fromDay, untilMs }) =>
      forecastScores(log)
        .filter(
          (score) =>
            score.market === market &&
            score.segment === undefined &&
            score.eventDay >= fromDay &&
            score.endedAtMs <= untilMs,
        )
        .sort((a, b) => a.issuedAtMs - b.issuedAtMs || a.days - b.days)
        .map(({ issuedAtMs, days, logError }) => ({ issuedAtMs, days, logError })),
  };
}

/** What reports say of responses to impressions since a day. */
function responsesSince(reports: readonly Observation[], fromDay: string) {
  return reports
    .flatMap(({ windowEndAtMs, responses }) => responses.map((response) => ({ ...response, windowEndAtMs })))
    .filter(({ hourAtMs }) => hourAtMs >= Date.parse(fromDay));
}
