// Every regular expression of the code and the contracts, found in the source itself so that a new one is measured
// without anybody remembering it, and how long each takes over text that was made to be hard for it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { root, sourceFiles } from '../style/source-tree.ts';

export interface Pattern {
  source: string;
  flags: string;
  /** The file and line of its first use. */
  where: string;
}

/** The contracts' patterns are in the validators that run them. */
const generated = ['shared/contracts/validators.generated.js', 'shared/contracts/config.generated.js'];

/**
 * Each pattern of functions/ and shared/ once.
 * @throws Error for a RegExp that is put together at run time: nobody can say how long it takes
 */
export async function findPatterns(): Promise<Pattern[]> {
  const found = new Map<string, Pattern>();
  for (const file of [...(await sourceFiles('functions', 'shared')), ...generated]) {
    for (const pattern of patternsOf(file, await readFile(join(root, file), 'utf8'))) {
      const key = `/${pattern.source}/${pattern.flags}`;
      if (!found.has(key)) found.set(key, pattern);
    }
  }
  return [...found.values()];
}

/** The patterns of one file's text: literals, and `new RegExp` of literals. */
export function patternsOf(file: string, text: string): Pattern[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const patterns: Pattern[] = [];
  const visit = (node: ts.Node): void => {
    const where = () => `${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      patterns.push({ source: node.text.slice(1, end), flags: node.text.slice(end + 1), where: where() });
    }
    const isCall = ts.isNewExpression(node) || ts.isCallExpression(node);
    if (isCall && ts.isIdentifier(node.expression) && node.expression.text === 'RegExp') {
      const [source, flags] = node.arguments ?? [];
      if (!source || !ts.isStringLiteralLike(source) || (flags && !ts.isStringLiteralLike(flags)))
        throw new Error(`${where()}: a RegExp is made of literals, so that it can be measured`);
      patterns.push({ source: source.text, flags: flags?.text ?? '', where: where() });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return patterns;
}

/** Characters that most patterns have a class for, and some that none has. */
const ALPHABET = [...'aA09 =-_.:/\\"\'%|*`$@\n\r\t\0éZT🎵!'];
const LONGEST = 64 * 1024;

/** The longest a pattern took over any text up to 64 KiB, in milliseconds; no further once it is over `enoughMs`. */
export function slowestMs({ source, flags }: Pick<Pattern, 'source' | 'flags'>, enoughMs: number): number {
  const pattern = new RegExp(source, flags);
  let worstMs = 0;
  // In small steps: what doubles with every character is not asked about many more than it was quick over.
  for (let length = 8; length < 1.25 * LONGEST; length *= 1.25)
    for (const text of hardTexts(source, Math.min(LONGEST, Math.floor(length)))) {
      worstMs = Math.max(worstMs, timeMs(pattern, text, enoughMs / 10));
      if (worstMs > enoughMs) return worstMs;
    }
  return worstMs;
}

/** What begins as the pattern wants it, goes on for long with what it repeats, and ends as it does not. */
function* hardTexts(source: string, length: number): Generator<string> {
  const literals = [...new Set(source.replace(/\\[dwsDWSbB]|[\\^$()[\]{}?*+|]/g, ''))];
  const characters = [...new Set([...ALPHABET, ...literals])];
  const beginning = source.replace(/^\^/, '').replace(/\\([^\w])/g, '$1');
  const prefixes = new Set(['', /^[^[({?*+|\\]*/.exec(beginning)?.[0] ?? '', beginning.slice(0, 8)]);
  const units = [...characters, ...literals.flatMap((left) => literals.map((right) => left + right)).slice(0, 400)];
  for (const prefix of prefixes)
    for (const unit of units)
      for (const end of ['', '!', '\n', 'é'])
        yield prefix + unit.repeat(Math.ceil(length / unit.length)).slice(prefix.length) + end;
}

/** The fastest of five, where the first is slow: it was compiled, or something else ran. */
function timeMs(pattern: RegExp, text: string, slowMs: number): number {
  let bestMs = Infinity;
  for (let round = 0; round < 5; round++) {
    pattern.lastIndex = 0;
    const from = performance.now();
    if (pattern.global) text.replace(pattern, '');
    else pattern.test(text);
    bestMs = Math.min(bestMs, performance.now() - from);
    if (bestMs <= slowMs) break;
  }
  return bestMs;
}
