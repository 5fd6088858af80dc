// What the type of a variable makes of a value: attributes that are optional are null or have their default.
import { compileExpression, type Scope } from './expression.ts';
import { readTokens, type Token } from './tokens.ts';

type Conform = (value: unknown, scope: Scope) => unknown;

/** @throws when a value lacks an attribute that its object type requires, or has one that it does not know */
export function conform(type: string, value: unknown, scope: Scope): unknown {
  const tokens = readTokens(type.replace(/^\$\{(.*)\}$/s, '$1'));
  return read(tokens)(value, scope);
}

function read(tokens: Token[]): Conform {
  const name = (tokens.shift() as Token).text;
  if (name === 'list' || name === 'set') {
    const inner = inParentheses(tokens, () => read(tokens));
    return (value, scope) => (value === null ? null : (value as unknown[]).map((element) => inner(element, scope)));
  }
  if (name === 'map') {
    const inner = inParentheses(tokens, () => read(tokens));
    return (value, scope) =>
      value === null
        ? null
        : Object.fromEntries(Object.entries(value as object).map(([key, element]) => [key, inner(element, scope)]));
  }
  if (name === 'object') return inParentheses(tokens, () => readObject(tokens));
  if (name === 'tuple') inParentheses(tokens, () => skip(tokens, ')'));
  return (value) => {
    const kind = { string: 'string', number: 'number', bool: 'boolean' }[name];
    const isText = name === 'string' && (typeof value === 'number' || typeof value === 'boolean');
    if (kind !== undefined && value !== null && typeof value !== kind && !isText) {
      throw new Error(`expected ${name}, got ${JSON.stringify(value)}`);
    }
    return value;
  };
}

function readObject(tokens: Token[]): Conform {
  const attributes = new Map<string, { inner: Conform; isOptional: boolean; fallback?: string }>();
  tokens.shift();
  while ((tokens[0] as Token).text !== '}') {
    const key = (tokens.shift() as Token).text;
    tokens.shift();
    if ((tokens[0] as Token).text === 'optional') {
      tokens.shift();
      tokens.shift();
      const inner = read(tokens);
      const hasFallback = (tokens[0] as Token).text === ',';
      if (hasFallback) tokens.shift();
      const rest = skip(tokens, ')');
      tokens.shift();
      attributes.set(key, { inner, isOptional: true, ...(hasFallback ? { fallback: rest } : {}) });
    } else attributes.set(key, { inner: read(tokens), isOptional: false });
    if ((tokens[0] as Token).text === ',') tokens.shift();
  }
  tokens.shift();
  return (value, scope) => {
    if (value === null) return null;
    const given = value as Record<string, unknown>;
    const unknown = Object.keys(given).find((key) => !attributes.has(key));
    if (unknown !== undefined) throw new Error(`the type has no attribute ${unknown}`);
    return Object.fromEntries(
      [...attributes].map(([key, { inner, isOptional, fallback }]) => {
        if (given[key] !== undefined) return [key, inner(given[key], scope)];
        if (!isOptional) throw new Error(`the attribute ${key} is missing`);
        return [key, fallback === undefined ? null : compileExpression(fallback).value(scope)];
      }),
    );
  };
}

function inParentheses<T>(tokens: Token[], inner: () => T): T {
  tokens.shift();
  const result = inner();
  tokens.shift();
  return result;
}

/** Takes tokens up to the bracket that closes this level, which it leaves. */
function skip(tokens: Token[], close: string): string {
  const texts: string[] = [];
  for (let depth = 0; depth > 0 || (tokens[0] as Token).text !== close;) {
    const { kind, text } = tokens.shift() as Token;
    if (kind === 'symbol' && '([{'.includes(text)) depth += 1;
    if (kind === 'symbol' && ')]}'.includes(text)) depth -= 1;
    texts.push(kind === 'string' ? `"${text}"` : text);
  }
  return texts.join(' ');
}
