// What stands in FROM: table names become the names of DuckDB's tables, UNNEST becomes what DuckDB can join.
import { ApiError } from '../api-error.ts';
import type { TableReference } from '../catalog.ts';
import { asNode, call, identifier, identifierText, isTreeObject, parseStatement, walkTree } from './syntax-tree.ts';
import type { Tree, TreeObject } from './syntax-tree.ts';

/** Answers the table that a dotted name means; for other names, what they are instead. */
export type ResolveTable = (path: string[]) => TableReference | 'common table' | 'repeated column';

/** The names that WITH defines anywhere in the statement. */
export function commonTableNames(tree: Tree): Set<string> {
  const names = new Set<string>();
  walkTree(tree, (_kind, body) => {
    const definitions = isTreeObject(body['with']) ? body['with']['ctes'] : undefined;
    if (!Array.isArray(definitions)) return;
    for (const definition of definitions) {
      const name = isTreeObject(definition) ? identifierText(definition['alias']) : undefined;
      if (name !== undefined) names.add(name.toLowerCase());
    }
  });
  return names;
}

/** The names by which FROM items can be referred to in the statement. */
export function relationAliases(tree: Tree): Set<string> {
  const aliases = new Set<string>();
  walkTree(tree, (kind, body) => {
    if (kind !== 'table' && kind !== 'alias' && kind !== 'subquery' && kind !== 'unnest') return;
    const name = identifierText(body['alias']) ?? (kind === 'table' ? tablePath(body).at(-1) : undefined);
    if (name !== undefined) aliases.add(name.toLowerCase());
  });
  return aliases;
}

/** The parts of a table's name; a backquoted `p.d.t` is three parts. */
export function tablePath(table: TreeObject): string[] {
  const names = [table['catalog'], table['schema'], table['name']].map((name) => identifierText(name));
  return names.filter((name) => name !== undefined).flatMap((name) => name.split('.'));
}

/** The relation node that replaces a table node: DuckDB's table, or the UNNEST that `FROM t, t.lines` means. */
export function mendTable(table: TreeObject, resolve: ResolveTable): TreeObject {
  const path = tablePath(table);
  if (resolve(path) !== 'repeated column') return { table: resolvedTable(table, resolve) };
  const alias = identifierText(table['alias']) ?? path.at(-1)!;
  const column = path.map((part) => `\`${part}\``).join('.');
  const select = asNode(parseStatement(`SELECT 1 FROM UNNEST(${column}) AS \`${alias}\``))!.body;
  return (select['from'] as { expressions: TreeObject[] }).expressions[0]!;
}

/** The body of a table node, naming DuckDB's table. */
export function resolvedTable(table: TreeObject, resolve: ResolveTable): TreeObject {
  const reference = resolve(tablePath(table));
  if (typeof reference === 'string') return table;
  const schema = identifier(`${reference.projectId}.${reference.datasetId}`);
  return { ...table, catalog: null, schema, name: identifier(reference.tableId) };
}

/** The reference inside a table node that `resolvedTable` made; throws `invalidQuery` for any other. */
export function referenceOf(table: TreeObject): TableReference {
  const schema = identifierText(table['schema']) ?? '';
  const dot = schema.lastIndexOf('.');
  if (dot < 0) throw new ApiError('invalidQuery', 'The target of a statement must be a table', 'query');
  return {
    projectId: schema.slice(0, dot),
    datasetId: schema.slice(dot + 1),
    tableId: identifierText(table['name']) ?? '',
  };
}

/** An expression under a name, as AS gives it. */
export function aliased(expression: Tree, name: string): TreeObject {
  return {
    alias: {
      this: expression,
      alias: identifier(name),
      column_aliases: [],
      alias_explicit_as: true,
      pre_alias_comments: [],
      trailing_comments: [],
    },
  };
}

/** A select whose fields are named and whose UNNEST items DuckDB can join: with offsets, and with a condition after LEFT JOIN. */
export function mendSelect(select: TreeObject): TreeObject {
  const from = select['from'];
  const joins = Array.isArray(select['joins']) ? select['joins'] : [];
  return {
    ...select,
    expressions: (select['expressions'] as Tree[]).map(nameField),
    from: isTreeObject(from)
      ? { ...from, expressions: (from['expressions'] as Tree[]).map(mendUnnest) }
      : (from ?? null),
    joins: joins.map((join) => mendJoin(join as TreeObject)),
  };
}

// GROUP BY market may mean `line.market` of the select list: DuckDB sees that only when the name is written.
function nameField(expression: Tree): Tree {
  const node = asNode(expression);
  if (node?.kind === 'dot') return aliased(expression, identifierText(node.body['field'])!);
  if (node?.kind !== 'column' || !node.body['table']) return expression;
  return aliased(expression, identifierText(node.body['name'])!);
}

function mendJoin(join: TreeObject): TreeObject {
  const relation = join['this']!;
  const mended = { ...join, this: mendUnnest(relation) };
  const hasCondition = join['on'] !== null || (join['using'] as Tree[]).length > 0;
  const isConditional = join['kind'] === 'Left' || join['kind'] === 'Inner';
  if (hasCondition || !isConditional || !unnestOf(relation)) return mended;
  return { ...mended, on: { boolean: { value: true } } };
}

function unnestOf(relation: Tree): TreeObject | undefined {
  const node = asNode(relation);
  if (node?.kind === 'unnest') return node.body;
  const inner = node?.kind === 'alias' ? asNode(node.body['this']) : undefined;
  return inner?.kind === 'unnest' ? inner.body : undefined;
}

let unnestTemplate: string | undefined;

// UNNEST(x) AS e WITH OFFSET AS o  ->  (SELECT bq_unnest(x) AS e, bq_offsets(x) AS o) AS e
function mendUnnest(relation: Tree): Tree {
  const unnest = unnestOf(relation);
  if (!unnest || unnest['with_ordinality'] !== true) return relation;
  const node = asNode(relation)!;
  const alias =
    identifierText(unnest['alias']) ?? (node.kind === 'alias' ? identifierText(node.body['alias']) : undefined);
  const offset = identifierText(unnest['offset_alias']) ?? 'offset';
  unnestTemplate ??= JSON.stringify(
    asNode(parseStatement('SELECT * FROM (SELECT 1 AS element, 2 AS position) AS unnested'))!.body['from'],
  );
  const subquery = asNode((JSON.parse(unnestTemplate) as { expressions: Tree[] }).expressions[0])!.body;
  const inner = asNode(subquery['this'])!.body;
  const [element, position] = (inner['expressions'] as Tree[]).map((tree) => asNode(tree)!.body);
  const array = unnest['this']!;
  const expressions: Tree[] = [
    { alias: { ...element, this: call('bq_unnest', [array]), alias: identifier(alias ?? '_element') } },
    { alias: { ...position, this: call('bq_offsets', [array]), alias: identifier(offset) } },
  ];
  return {
    subquery: { ...subquery, this: { select: { ...inner, expressions } }, alias: identifier(alias ?? '_unnested') },
  };
}
