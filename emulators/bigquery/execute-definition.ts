// Data definition statements carried out on the catalog, so that SQL and REST share one way to make a table.
import { ApiError } from './api-error.ts';
import {
  changeFields,
  createDataset,
  createTable,
  createView,
  datasetAt,
  dropColumn,
  dropDataset,
  dropTable,
  duckdbTableName,
  refreshViews,
  tableAt,
} from './catalog.ts';
import type { Catalog, DatasetReference, Table, TableReference } from './catalog.ts';
import type { Session } from './database.ts';
import type { BoundTranslation, Query, QueryOutcome } from './query-script.ts';
import type { AlterTableChange, DataDefinition } from './sql/data-definition.ts';

/** Where the definition happens. */
export interface DefinitionContext {
  catalog: Catalog;
  session: Session;
  query: Query;
}

/** The table that a dotted name means in this query; throws `invalidQuery` for an unqualified one. */
export function targetOf(
  path: string[],
  { projectId, defaultDataset }: Pick<Query, 'projectId' | 'defaultDataset'>,
): TableReference {
  if (
    path.some(
      (part) => part.toUpperCase() === 'INFORMATION_SCHEMA' || part.toUpperCase().startsWith('INFORMATION_SCHEMA.'),
    )
  ) {
    throw new ApiError('invalidQuery', 'INFORMATION_SCHEMA is not supported by this emulator', 'query');
  }
  const [tableId, datasetId, tableProjectId] = path.toReversed();
  if (path.length === 3) return { projectId: tableProjectId!, datasetId: datasetId!, tableId: tableId! };
  if (path.length === 2) return { projectId, datasetId: datasetId!, tableId: tableId! };
  if (path.length === 1 && defaultDataset) return { ...defaultDataset, tableId: tableId! };
  const name = path.join('.');
  throw new ApiError('invalidQuery', `Table "${name}" must be qualified with a dataset (e.g. dataset.table).`, 'query');
}

/** Carries out one definition; throws `notFound`, `duplicate`, `invalid` or what DuckDB throws. */
export async function executeDefinition(
  context: DefinitionContext,
  definition: DataDefinition,
  translateQuery: (sql: string) => BoundTranslation,
): Promise<QueryOutcome> {
  const { catalog, session, query } = context;
  switch (definition.kind) {
    case 'CREATE_SCHEMA':
    case 'DROP_SCHEMA':
      return executeSchema(context, definition);
    case 'CREATE_TABLE':
      return executeCreateTable(context, definition, translateQuery);
    case 'CREATE_VIEW': {
      const reference = targetOf(definition.path, query);
      if (isKept(catalog, reference, definition.existing)) return { statementType: 'CREATE_VIEW', target: reference };
      const view = { query: definition.query, translated: translateQuery(definition.query).sql };
      const replace = definition.existing === 'replace';
      await createView(catalog, session, { reference, settings: definition.settings, view, replace });
      return { statementType: 'CREATE_VIEW', target: reference };
    }
    case 'DROP_TABLE':
    case 'DROP_VIEW': {
      const reference = targetOf(definition.path, query);
      const table = existingTable(catalog, reference);
      if (table || !definition.ifExists) {
        if (table && `DROP_${table.type}` !== definition.kind) {
          throw new ApiError('invalidQuery', `${definition.path.join('.')} is a ${table.type}`, 'query');
        }
        await dropTable(catalog, session, reference);
      }
      return { statementType: definition.kind, target: reference };
    }
    case 'ALTER_TABLE': {
      const table = tableAt(catalog, targetOf(definition.path, query));
      for (const change of definition.changes) await alterTable(context, table, change);
      return { statementType: 'ALTER_TABLE', target: table.reference };
    }
    case 'TRUNCATE_TABLE': {
      const table = tableAt(catalog, targetOf(definition.path, query));
      const { rowsChanged } = await session.run(`DELETE FROM ${duckdbTableName(table.reference)}`);
      return { statementType: 'TRUNCATE_TABLE', target: table.reference, affectedRows: rowsChanged };
    }
    default:
      return definition satisfies never;
  }
}

async function executeSchema(
  { catalog, session, query }: DefinitionContext,
  definition: DataDefinition & { kind: 'CREATE_SCHEMA' | 'DROP_SCHEMA' },
): Promise<QueryOutcome> {
  const [datasetId, projectId = query.projectId] = definition.path.toReversed();
  const reference: DatasetReference = { projectId, datasetId: datasetId! };
  const exists = catalog.datasets.has(`${projectId}.${datasetId}`);
  if (definition.kind === 'CREATE_SCHEMA') {
    if (!exists || definition.existing !== 'keep') {
      await createDataset(catalog, session, { reference, settings: definition.settings });
    }
  } else if (exists || !definition.ifExists) {
    await dropDataset(catalog, session, { reference, deleteContents: definition.cascade });
  }
  return { statementType: definition.kind };
}

async function executeCreateTable(
  { catalog, session, query }: DefinitionContext,
  definition: DataDefinition & { kind: 'CREATE_TABLE' },
  translateQuery: (sql: string) => BoundTranslation,
): Promise<QueryOutcome> {
  const reference = targetOf(definition.path, query);
  const statementType = definition.query === undefined ? 'CREATE_TABLE' : 'CREATE_TABLE_AS_SELECT';
  if (isKept(catalog, reference, definition.existing)) return { statementType, target: reference };
  const like = definition.like && tableAt(catalog, targetOf(definition.like, query));
  await createTable(catalog, session, {
    reference,
    fields: like?.fields ?? definition.fields,
    settings: like?.settings ?? definition.settings,
    replace: definition.existing === 'replace',
    ...(definition.query === undefined ? {} : { rowsFrom: translateQuery(definition.query) }),
  });
  if (definition.existing === 'replace') await refreshViews(catalog, session);
  return { statementType, target: reference };
}

function isKept(catalog: Catalog, reference: TableReference, existing: 'fail' | 'keep' | 'replace'): boolean {
  return existing === 'keep' && existingTable(catalog, reference) !== undefined;
}

function existingTable(catalog: Catalog, reference: TableReference): Table | undefined {
  return datasetAt(catalog, reference).tables.get(reference.tableId);
}

async function alterTable(
  { catalog, session }: DefinitionContext,
  table: Table,
  change: AlterTableChange,
): Promise<void> {
  const name = change.kind === 'ADD_COLUMN' ? change.field.name : change.column;
  const exists = table.fields.some((field) => field.name.toLowerCase() === name.toLowerCase());
  if (change.kind === 'DROP_COLUMN') {
    if (exists) return dropColumn(catalog, session, table, change.column);
    if (!change.ifExists) throw new ApiError('invalidQuery', `Column not found: ${name}`, 'query');
    return;
  }
  if (!exists) return changeFields(catalog, session, table, [...table.fields, change.field]);
  if (!change.ifNotExists) throw new ApiError('invalidQuery', `Column already exists: ${name}`, 'query');
}
