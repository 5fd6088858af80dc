// A value of an insertAll row, checked against its column like BigQuery checks it and put into the form that DuckDB's
// JSON reader casts without loss. Knows one value at a time; whole rows are in `row-validation.ts`.
import type { FieldSchema, FieldType } from './field-schema.ts';

/** The value for DuckDB, or BigQuery's message about it. */
export type CheckedValue = { value: unknown } | { message: string };

type Check = (value: unknown, field: FieldSchema) => CheckedValue;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INTEGER = /^[+-]?\d{1,19}$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const TIME = /^([01]?\d|2[0-3]):([0-5]?\d)(:[0-5]?\d(\.\d{1,6})?)?$/;
const TIMESTAMP =
  /^(\d{4}[-/]\d{1,2}[-/]\d{1,2})(?:[Tt ](\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d{1,9})?)?))?\s*(Z|z|UTC|[+-]\d{1,2}(?::?\d{2})?)?$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

const CHECKS: Record<Exclude<FieldType, 'RECORD'>, Check> = {
  STRING: checkString,
  GEOGRAPHY: checkString,
  INTERVAL: checkString,
  INTEGER: checkInteger,
  FLOAT: checkFloat,
  NUMERIC: checkNumeric,
  BIGNUMERIC: checkNumeric,
  BOOLEAN: checkBoolean,
  BYTES: checkBytes,
  DATE: checkDate,
  TIME: checkTime,
  DATETIME: checkDatetime,
  TIMESTAMP: checkTimestamp,
  JSON: checkJson,
};

/** Checks a single, present value of a column that is no RECORD. */
export function checkValue(value: unknown, field: FieldSchema & { type: Exclude<FieldType, 'RECORD'> }): CheckedValue {
  return CHECKS[field.type](value, field);
}

function checkString(value: unknown): CheckedValue {
  if (typeof value === 'string') return { value };
  if (typeof value === 'number' || typeof value === 'boolean') return { value: String(value) };
  return { message: `Cannot convert value to string (bad value): ${shown(value)}` };
}

function checkInteger(value: unknown): CheckedValue {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { value };
  if (typeof value === 'string' && INTEGER.test(value.trim())) {
    const exact = BigInt(value.trim().replace(/^\+/, ''));
    if (exact >= INT64_MIN && exact <= INT64_MAX) return { value: String(exact) };
  }
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63)
    return { value: String(BigInt(value)) };
  return { message: `Cannot convert value to integer (bad value): ${shown(value)}` };
}

function checkFloat(value: unknown): CheckedValue {
  if (typeof value === 'number') return { value };
  if (typeof value === 'string') {
    if (DECIMAL.test(value.trim())) return { value: Number(value) };
    if (/^[+-]?(nan|inf|infinity)$/i.test(value.trim())) return { value: value.trim() };
  }
  return { message: `Cannot convert value to floating point (bad value): ${shown(value)}` };
}

function checkNumeric(value: unknown, { type }: FieldSchema): CheckedValue {
  const text = typeof value === 'number' ? String(value) : value;
  const wholeDigits = type === 'NUMERIC' ? 29 : 19;
  if (typeof text === 'string' && DECIMAL.test(text.trim()) && Math.abs(Number(text)) < 10 ** wholeDigits) {
    return { value: text.trim() };
  }
  return { message: `Invalid ${type} value: ${shown(value)}` };
}

function checkBoolean(value: unknown): CheckedValue {
  if (typeof value === 'boolean') return { value };
  const text = String(value).toLowerCase();
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  return { message: `Cannot convert value to boolean (bad value): ${shown(value)}` };
}

function checkBytes(value: unknown): CheckedValue {
  if (typeof value !== 'string' || !BASE64.test(value)) {
    return { message: `Cannot convert value to bytes: value is not base64 (bad value): ${shown(value)}` };
  }
  return { value: Buffer.from(value, 'base64').toString('base64') };
}

function checkDate(value: unknown): CheckedValue {
  if (typeof value === 'string' && isDate(value)) return { value };
  return { message: `Invalid date: '${shown(value)}'` };
}

function checkTime(value: unknown): CheckedValue {
  if (typeof value === 'string' && TIME.test(value)) return { value: withSeconds(value) };
  return { message: `Invalid time string "${shown(value)}"` };
}

function checkDatetime(value: unknown): CheckedValue {
  if (typeof value === 'string') {
    const [date, time, ...more] = value.trim().split(/[Tt ]/);
    if (more.length === 0 && isDate(date!) && (time === undefined || TIME.test(time))) {
      return { value: `${date} ${withSeconds(time ?? '00:00:00')}` };
    }
  }
  return { message: `Invalid datetime string "${shown(value)}"` };
}

function checkTimestamp(value: unknown): CheckedValue {
  if (typeof value === 'number' || (typeof value === 'string' && DECIMAL.test(value)))
    return checkEpochSeconds(Number(value));
  const match = typeof value === 'string' ? TIMESTAMP.exec(value.trim()) : null;
  if (match) {
    const date = match[1]!.replaceAll('/', '-');
    const time = match[2] ?? '00:00:00';
    const clock = time.replace(/(\.\d{6})\d+$/, '$1');
    if (isDate(date) && TIME.test(clock)) return { value: `${date} ${withSeconds(clock)}${zoneOffset(match[3])}` };
  }
  return {
    message:
      `Could not parse '${shown(value)}' as a timestamp. Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]]` +
      ' or YYYY/MM/DD HH:MM[:SS[.SSSSSS]]',
  };
}

// Years 1 to 9999, as BigQuery has them.
const EPOCH_SECONDS_MIN = -62_135_596_800;
const EPOCH_SECONDS_MAX = 253_402_300_799;

function checkEpochSeconds(seconds: number): CheckedValue {
  if (!(seconds >= EPOCH_SECONDS_MIN && seconds <= EPOCH_SECONDS_MAX)) {
    return { message: `Timestamp out of range: ${seconds}` };
  }
  const micros = Math.round(seconds * 1e6);
  const belowSecond = ((micros % 1e6) + 1e6) % 1e6;
  const whole = new Date((micros - belowSecond) / 1e3).toISOString().slice(0, 19).replace('T', ' ');
  return { value: `${whole}.${String(belowSecond).padStart(6, '0')}+00:00` };
}

function checkJson(value: unknown): CheckedValue {
  if (typeof value !== 'string') return { value };
  try {
    return { value: JSON.parse(value) as unknown };
  } catch {
    return { message: `Invalid JSON: ${shown(value)}` };
  }
}

function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function withSeconds(time: string): string {
  return time.split(':').length === 2 ? `${time}:00` : time;
}

function zoneOffset(zone: string | undefined): string {
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return '+00:00';
  const digits = zone.slice(1).replace(':', '');
  const [hours, minutes] = digits.length <= 2 ? [digits, '00'] : [digits.slice(0, -2), digits.slice(-2)];
  return `${zone[0]}${hours.padStart(2, '0')}:${minutes}`;
}

const SHOWN_LENGTH_LIMIT = 100;

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.slice(0, SHOWN_LENGTH_LIMIT);
}
