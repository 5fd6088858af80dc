// The tables and tabledata half of the REST API.
import { ApiError } from './api-error.ts';
import {
  changeFields,
  createTable,
  createView,
  datasetAt,
  dropTable,
  duckdbTableName,
  etagOf,
  refreshViews,
  tableAt,
} from './catalog.ts';
import type { Catalog, DatasetReference, Table, TableReference } from './catalog.ts';
import { quoteIdentifier } from './database.ts';
import type { Database, Session } from './database.ts';
import { parseFields } from './field-schema.ts';
import type { FieldSchema } from './field-schema.ts';
import { insertAll } from './insert-all.ts';
import type { InsertIdWindow } from './insert-all.ts';
import { parseCount } from './jobs-api.ts';
import { queryError } from './query-error.ts';
import { parseQueryParameters } from './query-parameters.ts';
import { translateSelect } from './query-script.ts';
import { mergeSettings, pickSettings } from './settings.ts';
import { timestampFormatOf, wireRow } from './wire-format.ts';

type Json = Record<string, unknown>;

const TABLE_SETTINGS = [
  'friendlyName',
  'description',
  'labels',
  'expirationTime',
  'timePartitioning',
  'rangePartitioning',
  'requirePartitionFilter',
  'clustering',
] as const;

const PAGE_ROW_LIMIT = 10_000;

export interface TablesApi {
  insert(dataset: DatasetReference, body: Json): Promise<Json>;
  get(reference: TableReference): Promise<Json>;
  list(dataset: DatasetReference, search: URLSearchParams): Json;
  patch(reference: TableReference, body: Json): Promise<Json>;
  remove(reference: TableReference): Promise<undefined>;
  rows(reference: TableReference, search: URLSearchParams): Promise<Json>;
  insertRows(reference: TableReference, body: Json): Promise<Json>;
}

interface TablesApiDeps {
  catalog: Catalog;
  database: Database;
  insertIds: InsertIdWindow;
}

export function createTablesApi(deps: TablesApiDeps): TablesApi {
  const { catalog, database } = deps;

  function translateView(reference: TableReference, view: unknown): { query: string; translated: string } {
    const { query, useLegacySql } = view as Json;
    if (typeof query !== 'string') throw new ApiError('required', 'Required parameter is missing: view.query');
    if (useLegacySql === true) throw new ApiError('invalid', 'Legacy SQL is not supported by this emulator.');
    const parameters = parseQueryParameters([]);
    return {
      query,
      translated: translateSelect(catalog, { sql: query, projectId: reference.projectId, parameters }).sql,
    };
  }

  async function define(session: Session, reference: TableReference, body: Json): Promise<Table> {
    const settings = pickSettings(body, TABLE_SETTINGS);
    if (!body['view']) return createTable(catalog, session, { reference, fields: fieldsOf(body) ?? [], settings });
    datasetAt(catalog, reference);
    try {
      return await createView(catalog, session, { reference, settings, view: translateView(reference, body['view']) });
    } catch (error) {
      throw queryError(error, String((body['view'] as Json)['query']));
    }
  }

  async function change(session: Session, table: Table, body: Json): Promise<void> {
    const fields = fieldsOf(body);
    if (table.view && body['view']) {
      const view = translateView(table.reference, body['view']);
      await createView(catalog, session, { reference: table.reference, settings: table.settings, view, replace: true });
      await refreshViews(catalog, session);
    } else if (!table.view && fields) await changeFields(catalog, session, table, fields);
    const current = tableAt(catalog, table.reference);
    current.settings = mergeSettings(table.settings, pickSettings(body, TABLE_SETTINGS));
    current.createdAtMs = table.createdAtMs;
    current.modifiedAtMs = Date.now();
  }

  async function describe(reference: TableReference): Promise<Json> {
    const table = tableAt(catalog, reference);
    if (table.view) return tableResource(table);
    const numRows = await database.use((session) => countRows(session, reference));
    return tableResource(table, numRows);
  }

  return {
    async insert(dataset, body) {
      const { tableId } = (body['tableReference'] ?? {}) as Json;
      if (typeof tableId !== 'string')
        throw new ApiError('required', 'Required parameter is missing: tableReference.tableId');
      const reference = { ...dataset, tableId };
      await database.useExclusively((session) => define(session, reference, body));
      return describe(reference);
    },

    get: describe,

    list(dataset, search) {
      const tables = [...datasetAt(catalog, dataset).tables.values()];
      const start = parseCount(search.get('pageToken'), 0, 'pageToken');
      const end = start + parseCount(search.get('maxResults'), PAGE_ROW_LIMIT, 'maxResults');
      return {
        kind: 'bigquery#tableList',
        totalItems: tables.length,
        tables: tables.slice(start, end).map((table) => {
          const { id, type, tableReference, labels, timePartitioning, clustering, creationTime, view } =
            tableResource(table);
          return {
            kind: 'bigquery#table',
            id,
            type,
            tableReference,
            labels,
            timePartitioning,
            clustering,
            creationTime,
            view,
          };
        }),
        ...(end < tables.length ? { nextPageToken: String(end) } : {}),
      };
    },

    async patch(reference, body) {
      await database.useExclusively((session) => change(session, tableAt(catalog, reference), body));
      return describe(reference);
    },

    async remove(reference) {
      await database.useExclusively((session) => dropTable(catalog, session, reference));
      return undefined;
    },

    async rows(reference, search) {
      const table = tableAt(catalog, reference);
      if (table.view) throw new ApiError('invalid', `Cannot list a table of type VIEW.`);
      const start = parseCount(search.get('pageToken') ?? search.get('startIndex'), 0, 'pageToken');
      const limit = Math.min(parseCount(search.get('maxResults'), PAGE_ROW_LIMIT, 'maxResults'), PAGE_ROW_LIMIT);
      const selected = search
        .get('selectedFields')
        ?.split(',')
        .map((path) => path.split('.')[0]!.trim().toLowerCase());
      const fields = table.fields.filter((field) => !selected || selected.includes(field.name.toLowerCase()));
      const columns = fields.map((field) => quoteIdentifier(field.name)).join(', ') || '1';
      const { total, page } = await database.use(async (session) => ({
        total: await countRows(session, reference),
        page: await session.run(`SELECT ${columns} FROM ${duckdbTableName(reference)} LIMIT ${limit} OFFSET ${start}`),
      }));
      const format = timestampFormatOf({
        useInt64Timestamp: search.get('formatOptions.useInt64Timestamp'),
        timestampOutputFormat: search.get('formatOptions.timestampOutputFormat'),
      });
      const repeated = fields.map((field) => field.mode === 'REPEATED');
      const end = start + page.rows.length;
      return {
        kind: 'bigquery#tableDataList',
        totalRows: String(total),
        rows: page.rows.map((row) => wireRow(row.slice(0, fields.length), repeated, format)),
        ...(end < total && page.rows.length > 0 ? { pageToken: String(end) } : {}),
      };
    },

    async insertRows(reference, body) {
      const insertErrors = await insertAll(deps, tableAt(catalog, reference), body);
      const kind = 'bigquery#tableDataInsertAllResponse';
      return insertErrors.length > 0 ? { kind, insertErrors } : { kind };
    },
  };
}

function fieldsOf(body: Json): FieldSchema[] | undefined {
  const schema = body['schema'];
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { fields } = schema as Json;
  return fields === undefined ? undefined : parseFields(fields);
}

async function countRows(session: Session, reference: TableReference): Promise<number> {
  const { rows } = await session.run(`SELECT count(*) FROM ${duckdbTableName(reference)}`);
  return Number(rows[0]![0]);
}

function tableResource(table: Table, numRows?: number): Json {
  const { reference, type, fields, settings, createdAtMs, modifiedAtMs, view } = table;
  const resource: Json = {
    kind: 'bigquery#table',
    id: `${reference.projectId}:${reference.datasetId}.${reference.tableId}`,
    tableReference: reference,
    type,
    schema: { fields },
    ...settings,
    ...(view ? { view: { query: view.query, useLegacySql: false } } : {}),
    creationTime: String(createdAtMs),
    lastModifiedTime: String(modifiedAtMs),
    location: 'US',
  };
  const etag = etagOf(resource);
  return { ...resource, etag, ...(numRows === undefined ? {} : { numRows: String(numRows), numBytes: '0' }) };
}
