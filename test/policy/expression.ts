// Reads an HCL expression into a function of its scope. Only what Terraform configurations use; no heredocs inside expressions.
import { callFunction, isLazy } from './functions.ts';
import { bind, compileTemplate, textOf } from './template.ts';
import { readTokens, unescape, type Token } from './tokens.ts';

/** What names stand for: `resolve` of the first name of a traversal and of the steps behind it. */
export interface Scope {
  resolve(name: string, steps: readonly Step[]): unknown;
  /** The same with names of its own. */
  with(names: Record<string, unknown>): Scope;
  /** Reads a file; the module's folder is "." */
  readFile(path: string): Buffer;
}

/** `.name`, `[key]` or a splat, which takes the rest of the steps for each element. */
export type Step = string | number | typeof splat;
export const splat = Symbol('[*]');

export interface Expression {
  value(scope: Scope): unknown;
  /** The traversals that it contains, without names bound by a `for`: `['var', 'region']`. Computed keys end one. */
  references: string[][];
}

type Value = (scope: Scope) => unknown;

const precedence = [['||'], ['&&'], ['==', '!='], ['<', '>', '<=', '>='], ['+', '-'], ['*', '/', '%']];
const cache = new Map<string, Expression>();

/** @throws when the text is no expression */
export function compileExpression(text: string): Expression {
  let expression = cache.get(text);
  if (expression === undefined) cache.set(text, (expression = readWhole(text)));
  return expression;
}

/** Follows steps into a value. @throws when there is no such element, as Terraform does (`try` catches it) */
export function walk(value: unknown, steps: readonly Step[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (step === splat) {
    if (value === null) return [];
    return (Array.isArray(value) ? value : [value]).map((element) => walk(element, rest));
  }
  if (value === null || typeof value !== 'object') throw new Error(`no ${String(step)} in ${JSON.stringify(value)}`);
  const element = (value as Record<string, unknown>)[String(step)];
  if (element === undefined) throw new Error(`no element ${String(step)}`);
  return walk(element, rest);
}

interface Reading {
  tokens: Token[];
  at: number;
  references: string[][];
  /** Names bound by the `for` around, innermost last. */
  bound: string[];
}

function readWhole(text: string): Expression {
  const reading: Reading = { tokens: readTokens(text), at: 0, references: [], bound: [] };
  const value = conditional(reading);
  if (peek(reading).kind !== 'end') throw new Error(`unexpected ${peek(reading).text} in ${text}`);
  return { value, references: reading.references };
}

function peek({ tokens, at }: Reading): Token {
  return tokens[at] as Token;
}

function take(reading: Reading): Token {
  const token = peek(reading);
  reading.at += 1;
  return token;
}

function takes(reading: Reading, symbol: string): boolean {
  const { kind, text } = peek(reading);
  const isThere = kind === 'symbol' && text === symbol;
  if (isThere) reading.at += 1;
  return isThere;
}

function expect(reading: Reading, symbol: string): void {
  if (!takes(reading, symbol)) throw new Error(`expected ${symbol}, got ${peek(reading).text || 'the end'}`);
}

function conditional(reading: Reading): Value {
  const condition = binary(reading, 0);
  if (!takes(reading, '?')) return condition;
  const whenTrue = conditional(reading);
  expect(reading, ':');
  const whenFalse = conditional(reading);
  return (scope) => (isTrue(condition(scope)) ? whenTrue(scope) : whenFalse(scope));
}

function binary(reading: Reading, level: number): Value {
  const operators = precedence[level];
  if (operators === undefined) return unary(reading);
  let left = binary(reading, level + 1);
  for (;;) {
    const operator = operators.find((symbol) => takes(reading, symbol));
    if (operator === undefined) return left;
    const [first, second] = [left, binary(reading, level + 1)];
    left = (scope) => operate(operator, first(scope), () => second(scope));
  }
}

function operate(operator: string, left: unknown, lazyRight: () => unknown): unknown {
  if (operator === '||') return isTrue(left) || isTrue(lazyRight());
  if (operator === '&&') return isTrue(left) && isTrue(lazyRight());
  const right = lazyRight();
  if (operator === '==') return isSame(left, right);
  if (operator === '!=') return !isSame(left, right);
  const [a, b] = [numberOf(left), numberOf(right)];
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return a % b;
  }
}

function unary(reading: Reading): Value {
  if (takes(reading, '!')) {
    const operand = unary(reading);
    return (scope) => !isTrue(operand(scope));
  }
  if (takes(reading, '-')) {
    const operand = unary(reading);
    return (scope) => -numberOf(operand(scope));
  }
  return postfix(reading);
}

function postfix(reading: Reading): Value {
  const { kind, text } = peek(reading);
  const isName = kind === 'name' && !['true', 'false', 'null'].includes(text);
  const next = reading.tokens[reading.at + 1] as Token;
  if (isName && !(next.text === '(' && next.kind === 'symbol' && next.isAdjacent)) {
    reading.at += 1;
    const { steps, names } = readSteps(reading);
    if (!reading.bound.includes(text)) reading.references.push([text, ...names]);
    return (scope) =>
      scope.resolve(
        text,
        steps.map((step) => step(scope)),
      );
  }
  const source = primary(reading);
  const { steps } = readSteps(reading);
  return steps.length === 0
    ? source
    : (scope) =>
        walk(
          source(scope),
          steps.map((step) => step(scope)),
        );
}

function readSteps(reading: Reading): { steps: ((scope: Scope) => Step)[]; names: string[] } {
  const steps: ((scope: Scope) => Step)[] = [];
  const names: string[] = [];
  let isNamed = true;
  const add = (name: string) => {
    steps.push(() => name);
    if (isNamed) names.push(name);
  };
  for (;;) {
    if (takes(reading, '.')) {
      if (takes(reading, '*')) {
        steps.push(() => splat);
        isNamed = false;
      } else for (const name of take(reading).text.split('.')) add(name);
    } else if (peek(reading).text === '[' && peek(reading).isAdjacent && takes(reading, '[')) {
      if (takes(reading, '*')) steps.push(() => splat);
      else {
        const key = conditional(reading);
        steps.push((scope) => key(scope) as string);
      }
      expect(reading, ']');
      isNamed = false;
    } else return { steps, names };
  }
}

function primary(reading: Reading): Value {
  const { kind, text } = take(reading);
  if (kind === 'number') return () => Number(text);
  if (kind === 'string') return template(reading, text);
  if (kind === 'name') {
    if (text === 'true') return () => true;
    if (text === 'false') return () => false;
    if (text === 'null') return () => null;
    return call(reading, text);
  }
  if (text === '(') {
    const inner = conditional(reading);
    expect(reading, ')');
    return inner;
  }
  if (text === '[') return tuple(reading);
  if (text === '{') return object(reading);
  throw new Error(`unexpected ${text || 'end'}`);
}

function template(reading: Reading, text: string): Value {
  const compiled = compileTemplate(text, unescape);
  for (const reference of compiled.references) {
    if (!reading.bound.includes(reference[0] as string)) reading.references.push(reference);
  }
  return (scope) => compiled.value(scope);
}

function call(reading: Reading, name: string): Value {
  expect(reading, '(');
  const values: Value[] = [];
  let isExpanded = false;
  while (!takes(reading, ')')) {
    values.push(conditional(reading));
    isExpanded = takes(reading, '...');
    if (!takes(reading, ',') && peek(reading).text !== ')') throw new Error(`expected ) after ${name}(`);
  }
  return (scope) => {
    if (isLazy(name))
      return callFunction(
        name,
        values.map((value) => () => value(scope)),
        scope,
      );
    const results = values.map((value) => value(scope));
    const last = isExpanded ? (results.pop() as unknown[]) : [];
    return callFunction(
      name,
      [...results, ...last].map((result) => () => result),
      scope,
    );
  };
}

function tuple(reading: Reading): Value {
  if (peek(reading).text === 'for' && peek(reading).kind === 'name') return comprehension(reading, ']');
  const values: Value[] = [];
  while (!takes(reading, ']')) {
    values.push(conditional(reading));
    if (!takes(reading, ',') && peek(reading).text !== ']') throw new Error(`expected ], got ${peek(reading).text}`);
  }
  return (scope) => values.map((value) => value(scope));
}

function object(reading: Reading): Value {
  if (peek(reading).text === 'for' && peek(reading).kind === 'name') return comprehension(reading, '}');
  const entries: [Value, Value][] = [];
  while (!takes(reading, '}')) {
    const { kind, text } = peek(reading);
    const afterName = (reading.tokens[reading.at + 1] as Token).text;
    let key: Value;
    if (kind === 'name' && (afterName === '=' || afterName === ':')) {
      reading.at += 1;
      key = () => text;
    } else key = conditional(reading);
    if (!takes(reading, '=')) expect(reading, ':');
    entries.push([key, conditional(reading)]);
    takes(reading, ',');
  }
  return (scope) => Object.fromEntries(entries.map(([key, value]) => [textOf(key(scope)), value(scope)]));
}

function comprehension(reading: Reading, close: string): Value {
  take(reading);
  const names = [take(reading).text];
  if (takes(reading, ',')) names.push(take(reading).text);
  take(reading);
  const collection = conditional(reading);
  expect(reading, ':');
  reading.bound.push(...names);
  const first = conditional(reading);
  const second = takes(reading, '=>') ? conditional(reading) : undefined;
  const isGrouped = takes(reading, '...');
  const condition = peek(reading).text === 'if' ? (take(reading), conditional(reading)) : undefined;
  reading.bound.splice(-names.length);
  expect(reading, close);
  return (scope) => {
    const scopes = entriesOf(collection(scope))
      .map(([key, value]) => bind(scope, names, key, value))
      .filter((inner) => condition === undefined || isTrue(condition(inner)));
    if (second === undefined) return scopes.map(first);
    const result: Record<string, unknown> = {};
    for (const inner of scopes) {
      const key = textOf(first(inner));
      if (isGrouped) result[key] = [...((result[key] as unknown[] | undefined) ?? []), second(inner)];
      else if (Object.hasOwn(result, key)) throw new Error(`two elements have the key ${key}`);
      else result[key] = second(inner);
    }
    return result;
  };
}

/** What a `for` or a `for_each` goes through: a list by position, a map by key. */
export function entriesOf(collection: unknown): [string | number, unknown][] {
  if (Array.isArray(collection)) return collection.map((value, index) => [index, value]);
  if (collection !== null && typeof collection === 'object') {
    return Object.entries(collection).sort(([a], [b]) => (a < b ? -1 : 1));
  }
  throw new Error(`cannot go through ${JSON.stringify(collection)}`);
}

export function isTrue(value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error(`neither true nor false: ${JSON.stringify(value)}`);
}

export function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) throw new Error(`no number: ${JSON.stringify(value)}`);
  return number;
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
