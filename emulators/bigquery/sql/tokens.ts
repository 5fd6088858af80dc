// BigQuery SQL as tokens with their exact source text, so that rewriting never touches a literal or a comment.
import { Dialect, tokenize } from '@polyglot-sql/sdk';
import { ApiError } from '../api-error.ts';

/** One token; `source` is exactly what was written, `text` is it without quotes and escapes. */
export interface Token {
  text: string;
  source: string;
  /** Offsets in code points. */
  start: number;
  end: number;
}

/** Tokens of a text whose characters can be sliced by their offsets. */
export interface TokenizedSql {
  characters: string[];
  tokens: Token[];
}

/** Throws `invalidQuery` when the text does not even consist of tokens. */
export function tokenizeSql(sql: string): TokenizedSql {
  const characters = Array.from(sql);
  const result = tokenize(sql, Dialect.BigQuery);
  if (!result.success || !result.tokens) {
    throw new ApiError('invalidQuery', `Syntax error: ${result.error ?? 'unreadable text'}`, 'query');
  }
  const tokens = result.tokens.map(({ text, span: { start, end } }) => {
    return { text, start, end, source: characters.slice(start, end).join('') };
  });
  return { characters, tokens };
}

/** The script's statements, without their semicolons. */
export function splitStatements(sql: string): string[] {
  const { characters, tokens } = tokenizeSql(sql);
  const statements: string[] = [];
  let first: Token | undefined;
  let last: Token | undefined;
  const finish = () => {
    if (first && last) statements.push(characters.slice(first.start, last.end).join(''));
    first = last = undefined;
  };
  for (const token of tokens) {
    if (token.source === ';') finish();
    else {
      first ??= token;
      last = token;
    }
  }
  finish();
  return statements;
}

/** Whether the token is this keyword or sign, unquoted. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token !== undefined && token.source.toUpperCase() === word;
}

/** The text with some tokens replaced. */
export function replaceTokens(
  { characters, tokens }: TokenizedSql,
  replace: (token: Token) => string | undefined,
): string {
  const parts: string[] = [];
  let at = 0;
  for (const token of tokens) {
    const replacement = replace(token);
    if (replacement === undefined) continue;
    parts.push(characters.slice(at, token.start).join(''), replacement);
    at = token.end;
  }
  parts.push(characters.slice(at).join(''));
  return parts.join('');
}

/** ` at [line:column]` of the first unquoted token with this text, or nothing. */
export function positionOf(sql: string, text: string): string {
  let tokenized: TokenizedSql;
  try {
    tokenized = tokenizeSql(sql);
  } catch {
    return '';
  }
  const wanted = text.toLowerCase();
  const token = tokenized.tokens.find((candidate) => candidate.text.toLowerCase() === wanted);
  if (!token) return '';
  const before = tokenized.characters.slice(0, token.start);
  const line = before.filter((character) => character === '\n').length + 1;
  return ` at [${line}:${before.length - before.lastIndexOf('\n')}]`;
}
