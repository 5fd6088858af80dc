// BigQuery table schemas from the outcome contracts: a table's columns are the envelope plus the union of the fields of
// every outcome it holds, in snake_case. Two outcomes that use one name for two shapes are refused here.
import assert from 'node:assert/strict';
import type { TSchema } from 'typebox';
import { outcomeTables } from './outcomes.ts';
import { toSnakeCase } from './snake-case.ts';

export interface Column {
  name: string;
  type: 'STRING' | 'INTEGER' | 'FLOAT' | 'BOOLEAN' | 'TIMESTAMP' | 'DATE' | 'RECORD';
  mode: 'REQUIRED' | 'NULLABLE' | 'REPEATED';
  description?: string;
  fields?: Column[];
}

/** The columns every row has, whatever happened. */
export const envelopeColumns: Column[] = [
  {
    name: 'row_id',
    type: 'STRING',
    mode: 'REQUIRED',
    description: 'eventId and ordinal: the insertId, and what the view reads once',
  },
  { name: 'event_date', type: 'DATE', mode: 'REQUIRED', description: 'partition: the day of event_at, UTC' },
  { name: 'event_at', type: 'TIMESTAMP', mode: 'REQUIRED', description: 'when the event occurred' },
  { name: 'ingested_at', type: 'TIMESTAMP', mode: 'REQUIRED', description: 'when this copy was appended' },
  { name: 'source', type: 'STRING', mode: 'REQUIRED', description: 'who produced the event' },
  { name: 'event_id', type: 'STRING', mode: 'REQUIRED', description: 'the producer’s key of the event' },
  { name: 'type', type: 'STRING', mode: 'REQUIRED', description: 'what was decided' },
];

/** The schema of each table of outcomes. */
export function bigQuerySchemas(): Record<keyof typeof outcomeTables, Column[]> {
  const schema = (outcomes: readonly TSchema[]) => {
    const columns = outcomes
      .map(columnsOf)
      .reduce(mergeColumns)
      .filter((column) => column.name !== 'type');
    return [...envelopeColumns, ...columns.map(optional)];
  };
  return {
    outcomes: schema(outcomeTables.outcomes),
    deliveries: schema(outcomeTables.deliveries),
    supply_observations: schema(outcomeTables.supply_observations),
    forecasts: schema(outcomeTables.forecasts),
    quotes: schema(outcomeTables.quotes),
  };
}

interface JsonSchema {
  type?: string;
  enum?: string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
}

function columnsOf(schema: TSchema): Column[] {
  return Object.entries((schema as JsonSchema).properties ?? {}).map(([name, field]) => columnOf(name, field));
}

function columnOf(name: string, schema: JsonSchema): Column {
  if (name.endsWith('AtMs')) return { name: toSnakeCase(name.slice(0, -2)), type: 'TIMESTAMP', mode: 'NULLABLE' };
  const column: Column = { name: toSnakeCase(name), type: 'STRING', mode: 'NULLABLE' };
  switch (schema.type) {
    case 'string':
      return column;
    case 'integer':
      return { ...column, type: 'INTEGER' };
    case 'number':
      return { ...column, type: 'FLOAT' };
    case 'boolean':
      return { ...column, type: 'BOOLEAN' };
    case 'array':
      assert(schema.items, `${name}: an array needs items`);
      return { ...columnOf(name, schema.items), mode: 'REPEATED' };
    case 'object':
      return { ...column, type: 'RECORD', fields: columnsOf(schema) };
    default:
      assert.fail(`${name}: no BigQuery type for ${JSON.stringify(schema.type)}`);
  }
}

function mergeColumns(left: Column[], right: Column[]): Column[] {
  const merged = new Map(left.map((column) => [column.name, column]));
  for (const column of right) {
    const known = merged.get(column.name);
    if (!known) {
      merged.set(column.name, column);
      continue;
    }
    assert(known.type === column.type && known.mode === column.mode, `${column.name} is used for two shapes`);
    if (known.fields && column.fields)
      merged.set(column.name, { ...known, fields: mergeColumns(known.fields, column.fields) });
  }
  return [...merged.values()];
}

function optional(column: Column): Column {
  return column.mode === 'REQUIRED' ? { ...column, mode: 'NULLABLE' } : column;
}
