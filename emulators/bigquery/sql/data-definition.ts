// CREATE, DROP and ALTER statements. The SQL library reads neither their options nor NOT NULL inside a STRUCT, and the
// catalog wants a BigQuery schema anyway, so these are parsed here; only the query of AS goes on to translation.
import type { FieldSchema } from '../field-schema.ts';
import { parseColumn, parseOptions } from './column-definition.ts';
import { createTokenCursor } from './token-cursor.ts';
import type { TokenCursor } from './token-cursor.ts';
import { isWord, tokenizeSql } from './tokens.ts';

type Existing = 'fail' | 'keep' | 'replace';

/** A data definition statement; `path` is the object's name in its one to three parts. */
export type DataDefinition =
  | {
      kind: 'CREATE_TABLE';
      path: string[];
      existing: Existing;
      fields: FieldSchema[];
      settings: Record<string, unknown>;
      query?: string;
      like?: string[];
    }
  | { kind: 'CREATE_VIEW'; path: string[]; existing: Existing; settings: Record<string, unknown>; query: string }
  | { kind: 'CREATE_SCHEMA'; path: string[]; existing: Existing; settings: Record<string, unknown> }
  | { kind: 'DROP_TABLE' | 'DROP_VIEW'; path: string[]; ifExists: boolean }
  | { kind: 'DROP_SCHEMA'; path: string[]; ifExists: boolean; cascade: boolean }
  | { kind: 'ALTER_TABLE'; path: string[]; changes: AlterTableChange[] }
  | { kind: 'TRUNCATE_TABLE'; path: string[] };

export type AlterTableChange =
  | { kind: 'ADD_COLUMN'; field: FieldSchema; ifNotExists: boolean }
  | { kind: 'DROP_COLUMN'; column: string; ifExists: boolean };

/** The statement, or undefined when it is a query or DML. Throws `invalidQuery` on a definition it cannot read. */
export function parseDataDefinition(statement: string): DataDefinition | undefined {
  const cursor = createTokenCursor(tokenizeSql(statement));
  if (cursor.accept('CREATE')) return parseCreate(cursor);
  if (cursor.accept('DROP')) return parseDrop(cursor);
  if (cursor.accept('ALTER', 'TABLE')) return parseAlter(cursor);
  if (cursor.accept('TRUNCATE', 'TABLE')) return { kind: 'TRUNCATE_TABLE', path: cursor.path() };
  return undefined;
}

function parseCreate(cursor: TokenCursor): DataDefinition {
  let existing: Existing = cursor.accept('OR', 'REPLACE') ? 'replace' : 'fail';
  const kind = (['TABLE', 'VIEW', 'SCHEMA'] as const).find((word) => cursor.accept(word));
  if (!kind) throw cursor.fail('TABLE, VIEW or SCHEMA');
  if (cursor.accept('IF', 'NOT', 'EXISTS')) existing = 'keep';
  const path = cursor.path();
  if (kind === 'SCHEMA') return { kind: 'CREATE_SCHEMA', path, existing, settings: parseSettings(cursor) };
  if (kind === 'VIEW') {
    if (isWord(cursor.peek(), '(')) cursor.group();
    const settings = parseSettings(cursor);
    cursor.expect('AS');
    return { kind: 'CREATE_VIEW', path, existing, settings, query: cursor.rest() };
  }
  if (cursor.accept('LIKE'))
    return { kind: 'CREATE_TABLE', path, existing, fields: [], settings: {}, like: cursor.path() };
  const fields = isWord(cursor.peek(), '(') ? parseColumns(cursor) : [];
  const settings = parseSettings(cursor);
  const query = cursor.accept('AS') ? { query: cursor.rest() } : {};
  if (cursor.peek()) throw cursor.fail('end of statement');
  return { kind: 'CREATE_TABLE', path, existing, fields, settings, ...query };
}

function parseDrop(cursor: TokenCursor): DataDefinition {
  const kind = (['TABLE', 'VIEW', 'SCHEMA'] as const).find((word) => cursor.accept(word));
  if (!kind) throw cursor.fail('TABLE, VIEW or SCHEMA');
  const ifExists = cursor.accept('IF', 'EXISTS');
  const path = cursor.path();
  const cascade = cursor.accept('CASCADE');
  cursor.accept('RESTRICT');
  return kind === 'SCHEMA'
    ? { kind: 'DROP_SCHEMA', path, ifExists, cascade }
    : { kind: `DROP_${kind}`, path, ifExists };
}

function parseAlter(cursor: TokenCursor): DataDefinition {
  cursor.accept('IF', 'EXISTS');
  const path = cursor.path();
  const changes: AlterTableChange[] = [];
  do {
    if (cursor.accept('ADD', 'COLUMN')) {
      const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
      changes.push({ kind: 'ADD_COLUMN', ifNotExists, field: parseColumn(cursor) });
    } else {
      cursor.expect('DROP', 'COLUMN');
      const ifExists = cursor.accept('IF', 'EXISTS');
      changes.push({ kind: 'DROP_COLUMN', ifExists, column: cursor.next().text });
    }
  } while (cursor.accept(','));
  return { kind: 'ALTER_TABLE', path, changes };
}

function parseColumns(cursor: TokenCursor): FieldSchema[] {
  const fields: FieldSchema[] = [];
  cursor.expect('(');
  do fields.push(parseColumn(cursor));
  while (cursor.accept(','));
  cursor.expect(')');
  return fields;
}

function parseSettings(cursor: TokenCursor): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (;;) {
    if (cursor.accept('PARTITION', 'BY')) settings['timePartitioning'] = parsePartition(cursor);
    else if (cursor.accept('CLUSTER', 'BY')) settings['clustering'] = { fields: parseNames(cursor) };
    else if (cursor.accept('OPTIONS'))
      Object.assign(settings, parseOptions(cursor.group(), ['description', 'friendly_name']));
    else return settings;
  }
}

const PARTITION_UNITS = new Set(['HOUR', 'DAY', 'MONTH', 'YEAR']);

// `ts`, `DATE(ts)` and `TIMESTAMP_TRUNC(ts, HOUR)` all partition by the column ts.
function parsePartition(cursor: TokenCursor): Record<string, unknown> {
  const name = cursor.next().text;
  if (!isWord(cursor.peek(), '(')) return { type: 'DAY', field: name };
  const [field, unit] = tokenizeSql(cursor.group())
    .tokens.filter((token) => token.source !== ',')
    .map((token) => token.text);
  const type = unit !== undefined && PARTITION_UNITS.has(unit.toUpperCase()) ? unit.toUpperCase() : 'DAY';
  return { type, ...(field === undefined || field.startsWith('_') ? {} : { field }) };
}

function parseNames(cursor: TokenCursor): string[] {
  const names: string[] = [];
  do names.push(cursor.next().text);
  while (cursor.accept(','));
  return names;
}
