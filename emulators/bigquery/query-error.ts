// What DuckDB refuses, in BigQuery's words: clients and tests match on these messages and reasons.
import { ApiError } from './api-error.ts';
import { positionOf } from './sql/tokens.ts';

type Rewrite = { pattern: RegExp; message: (match: RegExpExecArray, sql: string) => string };

const REWRITES: Rewrite[] = [
  {
    pattern: /Referenced column "([^"]+)" (?:not found|was not found)/,
    message: ([, name], sql) => `Unrecognized name: ${name}${positionOf(sql, name!)}`,
  },
  {
    pattern: /Could not find key "([^"]+)" in struct/,
    message: ([, name], sql) => `Field name ${name} does not exist in STRUCT${positionOf(sql, name!)}`,
  },
  {
    pattern: /Table "([^"]+)" does not have a column named "([^"]+)"/,
    message: ([, table, name], sql) => `Name ${name} not found inside ${table}${positionOf(sql, name!)}`,
  },
  {
    pattern: /Referenced table "([^"]+)" not found/,
    message: ([, name], sql) => `Unrecognized name: ${name}${positionOf(sql, name!)}`,
  },
  {
    pattern: /Function with name "?(\w+)"? does not exist/i,
    message: ([, name], sql) => `Function not found: ${name!.toLowerCase()}${positionOf(sql, name!)}`,
  },
  {
    pattern: /NOT NULL constraint failed: \S*?\.?([^.\s]+)$/m,
    message: ([, name]) => `Required field ${name} cannot be null`,
  },
  { pattern: /Could not convert string '(.*)' to INT64/, message: ([, value]) => `Bad int64 value: ${value}` },
  { pattern: /Could not convert string '(.*)' to DOUBLE/, message: ([, value]) => `Bad double value: ${value}` },
  { pattern: /Could not convert string '(.*)' to BOOL/, message: ([, value]) => `Bad bool value: ${value}` },
  { pattern: /invalid timestamp field format: "(.*?)"/, message: ([, value]) => `Invalid timestamp: '${value}'` },
  { pattern: /invalid date field format: "(.*?)"/, message: ([, value]) => `Invalid date: '${value}'` },
  { pattern: /^Parser Error: ([^\n]*)/, message: ([, text]) => `Syntax error: ${text}` },
  {
    pattern: /column "([^"]+)" must appear in the GROUP BY clause/,
    message: ([, name], sql) =>
      `SELECT list expression references column ${name} which is neither grouped nor aggregated${positionOf(sql, name!)}`,
  },
];

/** The error of a statement: an `ApiError` stays, DuckDB's becomes `invalidQuery`. */
export function queryError(thrown: unknown, sql: string): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (/^INTERRUPT/i.test(text))
    return new ApiError('stopped', 'Job execution was cancelled: User requested cancellation');
  for (const { pattern, message } of REWRITES) {
    const match = pattern.exec(text);
    if (match) return new ApiError('invalidQuery', message(match, sql), 'query');
  }
  const firstLine = text.split('\n')[0]!.replace(/^[A-Z]\w*(?: \w+)? Error: /, '');
  return new ApiError('invalidQuery', firstLine, 'query');
}
