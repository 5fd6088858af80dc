// What something used costs at list prices, part by part. Counts are counts; processor time is this machine's, so that what
// it costs is no bar.
import { usdPer } from './list-prices.ts';
import type { Used } from './cost-meter.ts';

/** A vCPU is one of two threads of a core: what took a core of this machine so long takes it longer. */
export const VCPU_FACTOR = 1.5;
/** How busy instances are kept before there are more of them. */
export const UTILISATION = 0.6;
/** Point-in-time recovery and retained messages. */
const KEPT_DAYS = 7;
const MONTH_DAYS = 30.4;
const YEAR_DAYS = 365;
/** Partitions that nobody wrote to for so long cost half. */
const ACTIVE_DAYS = 90;
/** Cloud Run's own line for each request. */
const REQUEST_LOG_BYTES = 1_100;

export interface Bill {
  documents: number;
  stored: number;
  /** At most: where each version is the last of its minute. */
  versions: number;
  messages: number;
  rows: number;
  /** A year of what was appended. */
  rowsStored: number;
  functions: number;
  logs: number;
  sentOut: number;
}

/** @param memoryMb of the function that answers, with one vCPU */
export function billOf(used: Used, memoryMb: number): Bill {
  const { reads, writes, expiring } = used;
  const longDays = YEAR_DAYS - ACTIVE_DAYS;
  return {
    documents:
      reads * usdPer('firestoreRead') + writes * usdPer('firestoreWrite') + expiring * usdPer('firestoreDelete'),
    stored: (used.storedByteDays / MONTH_DAYS) * usdPer('firestoreStored'),
    versions: ((used.versionBytes * KEPT_DAYS) / MONTH_DAYS) * usdPer('firestoreVersions'),
    // Each message is there twice, published and pushed; it is kept once.
    messages:
      used.messageBytes * usdPer('pubsubMoved') +
      ((used.messageBytes / 2) * KEPT_DAYS * usdPer('pubsubKept')) / MONTH_DAYS,
    rows: used.streamedBytes * usdPer('bigqueryStreamed'),
    rowsStored: ((used.rowBytes * (ACTIVE_DAYS + longDays / 2)) / MONTH_DAYS) * usdPer('bigqueryStored'),
    functions: used.requests * usdPer('runRequest') + busySeconds(used) * instanceUsd(memoryMb, 'busy'),
    logs: (used.logBytes + used.requests * REQUEST_LOG_BYTES) * usdPer('logged'),
    sentOut: used.sentBytes * usdPer('sentOut'),
  };
}

/** Seconds of one vCPU, clients included. */
export function vcpuMs({ cpuMs, clientMs }: Pick<Used, 'cpuMs' | 'clientMs'>): number {
  return (cpuMs + clientMs) * VCPU_FACTOR;
}

function busySeconds(used: Used): number {
  return vcpuMs(used) / 1000 / UTILISATION;
}

/** A second of an instance of one vCPU. */
export function instanceUsd(memoryMb: number, state: 'busy' | 'idle'): number {
  const bytes = memoryMb * 2 ** 20;
  return state === 'busy'
    ? usdPer('runCpu') + bytes * usdPer('runMemory')
    : usdPer('runIdleCpu') + bytes * usdPer('runIdleMemory');
}

/** What does not depend on the machine that measured. */
export function countedUsd(bill: Bill): number {
  return totalUsd(bill) - bill.functions;
}

export function totalUsd(bill: Bill): number {
  return (Object.values(bill) as number[]).reduce((sum, usd) => sum + usd, 0);
}

/** Minimum instances that nobody calls, and the Scheduler's jobs. */
export function idleUsdPerMonth(topology: {
  functions: Readonly<Record<string, { memoryMb: number; minInstances: number }>>;
  schedules: Readonly<Record<string, unknown>>;
}): { instances: number; jobs: number } {
  const seconds = MONTH_DAYS * 86_400;
  const instances = Object.values(topology.functions).reduce(
    (sum, { memoryMb, minInstances }) => sum + minInstances * seconds * instanceUsd(memoryMb, 'idle'),
    0,
  );
  return { instances, jobs: Object.keys(topology.schedules).length * usdPer('scheduledJob') };
}
