// Counts everything that is paid for, around ports in memory: documents, bytes that stay, messages, rows, lines of log, calls
// and processor time. What a client library would do for a call is not there: `CLIENT_CPU_MS` stands for it.
import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import type { EventBus } from '../../shared/bus/event-bus.ts';
import { bigQuerySchemas } from '../../shared/contracts/bigquery-schema.ts';
import type { OutcomeLog, Row } from '../../shared/outcomes/outcome-log.ts';
import { createLog, type Log } from '../../shared/runtime/log.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { createMemoryStore, type Write } from '../../shared/store/memory-store.ts';
import { toFields } from '../../shared/store/stored-form.ts';
import { MIN_MESSAGE_BYTES, MIN_ROW_BYTES, rowBytes } from './list-prices.ts';
import { meterStore } from './metered-store.ts';

/** What was used. Everything but `cpuMs` is a count that comes out the same each time. */
export interface Used {
  reads: number;
  writes: number;
  /** Documents that Firestore will delete by itself. */
  expiring: number;
  /** Bytes of documents that are new, times the days that they stay. */
  storedByteDays: number;
  /** Bytes of every version that was written: point-in-time recovery keeps one a minute of them for a week. */
  versionBytes: number;
  /** Published, as billed; once more for its push. */
  messageBytes: number;
  rows: number;
  /** Of rows, as the table counts them, and as streaming does: at least 1 KB each. */
  rowBytes: number;
  streamedBytes: number;
  logBytes: number;
  /** Requests and pushes that a function answered. */
  requests: number;
  /** Answers to callers outside Google. */
  sentBytes: number;
  /** Of the process, on this machine, and what the clients of its calls would use. */
  cpuMs: number;
  clientMs: number;
}

/**
 * What Google's clients use for a call, processor time in ms: medians of 800 calls, eight at a time, on the emulators. `append`
 * is the plain HTTP of insertAll, `answer` a request through the functions framework.
 */
export const CLIENT_CPU_MS = { read: 0.5, create: 0.4, transact: 0.8, publish: 0.2, append: 0.6, answer: 0.3 } as const;

const DAY_MS = 86_400_000;
/** Beside the fields of a line: its names, labels and times. */
const LOG_ENVELOPE_BYTES = 400;
const schemas = bigQuerySchemas();

export interface CostMeter {
  store: AllocationStore;
  bus: EventBus;
  published: ReturnType<typeof createMemoryBus>['published'];
  outcomes: OutcomeLog;
  log: Log;
  /** A message that somebody else publishes, and its push. */
  message(bytes: number): void;
  answered(sentBytes: number): void;
  used(): Used;
  /** What the documents of some paths and the rows of some tables have in it. */
  share(takes: { path: (path: string) => boolean; table: (table: Row['table']) => boolean }): Share;
  reset(): void;
}

export type Share = Pick<
  Used,
  'reads' | 'writes' | 'expiring' | 'storedByteDays' | 'versionBytes' | 'rows' | 'rowBytes' | 'streamedBytes'
>;

/**
 * @param clock of the world, for how long documents stay
 * @param isTimed where only time matters: the bytes of documents are not counted, which would take as long as writing them
 */
export function createCostMeter(clock: () => number, isTimed: boolean): CostMeter {
  const rows: { table: Row['table']; bytes: number }[] = [];
  const commits: { path: string; bytes: number; storedDays: number | undefined }[] = [];
  const sums = { messageBytes: 0, logBytes: 0, requests: 0, sentBytes: 0 };
  let clientMs = 0;
  let startedCpu = process.cpuUsage();
  const call = (kind: keyof typeof CLIENT_CPU_MS) => void (clientMs += CLIENT_CPU_MS[kind]);
  const onCommit = (writes: readonly Write[]) => {
    for (const { ref, before, after } of writes) {
      if (after === undefined) continue;
      const bytes = documentBytes(ref.path, toFields(ref.kind, after));
      const expireAtMs = 'expireAtMs' in after ? after.expireAtMs : undefined;
      const isLast = expireAtMs !== undefined && (before === undefined || !('expireAtMs' in before));
      const storedDays = isLast ? Math.max(0, expireAtMs - clock()) / DAY_MS : undefined;
      commits.push({ path: ref.path, bytes, storedDays });
    }
  };
  const { store: counted, meter } = meterStore(createMemoryStore(isTimed ? {} : { onCommit }));
  const bus = createMemoryBus();
  const message = (bytes: number) => void (sums.messageBytes += 2 * Math.max(MIN_MESSAGE_BYTES, bytes));
  const destination = { write: (line: string) => void (sums.logBytes += line.length + LOG_ENVELOPE_BYTES) };
  const share: CostMeter['share'] = ({ path, table }) => {
    const ofRows = rows.filter((row) => table(row.table));
    const ofCommits = commits.filter((commit) => path(commit.path));
    return {
      ...meter.sum(path),
      expiring: ofCommits.filter(({ storedDays }) => storedDays !== undefined).length,
      storedByteDays: sum(ofCommits, ({ bytes, storedDays = 0 }) => bytes * storedDays),
      versionBytes: sum(ofCommits, ({ bytes }) => bytes),
      rows: ofRows.length,
      rowBytes: sum(ofRows, ({ bytes }) => bytes),
      streamedBytes: sum(ofRows, ({ bytes }) => Math.max(MIN_ROW_BYTES, bytes)),
    };
  };
  return {
    store: withCalls(counted, call),
    bus: {
      async publish(body, attributes) {
        call('publish');
        message(Buffer.byteLength(JSON.stringify(body)) + MESSAGE_ENVELOPE_BYTES);
        return bus.publish(body, attributes);
      },
    },
    published: bus.published,
    outcomes: {
      async append(appended) {
        for (const _table of new Set(appended.map(({ table }) => table))) call('append');
        rows.push(...appended.map(({ table, json }) => ({ table, bytes: rowBytes(json, schemas[table]) })));
      },
    },
    log: createLog({ level: 'info', projectId: 'demo-andante', destination }),
    message: (bytes) => message(bytes + MESSAGE_ENVELOPE_BYTES),
    answered(sentBytes) {
      call('answer');
      sums.requests += 1;
      sums.sentBytes += sentBytes;
    },
    used() {
      const { user, system } = process.cpuUsage(startedCpu);
      const all = share({ path: () => true, table: () => true });
      return { ...all, ...sums, cpuMs: (user + system) / 1000, clientMs };
    },
    share,
    reset() {
      meter.reset();
      rows.length = 0;
      commits.length = 0;
      clientMs = 0;
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] = 0;
      startedCpu = process.cpuUsage();
    },
  };
}

/** Attributes, message id and publish time. */
const MESSAGE_ENVELOPE_BYTES = 120;

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function withCalls(store: AllocationStore, call: (kind: keyof typeof CLIENT_CPU_MS) => void): AllocationStore {
  const after = <R>(kind: keyof typeof CLIENT_CPU_MS, answer: Promise<R>): Promise<R> => {
    call(kind);
    return answer;
  };
  return {
    read: (refs) => after('read', store.read(refs)),
    transact: (body, contended) => after('transact', store.transact(body, contended)),
    create: (ref, document) => after('create', store.create(ref, document)),
    waitingReports: (market, limit) => after('read', store.waitingReports(market, limit)),
    undrained: (limit, afterId) => after('read', store.undrained(limit, afterId)),
    quarantined: (limit, afterId) => after('read', store.quarantined(limit, afterId)),
    openBookings: (limit, afterId) => after('read', store.openBookings(limit, afterId)),
    markDrained: (refs, expireAtMs) => after('transact', store.markDrained(refs, expireAtMs)),
    markets: () => after('read', store.markets()),
  };
}

/**
 * A document as Firestore counts it (firebase.google.com/docs/firestore/storage-size): its name and 32 bytes, and of each
 * field its name and value.
 */
export function documentBytes(path: string, fields: Readonly<Record<string, unknown>>): number {
  const name = path.split('/').reduce((sum, part) => sum + textBytes(part), 16);
  return name + 32 + fieldsBytes(fields);
}

function fieldsBytes(fields: Readonly<Record<string, unknown>>): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + textBytes(name) + valueBytes(value), 0);
}

function textBytes(text: string): number {
  return Buffer.byteLength(text) + 1;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'boolean' || value === null) return 1;
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, one: unknown) => sum + valueBytes(one), 0);
  if (typeof value === 'object' && !(value instanceof Date)) return fieldsBytes(value as Record<string, unknown>);
  return 8;
}
