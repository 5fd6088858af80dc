// Filters of log lines, as metrics, alerts and the runbook have them: compared with the contract of log lines, and tried on
// lines. Comparisons of fields joined by AND, any of them negated: all that ours need of the language of Cloud Logging.
import assert from 'node:assert/strict';
import { AnsweredLine, HandledLine, InvariantLine, NoteLine } from '../../../shared/contracts/log-line.ts';

/** A schema of lines, as far as it is looked at. */
interface Line {
  properties: Record<string, { const?: unknown; enum?: readonly unknown[] }>;
}

const lines = [HandledLine, AnsweredLine, InvariantLine, NoteLine] as unknown as Line[];
const severities = allowed(lines, 'severity');
const order = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/**
 * Every field is one of the lines that the filter's message leaves, every value that a field is compared with is one it may
 * have, and every function exists.
 * @throws AssertionError
 */
export function checkLogFilter(filter: string, functions: readonly string[]): void {
  const comparisons = comparisonsOf(filter);
  const message = comparisons.find(({ field, operator }) => field === 'message' && operator === '=');
  const meant = message ? linesOf(message.values) : lines;
  assert(meant.length > 0, `no line is a ${message?.values.join()}: ${filter}`);
  for (const { field, operator, values } of comparisons) {
    if (field === 'severity') {
      for (const value of values) assert(severities.includes(value), `${value} is no severity: ${filter}`);
      continue;
    }
    assert(
      meant.some(({ properties }) => field in properties),
      `no line has ${field}: ${filter}`,
    );
    if (operator === ':') continue;
    const choices = field === 'function' ? functions : allowed(field === 'message' ? lines : meant, field);
    for (const value of values)
      assert(choices.length === 0 || choices.includes(value), `${field} is never ${value}: ${filter}`);
  }
}

/** The fields of the lines that a filter leaves. */
export function fieldsOf(filter: string): Set<string> {
  const message = comparisonsOf(filter).find(({ field, operator }) => field === 'message' && operator === '=');
  return new Set((message ? linesOf(message.values) : lines).flatMap(({ properties }) => Object.keys(properties)));
}

function linesOf(messages: readonly string[]): Line[] {
  return lines.filter(({ properties }) => allowed([{ properties }], 'message').some((one) => messages.includes(one)));
}

/** What a field may be; nothing for a field that is no choice. */
function allowed(of: readonly Line[], field: string): string[] {
  return of.flatMap(({ properties }) => {
    const schema = properties[field];
    return (schema?.enum ?? (schema?.const === undefined ? [] : [schema.const])).map(String);
  });
}

/** What a field of a line may be. */
export type Field = string | number | boolean;

/** Whether Cloud Logging would find a line by a filter. */
export function matchesLine(filter: string, line: Readonly<Record<string, Field>>): boolean {
  return comparisonsOf(filter).every(
    (comparison) => compares(comparison, line[comparison.field]) !== comparison.isNegated,
  );
}

/** A field that a line has not compares with nothing, not even as different. */
function compares({ field, operator, values }: Comparison, value: Field | undefined): boolean {
  if (value === undefined) return false;
  const rank = (of: Field) => (field === 'severity' ? order.indexOf(String(of)) : Number(of));
  return values.some((wanted) => {
    switch (operator) {
      case ':':
        return wanted === '*';
      case '=':
        return String(value) === wanted;
      case '!=':
        return String(value) !== wanted;
      case '>':
        return rank(value) > rank(wanted);
      case '>=':
        return rank(value) >= rank(wanted);
      default:
        return assert.fail(`${operator} is not understood`);
    }
  });
}

interface Comparison {
  isNegated: boolean;
  field: string;
  operator: string;
  values: string[];
}

const comparison =
  /(\bNOT\s+)?(?:\bjsonPayload\.([\w."]+)|\b(severity))\s*(!=|>=|<=|[=<>:])\s*(\([^)]*\)|"[^"]*"|[^\s)]+)/g;

function comparisonsOf(filter: string): Comparison[] {
  const found = [...filter.matchAll(comparison)];
  assert.equal(found.length, (filter.match(/\bjsonPayload\.|\bseverity\b/g) ?? []).length, `not understood: ${filter}`);
  return found.map(([, not, field, severity, operator, value]) => ({
    isNegated: not !== undefined,
    field: field ?? (severity as string),
    operator: operator as string,
    values: [...(value as string).matchAll(/"([^"]*)"|([^\s"()]+)/g)]
      .map(([, quoted, bare]) => quoted ?? (bare as string))
      .filter((one) => one !== 'OR'),
  }));
}
