// What was recorded of one campaign, from the log in memory: for tests and simulations.
import type { QuoteIssued } from '../contracts/forecast-outcomes.ts';
import { instantOf, outcomeOf } from './from-row.ts';
import { byPlace, type CampaignName, type HistoryReader, type HistoryRow } from './history-reader.ts';
import type { MemoryLog } from './memory-log.ts';
import type { Table } from './outcome-log.ts';
import { rowsOnce } from './rows-once.ts';

export function createMemoryHistory(log: Pick<MemoryLog, 'rows'>): HistoryReader {
  const rowsOf = (table: Table, { tenantId, campaignId }: CampaignName): HistoryRow[] =>
    rowsOnce(log, table)
      .filter(({ json }) => json['tenant_id'] === tenantId && json['campaign_id'] === campaignId)
      .map(({ json }) => ({
        rowId: json.row_id,
        eventId: String(json['event_id']),
        occurredAtMs: instantOf(json['event_at']),
        outcome: outcomeOf(json),
      }))
      .sort(byPlace);
  return {
    page: async (campaign, { limit, after }) =>
      [...rowsOf('outcomes', campaign), ...rowsOf('quotes', campaign)]
        .sort(byPlace)
        .filter((row) => after === undefined || byPlace(row, after) > 0)
        .slice(0, limit),
    async promised(campaign) {
      const quotes = rowsOf('quotes', campaign).map(({ outcome }) => outcome as QuoteIssued);
      const quote = quotes.sort((a, b) => a.issuedAtMs - b.issuedAtMs).at(-1);
      const stops = rowsOf('outcomes', campaign).flatMap(({ outcome, occurredAtMs }) =>
        outcome.type === 'status-applied' && ['cancelled', 'completed'].includes(outcome.requestedStatus)
          ? [outcome.decidedAtMs ?? occurredAtMs]
          : [],
      );
      return { ...(quote ? { quote } : {}), ...(stops.length > 0 ? { stoppedAtMs: Math.min(...stops) } : {}) };
    },
  };
}
