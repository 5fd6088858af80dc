// Reads outcomes back from BigQuery's de-duplicating views.
import { BigQuery } from '@google-cloud/bigquery';
import { outcomeTables } from '../contracts/outcomes.ts';
import { instantOf, outcomeOf, textOf } from './from-row.ts';
import type { Table } from './outcome-log.ts';
import type {
  Delivered,
  GrantPeak,
  HighestBudget,
  MarketScope,
  OutcomeReader,
  PacedLine,
  RecordedEvent,
} from './outcome-reader.ts';
import { recordedTables, recordedTypes } from './recorded-types.ts';
import { createViewQuery, type Columns } from './view-query.ts';

/** The reader of a project's dataset; BIGQUERY_EMULATOR_HOST is honoured by the client. */
export function openBigQueryReader({ projectId, dataset }: { projectId: string; dataset: string }): OutcomeReader {
  return createBigQueryReader(new BigQuery({ projectId }), { projectId, dataset });
}

export function createBigQueryReader(client: BigQuery, names: { projectId: string; dataset: string }): OutcomeReader {
  const { view: viewNamed, query } = createViewQuery(client, names);
  const view = (table: Table) => viewNamed(`${table}_once`);
  const paced = (more = '') => `
    SELECT o.row_id, o.event_id, o.slot, s.campaign_id, s.subcampaign_id, s.status, s.budget_micros, s.spent_micros,
      s.in_flight_micros, s.leased_micros, s.overrun_micros, s.impressions, s.clicks, s.conversions
    FROM ${view('outcomes')} AS o, UNNEST(o.subcampaigns) AS s
    WHERE o.event_date >= CAST(@fromDay AS DATE) AND o.type = 'market-paced' AND o.market = @market
      AND (@campaignId = '' OR s.campaign_id = @campaignId)${more}`;

  const withCampaign = ({ campaignId = '', ...scope }: { campaignId?: string; market: string; fromDay?: string }) => ({
    ...scope,
    campaignId,
  });

  return {
    async campaignOutcomes(tenantId, campaignId) {
      // No day to prune by: a campaign may be booked long before its flight. The table is clustered by both columns.
      const sql = `SELECT * FROM ${view('outcomes')} WHERE tenant_id = @tenantId AND campaign_id = @campaignId`;
      const rows = await query(sql, { tenantId, campaignId });
      return rows.map((row) => ({
        rowId: textOf(row['row_id']),
        outcome: outcomeOf(row),
        ingestedAtMs: instantOf(row['ingested_at']),
      }));
    },
    async recordedSince(fromDay, of) {
      const types = [...recordedTypes].map((type) => `'${type}'`).join(', ');
      const recorded: RecordedEvent[] = [];
      for (const table of recordedTables[of]) {
        const sql = `SELECT * FROM ${view(table)} WHERE event_date >= CAST(@fromDay AS DATE) AND type IN (${types})`;
        for (const row of await query(sql, { fromDay }))
          recorded.push({
            rowId: textOf(row['row_id']),
            outcome: outcomeOf(row),
            ingestedAtMs: instantOf(row['ingested_at']),
            source: textOf(row['source']),
            eventId: textOf(row['event_id']),
            eventAtMs: instantOf(row['event_at']),
          });
      }
      return recorded.sort((a, b) => (a.rowId < b.rowId ? -1 : 1));
    },
    async latestPaced(scope) {
      const sql = `WITH paced AS (${paced()}) SELECT * FROM paced WHERE TRUE
        QUALIFY RANK() OVER (PARTITION BY campaign_id, subcampaign_id ORDER BY slot DESC) = 1
          OR (budget_micros IS NOT NULL
            AND RANK() OVER (PARTITION BY campaign_id, subcampaign_id, budget_micros IS NULL ORDER BY slot DESC) = 1)`;
      return (await query(sql, withCampaign(scope))).map((row): PacedLine => ({
        rowId: textOf(row['row_id']),
        eventId: textOf(row['event_id']),
        slot: Number(row['slot']),
        ...subcampaign(row),
        status: textOf(row['status']) as PacedLine['status'],
        ...(row['budget_micros'] === null ? {} : { budgetMicros: Number(row['budget_micros']) }),
        spentMicros: Number(row['spent_micros']),
        inFlightMicros: Number(row['in_flight_micros']),
        leasedMicros: Number(row['leased_micros']),
        overrunMicros: Number(row['overrun_micros']),
        impressions: Number(row['impressions']),
        clicks: Number(row['clicks']),
        conversions: Number(row['conversions']),
      }));
    },
    async delivered(scope: MarketScope) {
      const sql = `
        SELECT l.campaign_id, l.subcampaign_id, SUM(l.impressions) AS impressions, SUM(l.clicks) AS clicks,
          SUM(l.conversions) AS conversions, SUM(l.confirmed_micros) AS confirmed_micros, SUM(l.reached) AS reached
        FROM ${view('deliveries')} AS o, UNNEST(o.lines) AS l
        WHERE o.event_date >= CAST(@fromDay AS DATE) AND o.market = @market
          AND (@campaignId = '' OR l.campaign_id = @campaignId)
        GROUP BY l.campaign_id, l.subcampaign_id`;
      return (await query(sql, withCampaign(scope))).map((row): Delivered => ({
        ...subcampaign(row),
        impressions: Number(row['impressions']),
        clicks: Number(row['clicks']),
        conversions: Number(row['conversions']),
        confirmedMicros: Number(row['confirmed_micros']),
        ...(row['reached'] === null ? {} : { reached: Number(row['reached']) }),
      }));
    },
    async grantPeaks(scope) {
      // A slot's pieces only fold: money is granted in its last row. More leased than before can only be a grant.
      const isLast = ` AND o.event_id = CONCAT('tick:', o.market, ':', CAST(o.slot AS STRING))`;
      const sql = `WITH paced AS (${paced(isLast)}), steps AS (
          SELECT campaign_id, subcampaign_id, leased_micros, spent_micros + in_flight_micros + leased_micros AS committed,
            LAG(leased_micros, 1, 0) OVER (PARTITION BY campaign_id, subcampaign_id ORDER BY slot) AS leased_before
          FROM paced)
        SELECT campaign_id, subcampaign_id, MAX(committed) AS committed_micros FROM steps
        WHERE leased_micros > leased_before GROUP BY campaign_id, subcampaign_id`;
      return (await query(sql, withCampaign(scope))).map((row): GrantPeak => ({
        ...subcampaign(row),
        committedMicros: Number(row['committed_micros']),
      }));
    },
    async highestBudgets(scope) {
      const sql = `
        SELECT o.campaign_id, s.subcampaign_id, MAX(s.budget_micros) AS budget_micros
        FROM ${view('outcomes')} AS o, UNNEST(o.subcampaigns) AS s
        WHERE o.type IN ('campaign-accepted', 'budget-applied') AND s.market = @market
          AND (@campaignId = '' OR o.campaign_id = @campaignId)
        GROUP BY o.campaign_id, s.subcampaign_id`;
      return (await query(sql, withCampaign(scope))).map((row): HighestBudget => ({
        ...subcampaign(row),
        budgetMicros: Number(row['budget_micros']),
      }));
    },
    async rowCounts({ market, fromDay }) {
      const counts = [];
      for (const table of Object.keys(outcomeTables) as Table[]) {
        const sql = `SELECT COUNT(*) AS row_count, COUNT(DISTINCT row_id) AS row_ids FROM ${view(table)}
          WHERE event_date >= CAST(@fromDay AS DATE) AND market = @market`;
        const [row] = await query(sql, { market, fromDay });
        counts.push({ table, rows: Number(row?.['row_count'] ?? 0), rowIds: Number(row?.['row_ids'] ?? 0) });
      }
      return counts;
    },
  };
}

function subcampaign(row: Columns): { campaignId: string; subcampaignId: string } {
  return { campaignId: textOf(row['campaign_id']), subcampaignId: textOf(row['subcampaign_id']) };
}
