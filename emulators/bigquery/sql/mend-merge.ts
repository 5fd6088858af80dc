// MERGE ... INSERT ROW: DuckDB wants the columns spelled out.
import { ApiError } from '../api-error.ts';
import type { TableReference } from '../catalog.ts';
import { asNode, identifierText, parseStatement, textOf } from './syntax-tree.ts';
import type { Tree, TreeObject } from './syntax-tree.ts';
import { referenceOf } from './mend-relations.ts';

/** The body of a merge whose tables are resolved already, and the table it changes. */
export function mendMerge(
  merge: TreeObject,
  columnsOf: (table: TableReference) => string[],
): { body: TreeObject; target: TableReference } {
  const table = relationOf(merge['this']);
  const target = referenceOf(table.body);
  const source = relationOf(merge['using']).name;
  const insert = () => insertOf(columnsOf(target), source);
  return { target, body: { ...merge, whens: replaceInsertRow(merge['whens']!, insert) } };
}

function relationOf(tree: Tree | undefined): { name: string; body: TreeObject } {
  const node = asNode(tree);
  if (!node) throw new ApiError('invalidQuery', 'Syntax error: MERGE without a table', 'query');
  const alias = identifierText(node.body['alias']);
  if (node.kind === 'alias')
    return { ...relationOf(node.body['this']), ...(alias === undefined ? {} : { name: alias }) };
  return { name: alias ?? identifierText(node.body['name']) ?? '', body: node.body };
}

function replaceInsertRow(tree: Tree, insert: () => Tree): Tree {
  if (Array.isArray(tree)) return tree.map((item) => replaceInsertRow(item, insert));
  if (tree === null || typeof tree !== 'object') return tree;
  const node = asNode(tree);
  if (node?.kind === 'tuple' && isInsertRow(node.body['expressions'] as Tree[])) return insert();
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, replaceInsertRow(value, insert)]));
}

function isInsertRow(words: Tree[]): boolean {
  const texts = words.map((word) => {
    const node = asNode(word);
    return node?.kind === 'var' ? textOf(node.body['this']).toUpperCase() : '';
  });
  return texts.length === 2 && texts[0] === 'INSERT' && texts[1] === 'ROW';
}

function insertOf(columns: string[], source: string): Tree {
  const names = columns.map((column) => `\`${column}\``);
  const values = names.map((name) => `\`${source}\`.${name}`);
  const template = parseStatement(
    `MERGE INTO t USING s ON TRUE WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${values.join(', ')})`,
  );
  const found: Tree[] = [];
  const search = (tree: Tree): void => {
    const node = asNode(tree);
    if (node?.kind === 'when') found.push(node.body['then']!);
    else if (Array.isArray(tree)) tree.forEach(search);
    else if (tree !== null && typeof tree === 'object') Object.values(tree).forEach(search);
  };
  search(template);
  return found[0]!;
}
