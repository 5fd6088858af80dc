// Instants are RFC 3339 in JSON and epoch milliseconds in code: one rule of names, `startAt` <-> `startAtMs`.

/** The end of the year 9999. */
const MAX_AT_MS = 253_402_300_799_999;

/** The decoded form of a wire type: every `...At` string has become an `...AtMs` number, however deep. */
export type Decoded<T> = T extends readonly (infer Item)[]
  ? Decoded<Item>[]
  : T extends object
    ? {
        [K in keyof T as K extends `${infer Name}At` ? `${Name}AtMs` : K]: K extends `${string}At`
          ? InstantMs<T[K]>
          : Decoded<T[K]>;
      }
    : T;

type InstantMs<T> = T extends string ? number : T;

/** Thrown for an instant that no calendar has; `path` names the field. */
export class InvalidInstant extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path} must be an instant that exists, such as 2026-01-31T00:00:00Z`);
    this.path = path;
  }
}

/**
 * A copy of `value` with each `...At` string as `...AtMs`, epoch milliseconds.
 * @throws InvalidInstant for February 30 and its like
 */
export function decodeInstants<T>(value: T, path = ''): Decoded<T> {
  return walk(value, path) as Decoded<T>;
}

function walk(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => walk(item, `${path}/${index}`));
  if (typeof value !== 'object' || value === null) return value;
  const decoded: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (key.endsWith('At') && typeof field === 'string') decoded[`${key}Ms`] = parseInstant(field, `${path}/${key}`);
    else decoded[key] = walk(field, `${path}/${key}`);
  }
  return decoded;
}

/** Epoch milliseconds of an RFC 3339 instant. Digits after the millisecond are dropped. */
export function parseInstant(text: string, path: string): number {
  const atMs = Date.parse(text);
  // An offset can carry the last day of 9999 past what a stored instant may be.
  if (Number.isNaN(atMs) || atMs < 0 || atMs > MAX_AT_MS || isNoDay(text)) throw new InvalidInstant(path);
  return atMs;
}

/** Whether a text is of February 30 or its like, which `Date.parse` takes for a day of March. */
function isNoDay(text: string): boolean {
  const day = Number(text.slice(8, 10));
  return day > 28 && day > new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
}

/** RFC 3339, in UTC with milliseconds. */
export function formatInstant(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** The wire form of decoded values: every `...AtMs` number as `...At`, RFC 3339. The inverse of {@link decodeInstants}. */
export function encodeInstants(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(encodeInstants);
  if (typeof value !== 'object' || value === null) return value;
  const encoded: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (key.endsWith('AtMs') && typeof field === 'number') encoded[key.slice(0, -2)] = formatInstant(field);
    else encoded[key] = encodeInstants(field);
  }
  return encoded;
}
