// topology.json: the one list of functions, topics, subscriptions, schedules, dataset, tables and views.
// Terraform reads the same file.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

export interface Topology {
  functions: Record<string, FunctionEntry>;
  topics: string[];
  subscriptions: Record<string, PushSubscription | PullSubscription>;
  schedules: Record<string, ScheduleEntry>;
  dataset: string;
  tables: Record<string, { schema: string; partitionBy: string; clusterBy: string[] }>;
  views: Record<string, { sql: string }>;
}

export interface FunctionEntry {
  trigger: { kind: 'pubsub'; topic: string } | { kind: 'http'; path: string };
  timeoutSeconds: number;
  memoryMb: number;
  concurrency: number;
  minInstances: number;
  maxInstances: number;
}

export interface PushSubscription {
  topic: string;
  function: string;
  ackDeadlineSeconds: number;
  minBackoffSeconds: number;
  maxBackoffSeconds: number;
  maxDeliveryAttempts: number;
  retentionDays: number;
  deadLetterTopic: string;
}

export interface PullSubscription {
  topic: string;
  pull: true;
  ackDeadlineSeconds: number;
  retentionDays: number;
}

export interface ScheduleEntry {
  topic: string;
  cron: string;
  retries: number;
  /** Published as it is: the Scheduler's Pub/Sub target cannot change it. */
  body: Record<string, unknown>;
}

/** The folder that the files named in the topology are relative to. */
export const topologyDir = import.meta.dirname;

export async function readTopology(): Promise<Topology> {
  return JSON.parse(await readFile(resolve(topologyDir, 'topology.json'), 'utf8')) as Topology;
}
