// A ledger entry's outcomes as rows: the envelope's columns, then the outcome's own names in snake_case.
import type { LedgerEntry } from '../contracts/documents.ts';
import { formatInstant } from '../contracts/instants.ts';
import { outcomeTables, type Outcome } from '../contracts/outcomes.ts';
import { toSnakeCase } from '../contracts/snake-case.ts';
import type { Row, Table } from './outcome-log.ts';

const tableOf = new Map<string, Table>(
  Object.entries(outcomeTables).flatMap(([table, outcomes]) =>
    outcomes.map((outcome) => [outcome.properties.type.const, table as Table] as const),
  ),
);

/**
 * @param ledgerId the entry's document id: with the ordinal it is the row id, the same for every copy. An event id alone
 *   would not do: two tenants may use one.
 * @param ingestedAtMs wall clock of this append
 */
export function toRows(ledgerId: string, entry: LedgerEntry, ingestedAtMs: number): Row[] {
  const eventAt = formatInstant(entry.occurredAtMs);
  return entry.outcomes.map((outcome, ordinal) => ({
    table: tableOf.get(outcome.type) as Table,
    json: {
      row_id: `${ledgerId}:${ordinal}`,
      event_date: eventAt.slice(0, 10),
      event_at: eventAt,
      ingested_at: formatInstant(ingestedAtMs),
      source: entry.source,
      event_id: entry.eventId,
      ...(toColumns(outcome) as Record<keyof Outcome, unknown>),
    },
  }));
}

function toColumns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toColumns);
  if (typeof value !== 'object' || value === null) return value;
  const columns: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (name.endsWith('AtMs')) columns[toSnakeCase(name.slice(0, -2))] = formatInstant(field as number);
    else columns[toSnakeCase(name)] = toColumns(field);
  }
  return columns;
}
