// One BigQuery query or DML statement into one DuckDB statement: parse, mend what the two dialects mean differently,
// and leave the rest to the SQL library.
import { randomUUID } from 'node:crypto';
import { Dialect, transpile } from '@polyglot-sql/sdk';
import { ApiError } from '../api-error.ts';
import type { TableReference } from '../catalog.ts';
import { mendFunction } from './mend-functions.ts';
import { mendMerge } from './mend-merge.ts';
import {
  aliased,
  commonTableNames,
  mendSelect,
  mendTable,
  referenceOf,
  relationAliases,
  resolvedTable,
} from './mend-relations.ts';
import type { ResolveTable } from './mend-relations.ts';
import {
  asNode,
  identifier,
  identifierText,
  isTreeObject,
  parseStatement,
  rewriteTree,
  writeStatement,
} from './syntax-tree.ts';
import type { Tree, TreeObject } from './syntax-tree.ts';
import { isWord, replaceTokens, tokenizeSql } from './tokens.ts';
import type { Token } from './tokens.ts';

export type StatementKind = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE';

/** What a translation needs to know of its surroundings. */
export interface TranslationScope {
  /** Answers the table of a dotted name with one to three parts; throws when there is none. */
  resolveTable(path: string[]): TableReference;
  tableExists(path: string[]): boolean;
  columnsOf: (table: TableReference) => string[];
  /** DuckDB SQL for `@name`, for the next `?`, and for a declared variable. */
  namedParameter(name: string): string;
  nextPositionalParameter(): string;
  variable(name: string): string | undefined;
}

export interface Translation {
  kind: StatementKind;
  sql: string;
  /** The table that DML changes. */
  target?: TableReference;
}

const STATEMENT_KINDS: Record<string, StatementKind> = {
  select: 'SELECT',
  union: 'SELECT',
  intersect: 'SELECT',
  except: 'SELECT',
  subquery: 'SELECT',
  insert: 'INSERT',
  update: 'UPDATE',
  delete: 'DELETE',
  merge: 'MERGE',
};

// Stands for a parameter or variable until the end; random, so that no text of a client can contain it.
const MARK = `andante_${randomUUID().replaceAll('-', '')}_`;
const MARKED = new RegExp(`"${MARK}(\\d+)"`, 'gi');
const PARSER_DEPTH_LIMIT = 200;

/** Translates one statement; throws `invalidQuery`, or what `scope` throws. */
export function translate(statement: string, scope: TranslationScope): Translation {
  const substitutes: string[] = [];
  const mark = (sql: string) => `${MARK}${substitutes.push(sql) - 1}`;

  const tree = parseStatement(markParameters(statement, scope, mark));
  const node = asNode(tree);
  const kind = node && Object.hasOwn(STATEMENT_KINDS, node.kind) ? STATEMENT_KINDS[node.kind] : undefined;
  if (!node || !kind) throw new ApiError('invalidQuery', `Unsupported statement: ${node?.kind ?? 'unknown'}`, 'query');

  const resolve = tableResolver(tree, scope);
  const mended = rewriteTree(kind === 'SELECT' ? nameColumns(tree, scope) : tree, (nodeKind, body) => {
    if (nodeKind === 'table') return mendTable(body, resolve);
    if (nodeKind === 'select') return { select: mendSelect(body) };
    if (nodeKind === 'column') return mendColumn(body, scope, mark);
    return mendFunction(nodeKind, body);
  }) as TreeObject;
  const { statement: final, target } = mendTarget(kind, asNode(mended)!, { resolve, scope });

  const result = transpile(writeStatement(final), Dialect.BigQuery, Dialect.DuckDB, {
    complexityGuard: { maxParserDepth: PARSER_DEPTH_LIMIT },
  });
  const sql = result.success ? result.sql?.[0] : undefined;
  if (sql === undefined)
    throw new ApiError('invalidQuery', `Syntax error: ${result.error ?? 'not translatable'}`, 'query');
  const substituted = sql.replace(MARKED, (_, index: string) => `(${substitutes[Number(index)]!})`);
  return { kind, sql: substituted, ...(target ? { target } : {}) };
}

function markParameters(statement: string, scope: TranslationScope, mark: (sql: string) => string): string {
  const tokenized = tokenizeSql(statement);
  const { tokens } = tokenized;
  const replace = (token: Token) => {
    if (token.source === '?') return `\`${mark(scope.nextPositionalParameter())}\``;
    if (/^@[A-Za-z_]\w*$/.test(token.source)) return `\`${mark(scope.namedParameter(token.source.slice(1)))}\``;
    return token === tokens[0] && isWord(token, 'INSERT') && !isWord(tokens[1], 'INTO') ? 'INSERT INTO' : undefined;
  };
  return replaceTokens(tokenized, replace);
}

function tableResolver(tree: Tree, scope: TranslationScope): ResolveTable {
  const defined = commonTableNames(tree);
  const aliases = relationAliases(tree);
  return (path) => {
    if (path.length === 1 && defined.has(path[0]!.toLowerCase())) return 'common table';
    // `FROM d.t AS x, x.lines` unnests a column, unless there is a dataset of that name.
    if (path.length === 2 && aliases.has(path[0]!.toLowerCase()) && !scope.tableExists(path)) return 'repeated column';
    return scope.resolveTable(path);
  };
}

function mendColumn(body: TreeObject, scope: TranslationScope, mark: (sql: string) => string): Tree | undefined {
  const name = identifierText(body['name']);
  if (name === undefined) return undefined;
  const variable = body['table'] ? undefined : scope.variable(name);
  if (variable !== undefined) return { column: { ...body, name: identifier(mark(variable)) } };
  // OFFSET is a plain name to BigQuery, the default one of WITH OFFSET, and a keyword to DuckDB.
  return name.toLowerCase() === 'offset' ? { column: { ...body, name: identifier(name) } } : undefined;
}

function mendTarget(
  kind: StatementKind,
  node: { kind: string; body: TreeObject },
  { resolve, scope }: { resolve: ResolveTable; scope: TranslationScope },
): { statement: TreeObject; target?: TableReference } {
  if (kind === 'SELECT') return { statement: { [node.kind]: node.body } };
  if (kind === 'MERGE') {
    const { body, target } = mendMerge(node.body, scope.columnsOf);
    return { statement: { merge: body }, target };
  }
  const table = resolvedTable(node.body['table'] as TreeObject, resolve);
  const target = referenceOf(table);
  return { statement: { [node.kind]: { ...node.body, table } }, target };
}

// Columns without a name are f0_, f1_ and so on in BigQuery.
function nameColumns(tree: TreeObject, scope: TranslationScope): TreeObject {
  const node = asNode(tree);
  if (!node) return tree;
  if (node.kind !== 'select') {
    const key = 'left' in node.body ? 'left' : 'this';
    const inner = node.body[key];
    return isTreeObject(inner) ? { [node.kind]: { ...node.body, [key]: nameColumns(inner, scope) } } : tree;
  }
  let anonymous = 0;
  const expressions = (node.body['expressions'] as Tree[]).map((expression) => {
    const named = asNode(expression);
    const column = named?.kind === 'column' && !named.body['table'] ? identifierText(named.body['name']) : undefined;
    if (column !== undefined && scope.variable(column) !== undefined) return aliased(expression, column);
    const isParameter = column?.startsWith(MARK) === true;
    if (!isParameter && named && NAMED_KINDS.has(named.kind)) return expression;
    return aliased(expression, `f${anonymous++}_`);
  });
  return { select: { ...node.body, expressions } };
}

const NAMED_KINDS = new Set(['alias', 'column', 'star', 'dot', 'except', 'replace', 'braced_wildcard']);
