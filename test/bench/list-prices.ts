// Google's list prices and how they count. Region us-central1, without free tiers and discounts, as published in
// November 2026 on cloud.google.com/firestore/pricing and cloud.google.com/bigquery/pricing.
import type { Column } from '../../shared/contracts/bigquery-schema.ts';

/** Firestore, Standard edition, regional: each document that is read; a query that finds nothing is one read. */
export const USD_PER_READ = 0.03 / 100_000;
/** Firestore, Standard edition, regional: each document that is written. */
export const USD_PER_WRITE = 0.09 / 100_000;
/** BigQuery streaming inserts (insertAll): 0.01 a 200 MB, in units of 2^20 bytes. */
export const USD_PER_STREAMED_BYTE = 0.01 / (200 * 2 ** 20);
/** BigQuery counts a streamed row as at least 1 KB. */
export const MIN_ROW_BYTES = 1024;

export interface Usage {
  reads: number;
  writes: number;
  /** Each row that was appended, in {@link rowBytes}. */
  rowBytes: readonly number[];
}

export interface Cost {
  readsUsd: number;
  writesUsd: number;
  rowsUsd: number;
  totalUsd: number;
}

/** What a usage costs at list prices. */
export function costOf({ reads, writes, rowBytes }: Usage): Cost {
  const readsUsd = reads * USD_PER_READ;
  const writesUsd = writes * USD_PER_WRITE;
  const billedBytes = rowBytes.reduce((sum, bytes) => sum + Math.max(MIN_ROW_BYTES, bytes), 0);
  const rowsUsd = billedBytes * USD_PER_STREAMED_BYTE;
  return { readsUsd, writesUsd, rowsUsd, totalUsd: readsUsd + writesUsd + rowsUsd };
}

/**
 * The bytes of a row as BigQuery counts them (cloud.google.com/bigquery/docs/reference/standard-sql/data-types, "Data
 * type sizes"): nothing for NULL, 2 + UTF-8 bytes for a string, the sum of its elements for an array.
 */
export function rowBytes(row: Readonly<Record<string, unknown>>, columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + valueBytes(row[column.name], column), 0);
}

function valueBytes(value: unknown, column: Column): number {
  if (value === undefined || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, one: unknown) => sum + valueBytes(one, column), 0);
  switch (column.type) {
    case 'STRING':
      return 2 + Buffer.byteLength(value as string, 'utf8');
    case 'BOOLEAN':
      return 1;
    case 'RECORD':
      return rowBytes(value as Record<string, unknown>, column.fields ?? []);
    default:
      // INT64, FLOAT64, TIMESTAMP, DATE.
      return 8;
  }
}
