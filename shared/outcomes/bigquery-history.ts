// What was recorded of one campaign, from BigQuery's de-duplicating views. Both tables are clustered by tenant and campaign,
// and a page after the first prunes the days before it.
import { BigQuery } from '@google-cloud/bigquery';
import type { QuoteIssued } from '../contracts/forecast-outcomes.ts';
import { formatInstant } from '../contracts/instants.ts';
import { instantOf, outcomeOf, textOf } from './from-row.ts';
import { ROW_KEY_LENGTH, byPlace, rowKey, type HistoryReader, type HistoryRow } from './history-reader.ts';
import { createViewQuery } from './view-query.ts';

/** The histories of a project's dataset; BIGQUERY_EMULATOR_HOST is honoured by the client. */
export function openBigQueryHistory({ projectId, dataset }: { projectId: string; dataset: string }): HistoryReader {
  return createBigQueryHistory(new BigQuery({ projectId }), { projectId, dataset });
}

export function createBigQueryHistory(client: BigQuery, names: { projectId: string; dataset: string }): HistoryReader {
  const { view, query } = createViewQuery(client, names);
  const key = `LPAD(row_id, ${ROW_KEY_LENGTH}, '0')`;
  const ofCampaign = 'tenant_id = @tenantId AND campaign_id = @campaignId';
  return {
    async page(campaign, { limit, after }) {
      const from = after
        ? ` AND event_date >= CAST(@fromDay AS DATE) AND (event_at > CAST(@fromAt AS TIMESTAMP)
          OR (event_at = CAST(@fromAt AS TIMESTAMP) AND ${key} > @fromKey))`
        : '';
      const fromAt = formatInstant(after?.occurredAtMs ?? 0);
      const place = after ? { fromAt, fromDay: fromAt.slice(0, 10), fromKey: rowKey(after) } : {};
      // The columns of the two are not the same: each gives its first, of which the first together are among.
      const pages = await Promise.all(
        ['outcomes_once', 'quotes_once'].map((name) =>
          query(
            `SELECT * FROM ${view(name)} WHERE ${ofCampaign}${from} ORDER BY event_at, ${key} LIMIT ${Math.trunc(limit)}`,
            { ...campaign, ...place },
          ),
        ),
      );
      const rows = pages.flat().map((row): HistoryRow => ({
        rowId: textOf(row['row_id']),
        eventId: textOf(row['event_id']),
        occurredAtMs: instantOf(row['event_at']),
        outcome: outcomeOf(row),
      }));
      return rows.sort(byPlace).slice(0, limit);
    },
    async promised(campaign) {
      const [quotes, stops] = await Promise.all([
        query(`SELECT * FROM ${view('quotes_once')} WHERE ${ofCampaign} ORDER BY issued_at DESC LIMIT 1`, {
          ...campaign,
        }),
        query(
          `SELECT MIN(COALESCE(decided_at, event_at)) AS stopped_at FROM ${view('outcomes_once')}
            WHERE ${ofCampaign} AND type = 'status-applied' AND requested_status IN ('cancelled', 'completed')`,
          { ...campaign },
        ),
      ]);
      const [row] = quotes;
      const stoppedAt = textOf(stops[0]?.['stopped_at']);
      return {
        ...(row ? { quote: outcomeOf(row) as QuoteIssued } : {}),
        ...(stoppedAt === '' ? {} : { stoppedAtMs: Date.parse(stoppedAt) }),
      };
    },
  };
}
