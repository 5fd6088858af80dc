// Reads a template, `text ${expression} text %{ if ... }`, into a function of its scope.
import { compileExpression, entriesOf, isTrue, type Expression, type Scope } from './expression.ts';
import { endOfBraces } from './tokens.ts';

type Part = { text: string } | { expression: Expression } | { directive: string };
type Value = (scope: Scope) => unknown;

/** `literal` is applied to what lies between expressions: the escapes of a quoted text. A single `${...}` keeps its value's type. */
export function compileTemplate(text: string, literal: (text: string) => string): Expression {
  const parts = readParts(text, literal);
  const references = parts.flatMap((part) => ('expression' in part ? part.expression.references : []));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && 'expression' in only) return only.expression;
  const bound: string[] = [];
  const rest = [...parts];
  const value = sequence(rest, references, bound);
  if (rest.length > 0) throw new Error(`a directive is closed that was not opened: ${text.slice(0, 60)}`);
  return { value, references: references.filter(([name]) => !bound.includes(name as string)) };
}

/** As Terraform writes a value into a text. @throws on what has no text: null, lists and maps */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`cannot be written into a text: ${JSON.stringify(value)}`);
}

function readParts(text: string, literal: (text: string) => string): Part[] {
  const parts: Part[] = [];
  let plain = '';
  let at = 0;
  let stripsNext = false;
  const flush = () => {
    const kept = stripsNext ? plain.replace(/^\s+/, '') : plain;
    if (kept !== '') parts.push({ text: literal(kept) });
    plain = '';
    stripsNext = false;
  };
  while (at < text.length) {
    const opener = text.slice(at, at + 3);
    if (opener === '$${' || opener === '%%{') {
      plain += opener.slice(1);
      at += 3;
    } else if (opener.startsWith('${') || opener.startsWith('%{')) {
      const end = endOfBraces(text, at + 1);
      const inner = /^~?(.*?)(~?)$/s.exec(text.slice(at + 2, end - 1)) as RegExpExecArray;
      if (text[at + 2] === '~') plain = plain.replace(/\s+$/, '');
      flush();
      stripsNext = inner[2] === '~';
      const code = (inner[1] as string).trim();
      parts.push(opener.startsWith('$') ? { expression: compileExpression(code) } : { directive: code });
      at = end;
    } else {
      plain += text.charAt(at);
      at += 1;
    }
  }
  flush();
  return parts;
}

/** Takes parts up to the directive that ends this sequence, which it leaves. */
function sequence(parts: Part[], references: string[][], bound: string[]): Value {
  const values: Value[] = [];
  for (let part = parts[0]; part !== undefined; part = parts[0]) {
    if ('directive' in part && /^(else|endif|endfor)$/.test(part.directive)) break;
    parts.shift();
    if ('text' in part) {
      const { text } = part;
      values.push(() => text);
    } else if ('expression' in part) {
      const { expression } = part;
      values.push((scope) => expression.value(scope));
    } else values.push(directive(part.directive, parts, references, bound));
  }
  return (scope) => values.map((value) => textOf(value(scope))).join('');
}

function directive(code: string, parts: Part[], references: string[][], bound: string[]): Value {
  const loop = /^for\s+(\w+)(?:\s*,\s*(\w+))?\s+in\s+(.*)$/s.exec(code);
  const choice = /^if\s+(.*)$/s.exec(code);
  if (loop !== null) {
    const collection = compileExpression(loop[3] as string);
    const names = [loop[1] as string, ...(loop[2] === undefined ? [] : [loop[2]])];
    references.push(...collection.references);
    bound.push(...names);
    const body = sequence(parts, references, bound);
    close(parts, 'endfor');
    return (scope) =>
      entriesOf(collection.value(scope))
        .map(([key, value]) => body(bind(scope, names, key, value)))
        .join('');
  }
  if (choice === null) throw new Error(`unknown directive ${code}`);
  const condition = compileExpression(choice[1] as string);
  references.push(...condition.references);
  const whenTrue = sequence(parts, references, bound);
  const [next] = parts;
  const hasElse = next !== undefined && 'directive' in next && next.directive === 'else';
  if (hasElse) parts.shift();
  const whenFalse = hasElse ? sequence(parts, references, bound) : () => '';
  close(parts, 'endif');
  return (scope) => (isTrue(condition.value(scope)) ? whenTrue(scope) : whenFalse(scope));
}

function close(parts: Part[], name: string): void {
  const part = parts.shift();
  if (part === undefined || !('directive' in part) || part.directive !== name) throw new Error(`expected %{ ${name} }`);
}

/** The scope with the names of a loop: `value`, or `key, value`. */
export function bind(scope: Scope, names: string[], key: unknown, value: unknown): Scope {
  const [first, second] = names;
  const known = second === undefined ? { [first as string]: value } : { [first as string]: key, [second]: value };
  return scope.with(known);
}
