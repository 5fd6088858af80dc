// A filter of log lines compared with the contract of log lines: what it names must be what functions write.
import assert from 'node:assert/strict';
import { AnsweredLine, HandledLine, InvariantLine, NoteLine } from '../../../shared/contracts/log-line.ts';

/** A schema of lines, as far as it is looked at. */
interface Line {
  properties: Record<string, { const?: unknown; enum?: readonly unknown[] }>;
}

const lines = [HandledLine, AnsweredLine, InvariantLine, NoteLine] as unknown as Line[];
const severities = allowed(lines, 'severity');

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

interface Comparison {
  field: string;
  operator: string;
  values: string[];
}

function comparisonsOf(filter: string): Comparison[] {
  const found = [
    ...filter.matchAll(/(?:\bjsonPayload\.([\w."]+)|\b(severity))\s*(!=|>=|<=|[=<>:])\s*(\([^)]*\)|"[^"]*"|[^\s)]+)/g),
  ];
  assert.equal(found.length, (filter.match(/\bjsonPayload\.|\bseverity\b/g) ?? []).length, `not understood: ${filter}`);
  return found.map(([, field, severity, operator, value]) => ({
    field: field ?? (severity as string),
    operator: operator as string,
    values: [...(value as string).matchAll(/"([^"]*)"|([^\s"()]+)/g)]
      .map(([, quoted, bare]) => quoted ?? (bare as string))
      .filter((one) => one !== 'OR'),
  }));
}
