// Terraform's functions, as far as the configuration calls them; another one is an error, not a guess.
import { createHash } from 'node:crypto';
import { entriesOf, numberOf, type Scope } from './expression.ts';
import { compileTemplate, textOf } from './template.ts';

type Lazy = () => unknown;
type Map = Record<string, unknown>;

const lazy: Record<string, (values: Lazy[]) => unknown> = {
  can: ([value]) => succeeds(value as Lazy),
  try: (values) => {
    const working = values.find(succeeds);
    if (working === undefined) throw new Error('no argument of try works');
    return working();
  },
};

const eager: Record<string, (values: unknown[], scope: Scope) => unknown> = {
  abs: ([x]) => Math.abs(numberOf(x)),
  abspath: ([path]) => path,
  alltrue: ([list]) => (list as unknown[]).every((value) => value === true || value === 'true'),
  anytrue: ([list]) => (list as unknown[]).some((value) => value === true || value === 'true'),
  base64decode: ([text]) => Buffer.from(text as string, 'base64').toString(),
  base64encode: ([text]) => Buffer.from(text as string).toString('base64'),
  base64sha256: ([text]) => hash('sha256', text as string, 'base64'),
  basename: ([path]) => (path as string).split('/').at(-1),
  ceil: ([x]) => Math.ceil(numberOf(x)),
  chomp: ([text]) => (text as string).replace(/[\r\n]+$/, ''),
  coalesce: (values) => firstKnown(values, (value) => value !== null && value !== ''),
  coalescelist: (values) => firstKnown(values, (value) => (value as unknown[]).length > 0),
  compact: ([list]) => (list as unknown[]).filter((value) => value !== null && value !== ''),
  concat: (lists) => (lists as unknown[][]).flat(1),
  contains: ([list, value]) => listOf(list).some((element) => isSame(element, value)),
  dirname: ([path]) => (path as string).replace(/\/[^/]*$/, ''),
  distinct: ([list]) => distinct(list as unknown[]),
  element: ([list, index]) => (list as unknown[])[numberOf(index) % (list as unknown[]).length],
  endswith: ([text, end]) => (text as string).endsWith(end as string),
  file: ([path], scope) => scope.readFile(path as string).toString(),
  filebase64: ([path], scope) => scope.readFile(path as string).toString('base64'),
  filebase64sha256: ([path], scope) => hash('sha256', scope.readFile(path as string), 'base64'),
  fileexists: ([path], scope) => succeeds(() => scope.readFile(path as string)),
  filemd5: ([path], scope) => hash('md5', scope.readFile(path as string), 'hex'),
  filesha256: ([path], scope) => hash('sha256', scope.readFile(path as string), 'hex'),
  flatten: ([list]) => (list as unknown[]).flat(Infinity),
  floor: ([x]) => Math.floor(numberOf(x)),
  format: ([pattern, ...values]) => format(pattern as string, values),
  formatlist: ([pattern, list]) => (list as unknown[]).map((value) => format(pattern as string, [value])),
  indent: ([spaces, text]) => (text as string).replaceAll('\n', `\n${' '.repeat(numberOf(spaces))}`),
  join: ([separator, list]) => (list as unknown[]).map(textOf).join(separator as string),
  jsondecode: ([text]) => JSON.parse(text as string) as unknown,
  jsonencode: ([value]) => JSON.stringify(sortKeys(value)),
  keys: ([map]) => Object.keys(map as Map).sort(),
  length: ([value]) => (typeof value === 'string' ? value.length : entriesOf(value).length),
  lookup: ([map, key, fallback]) => {
    if (Object.hasOwn(map as Map, key as string)) return (map as Map)[key as string];
    if (fallback === undefined) throw new Error(`no element ${String(key)}`);
    return fallback;
  },
  lower: ([text]) => (text as string).toLowerCase(),
  max: (values) => Math.max(...values.map(numberOf)),
  md5: ([text]) => hash('md5', text as string, 'hex'),
  merge: (maps) => Object.assign({}, ...maps) as unknown,
  min: (values) => Math.min(...values.map(numberOf)),
  nonsensitive: ([value]) => value,
  one: ([list]) => {
    if ((list as unknown[]).length > 1) throw new Error('one() of more than one');
    return (list as unknown[])[0] ?? null;
  },
  parseint: ([text, base]) => parseInt(text as string, numberOf(base)),
  range: ([first, second]) =>
    second === undefined
      ? Array.from({ length: numberOf(first) }, (_, i) => i)
      : Array.from({ length: numberOf(second) - numberOf(first) }, (_, i) => numberOf(first) + i),
  regex: ([pattern, text]) => {
    const match = regularExpression(pattern as string, '').exec(text as string);
    if (match === null) throw new Error(`${String(text)} does not match ${String(pattern)}`);
    return match.groups ?? (match.length > 1 ? match.slice(1) : match[0]);
  },
  regexall: ([pattern, text]) => (text as string).match(regularExpression(pattern as string, 'g')) ?? [],
  replace: ([text, from, to]) => {
    const pattern = /^\/(.*)\/$/s.exec(from as string);
    const found = pattern === null ? (from as string) : regularExpression(pattern[1] as string, 'g');
    return (text as string).replaceAll(found, to as string);
  },
  reverse: ([list]) => [...(list as unknown[])].reverse(),
  sensitive: ([value]) => value,
  setintersection: ([first, ...others]) =>
    (first as unknown[]).filter((value) => others.every((other) => includes(other as unknown[], value))),
  setproduct: (lists) =>
    (lists as unknown[][]).reduce<unknown[][]>(
      (tuples, list) => tuples.flatMap((tuple) => list.map((value) => [...tuple, value])),
      [[]],
    ),
  setsubtract: ([first, second]) => (first as unknown[]).filter((value) => !includes(second as unknown[], value)),
  setunion: (lists) => distinct((lists as unknown[][]).flat(1)).sort(),
  sha256: ([text]) => hash('sha256', text as string, 'hex'),
  slice: ([list, start, end]) => (list as unknown[]).slice(numberOf(start), numberOf(end)),
  sort: ([list]) => [...(list as string[])].sort(),
  split: ([separator, text]) => (text as string).split(separator as string),
  startswith: ([text, start]) => (text as string).startsWith(start as string),
  strcontains: ([text, part]) => (text as string).includes(part as string),
  substr: ([text, start, length]) =>
    (text as string).slice(numberOf(start), numberOf(length) < 0 ? undefined : numberOf(start) + numberOf(length)),
  sum: ([list]) => (list as unknown[]).map(numberOf).reduce((total, value) => total + value, 0),
  templatefile: ([path, names], scope) => {
    const text = scope.readFile(path as string).toString();
    return compileTemplate(text, (literal) => literal).value(onlyWith(scope, names as Map));
  },
  timeadd: ([instant]) => instant,
  title: ([text]) => (text as string).replaceAll(/\b\w/g, (letter) => letter.toUpperCase()),
  tobool: ([value]) => (value === null ? null : value === true || value === 'true'),
  tolist: ([list]) => list,
  tomap: ([map]) => map,
  tonumber: ([value]) => (value === null ? null : numberOf(value)),
  toset: ([list]) => distinct(list as unknown[]).sort(),
  tostring: ([value]) => (value === null ? null : textOf(value)),
  trim: ([text, cut]) => trimStart(trimEnd(text as string, cut as string), cut as string),
  trimprefix: ([text, start]) =>
    (text as string).startsWith(start as string) ? (text as string).slice((start as string).length) : text,
  trimspace: ([text]) => (text as string).trim(),
  trimsuffix: ([text, end]) =>
    (text as string).endsWith(end as string) ? (text as string).slice(0, -(end as string).length) : text,
  upper: ([text]) => (text as string).toUpperCase(),
  urlencode: ([text]) => encodeURIComponent(text as string),
  values: ([map]) => entriesOf(map).map(([, value]) => value),
  yamlencode: ([value]) => JSON.stringify(value),
  zipmap: ([keys, values]) => Object.fromEntries((keys as string[]).map((key, i) => [key, (values as unknown[])[i]])),
};

/** Whether the function decides which of its arguments are worked out. */
export function isLazy(name: string): boolean {
  return Object.hasOwn(lazy, name);
}

/** @throws for a function that Terraform or this list does not know, or whatever the function itself refuses */
export function callFunction(name: string, values: Lazy[], scope: Scope): unknown {
  const own = lazy[name];
  if (own !== undefined) return own(values);
  const function_ = Object.hasOwn(eager, name) ? eager[name] : undefined;
  if (function_ === undefined) throw new Error(`unknown function ${name}`);
  return function_(
    values.map((value) => value()),
    scope,
  );
}

function succeeds(value: Lazy): boolean {
  try {
    value();
    return true;
  } catch {
    return false;
  }
}

function firstKnown(values: unknown[], isKnown: (value: unknown) => boolean): unknown {
  const index = values.findIndex(isKnown);
  if (index < 0) throw new Error('nothing to coalesce');
  return values[index];
}

function onlyWith(scope: Scope, names: Map): Scope {
  const alone: Scope = {
    resolve: (name) => {
      throw new Error(`the template is not given ${name}`);
    },
    with: (more) => onlyWith(scope, { ...names, ...more }),
    readFile: (path) => scope.readFile(path),
  };
  return {
    ...alone,
    resolve: (name, steps) =>
      Object.hasOwn(names, name) ? scope.with(names).resolve(name, steps) : alone.resolve(name, steps),
  };
}

function listOf(collection: unknown): unknown[] {
  return entriesOf(collection).map(([, value]) => value);
}

function includes(list: unknown[], value: unknown): boolean {
  return list.some((element) => isSame(element, value));
}

function distinct(list: unknown[]): unknown[] {
  return list.filter((value, index) => list.findIndex((other) => isSame(other, value)) === index);
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(entriesOf(value).map(([key, element]) => [key, sortKeys(element)]));
}

function hash(algorithm: string, content: string | Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(content).digest(encoding);
}

/** RE2's named groups are written another way. */
function regularExpression(pattern: string, flags: string): RegExp {
  return new RegExp(pattern.replaceAll('(?P<', '(?<'), flags);
}

function format(pattern: string, values: unknown[]): string {
  let next = 0;
  return pattern.replaceAll(/%(%|0?\d*[a-z])/g, (_, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next++];
    if (verb === 'q') return JSON.stringify(textOf(value));
    if (verb === 'd' || verb === 's' || verb === 'v' || verb === 't' || verb === 'f') return textOf(value);
    const width = /^0?(\d+)[ds]$/.exec(verb);
    if (width === null) throw new Error(`format does not know %${verb}`);
    return textOf(value).padStart(Number(width[1]), verb.startsWith('0') ? '0' : ' ');
  });
}

function trimStart(text: string, cut: string): string {
  return text !== '' && cut.includes(text.charAt(0)) ? trimStart(text.slice(1), cut) : text;
}

function trimEnd(text: string, cut: string): string {
  return text !== '' && cut.includes(text.charAt(text.length - 1)) ? trimEnd(text.slice(0, -1), cut) : text;
}
