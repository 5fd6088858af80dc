// Google's list prices and how they count, in US dollars, without free tiers and discounts: the one place where they are.
import type { Column } from '../../shared/contracts/bigquery-schema.ts';

/** When the prices were looked up, and where they hold. */
export const PRICES_OF = { readOn: '2026-11-23', region: 'us-central1' } as const;

interface ListPrice {
  usd: number;
  /** What so much is paid for. */
  per: number;
  unit: string;
  source: string;
}

const FIRESTORE = 'cloud.google.com/firestore/pricing';
const PUBSUB = 'cloud.google.com/pubsub/pricing';
const BIGQUERY = 'cloud.google.com/bigquery/pricing';
const RUN = 'cloud.google.com/run/pricing';
const GIB = 2 ** 30;

/** Each price as it is listed: so many dollars for so many of a unit. */
export const listPrices = {
  /** Each document that is read; a query that finds nothing is one read. */
  firestoreRead: { usd: 0.03, per: 100_000, unit: 'documents', source: FIRESTORE },
  firestoreWrite: { usd: 0.09, per: 100_000, unit: 'documents', source: FIRESTORE },
  /** Those of TTL too. */
  firestoreDelete: { usd: 0.01, per: 100_000, unit: 'documents', source: FIRESTORE },
  firestoreStored: { usd: 0.15, per: GIB, unit: 'bytes a month', source: FIRESTORE },
  /** Versions that point-in-time recovery keeps for seven days. */
  firestoreVersions: { usd: 0.15, per: GIB, unit: 'bytes a month', source: FIRESTORE },
  firestoreBackup: { usd: 0.03, per: GIB, unit: 'bytes a month', source: FIRESTORE },
  /** Published, and once more for each subscription that it is pushed to. */
  pubsubMoved: { usd: 40, per: 2 ** 40, unit: 'bytes', source: PUBSUB },
  /** Acknowledged messages that a subscription keeps. */
  pubsubKept: { usd: 0.27, per: GIB, unit: 'bytes a month', source: PUBSUB },
  /** insertAll. */
  bigqueryStreamed: { usd: 0.01, per: 200 * 2 ** 20, unit: 'bytes', source: BIGQUERY },
  bigqueryStored: { usd: 0.023, per: GIB, unit: 'logical bytes a month', source: BIGQUERY },
  bigqueryQueried: { usd: 6.25, per: 2 ** 40, unit: 'bytes', source: BIGQUERY },
  /** While an instance answers at least one request. */
  runCpu: { usd: 0.000024, per: 1, unit: 'vCPU seconds', source: RUN },
  runMemory: { usd: 0.0000025, per: GIB, unit: 'byte seconds', source: RUN },
  runRequest: { usd: 0.4, per: 1_000_000, unit: 'requests', source: RUN },
  /** Of minimum instances, while they answer none. */
  runIdleCpu: { usd: 0.0000025, per: 1, unit: 'vCPU seconds', source: RUN },
  runIdleMemory: { usd: 0.0000025, per: GIB, unit: 'byte seconds', source: RUN },
  logged: { usd: 0.5, per: GIB, unit: 'bytes', source: 'cloud.google.com/stackdriver/pricing' },
  scheduledJob: { usd: 0.1, per: 1, unit: 'jobs a month', source: 'cloud.google.com/scheduler/pricing' },
  /** What leaves Google: plans and answers to ad servers that run elsewhere. */
  sentOut: { usd: 0.12, per: GIB, unit: 'bytes', source: 'cloud.google.com/vpc/network-pricing' },
} as const satisfies Record<string, ListPrice>;

/** Dollars for one unit. */
export function usdPer(name: keyof typeof listPrices): number {
  const { usd, per } = listPrices[name];
  return usd / per;
}

/** BigQuery counts a streamed row as at least 1 KB. */
export const MIN_ROW_BYTES = 1024;
/** Pub/Sub counts a request that publishes or pushes as at least so much. */
export const MIN_MESSAGE_BYTES = 1000;

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
  const readsUsd = reads * usdPer('firestoreRead');
  const writesUsd = writes * usdPer('firestoreWrite');
  const billedBytes = rowBytes.reduce((sum, bytes) => sum + Math.max(MIN_ROW_BYTES, bytes), 0);
  const rowsUsd = billedBytes * usdPer('bigqueryStreamed');
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
