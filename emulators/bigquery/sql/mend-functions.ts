// Calls of BigQuery functions that DuckDB, or the SQL library's translation, understands differently: they become
// calls of the macros in `prelude.ts`, whose names nothing else rewrites.
import { asNode, call, identifierText, numberLiteral, parseExpression, stringLiteral, textOf } from './syntax-tree.ts';
import type { NodeVisitor, Tree, TreeObject } from './syntax-tree.ts';

const RENAMED: Record<string, string> = {
  DATE: 'bq_date',
  DATETIME: 'bq_datetime',
  TIMESTAMP_ADD: 'bq_timestamp_add',
  TIMESTAMP_SUB: 'bq_timestamp_sub',
  DATETIME_ADD: 'bq_datetime_add',
  DATETIME_SUB: 'bq_datetime_sub',
  DATE_ADD: 'bq_date_add',
  DATE_SUB: 'bq_date_sub',
  TIMESTAMP_MICROS: 'bq_timestamp_micros',
  TIMESTAMP_MILLIS: 'bq_timestamp_millis',
  TIMESTAMP_SECONDS: 'bq_timestamp_seconds',
  UNIX_MICROS: 'bq_unix_micros',
  UNIX_MILLIS: 'bq_unix_millis',
  UNIX_SECONDS: 'bq_unix_seconds',
  FORMAT_TIMESTAMP: 'bq_format_time',
  FORMAT_DATETIME: 'bq_format_time',
  FORMAT_DATE: 'bq_format_time',
  PARSE_TIMESTAMP: 'bq_parse_timestamp',
  PARSE_DATETIME: 'bq_parse_datetime',
  PARSE_DATE: 'bq_parse_date',
  GENERATE_TIMESTAMP_ARRAY: 'bq_generate_timestamp_array',
  GENERATE_DATE_ARRAY: 'bq_generate_date_array',
  CURRENT_TIMESTAMP: 'bq_current_timestamp',
  CURRENT_DATETIME: 'bq_current_datetime',
  CURRENT_DATE: 'bq_current_date',
  IEEE_DIVIDE: 'bq_ieee_divide',
  FORMAT: 'printf',
  JSON_VALUE: 'bq_json_value',
  JSON_QUERY: 'bq_json_query',
  JSON_VALUE_ARRAY: 'bq_json_value_array',
  JSON_QUERY_ARRAY: 'bq_json_query_array',
  REGEXP_CONTAINS: 'bq_regexp_contains',
  REGEXP_REPLACE: 'bq_regexp_replace',
};

/** Functions whose last argument, or last but one, is a bare date part. */
const WITH_PART = new Set([
  'TIMESTAMP_TRUNC',
  'DATETIME_TRUNC',
  'DATE_TRUNC',
  'TIMESTAMP_DIFF',
  'DATETIME_DIFF',
  'DATE_DIFF',
]);

/** Days from each possible first day of the week to DuckDB's, Monday. */
const WEEK_SHIFT_DAYS: Record<string, number> = {
  SUNDAY: 1,
  SATURDAY: 2,
  FRIDAY: 3,
  THURSDAY: 4,
  WEDNESDAY: 5,
  TUESDAY: 6,
  MONDAY: 0,
};

const CAST_MACROS: Record<string, string> = {
  string: 'string',
  text: 'string',
  timestamp: 'timestamp',
  decimal: 'numeric',
  numeric: 'numeric',
  bignumeric: 'bignumeric',
  bigdecimal: 'bignumeric',
};

/** Visits nodes bottom up and answers the replacement of those that need one. */
export const mendFunction: NodeVisitor = (kind, body) => {
  switch (kind) {
    case 'function':
    case 'aggregate_function':
      return mendCall(body);
    case 'div':
      return call('bq_divide', [body['left']!, body['right']!]);
    case 'safe_divide':
      return call('bq_safe_divide', [body['this']!, body['expression']!]);
    case 'timestamp':
      return call('bq_to_timestamp', present(body['this'], body['zone']));
    case 'json_value':
    case 'json_extract_scalar':
      return call('bq_json_value', present(body['this'], body['path']));
    case 'json_query':
    case 'json_extract':
      return call('bq_json_query', present(body['this'], body['path']));
    case 'to_json':
      return call('bq_to_json', [body['this']!]);
    case 'cast':
    case 'safe_cast':
      return mendCast(kind, body);
    case 'extract':
      return mendExtract(body);
    case 'subscript':
      return mendSubscript(body);
    case 'array_agg':
      return mendArrayAgg(body);
    case 'current_timestamp':
    case 'current_datetime':
    case 'current_date':
      return call(`bq_${kind}`, []);
    case 'interval':
      return mendInterval(body);
    case 'literal':
      return mendLiteral(body);
    default:
      return undefined;
  }
};

function mendCall(body: TreeObject): Tree | undefined {
  const name = textOf(body['name']).toUpperCase();
  const args = [...(body['args'] as Tree[])];
  if (name.startsWith('SAFE.')) {
    const unsafe = name.slice('SAFE.'.length);
    return call('TRY', [mendCall({ ...body, name: unsafe }) ?? call(unsafe, args)]);
  }
  if (WITH_PART.has(name)) return mendPart(name, args);
  if (name === 'APPROX_QUANTILES') return mendQuantiles(args);
  if (name === 'REGEXP_EXTRACT') return mendRegexpExtract(args);
  if (name === 'STRUCT' && args.length > 0 && args.every(isUnnamedField)) return call('ROW', args);
  if (/^(FORMAT|PARSE)_(TIMESTAMP|DATETIME|DATE)$/.test(name)) args[0] = expandCodes(args[0]!);
  const renamed = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  return renamed === undefined ? undefined : call(renamed, args);
}

// TIMESTAMP_TRUNC(x, HOUR), DATE_DIFF(a, b, WEEK(MONDAY)): the part becomes a string, weeks get their first day.
function mendPart(name: string, args: Tree[]): Tree | undefined {
  const at = name.endsWith('_DIFF') ? 2 : 1;
  const part = partName(args[at]);
  if (part === undefined) return undefined;
  const macro = `bq_${name.toLowerCase()}`;
  const week = /^(?:ISO)?WEEK(?:\((\w+)\))?$/.exec(part);
  const withWeek = week !== null && name !== 'TIMESTAMP_DIFF' && name !== 'DATETIME_DIFF';
  if (!withWeek) return call(macro, args.with(at, stringLiteral(part === 'ISOWEEK' ? 'week' : part.toLowerCase())));
  return call(`${macro}_week`, [
    ...args.slice(0, at),
    numberLiteral(WEEK_SHIFT_DAYS[week[1] ?? (part === 'ISOWEEK' ? 'MONDAY' : 'SUNDAY')] ?? 0),
  ]);
}

function partName(tree: Tree | undefined): string | undefined {
  const node = asNode(tree);
  if (node?.kind === 'var') return textOf(node.body['this']).toUpperCase();
  if (node?.kind === 'column') return identifierText(node.body)?.toUpperCase();
  if (node?.kind !== 'function') return undefined;
  return `${textOf(node.body['name']).toUpperCase()}(${partName((node.body['args'] as Tree[])[0]) ?? ''})`;
}

// APPROX_QUANTILES(x, n) answers n + 1 values that occur; exact quantiles are within its contract.
function mendQuantiles([values, count]: Tree[]): Tree | undefined {
  const node = asNode(count);
  const buckets = node?.kind === 'literal' ? Number(node.body['value']) : NaN;
  if (!Number.isInteger(buckets) || buckets < 1) return undefined;
  const fractions = Array.from({ length: buckets + 1 }, (_, index) => String(index / buckets));
  return call('bq_quantiles', [values!, parseExpression(`[${fractions.join(', ')}]`)]);
}

function mendRegexpExtract(args: Tree[]): Tree {
  const pattern = asNode(args[1]);
  const hasGroup = pattern?.kind === 'literal' && /(^|[^\\])\((?!\?)/.test(textOf(pattern.body['value']));
  return call('bq_regexp_extract', [args[0]!, args[1]!, numberLiteral(hasGroup ? 1 : 0)]);
}

const FORMAT_CODES: Record<string, string> = {
  '%F': '%Y-%m-%d',
  '%T': '%H:%M:%S',
  '%R': '%H:%M',
  '%D': '%m/%d/%y',
  '%E3S': '%S.%g',
  '%E6S': '%S.%f',
  '%E*S': '%S.%f',
  '%E4Y': '%Y',
  '%Ez': '%z',
};

// DuckDB knows the single codes, not these abbreviations.
function expandCodes(format: Tree): Tree {
  const node = asNode(format);
  if (node?.kind !== 'literal') return format;
  const value = textOf(node.body['value']).replace(/%(?:E[\d*]?\w|.)/g, (code) => FORMAT_CODES[code] ?? code);
  return { literal: { ...node.body, value } };
}

function isUnnamedField(tree: Tree): boolean {
  const kind = asNode(tree)?.kind;
  return kind !== 'alias' && kind !== 'column' && kind !== 'dot';
}

// TIMESTAMP must not become DuckDB's zoneless type, nor NUMERIC its 18 digits.
function mendCast(kind: string, body: TreeObject): Tree | undefined {
  const to = body['to'] as TreeObject;
  const type = textOf(to['data_type'] === 'custom' ? to['name'] : to['data_type']).toLowerCase();
  const macro = Object.hasOwn(CAST_MACROS, type) ? CAST_MACROS[type] : undefined;
  if (macro === undefined || (type === 'timestamp' && isZoneless(to))) return undefined;
  return call(`bq_${kind === 'cast' ? 'to' : 'try'}_${macro}`, [body['this']!]);
}

function isZoneless(to: TreeObject): boolean {
  return to['timezone'] === false && to['data_type'] === 'datetime';
}

const EXTRACT_MACROS: Record<string, string> = {
  DATE: 'bq_extract_date',
  TIME: 'bq_extract_time',
  DATETIME: 'bq_extract_datetime',
  DAYOFWEEK: 'bq_extract_dayofweek',
  WEEK: 'bq_extract_week',
  ISOWEEK: 'bq_extract_isoweek',
  MILLISECOND: 'bq_extract_millisecond',
  MICROSECOND: 'bq_extract_microsecond',
};

function mendExtract(body: TreeObject): Tree | undefined {
  const field = body['field'];
  const custom = typeof field === 'object' && field !== null && !Array.isArray(field) ? field['Custom'] : field;
  const name = textOf(custom).toUpperCase();
  return Object.hasOwn(EXTRACT_MACROS, name) ? call(EXTRACT_MACROS[name]!, [body['this']!]) : undefined;
}

// x[OFFSET(0)], x[SAFE_OFFSET(0)], x[ORDINAL(1)]: DuckDB counts from one.
function mendSubscript(body: TreeObject): Tree | undefined {
  const node = asNode(body['index']);
  if (node?.kind !== 'function') return undefined;
  const [index] = node.body['args'] as Tree[];
  const name = textOf(node.body['name']).toUpperCase();
  if (name === 'ORDINAL' || name === 'SAFE_ORDINAL') return call('bq_element', [body['this']!, index!]);
  if (name !== 'OFFSET' && name !== 'SAFE_OFFSET') return undefined;
  return call('bq_element', [body['this']!, call('bq_next', [index!])]);
}

// INTERVAL a + 1 HOUR: DuckDB wants parentheses around what is no literal.
function mendInterval(body: TreeObject): Tree | undefined {
  const amount = body['this'];
  if (!amount || asNode(amount)?.kind === 'literal') return undefined;
  return { interval: { ...body, this: { paren: { this: amount, trailing_comments: [] } } } };
}

// DuckDB knows no LIMIT inside an aggregate.
function mendArrayAgg(body: TreeObject): Tree | undefined {
  if (!body['limit']) return undefined;
  return call('bq_head', [{ array_agg: { ...body, limit: null } }, body['limit']]);
}

// BigQuery reads 1.5 as FLOAT64, DuckDB as DECIMAL; TIMESTAMP '...' would lose its zone in translation.
function mendLiteral(body: TreeObject): Tree | undefined {
  if (body['literal_type'] === 'timestamp') return call('bq_to_timestamp', [stringLiteral(textOf(body['value']))]);
  const value = textOf(body['value']);
  if (body['literal_type'] !== 'number' || !/[.eE]/.test(value) || /^0x/i.test(value)) return undefined;
  return call('bq_float', [stringLiteral(value)]);
}

function present(...trees: (Tree | undefined)[]): Tree[] {
  return trees.filter((tree) => tree !== null && tree !== undefined);
}
