// What forecasts are made of, from BigQuery: terraform/views says what each view adds up. Hours come packed, one row per
// cell, and closed days are read from their table.
import { BigQuery } from '@google-cloud/bigquery';
import { LISTENER_WINDOW_DAYS } from '../contracts/forecast-documents.ts';
import { formatInstant } from '../contracts/instants.ts';
import { estimateListeners, type RequestsByListener } from '../forecasting/estimate-listeners.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../forecasting/traffic-clock.ts';
import { ARRIVAL_MS, type FeatureReader, type FeatureScope } from './feature-reader.ts';
import { instantOf, textOf } from './from-row.ts';
import { createViewQuery } from './view-query.ts';
import { fillSilentHours } from './fill-silent-hours.ts';

/** The features of a project's dataset; BIGQUERY_EMULATOR_HOST is honoured by the client. */
export function openBigQueryFeatures({ projectId, dataset }: { projectId: string; dataset: string }): FeatureReader {
  return createBigQueryFeatures(new BigQuery({ projectId }), { projectId, dataset });
}

export function createBigQueryFeatures(client: BigQuery, names: { projectId: string; dataset: string }): FeatureReader {
  const { view, query } = createViewQuery(client, names);
  const until = ({ untilMs }: FeatureScope) => formatInstant(untilMs);
  const lastHour = ({ untilMs }: FeatureScope) => formatInstant(Math.max(0, untilMs - HOUR_MS));

  return {
    async markets(fromDay) {
      const sql = `SELECT DISTINCT market FROM ${view('supply_observations')}
        WHERE event_date >= CAST(@fromDay AS DATE) ORDER BY market`;
      return (await query(sql, { fromDay })).map(({ market }) => textOf(market));
    },
    async supplyHours(scope) {
      const [last] = await query(`SELECT MAX(event_date) AS day FROM ${view('supply_hours_closed')}`, {});
      // A constant prunes the reports of closed days; the subquery of supply_hours would read them all.
      const hours = (from: string, closed: string) => `
        SELECT segment, surface, hour_at, opportunities FROM ${view(from)}
        WHERE market = @market AND event_date >= CAST(@fromDay AS DATE) AND event_date ${closed} CAST(@closedDay AS DATE)`;
      const sql = `WITH hours AS (
          SELECT segment, surface, hour_at, SUM(opportunities) AS opportunities
          FROM (${hours('supply_hours_closed', '<=')} UNION ALL ${hours('observed_hours', '>')})
          WHERE hour_at >= CAST(@fromDay AS TIMESTAMP) AND hour_at <= CAST(@lastHour AS TIMESTAMP)
          GROUP BY segment, surface, hour_at)
        SELECT segment, surface, TO_JSON_STRING(ARRAY_AGG(UNIX_MILLIS(hour_at) ORDER BY hour_at)) AS hours_at_ms,
          TO_JSON_STRING(ARRAY_AGG(opportunities ORDER BY hour_at)) AS opportunities
        FROM hours GROUP BY segment, surface ORDER BY segment, surface`;
      const closedDay = textOf(last?.['day']) || '1970-01-01';
      const { market, fromDay } = scope;
      const rows = await query(sql, { market, fromDay, closedDay, lastHour: lastHour(scope) });
      return fillSilentHours(
        rows.map((row) => ({
          segment: textOf(row['segment']),
          surface: textOf(row['surface']),
          hoursAtMs: JSON.parse(textOf(row['hours_at_ms'])) as number[],
          opportunities: JSON.parse(textOf(row['opportunities'])) as number[],
        })),
      );
    },
    async inputDays(scope) {
      const sql = `
        SELECT DATE(hour_at) AS day, COUNT(DISTINCT row_id) AS reports, COUNT(DISTINCT \`group\`) AS ad_server_groups,
          COUNT(DISTINCT hour_at) AS hours, COUNT(DISTINCT IF(has_opportunities, row_id, NULL))
            - COUNT(DISTINCT IF(has_opportunities, window_key, NULL)) AS repeated_windows,
          MAX(window_end_at) AS last_window_end_at
        FROM ${view('observed_windows')}
        WHERE event_date >= CAST(@fromDay AS DATE) AND hour_at >= CAST(@fromDay AS TIMESTAMP)
          AND event_at < CAST(@until AS TIMESTAMP) AND market = @market
        GROUP BY day ORDER BY day`;
      const { market, fromDay } = scope;
      return (await query(sql, { market, fromDay, until: until(scope) })).map((row) => ({
        day: textOf(row['day']),
        reports: Number(row['reports']),
        groups: Number(row['ad_server_groups']),
        hours: Number(row['hours']),
        repeatedWindows: Number(row['repeated_windows']),
        lastWindowEndAtMs: instantOf(row['last_window_end_at']),
      }));
    },
    async listeners({ market, fromDay, untilMs }) {
      const requests = (surface: string, visits: string, activeDays: string) => `
        SELECT segment, ${surface} AS surface, ${visits} AS visits, ${activeDays} AS active_days,
          ROUND(SUM(requests), 3) AS requests, (SELECT COUNT(DISTINCT event_date) FROM sampled) AS days
        FROM sampled GROUP BY 1, 2, 3, 4`;
      const sql = `WITH sampled AS (
          SELECT * FROM ${view('sampled_requests')}
          WHERE event_date >= CAST(@fromDay AS DATE) AND event_date < CAST(@untilDay AS DATE) AND market = @market)
        ${requests('surface', 'visits', 'active_days')} UNION ALL ${requests("''", 'all_visits', 'all_active_days')}
        ORDER BY 1, 2, 3, 4`;
      const windowDay = dayOf(Math.max(0, untilMs - LISTENER_WINDOW_DAYS * DAY_MS));
      const params = { market, fromDay: fromDay > windowDay ? fromDay : windowDay, untilDay: dayOf(untilMs) };
      const rows = await query(sql, params);
      const sampled = rows.map((row): RequestsByListener => ({
        segment: textOf(row['segment']),
        ...(textOf(row['surface']) === '' ? {} : { surface: textOf(row['surface']) }),
        visits: Number(row['visits']),
        activeDays: Number(row['active_days']),
        requests: Number(row['requests']),
      }));
      return estimateListeners(sampled, Number(rows[0]?.['days'] ?? 0));
    },
    async responses(scope) {
      const sql = `
        SELECT segment, surface, COALESCE(format, '') AS format, SUM(impressions) AS impressions, SUM(clicks) AS clicks,
          SUM(conversions) AS conversions
        FROM ${view('cell_responses')}
        WHERE event_date >= CAST(@fromDay AS DATE) AND hour_at >= CAST(@fromDay AS TIMESTAMP)
          AND hour_at <= CAST(@lastHour AS TIMESTAMP) AND event_at < CAST(@until AS TIMESTAMP) AND market = @market
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
      const { market, fromDay, untilMs } = scope;
      const params = {
        market,
        fromDay,
        until: until(scope),
        lastHour: lastHour({ ...scope, untilMs: untilMs - ARRIVAL_MS }),
      };
      return (await query(sql, params)).map((row) => ({
        segment: textOf(row['segment']),
        surface: textOf(row['surface']),
        ...(textOf(row['format']) === '' ? {} : { format: textOf(row['format']) }),
        impressions: Number(row['impressions']),
        clicks: Number(row['clicks']),
        conversions: Number(row['conversions']),
      }));
    },
    async arrivals(scope) {
      const sql = `
        SELECT DIV(GREATEST(TIMESTAMP_DIFF(window_end_at, hour_at, MILLISECOND) - 1, 0), 3600000) AS age_hours, SUM(clicks) AS clicks,
          SUM(conversions) AS conversions
        FROM ${view('cell_responses')}
        WHERE event_date >= CAST(@fromDay AS DATE) AND hour_at >= CAST(@fromDay AS TIMESTAMP)
          AND hour_at <= window_end_at AND clicks + conversions > 0
          AND event_at < CAST(@until AS TIMESTAMP) AND market = @market
        GROUP BY age_hours ORDER BY age_hours`;
      const { market, fromDay } = scope;
      return (await query(sql, { market, fromDay, until: until(scope) })).map((row) => ({
        ageHours: Number(row['age_hours']),
        clicks: Number(row['clicks']),
        conversions: Number(row['conversions']),
      }));
    },
    async pastErrors(scope) {
      const sql = `
        SELECT issued_at, days, log_error FROM ${view('forecast_scores')}
        WHERE event_date >= CAST(@fromDay AS DATE) AND market = @market AND segment IS NULL AND surface IS NULL
          AND ended_at <= CAST(@until AS TIMESTAMP)
        ORDER BY issued_at, days, forecast_id`;
      const { market, fromDay } = scope;
      return (await query(sql, { market, fromDay, until: until(scope) })).map((row) => ({
        issuedAtMs: instantOf(row['issued_at']),
        days: Number(row['days']),
        logError: Number(row['log_error']),
      }));
    },
  };
}
