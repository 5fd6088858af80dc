// Values of a DuckDB result in BigQuery's wire form: {f: [{v: ...}]} with every scalar a string.
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimeValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';

/** How the client wants TIMESTAMP values. */
export type TimestampFormat = 'FLOAT64' | 'INT64' | 'ISO8601_STRING';

export interface WireCell {
  v: null | string | WireCell[] | WireRow;
}

export interface WireRow {
  f: WireCell[];
}

/** One row; `repeated[i]` says that column i is REPEATED, for which NULL is the empty array. */
export function wireRow(values: DuckDBValue[], repeated: boolean[], format: TimestampFormat): WireRow {
  return {
    f: values.map((value, index) => ({ v: value === null && repeated[index] ? [] : wireValue(value, format) })),
  };
}

/** The format that a request's options ask for. */
export function timestampFormatOf(options: {
  useInt64Timestamp?: unknown;
  timestampOutputFormat?: unknown;
}): TimestampFormat {
  const named = options.timestampOutputFormat;
  if (named === 'INT64' || named === 'ISO8601_STRING' || named === 'FLOAT64') return named;
  return options.useInt64Timestamp === true || options.useInt64Timestamp === 'true' ? 'INT64' : 'FLOAT64';
}

function wireValue(value: DuckDBValue, format: TimestampFormat): WireCell['v'] {
  if (value === null) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return wireFloat(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof DuckDBListValue) return value.items.map((item) => ({ v: wireValue(item, format) }));
  if (value instanceof DuckDBStructValue) {
    return { f: Object.values(value.entries).map((entry) => ({ v: wireValue(entry, format) })) };
  }
  if (value instanceof DuckDBTimestampTZValue) return wireTimestamp(value.micros, format);
  if (value instanceof DuckDBTimestampValue) return isoOfMicros(value.micros);
  if (value instanceof DuckDBDateValue || value instanceof DuckDBTimeValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) return trimDecimal(value.toString());
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64');
  if (value instanceof DuckDBIntervalValue) return wireInterval(value);
  return String(value);
}

function wireFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return String(value);
}

function wireTimestamp(micros: bigint, format: TimestampFormat): string {
  if (format === 'INT64') return String(micros);
  if (format === 'ISO8601_STRING') return `${isoOfMicros(micros)}Z`;
  const magnitude = micros < 0n ? -micros : micros;
  const fraction = String(magnitude % 1_000_000n).padStart(6, '0');
  return `${micros < 0n ? '-' : ''}${magnitude / 1_000_000n}.${fraction}`;
}

// Date holds milliseconds, so the microseconds below are put back by hand.
function isoOfMicros(micros: bigint): string {
  const belowMilli = ((micros % 1000n) + 1000n) % 1000n;
  const milli = new Date(Number((micros - belowMilli) / 1000n)).toISOString().slice(0, -1);
  const fraction = `${milli.slice(-3)}${String(belowMilli).padStart(3, '0')}`;
  return fraction === '000000' ? milli.slice(0, -4) : `${milli.slice(0, -3)}${fraction}`;
}

function trimDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function wireInterval({ months, days, micros }: DuckDBIntervalValue): string {
  const magnitude = micros < 0n ? -micros : micros;
  const seconds = magnitude / 1_000_000n;
  const fraction = magnitude % 1_000_000n;
  const clock = `${seconds / 3600n}:${(seconds / 60n) % 60n}:${seconds % 60n}`;
  const tail = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`;
  return `${Math.trunc(months / 12)}-${Math.abs(months % 12)} ${days} ${micros < 0n ? '-' : ''}${clock}${tail}`;
}
