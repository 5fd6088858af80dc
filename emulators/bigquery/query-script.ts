// Runs the text of one query job: one statement, or a script of DECLARE, SET, queries, DML and data definition.
import { ApiError } from './api-error.ts';
import { tableAt, tableName } from './catalog.ts';
import type { Catalog, DatasetReference, TableReference } from './catalog.ts';
import { executeDefinition, targetOf } from './execute-definition.ts';
import type { BoundValues, Session, StatementResult } from './database.ts';
import { duckdbType } from './field-schema.ts';
import { queryError } from './query-error.ts';
import type { QueryParameters } from './query-parameters.ts';
import { parseColumnType } from './sql/column-definition.ts';
import { parseDataDefinition } from './sql/data-definition.ts';
import { createTokenCursor } from './sql/token-cursor.ts';
import { isWord, splitStatements, tokenizeSql } from './sql/tokens.ts';
import { translate } from './sql/translate.ts';
import type { Translation, TranslationScope } from './sql/translate.ts';

/** A query as a job or a view asks for it. */
export interface Query {
  sql: string;
  projectId: string;
  defaultDataset?: DatasetReference | undefined;
  parameters: QueryParameters;
}

/** What the last statement answered, and what BigQuery's statistics say about it. */
export interface QueryOutcome {
  statementType: string;
  result?: StatementResult;
  affectedRows?: number;
  target?: TableReference;
}

/** A query translated for DuckDB, with what must be bound. */
export interface BoundTranslation extends Translation {
  values: BoundValues;
}

/** Whether the script only reads. Throws `invalidQuery` on text that is no SQL. */
export function isReadOnly(sql: string): boolean {
  return splitStatements(sql).every((statement) => {
    const [first] = tokenizeSql(statement).tokens;
    return ['SELECT', 'WITH', '(', 'DECLARE', 'SET'].some((word) => isWord(first, word));
  });
}

/** Runs all statements on one session; throws `ApiError` only. */
export async function runQuery(catalog: Catalog, session: Session, query: Query): Promise<QueryOutcome> {
  const context = createContext(catalog, query);
  const statements = splitStatements(query.sql);
  if (statements.length === 0) throw new ApiError('invalidQuery', 'Syntax error: Unexpected end of statement', 'query');
  let outcome: QueryOutcome = { statementType: 'SCRIPT' };
  for (const statement of statements) {
    try {
      outcome = (await runStatement(context, session, statement)) ?? outcome;
    } catch (error) {
      throw queryError(error, statement);
    }
  }
  return outcome;
}

/** Checks a query without running it; answers its columns when it is a single SELECT. */
export async function checkQuery(catalog: Catalog, session: Session, query: Query): Promise<QueryOutcome> {
  const context = createContext(catalog, query);
  const statements = splitStatements(query.sql);
  const [statement] = statements;
  if (statement === undefined) throw new ApiError('invalidQuery', 'Syntax error: Unexpected end of statement', 'query');
  try {
    if (statements.length > 1) return { statementType: 'SCRIPT' };
    const definition = parseDataDefinition(statement);
    if (definition) return { statementType: definition.kind, target: targetOf(definition.path, query) };
    const { kind, sql, values } = translateBound(context, statement);
    const run = kind === 'SELECT' ? `SELECT * FROM (${sql}) LIMIT 0` : `EXPLAIN ${sql}`;
    const result = await session.run(run, values);
    return { statementType: kind, ...(kind === 'SELECT' ? { result } : {}) };
  } catch (error) {
    throw queryError(error, statement);
  }
}

/** Translates the query of a view or of another single SELECT; throws `invalidQuery`. */
export function translateSelect(catalog: Catalog, query: Query): BoundTranslation {
  const translation = translateBound(createContext(catalog, query), query.sql);
  if (translation.kind !== 'SELECT') throw new ApiError('invalidQuery', 'A query must be a SELECT here', 'query');
  return translation;
}

interface Context {
  catalog: Catalog;
  query: Query;
  /** Declared variables: lower-case name to DuckDB type. */
  variables: Map<string, string>;
  nextPosition: number;
}

function createContext(catalog: Catalog, query: Query): Context {
  return { catalog, query, variables: new Map(), nextPosition: 0 };
}

async function runStatement(context: Context, session: Session, statement: string): Promise<QueryOutcome | undefined> {
  const definition = parseDataDefinition(statement);
  if (definition) {
    return executeDefinition({ ...context, session }, definition, (sql) =>
      translateBound({ ...context, query: { ...context.query, sql } }, sql),
    );
  }
  const cursor = createTokenCursor(tokenizeSql(statement));
  if (cursor.accept('DECLARE')) return declare(context, session, statement);
  if (cursor.accept('SET')) return assign(context, session, statement);
  if (cursor.accept('BEGIN')) return void (await session.run('BEGIN TRANSACTION'));
  if (cursor.accept('COMMIT')) return void (await session.run('COMMIT'));
  if (cursor.accept('ROLLBACK')) return void (await session.run('ROLLBACK'));

  const { kind, sql, values, target } = translateBound(context, statement);
  const result = await session.run(sql, values);
  if (kind === 'SELECT') return { statementType: kind, result };
  if (target) tableAt(context.catalog, target).modifiedAtMs = Date.now();
  return { statementType: kind, affectedRows: result.rowsChanged, ...(target ? { target } : {}) };
}

// DECLARE a, b INT64 DEFAULT 3
async function declare(context: Context, session: Session, statement: string): Promise<undefined> {
  const cursor = createTokenCursor(tokenizeSql(statement));
  cursor.expect('DECLARE');
  const names: string[] = [];
  do names.push(cursor.next().text);
  while (cursor.accept(','));
  const field = isWord(cursor.peek(), 'DEFAULT') ? undefined : parseColumnType(cursor, names[0]!);
  const expression = cursor.accept('DEFAULT') ? cursor.rest() : 'NULL';
  for (const name of names) {
    const { type, sql, values } = await translateScalar(context, session, expression);
    context.variables.set(name.toLowerCase(), field ? duckdbType(field) : type);
    await session.run(`SET VARIABLE ${variableName(name)} = (${sql})`, values);
  }
  return undefined;
}

// SET a = a + 1
async function assign(context: Context, session: Session, statement: string): Promise<undefined> {
  const cursor = createTokenCursor(tokenizeSql(statement));
  cursor.expect('SET');
  const name = cursor.next().text;
  cursor.expect('=');
  if (!context.variables.has(name.toLowerCase()))
    throw new ApiError('invalidQuery', `Undeclared variable: ${name}`, 'query');
  const { sql, values } = await translateScalar(context, session, cursor.rest());
  await session.run(`SET VARIABLE ${variableName(name)} = (${sql})`, values);
  return undefined;
}

async function translateScalar(context: Context, session: Session, expression: string) {
  const { sql, values } = translateBound(context, `SELECT (${expression}) AS value`);
  const { columns } = await session.run(`SELECT * FROM (${sql}) LIMIT 0`, values);
  return { sql, values, type: String(columns[0]!.type) };
}

function variableName(name: string): string {
  return `"andante_${name.toLowerCase()}"`;
}

function translateBound(context: Context, statement: string): BoundTranslation {
  const { catalog, query, variables } = context;
  const values: BoundValues = {};
  const scope: TranslationScope = {
    resolveTable(path) {
      const reference = targetOf(path, query);
      assertTable(catalog, reference);
      return reference;
    },
    tableExists(path) {
      const [first, second] = path;
      return catalog.datasets.get(`${query.projectId}.${first}`)?.tables.has(second ?? '') ?? false;
    },
    columnsOf: (table) => tableAt(catalog, table).fields.map((field) => field.name),
    namedParameter(name) {
      const parameter = query.parameters.named(name);
      Object.assign(values, parameter.values);
      return parameter.sql;
    },
    nextPositionalParameter() {
      const parameter = query.parameters.positional(context.nextPosition++);
      Object.assign(values, parameter.values);
      return parameter.sql;
    },
    variable(name) {
      const type = variables.get(name.toLowerCase());
      return type === undefined ? undefined : `CAST(getvariable('andante_${name.toLowerCase()}') AS ${type})`;
    },
  };
  return { ...translate(statement, scope), values };
}

function assertTable(catalog: Catalog, reference: TableReference): void {
  const dataset = catalog.datasets.get(`${reference.projectId}.${reference.datasetId}`);
  if (!dataset) {
    throw new ApiError(
      'notFound',
      `Not found: Dataset ${reference.projectId}:${reference.datasetId} was not found in location US`,
    );
  }
  if (!dataset.tables.has(reference.tableId)) {
    throw new ApiError('notFound', `Not found: Table ${tableName(reference)} was not found in location US`);
  }
}
