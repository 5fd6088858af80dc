// Reads tokens one by one: the base of the small parser for data definition.
import { ApiError } from '../api-error.ts';
import { isWord } from './tokens.ts';
import type { Token, TokenizedSql } from './tokens.ts';

export interface TokenCursor {
  peek(ahead?: number): Token | undefined;
  next(): Token;
  /** Takes the words when all of them come next. */
  accept(...words: string[]): boolean;
  /** Takes the words or throws `invalidQuery`. */
  expect(...words: string[]): void;
  /** Takes `( ... )` and answers the source between the parentheses. */
  group(): string;
  /** Takes a dotted name, backquoted in whole, in part or not at all, with dashes in its first part. */
  path(): string[];
  /** The source of everything that is left. */
  rest(): string;
  fail(expected: string): ApiError;
}

export function createTokenCursor({ characters, tokens: written }: TokenizedSql): TokenCursor {
  // `ARRAY<STRUCT<a INT64>>` ends in what the tokenizer takes for a shift.
  const tokens = written.flatMap((token) => (token.source === '>>' ? [halfOf(token, 0), halfOf(token, 1)] : [token]));
  let index = 0;

  function fail(expected: string): ApiError {
    const found = tokens[index];
    return new ApiError(
      'invalidQuery',
      `Syntax error: Expected ${expected} but got ${found ? `"${found.source}"` : 'end of statement'}`,
      'query',
    );
  }

  const cursor: TokenCursor = {
    fail,
    peek: (ahead = 0) => tokens[index + ahead],
    next() {
      const token = tokens[index];
      if (!token) throw fail('more');
      index += 1;
      return token;
    },
    accept(...words) {
      if (!words.every((word, offset) => isWord(tokens[index + offset], word))) return false;
      index += words.length;
      return true;
    },
    expect(...words) {
      if (!cursor.accept(...words)) throw fail(words.join(' '));
    },
    group() {
      cursor.expect('(');
      const start = tokens[index - 1]!.end;
      for (let depth = 1; depth > 0;) {
        const token = cursor.next();
        if (token.source === '(') depth += 1;
        if (token.source === ')') depth -= 1;
      }
      return characters.slice(start, tokens[index - 1]!.start).join('');
    },
    path() {
      const parts: string[] = [];
      do {
        let part = cursor.next();
        let text = part.text;
        // `demo-project.d.t`: the dash is an operator to the tokenizer, but touches both neighbours.
        while (isWord(tokens[index], '-') && tokens[index]!.start === part.end) {
          cursor.next();
          part = cursor.next();
          text += `-${part.text}`;
        }
        parts.push(...text.split('.'));
      } while (cursor.accept('.'));
      return parts;
    },
    rest() {
      const first = tokens[index];
      index = tokens.length;
      return first ? characters.slice(first.start).join('') : '';
    },
  };
  return cursor;
}

function halfOf({ start }: Token, offset: number): Token {
  return { text: '>', source: '>', start: start + offset, end: start + offset + 1 };
}
