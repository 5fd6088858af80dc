// JSON as text, with what JSON.stringify would never write: keys twice, numbers that no number holds, anything at all.

/** Text that is written as it is. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An object as its pairs: the same key may come twice, and `__proto__` is a key like any other. */
export class Pairs {
  readonly pairs: [string, unknown][];
  constructor(pairs: [string, unknown][]) {
    this.pairs = pairs;
  }
}

/** A copy in which every object is {@link Pairs}, so that it can be changed without care. */
export function toPairs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPairs);
  if (typeof value !== 'object' || value === null || value instanceof Raw) return value;
  return new Pairs(Object.entries(value).map(([key, field]) => [key, toPairs(field)]));
}

export function toText(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (value instanceof Pairs)
    return `{${value.pairs.map(([key, field]) => `${JSON.stringify(key)}:${toText(field)}`).join(',')}}`;
  if (Array.isArray(value)) return `[${value.map(toText).join(',')}]`;
  return JSON.stringify(value) ?? 'undefined';
}
