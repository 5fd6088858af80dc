// Changes valid JSON in the places where programs trust it: types, keys, numbers, text, dates, lists, depth.
import type { Random } from '../../emulators/world/random.ts';
import { Pairs, Raw, toPairs } from './json-text.ts';

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

const numbers = [
  0,
  -1,
  1,
  0.5,
  -0.000001,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_VALUE,
  5e-324,
  253402300799999,
  ...['-0', '1e999', '-1e999', '1E400', '1e21', '9007199254740993', '0.1e-400', '1e-7', '00', '+1', '.5', '1.'].map(
    (text) => new Raw(text),
  ),
  ...['NaN', 'Infinity', '-Infinity', '0x10', '1n', 'undefined', "'a'"].map((text) => new Raw(text)),
];

const texts = [
  '',
  ' ',
  '\0',
  'c1\0',
  'c1\n',
  '\u001b[31m',
  '\u202ec1',
  '\ufeffc1',
  'с1',
  'ｃ１',
  'c1\u0301',
  '🎵',
  '\ud800',
  '\udc00c1',
  `${'x'.repeat(63)}🎵`,
  '../c1',
  'a/b',
  '.',
  '..',
  '__proto__',
  'constructor',
  'toString',
  '%00',
  '%2e%2e',
  '${c1}',
  "'; drop table outcomes; --",
  '<script>alert(1)</script>',
  '{"$gt":""}',
  'true',
  '1',
  '-1',
  't2',
  'andante',
  'SE',
  'ZZ',
  'x'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(129),
  'x'.repeat(4096),
  'é'.repeat(2000),
];

const dates = [
  '2026-02-30T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-03-02T24:00:00Z',
  '2026-03-02T23:59:60Z',
  '2026-03-02T00:00:00',
  '2026-03-02 00:00:00Z',
  '2026-03-02t00:00:00z',
  '2026-03-02T00:00:00+99:99',
  '2026-03-02T00:00:00.1234567890Z',
  '2026-03-02T00:00:00.123456789-23:59',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-23:59',
  '0000-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00Z',
  '1970-01-01T00:00:00+01:00',
  '+275760-09-13T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '٢٠٢٦-٠٣-٠٢T00:00:00Z',
  'Mon, 02 Mar 2026 00:00:00 GMT',
  'yesterday',
];

const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '\0', '\ud800', 'tenantId'];

/** A value that is probably wrong where it is put. */
export function hostileValue(random: Random): unknown {
  const kind = random();
  if (kind < 0.3) return pick(random, numbers);
  if (kind < 0.6) return pick(random, texts);
  if (kind < 0.75) return pick(random, dates);
  if (kind < 0.9) return pick(random, [null, true, false, [], new Pairs([]), [[]], [null], new Pairs([['a', 1]])]);
  // Just deep enough, just too deep, and far too deep.
  if (kind < 0.97) return nested(pick(random, [15, 18, 19, 20, 21, 500]), random);
  return new Raw(`"${'x'.repeat(Math.floor(random() * (random() < 0.03 ? 300_000 : 10_000)))}"`);
}

function nested(depth: number, random: Random): Raw {
  const [open, close] = pick(random, [
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  return new Raw(`${open.repeat(depth)}1${close.repeat(depth)}`);
}

/** A copy of `value` with up to four changes. */
export function mutate(random: Random, value: unknown): unknown {
  const root = { value: toPairs(value) };
  for (let changes = 1 + Math.floor(random() ** 3 * 4); changes > 0; changes--) {
    const place = pick(random, placesOf(root));
    changeAt(random, place);
  }
  return root.value;
}

/** Where a value can be read and replaced. */
interface Place {
  get(): unknown;
  set(value: unknown): void;
}

function placesOf(root: { value: unknown }): Place[] {
  const places: Place[] = [];
  const visit = (place: Place) => {
    places.push(place);
    const value = place.get();
    if (value instanceof Pairs)
      for (const pair of value.pairs) visit({ get: () => pair[1], set: (changed) => void (pair[1] = changed) });
    if (Array.isArray(value))
      for (const index of value.keys())
        visit({ get: () => value[index] as unknown, set: (changed) => void (value[index] = changed) });
  };
  visit({ get: () => root.value, set: (changed) => void (root.value = changed) });
  return places;
}

function changeAt(random: Random, place: Place): void {
  const value = place.get();
  if (value instanceof Pairs && random() < 0.8) changeKeys(random, value.pairs);
  else if (Array.isArray(value) && random() < 0.8) place.set(changeList(random, value));
  else if (typeof value === 'string' && random() < 0.4) place.set(changeText(random, value));
  else if (typeof value === 'number' && random() < 0.3) place.set(value + pick(random, [-1, 1, 0.5, 1e15]));
  else place.set(random() < 0.1 ? [value] : hostileValue(random));
}

function changeKeys(random: Random, pairs: [string, unknown][]): void {
  const at = Math.floor(random() * pairs.length);
  const [key, field] = pairs[at] ?? ['a', 1];
  const kind = random();
  if (kind < 0.25) pairs.splice(at, 1);
  else if (kind < 0.5) pairs.push([pick(random, [...keys, `${key} `, key.toUpperCase()]), hostileValue(random)]);
  else if (kind < 0.65) pairs.push([key, random() < 0.5 ? field : hostileValue(random)]);
  else if (kind < 0.75) pairs[at] = [pick(random, [`${key}\0`, key.toUpperCase(), ...keys]), field];
  else if (kind < 0.85) pairs.reverse();
  else if (kind < 0.99) pairs[at] = [key, hostileValue(random)];
  else for (let extra = 0; extra < 300; extra++) pairs.push([`${key}${extra}`, extra]);
}

function changeList(random: Random, list: unknown[]): unknown[] {
  const kind = random();
  if (kind < 0.2) return [];
  if (kind < 0.4) return [...list, ...list];
  if (kind < 0.6) return [...list, hostileValue(random)];
  if (kind < 0.8) return list.map((item) => (random() < 0.5 ? item : hostileValue(random)));
  // At the limits of the contracts, and one over.
  const length = pick(random, random() < 0.05 ? [400, 401, 500, 501] : [10, 11, 20, 21, 50, 51, 100, 101]);
  return Array.from({ length }, (_, index) => list[index % Math.max(1, list.length)] ?? hostileValue(random));
}

function changeText(random: Random, text: string): string {
  const at = Math.floor(random() * (text.length + 1));
  const kind = random();
  if (kind < 0.3) return text.slice(0, at) + pick(random, texts) + text.slice(at);
  if (kind < 0.5) return text.slice(0, at);
  if (kind < 0.6) return text.toUpperCase();
  if (kind < 0.7) return text.repeat(3);
  if (kind < 0.8) return text.replace(/v1$/, pick(random, ['v2', 'v', 'v1.1', 'v0000001', 'V1']));
  return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x10000)) + text.slice(at + 1);
}
