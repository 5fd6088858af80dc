// How well forecasts and quotes turned out, from BigQuery's views of scores.
import { BigQuery } from '@google-cloud/bigquery';
import type { Calibration, CalibrationReader } from './calibration-reader.ts';
import { textOf } from './from-row.ts';
import { createViewQuery } from './view-query.ts';

/** The calibration of a project's dataset; BIGQUERY_EMULATOR_HOST is honoured by the client. */
export function openBigQueryCalibration({
  projectId,
  dataset,
}: {
  projectId: string;
  dataset: string;
}): CalibrationReader {
  return createBigQueryCalibration(new BigQuery({ projectId }), { projectId, dataset });
}

export function createBigQueryCalibration(
  client: BigQuery,
  names: { projectId: string; dataset: string },
): CalibrationReader {
  const { view, query } = createViewQuery(client, names);
  return {
    async calibration(market) {
      const { where, params } = inMarket(market);
      const sql = `SELECT * FROM ${view('calibration')}${where} ORDER BY kind, market, model_id`;
      return (await query(sql, params)).map((row): Calibration => ({
        kind: textOf(row['kind']),
        market: textOf(row['market']),
        modelId: textOf(row['model_id']),
        n: Number(row['n']),
        ...known('bias', row),
        ...known('coverage', row),
        ...known('brier', row),
        ...known('ece', row),
        firstDay: textOf(row['first_day']),
        lastDay: textOf(row['last_day']),
      }));
    },
    async reliability(market) {
      const { where, params } = inMarket(market);
      const sql = `SELECT * FROM ${view('reliability')}${where} ORDER BY market, model_id, bin`;
      return (await query(sql, params)).map((row) => ({
        market: textOf(row['market']),
        modelId: textOf(row['model_id']),
        bin: Number(row['bin']),
        n: Number(row['n']),
        forecast: Number(row['forecast']),
        observed: Number(row['observed']),
      }));
    },
    async coverage(scope) {
      const sql = `SELECT kind, COUNT(*) AS n, AVG(IF(is_inside, 1, 0)) AS coverage FROM ${view('scores')}
        WHERE event_date >= CAST(@fromDay AS DATE) AND market = @market AND is_inside IS NOT NULL
        GROUP BY kind ORDER BY kind`;
      return (await query(sql, scope)).map((row) => ({
        kind: textOf(row['kind']),
        n: Number(row['n']),
        coverage: Number(row['coverage']),
      }));
    },
  };
}

function inMarket(market: string | undefined): { where: string; params: Record<string, string> } {
  return market === undefined ? { where: '', params: {} } : { where: ' WHERE market = @market', params: { market } };
}

function known<K extends string>(name: K, row: Record<string, unknown>): { [name in K]?: number } {
  const value = row[name];
  return value === null || value === undefined ? {} : ({ [name]: Number(value) } as { [name in K]: number });
}
