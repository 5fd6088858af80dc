// The tokens of an HCL expression. A quoted template stays one token: what is inside it is read by template.ts.
export interface Token {
  kind: 'name' | 'number' | 'string' | 'symbol' | 'end';
  text: string;
  /** Follows the token before it without white space: `f (x)` is no call. */
  isAdjacent: boolean;
}

const symbols = ['...', '&&', '||', '==', '!=', '<=', '>=', '=>'];
const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** @throws when a quoted text or a bracket inside it is not closed, or on a character that HCL does not know */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    const before = at;
    at = skipBlank(text, at);
    const isAdjacent = at === before && before > 0;
    if (at >= text.length) return [...tokens, { kind: 'end', text: '', isAdjacent }];
    const rest = text.slice(at);
    const name = /^[\p{L}_][\p{L}\p{N}_-]*/u.exec(rest)?.[0];
    const number = /^\d+(\.\d+)?([eE][+-]?\d+)?/.exec(rest)?.[0];
    if (name !== undefined) tokens.push({ kind: 'name', text: name, isAdjacent });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, isAdjacent });
    else if (rest.startsWith('"')) {
      const end = endOfQuoted(text, at);
      tokens.push({ kind: 'string', text: text.slice(at + 1, end - 1), isAdjacent });
      at = end;
      continue;
    } else {
      const symbol = symbols.find((known) => rest.startsWith(known)) ?? rest.charAt(0);
      if (!/^[-+*/%!<>=?:.,()[\]{}&|]/.test(symbol)) throw new Error(`unknown character ${symbol} in ${text}`);
      tokens.push({ kind: 'symbol', text: symbol, isAdjacent });
    }
    at += (tokens.at(-1) as Token).text.length;
  }
}

/** The position behind the closing quote of the text whose opening quote is at `start`. */
export function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    if (text[at] === '\\') at += 2;
    else if (text.startsWith('$${', at) || text.startsWith('%%{', at)) at += 3;
    else if (text.startsWith('${', at) || text.startsWith('%{', at)) at = endOfBraces(text, at + 1);
    else if (text[at] === '"') return at + 1;
    else at += 1;
  }
  throw new Error(`a quoted text is not closed: ${text.slice(start, start + 60)}`);
}

/** The position behind the brace that closes the one at `start`. */
export function endOfBraces(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    if (text[at] === '"') {
      at = endOfQuoted(text, at);
      continue;
    }
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  throw new Error(`a brace is not closed: ${text.slice(start, start + 60)}`);
}

/** The characters that escapes in a quoted text stand for. */
export function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/g, (_, escape: string) =>
    escape.length > 1 ? String.fromCharCode(parseInt(escape.slice(1), 16)) : (escapes[escape] ?? escape),
  );
}

function skipBlank(text: string, start: number): number {
  return start + (/^(\s+|(#|\/\/)[^\n]*|\/\*[^]*?\*\/)*/.exec(text.slice(start))?.[0].length ?? 0);
}
