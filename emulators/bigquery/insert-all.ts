// tabledata.insertAll: validation of every row, `stopped` for the good rows beside a bad one, insertIds remembered for
// a while, and one bulk statement for what is left.
import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { ApiError } from './api-error.ts';
import type { ErrorProto } from './api-error.ts';
import { duckdbTableName } from './catalog.ts';
import type { Table } from './catalog.ts';
import { quoteIdentifier, quoteString } from './database.ts';
import type { Database } from './database.ts';
import { fromJsonValue, jsonStructure } from './field-schema.ts';
import { createRowValidator } from './row-validation.ts';

const ROW_COUNT_LIMIT = 50_000;

/** The insertIds seen lately; BigQuery promises about a minute, best effort. */
export interface InsertIdWindow {
  /** Whether the id is new within the window; remembers it. */
  claim(table: Table, insertId: string): boolean;
  release(table: Table, insertId: string): void;
}

/** One row's entry in `insertErrors`. */
export interface InsertError {
  index: number;
  errors: (ErrorProto & { debugInfo: string })[];
}

export function createInsertIdWindow(windowMs: number, now: () => number): InsertIdWindow {
  // Insertion order is expiry order, so forgetting stops at the first id that is still remembered.
  const seen = new WeakMap<Table, Map<string, number>>();

  return {
    claim(table, insertId) {
      const atMs = now();
      const ids = seen.get(table) ?? new Map<string, number>();
      seen.set(table, ids);
      for (const [id, expiresAtMs] of ids) {
        if (expiresAtMs > atMs) break;
        ids.delete(id);
      }
      if (ids.has(insertId)) return false;
      ids.set(insertId, atMs + windowMs);
      return true;
    },
    release: (table, insertId) => seen.get(table)?.delete(insertId),
  };
}

/** The body of an insertAll request. */
export interface InsertAllRequest {
  rows?: { insertId?: unknown; json?: unknown }[];
  skipInvalidRows?: boolean;
  ignoreUnknownValues?: boolean;
}

/** Inserts what is valid and answers the errors of the rest; throws `invalid` when the request as a whole is refused. */
export async function insertAll(
  { database, insertIds }: { database: Database; insertIds: InsertIdWindow },
  table: Table,
  request: InsertAllRequest,
): Promise<InsertError[]> {
  const { rows } = request;
  if (table.type === 'VIEW') throw new ApiError('invalid', 'Cannot add rows to a table of type VIEW.');
  if (!Array.isArray(rows) || rows.length === 0) throw new ApiError('invalid', 'No rows present in the request.');
  if (rows.length > ROW_COUNT_LIMIT) {
    throw new ApiError(
      'invalid',
      `Too many rows present in the request, limit: ${ROW_COUNT_LIMIT} row count: ${rows.length}.`,
    );
  }

  const validate = createRowValidator(table.fields, { ignoreUnknownValues: request.ignoreUnknownValues === true });
  const validated = rows.map((row) => validate(row?.json));
  const someInvalid = validated.some((row) => row.errors);
  if (someInvalid && request.skipInvalidRows !== true) {
    return validated.map(({ errors }, index) => insertError(index, errors ?? [STOPPED]));
  }

  const claimed: string[] = [];
  const accepted: string[] = [];
  validated.forEach((row, index) => {
    if (row.errors) return;
    const { insertId } = rows[index]!;
    if (typeof insertId === 'string' && insertId !== '') {
      if (!insertIds.claim(table, insertId)) return;
      claimed.push(insertId);
    }
    accepted.push(JSON.stringify(row.row));
  });
  try {
    await store(database, table, accepted);
  } catch (error) {
    for (const insertId of claimed) insertIds.release(table, insertId);
    throw error;
  }
  return validated.flatMap(({ errors }, index) => (errors ? [insertError(index, errors)] : []));
}

const STOPPED: ErrorProto = { reason: 'stopped', location: '', message: '' };

function insertError(index: number, errors: ErrorProto[]): InsertError {
  return { index, errors: errors.map((error) => ({ ...error, debugInfo: '' })) };
}

// One bound list of JSON texts: several times faster than one row a statement, and than one JSON array for all rows.
async function store(database: Database, table: Table, rows: string[]): Promise<void> {
  if (rows.length === 0 || table.fields.length === 0) return;
  const columns = table.fields.map((field) => quoteIdentifier(field.name)).join(', ');
  const values = table.fields.map((field) => fromJsonValue(field, `parsed.${quoteIdentifier(field.name)}`)).join(', ');
  const structure = quoteString(JSON.stringify(jsonStructure(table.fields)));
  const sql =
    `INSERT INTO ${duckdbTableName(table.reference)} (${columns}) SELECT ${values} FROM (` +
    `SELECT from_json_strict(CAST(text AS JSON), ${structure}) AS parsed FROM (SELECT unnest($rows) AS text))`;
  await database.use((session) => session.run(sql, { rows: listValue(rows) }, { rows: LIST(VARCHAR) }));
}
