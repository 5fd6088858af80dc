// A row of BigQuery as the outcome it was made from: the inverse of to-rows.ts. Columns that the outcome does not have
// come back as null or as an empty list, and are left out.
import type { Outcome } from '../contracts/outcomes.ts';

/** Columns of the envelope, which are no fields of the outcome. `type` is both. */
const envelope = new Set(['row_id', 'event_date', 'event_at', 'ingested_at', 'source', 'event_id']);

/** The outcome of a row. What wrote it was checked against its contract; here it is only renamed. */
export function outcomeOf(columns: Readonly<Record<string, unknown>>): Outcome {
  const own = Object.entries(columns).filter(([name]) => !envelope.has(name));
  return toFields(Object.fromEntries(own)) as Outcome;
}

/** The instant in a TIMESTAMP column, epoch milliseconds. */
export function instantOf(column: unknown): number {
  return Date.parse(textOf(column));
}

/** BigQuery's client wraps dates and timestamps in an object with their text. */
export function textOf(column: unknown): string {
  if (typeof column === 'string') return column;
  return isRecord(column) && typeof column['value'] === 'string' ? column['value'] : '';
}

function toFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toFields);
  if (!isRecord(value)) return value;
  const fields: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(value)) {
    if (column === null || column === undefined || (Array.isArray(column) && column.length === 0)) continue;
    if (name.endsWith('_at')) fields[`${toCamelCase(name)}Ms`] = instantOf(column);
    else fields[toCamelCase(name)] = toFields(column);
  }
  return fields;
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
