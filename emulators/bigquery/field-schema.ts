// A BigQuery field schema and the DuckDB type that stores it, in both directions.
import { DuckDBTypeId } from '@duckdb/node-api';
import type { DuckDBListType, DuckDBType } from '@duckdb/node-api';
import { ApiError } from './api-error.ts';
import { quoteIdentifier } from './database.ts';

/** The types as the REST API answers them (the legacy names: INTEGER, not INT64). */
export type FieldType =
  | 'STRING'
  | 'BYTES'
  | 'INTEGER'
  | 'FLOAT'
  | 'NUMERIC'
  | 'BIGNUMERIC'
  | 'BOOLEAN'
  | 'TIMESTAMP'
  | 'DATE'
  | 'TIME'
  | 'DATETIME'
  | 'JSON'
  | 'GEOGRAPHY'
  | 'INTERVAL'
  | 'RECORD';

/** One column, or one field of a RECORD. */
export interface FieldSchema {
  name: string;
  type: FieldType;
  mode: 'NULLABLE' | 'REQUIRED' | 'REPEATED';
  description?: string;
  fields?: FieldSchema[];
}

const TYPE_NAMES: Record<string, FieldType> = {
  STRING: 'STRING',
  BYTES: 'BYTES',
  INTEGER: 'INTEGER',
  INT64: 'INTEGER',
  INT: 'INTEGER',
  SMALLINT: 'INTEGER',
  BIGINT: 'INTEGER',
  TINYINT: 'INTEGER',
  BYTEINT: 'INTEGER',
  FLOAT: 'FLOAT',
  FLOAT64: 'FLOAT',
  NUMERIC: 'NUMERIC',
  DECIMAL: 'NUMERIC',
  BIGNUMERIC: 'BIGNUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
  BOOLEAN: 'BOOLEAN',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMP',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'DATETIME',
  JSON: 'JSON',
  GEOGRAPHY: 'GEOGRAPHY',
  RECORD: 'RECORD',
  STRUCT: 'RECORD',
};

const DUCKDB_TYPES: Record<Exclude<FieldType, 'RECORD'>, string> = {
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  INTEGER: 'BIGINT',
  FLOAT: 'DOUBLE',
  NUMERIC: 'DECIMAL(38,9)',
  BIGNUMERIC: 'DECIMAL(38,19)',
  BOOLEAN: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMPTZ',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'TIMESTAMP',
  JSON: 'JSON',
  GEOGRAPHY: 'VARCHAR',
  INTERVAL: 'INTERVAL',
};

const FIELD_NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_ -]{0,299}$/u;
const NESTING_LIMIT = 15;

/** The canonical type of a type name in any of its spellings, or undefined. */
export function fieldTypeNamed(name: string): FieldType | undefined {
  const upper = name.toUpperCase();
  return Object.hasOwn(TYPE_NAMES, upper) ? TYPE_NAMES[upper] : undefined;
}

/** Validates the `fields` of a request; throws `invalid`. */
export function parseFields(fields: unknown, path = '', depth = 1): FieldSchema[] {
  if (!Array.isArray(fields)) throw new ApiError('invalid', 'Schema fields must be an array.');
  if (depth > NESTING_LIMIT)
    throw new ApiError('invalid', `Too many nested fields: more than ${NESTING_LIMIT} levels.`);
  const seen = new Set<string>();
  return fields.map((field: unknown) => {
    const parsed = parseField(field, path, depth);
    const key = parsed.name.toLowerCase();
    if (seen.has(key)) throw new ApiError('invalid', `Field ${path}${parsed.name} already exists in schema`);
    seen.add(key);
    return parsed;
  });
}

/** The DuckDB type of a field, its repetition included. */
export function duckdbType(field: FieldSchema): string {
  const single =
    field.type === 'RECORD'
      ? `STRUCT(${(field.fields ?? []).map((child) => `${quoteIdentifier(child.name)} ${duckdbType(child)}`).join(', ')})`
      : DUCKDB_TYPES[field.type];
  return field.mode === 'REPEATED' ? `${single}[]` : single;
}

/** The structure `from_json` wants for a list of fields. */
export function jsonStructure(fields: FieldSchema[]): Record<string, unknown> {
  const entries = fields.map((field): [string, unknown] => {
    const single = field.type === 'RECORD' ? jsonStructure(field.fields ?? []) : jsonType(field.type);
    return [field.name, field.mode === 'REPEATED' ? [single] : single];
  });
  return Object.fromEntries(entries);
}

/** DuckDB SQL for a value of `jsonStructure`'s type as the field's own type: BYTES arrive as base64. */
export function fromJsonValue(field: FieldSchema, sql: string): string {
  if (!hasBytes(field)) return sql;
  if (field.mode === 'REPEATED') {
    return `list_transform(${sql}, lambda item: ${fromJsonValue({ ...field, mode: 'NULLABLE' }, 'item')})`;
  }
  if (field.type === 'BYTES') return `from_base64(${sql})`;
  const parts = (field.fields ?? []).map((child) => {
    const name = quoteIdentifier(child.name);
    return `${name} := ${fromJsonValue(child, `(${sql}).${name}`)}`;
  });
  return `CASE WHEN ${sql} IS NULL THEN NULL ELSE struct_pack(${parts.join(', ')}) END`;
}

function jsonType(type: Exclude<FieldType, 'RECORD'>): string {
  return type === 'BYTES' ? 'VARCHAR' : DUCKDB_TYPES[type];
}

function hasBytes(field: FieldSchema): boolean {
  return field.type === 'BYTES' || (field.fields ?? []).some(hasBytes);
}

/** The field schema that a column of a DuckDB result has in BigQuery. */
export function fieldOfColumn(name: string, type: DuckDBType): FieldSchema {
  if (type.typeId === DuckDBTypeId.LIST || type.typeId === DuckDBTypeId.ARRAY) {
    return { ...fieldOfColumn(name, (type as DuckDBListType).valueType), mode: 'REPEATED' };
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type;
    const fields = entryNames.map((entry, index) => fieldOfColumn(entry || `_field_${index + 1}`, entryTypes[index]!));
    return { name, type: 'RECORD', mode: 'NULLABLE', fields };
  }
  return { name, type: scalarTypeOf(type), mode: 'NULLABLE' };
}

function scalarTypeOf(type: DuckDBType): FieldType {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return 'BOOLEAN';
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.SQLNULL:
      return 'INTEGER';
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return 'FLOAT';
    case DuckDBTypeId.DECIMAL:
      return type.scale === 19 ? 'BIGNUMERIC' : 'NUMERIC';
    case DuckDBTypeId.BLOB:
      return 'BYTES';
    case DuckDBTypeId.DATE:
      return 'DATE';
    case DuckDBTypeId.TIME:
      return 'TIME';
    case DuckDBTypeId.TIMESTAMP:
      return 'DATETIME';
    case DuckDBTypeId.TIMESTAMP_TZ:
      return 'TIMESTAMP';
    case DuckDBTypeId.INTERVAL:
      return 'INTERVAL';
    default:
      return type.alias === 'JSON' ? 'JSON' : 'STRING';
  }
}

function parseField(field: unknown, path: string, depth: number): FieldSchema {
  if (typeof field !== 'object' || field === null) throw new ApiError('invalid', 'Schema field must be an object.');
  const { name, type: typeName, mode = 'NULLABLE', description, fields } = field as Record<string, unknown>;
  if (typeof name !== 'string' || !FIELD_NAME.test(name)) {
    throw new ApiError(
      'invalid',
      `Invalid field name "${String(name)}". Fields must contain only letters, numbers, and underscores, start with a letter or underscore, and be at most 300 characters long.`,
    );
  }
  const type = typeof typeName === 'string' ? fieldTypeNamed(typeName) : undefined;
  if (type === undefined)
    throw new ApiError('invalid', `Invalid value for type: ${String(typeName)} is not a valid value`);
  if (mode !== 'NULLABLE' && mode !== 'REQUIRED' && mode !== 'REPEATED') {
    throw new ApiError('invalid', `Invalid value for mode: ${String(mode)} is not a valid value`);
  }
  const parsed: FieldSchema = { name, type, mode };
  if (typeof description === 'string') parsed.description = description;
  if (type !== 'RECORD') return parsed;
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new ApiError('invalid', `Field ${path}${name} is type RECORD but has no schema`);
  }
  return { ...parsed, fields: parseFields(fields, `${path}${name}.`, depth + 1) };
}
