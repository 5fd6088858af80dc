// Datasets, tables and views: what the REST API says about them in memory, and the DuckDB schemas and tables behind.
// A BigQuery dataset `p:d` is the DuckDB schema "p.d". Does not know SQL text other than its own definitions.
import { createHash } from 'node:crypto';
import { ApiError } from './api-error.ts';
import { quoteIdentifier } from './database.ts';
import type { BoundValues, Session } from './database.ts';
import { duckdbType, fieldOfColumn } from './field-schema.ts';
import type { FieldSchema } from './field-schema.ts';

export interface DatasetReference {
  projectId: string;
  datasetId: string;
}

export interface TableReference extends DatasetReference {
  tableId: string;
}

/** The settings a client wrote and reads back unchanged: labels, description, timePartitioning and so on. */
export type Settings = Record<string, unknown>;

export interface Table {
  reference: TableReference;
  type: 'TABLE' | 'VIEW';
  fields: FieldSchema[];
  /** The view's query in BigQuery SQL and in DuckDB's. */
  view?: { query: string; translated: string };
  settings: Settings;
  createdAtMs: number;
  modifiedAtMs: number;
}

export interface Dataset {
  reference: DatasetReference;
  settings: Settings;
  tables: Map<string, Table>;
  createdAtMs: number;
  modifiedAtMs: number;
}

export interface Catalog {
  datasets: Map<string, Dataset>;
}

export function createCatalog(): Catalog {
  return { datasets: new Map() };
}

/** The dataset; throws `notFound`. */
export function datasetAt(catalog: Catalog, { projectId, datasetId }: DatasetReference): Dataset {
  const dataset = catalog.datasets.get(`${projectId}.${datasetId}`);
  if (!dataset) throw new ApiError('notFound', `Not found: Dataset ${projectId}:${datasetId}`);
  return dataset;
}

/** The table or view; throws `notFound`, for the dataset when that is what is missing. */
export function tableAt(catalog: Catalog, reference: TableReference): Table {
  const table = datasetAt(catalog, reference).tables.get(reference.tableId);
  if (!table) throw new ApiError('notFound', `Not found: Table ${tableName(reference)}`);
  return table;
}

/** `project:dataset.table`, as BigQuery's messages name it. */
export function tableName({ projectId, datasetId, tableId }: TableReference): string {
  return `${projectId}:${datasetId}.${tableId}`;
}

/** The table's name in DuckDB. */
export function duckdbTableName({ projectId, datasetId, tableId }: TableReference): string {
  return `${quoteIdentifier(`${projectId}.${datasetId}`)}.${quoteIdentifier(tableId)}`;
}

/** An etag of whatever is being answered. */
export function etagOf(resource: unknown): string {
  return createHash('md5').update(JSON.stringify(resource)).digest('base64');
}

export async function createDataset(
  catalog: Catalog,
  session: Session,
  { reference, settings }: { reference: DatasetReference; settings: Settings },
): Promise<Dataset> {
  const key = `${reference.projectId}.${reference.datasetId}`;
  if (!/^\w{1,1024}$/.test(reference.datasetId)) {
    throw new ApiError(
      'invalid',
      `Invalid dataset ID "${reference.datasetId}". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.`,
    );
  }
  if (catalog.datasets.has(key)) {
    throw new ApiError('duplicate', `Already Exists: Dataset ${reference.projectId}:${reference.datasetId}`);
  }
  await session.run(`CREATE SCHEMA ${quoteIdentifier(key)}`);
  const now = Date.now();
  const dataset: Dataset = { reference, settings, tables: new Map(), createdAtMs: now, modifiedAtMs: now };
  catalog.datasets.set(key, dataset);
  return dataset;
}

export async function dropDataset(
  catalog: Catalog,
  session: Session,
  { reference, deleteContents }: { reference: DatasetReference; deleteContents: boolean },
): Promise<void> {
  const dataset = datasetAt(catalog, reference);
  const key = `${reference.projectId}.${reference.datasetId}`;
  if (dataset.tables.size > 0 && !deleteContents) {
    throw new ApiError('resourceInUse', `Dataset ${reference.projectId}:${reference.datasetId} is still in use`);
  }
  await session.run(`DROP SCHEMA ${quoteIdentifier(key)} CASCADE`);
  catalog.datasets.delete(key);
}

/** What a new table is made of: columns, rows that bring their columns, or neither. */
export interface TableDefinition {
  reference: TableReference;
  fields: FieldSchema[];
  settings: Settings;
  /** DuckDB SQL whose rows fill the new table, and what is bound in it. */
  rowsFrom?: { sql: string; values?: BoundValues };
  /** Whether a table of that name is replaced. */
  replace?: boolean;
}

export async function createTable(catalog: Catalog, session: Session, definition: TableDefinition): Promise<Table> {
  const { reference, settings, rowsFrom, fields, replace = false } = definition;
  const dataset = datasetAt(catalog, reference);
  if (!replace) assertNewTable(dataset, reference);
  const name = duckdbTableName(reference);
  const create = replace ? 'CREATE OR REPLACE TABLE' : 'CREATE TABLE';
  if (rowsFrom && fields.length === 0) {
    await session.run(`${create} ${name} AS ${rowsFrom.sql}`, rowsFrom.values);
    return register(dataset, { reference, type: 'TABLE', fields: await readFields(session, name), settings });
  }
  await session.run(`${create} ${name} (${columnsOf(fields)})`);
  if (rowsFrom) await session.run(`INSERT INTO ${name} ${rowsFrom.sql}`, rowsFrom.values);
  return register(dataset, { reference, type: 'TABLE', fields, settings });
}

export interface ViewDefinition {
  reference: TableReference;
  settings: Settings;
  view: { query: string; translated: string };
  replace?: boolean;
}

export async function createView(
  catalog: Catalog,
  session: Session,
  { reference, settings, view, replace = false }: ViewDefinition,
): Promise<Table> {
  const dataset = datasetAt(catalog, reference);
  if (!replace) assertNewTable(dataset, reference);
  const name = duckdbTableName(reference);
  await session.run(`${replace ? 'CREATE OR REPLACE VIEW' : 'CREATE VIEW'} ${name} AS ${view.translated}`);
  return register(dataset, { reference, type: 'VIEW', fields: await readFields(session, name), settings, view });
}

export async function dropTable(catalog: Catalog, session: Session, reference: TableReference): Promise<void> {
  const table = tableAt(catalog, reference);
  await session.run(`DROP ${table.type} ${duckdbTableName(reference)}`);
  datasetAt(catalog, reference).tables.delete(reference.tableId);
}

/** Replaces a table's columns: BigQuery allows additions and relaxing REQUIRED, and so does this. Throws `invalid`. */
export async function changeFields(
  catalog: Catalog,
  session: Session,
  table: Table,
  fields: FieldSchema[],
): Promise<void> {
  const name = duckdbTableName(table.reference);
  for (const statement of alterations(table, fields)) await session.run(`ALTER TABLE ${name} ${statement}`);
  table.fields = fields;
  table.modifiedAtMs = Date.now();
  await refreshViews(catalog, session);
}

/** Drops one column. */
export async function dropColumn(catalog: Catalog, session: Session, table: Table, column: string): Promise<void> {
  await session.run(`ALTER TABLE ${duckdbTableName(table.reference)} DROP COLUMN ${quoteIdentifier(column)}`);
  table.fields = table.fields.filter((field) => field.name.toLowerCase() !== column.toLowerCase());
  table.modifiedAtMs = Date.now();
  await refreshViews(catalog, session);
}

/** Binds every view again: DuckDB refuses a view whose tables changed, BigQuery reads on. */
export async function refreshViews(catalog: Catalog, session: Session): Promise<void> {
  for (const dataset of catalog.datasets.values()) {
    for (const table of dataset.tables.values()) {
      if (!table.view) continue;
      try {
        await session.run(`CREATE OR REPLACE VIEW ${duckdbTableName(table.reference)} AS ${table.view.translated}`);
        table.fields = await readFields(session, duckdbTableName(table.reference));
      } catch {
        // The view reads something that is gone: it stays as it is and fails when it is queried, as in BigQuery.
      }
    }
  }
}

function assertNewTable(dataset: Dataset, reference: TableReference): void {
  if (!/^[\p{L}\p{M}\p{N}_ -]{1,1024}$/u.test(reference.tableId)) {
    throw new ApiError('invalid', `Invalid table ID "${reference.tableId}".`);
  }
  if (dataset.tables.has(reference.tableId)) {
    throw new ApiError('duplicate', `Already Exists: Table ${tableName(reference)}`);
  }
}

function register(dataset: Dataset, table: Omit<Table, 'createdAtMs' | 'modifiedAtMs'>): Table {
  const now = Date.now();
  const registered = { ...table, createdAtMs: now, modifiedAtMs: now };
  dataset.tables.set(table.reference.tableId, registered);
  return registered;
}

// DuckDB has no table without columns; a schema-less BigQuery table gets one that nobody sees.
const PLACEHOLDER_COLUMN = '_andante_no_columns';

function columnsOf(fields: FieldSchema[]): string {
  if (fields.length === 0) return `${PLACEHOLDER_COLUMN} INTEGER`;
  return fields.map(columnOf).join(', ');
}

function columnOf(field: FieldSchema): string {
  return `${quoteIdentifier(field.name)} ${duckdbType(field)}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`;
}

async function readFields(session: Session, name: string): Promise<FieldSchema[]> {
  const { columns } = await session.run(`SELECT * FROM ${name} LIMIT 0`);
  return columns.map((column) => fieldOfColumn(column.name, column.type));
}

function alterations(table: Table, fields: FieldSchema[]): string[] {
  const wanted = new Map(fields.map((field) => [field.name.toLowerCase(), field]));
  const statements: string[] = [];
  for (const field of table.fields) {
    const next = wanted.get(field.name.toLowerCase());
    const path = `Provided Schema does not match Table ${tableName(table.reference)}.`;
    if (!next) throw new ApiError('invalid', `${path} Field ${field.name} is missing in new schema`);
    wanted.delete(field.name.toLowerCase());
    if (!isWidened(field, next)) {
      throw new ApiError('invalid', `${path} Field ${field.name} has changed type or mode`);
    }
    const column = quoteIdentifier(field.name);
    if (duckdbType(field) !== duckdbType(next)) statements.push(`ALTER COLUMN ${column} TYPE ${duckdbType(next)}`);
    if (field.mode === 'REQUIRED' && next.mode === 'NULLABLE') statements.push(`ALTER COLUMN ${column} DROP NOT NULL`);
  }
  for (const field of wanted.values()) {
    if (field.mode === 'REQUIRED') {
      throw new ApiError(
        'invalid',
        `Provided Schema does not match Table ${tableName(table.reference)}. Cannot add required fields to an existing schema. (field: ${field.name})`,
      );
    }
    statements.push(`ADD COLUMN ${columnOf(field)}`);
  }
  if (table.fields.length === 0 && fields.length > 0) statements.push(`DROP COLUMN ${PLACEHOLDER_COLUMN}`);
  return statements;
}

function isWidened(before: FieldSchema, after: FieldSchema): boolean {
  if (before.type !== after.type) return false;
  if (before.mode !== after.mode && !(before.mode === 'REQUIRED' && after.mode === 'NULLABLE')) return false;
  const next = new Map((after.fields ?? []).map((field) => [field.name, field]));
  return (before.fields ?? []).every((field) => {
    const same = next.get(field.name);
    return same !== undefined && isWidened(field, same);
  });
}
