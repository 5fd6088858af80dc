// Reads outcomes back from the log in memory: for tests and simulations. Reads as the views do, each row once.
import type { DeliveryFolded, MarketPaced } from '../contracts/outcomes.ts';
import { instantOf, outcomeOf } from './from-row.ts';
import type { MemoryLog } from './memory-log.ts';
import type { Table } from './outcome-log.ts';
import type { Delivered, GrantPeak, HighestBudget, MarketScope, OutcomeReader, PacedLine } from './outcome-reader.ts';
import { recordedTables, recordedTypes } from './recorded-types.ts';
import { rowsOnce } from './rows-once.ts';

export function createMemoryReader(log: Pick<MemoryLog, 'rows'>): OutcomeReader {
  const once = (table: Table) => rowsOnce(log, table);
  const inMarket = (table: Table, { market, fromDay }: Pick<MarketScope, 'market' | 'fromDay'>) =>
    once(table).filter(({ json }) => json['market'] === market && String(json['event_date']) >= fromDay);
  const isAsked = (line: { campaignId: string }, { campaignId }: { campaignId?: string }) =>
    campaignId === undefined || line.campaignId === campaignId;
  const paced = (scope: MarketScope): PacedLine[] =>
    inMarket('outcomes', scope)
      .filter(({ json }) => json['type'] === 'market-paced')
      .flatMap(({ json }) => {
        const { slot, subcampaigns } = outcomeOf(json) as MarketPaced;
        const about = { rowId: json.row_id, eventId: String(json['event_id']), slot };
        return subcampaigns.map((line) => ({ ...about, overrunMicros: 0, ...line }));
      })
      .filter((line) => isAsked(line, scope));

  return {
    campaignOutcomes: async (tenantId, campaignId) =>
      once('outcomes')
        .filter(({ json }) => json['tenant_id'] === tenantId && json['campaign_id'] === campaignId)
        .map(({ json }) => ({
          rowId: json.row_id,
          outcome: outcomeOf(json),
          ingestedAtMs: instantOf(json['ingested_at']),
        })),
    recordedSince: async (fromDay, of) =>
      recordedTables[of]
        .flatMap(once)
        .filter(({ json }) => String(json['event_date']) >= fromDay && recordedTypes.has(String(json['type'])))
        .map(({ json }) => ({
          rowId: json.row_id,
          outcome: outcomeOf(json),
          ingestedAtMs: instantOf(json['ingested_at']),
          source: String(json['source']),
          eventId: String(json['event_id']),
          eventAtMs: instantOf(json['event_at']),
        }))
        .sort((a, b) => (a.rowId < b.rowId ? -1 : 1)),
    latestPaced: async (scope) =>
      [...Map.groupBy(paced(scope), keyOf).values()].flatMap((lines) => {
        const latest = Math.max(...lines.map(({ slot }) => slot));
        const fell = Math.max(...lines.map(({ slot, budgetMicros }) => (budgetMicros === undefined ? -1 : slot)));
        return lines.filter(
          ({ slot, budgetMicros }) => slot === latest || (slot === fell && budgetMicros !== undefined),
        );
      }),
    async delivered(scope) {
      const sums = new Map<string, Delivered>();
      for (const { json } of inMarket('deliveries', scope)) {
        for (const line of (outcomeOf(json) as DeliveryFolded).lines.filter((candidate) => isAsked(candidate, scope))) {
          const { campaignId, subcampaignId } = line;
          const sum = sums.get(keyOf(line)) ?? {
            campaignId,
            subcampaignId,
            impressions: 0,
            clicks: 0,
            conversions: 0,
            confirmedMicros: 0,
          };
          sum.impressions += line.impressions;
          sum.clicks += line.clicks;
          sum.conversions += line.conversions;
          sum.confirmedMicros += line.confirmedMicros;
          if (line.reached !== undefined) sum.reached = (sum.reached ?? 0) + line.reached;
          sums.set(keyOf(line), sum);
        }
      }
      return [...sums.values()];
    },
    async grantPeaks(scope) {
      const peaks: GrantPeak[] = [];
      const last = paced(scope).filter(({ eventId, slot }) => eventId === `tick:${scope.market}:${slot}`);
      for (const lines of Map.groupBy(last, keyOf).values()) {
        let leasedBefore = 0;
        for (const line of lines.sort((a, b) => a.slot - b.slot)) {
          const { campaignId, subcampaignId } = line;
          const committedMicros = line.spentMicros + line.inFlightMicros + line.leasedMicros;
          if (line.leasedMicros > leasedBefore) peaks.push({ campaignId, subcampaignId, committedMicros });
          leasedBefore = line.leasedMicros;
        }
      }
      return highest(peaks, 'committedMicros');
    },
    async highestBudgets(scope) {
      const budgets = once('outcomes').flatMap(({ json }): HighestBudget[] => {
        const outcome = outcomeOf(json);
        if (outcome.type !== 'campaign-accepted' && outcome.type !== 'budget-applied') return [];
        if (!isAsked(outcome, scope)) return [];
        const { campaignId } = outcome;
        return outcome.subcampaigns
          .filter(({ market }) => market === scope.market)
          .map(({ subcampaignId, budgetMicros }) => ({ campaignId, subcampaignId, budgetMicros }));
      });
      return highest(budgets, 'budgetMicros');
    },
    rowCounts: async (scope) =>
      (['outcomes', 'deliveries', 'supply_observations'] as const).map((table) => {
        const rows = inMarket(table, scope);
        return { table, rows: rows.length, rowIds: new Set(rows.map(({ json }) => json.row_id)).size };
      }),
  };
}

function highest<T extends { campaignId: string; subcampaignId: string }>(all: readonly T[], by: keyof T): T[] {
  return [...Map.groupBy(all, keyOf).values()].map((own) => own.reduce((a, b) => (b[by] > a[by] ? b : a)));
}

function keyOf({ campaignId, subcampaignId }: { campaignId: string; subcampaignId: string }): string {
  return `${campaignId}/${subcampaignId}`;
}
