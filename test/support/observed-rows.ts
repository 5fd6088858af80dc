// Rows as the functions append them: an outcome with its envelope.
import type { LedgerEntry } from '../../shared/contracts/documents.ts';
import type { Outcome, SupplyObserved } from '../../shared/contracts/outcomes.ts';
import type { Row } from '../../shared/outcomes/outcome-log.ts';
import { toRows } from '../../shared/outcomes/to-rows.ts';
import { HOUR_MS } from './instants.ts';

/** The row of one outcome of the event `eventId`. */
export function rowOf(outcome: Outcome, eventId: string, occurredAtMs: number, ingestedAtMs = occurredAtMs): Row {
  const entry = { source: 'test', tenantId: 'andante', eventId, occurredAtMs, outcomes: [outcome] };
  const [row] = toRows(`${eventId}-ledger`, entry as unknown as LedgerEntry, ingestedAtMs);
  return row as Row;
}

/** What a report of one hour observes; it comes in as its window ends. */
export function observed(
  own: Partial<SupplyObserved> & Pick<SupplyObserved, 'market' | 'windowStartAtMs'>,
): SupplyObserved {
  return {
    type: 'supply-observed',
    tenantId: 'andante',
    group: 'a',
    windowEndAtMs: own.windowStartAtMs + HOUR_MS,
    opportunities: [],
    sample: [],
    ...own,
  };
}
