// The SQL library's syntax tree as plain JSON: a node is an object with one key, its kind.
import { Dialect, generate, parse } from '@polyglot-sql/sdk';
import { ApiError } from '../api-error.ts';

export type Tree = null | boolean | number | string | Tree[] | TreeObject;
export interface TreeObject {
  [key: string]: Tree;
}

/** Answers a node's replacement, or undefined to keep it. */
export type NodeVisitor = (kind: string, body: TreeObject) => Tree | undefined;

/** Parses one statement; throws `invalidQuery`. */
export function parseStatement(sql: string): TreeObject {
  const result = parse(sql, Dialect.BigQuery);
  if (!result.success) {
    const { errorLine, errorColumn } = result;
    const position = errorLine === undefined ? '' : ` at [${errorLine}:${errorColumn ?? 1}]`;
    const message = (result.error ?? 'unreadable statement').replace(/^Parse error at line \d+, column \d+: /, '');
    throw new ApiError('invalidQuery', `Syntax error: ${message}${position}`, 'query');
  }
  const statements = result.ast as unknown as TreeObject[];
  if (statements.length !== 1) throw new ApiError('invalidQuery', 'Syntax error: Expected one statement', 'query');
  return statements[0]!;
}

/** The tree as BigQuery SQL; throws `invalidQuery`. */
export function writeStatement(tree: TreeObject): string {
  const result = generate([tree] as never, Dialect.BigQuery);
  const sql = result.success ? result.sql?.[0] : undefined;
  if (sql === undefined)
    throw new ApiError('invalidQuery', `Unsupported statement: ${result.error ?? 'not writable'}`, 'query');
  return sql;
}

/** A fresh copy with every node visited, children before parents. */
export function rewriteTree(tree: Tree, visit: NodeVisitor): Tree {
  if (Array.isArray(tree)) return tree.map((item) => rewriteTree(item, visit));
  if (!isTreeObject(tree)) return tree;
  const copy: TreeObject = {};
  for (const [key, value] of Object.entries(tree)) copy[key] = rewriteTree(value, visit);
  const node = asNode(copy);
  return (node && visit(node.kind, node.body)) ?? copy;
}

/** Calls back for every node, parents first. */
export function walkTree(tree: Tree, see: (kind: string, body: TreeObject) => void): void {
  if (Array.isArray(tree)) for (const item of tree) walkTree(item, see);
  if (!isTreeObject(tree)) return;
  const node = asNode(tree);
  if (node) see(node.kind, node.body);
  for (const value of Object.values(tree)) walkTree(value, see);
}

/** The kind and body of a node; undefined for anything else. */
export function asNode(tree: Tree | undefined): { kind: string; body: TreeObject } | undefined {
  if (!isTreeObject(tree)) return undefined;
  const keys = Object.keys(tree);
  const body = tree[keys[0] ?? ''];
  return keys.length === 1 && isTreeObject(body) ? { kind: keys[0]!, body } : undefined;
}

export function isTreeObject(tree: Tree | undefined): tree is TreeObject {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

/** The text of an identifier, which is `{name, quoted}` with or without its kind around it. */
export function identifierText(tree: Tree | undefined): string | undefined {
  if (typeof tree === 'string') return tree;
  if (!isTreeObject(tree)) return undefined;
  if (typeof tree['name'] === 'string') return tree['name'];
  return identifierText(tree['identifier'] ?? tree['name']);
}

/** A quoted identifier. */
export function identifier(name: string): TreeObject {
  return { name, quoted: true, trailing_comments: [], span: null };
}

/** The first expression of `SELECT <sql>`: how new nodes are made without knowing all their fields. */
export function parseExpression(sql: string): TreeObject {
  const select = asNode(parseStatement(`SELECT ${sql}`));
  return (select!.body['expressions'] as TreeObject[])[0]!;
}

/** A call of a function. */
export function call(name: string, args: Tree[]): TreeObject {
  const { kind, body } = asNode(parseExpression('andante_call(1)'))!;
  return { [kind]: { ...body, name, args } };
}

/** A string literal. */
export function stringLiteral(value: string): TreeObject {
  return { literal: { literal_type: 'string', value } };
}

/** A number literal. */
export function numberLiteral(value: number): TreeObject {
  return { literal: { literal_type: 'number', value: String(value) } };
}

/** A scalar of the tree as text; empty for anything else. */
export function textOf(tree: Tree | undefined): string {
  return typeof tree === 'string' || typeof tree === 'number' ? String(tree) : '';
}
