// topology.json: the one list of functions, topics, subscriptions, schedules, dataset, tables, views and scheduled queries.
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
  /** Run by BigQuery itself, as the schedule says; `@run_time` is when. `writes`: the tables it may change. */
  queries: Record<string, { sql: string; schedule: string; writes: string[] }>;
}

export interface FunctionEntry {
  trigger:
    { kind: 'pubsub'; topic: string } | { kind: 'http'; path: string; callers: 'tenants' | 'ad-servers' | 'all' };
  timeoutSeconds: number;
  memoryMb: number;
  cpu: number;
  concurrency: number;
  minInstances: number;
  maxInstances: number;
  access: Access;
}

/** What a function may touch: its service account is granted this and nothing else. */
export interface Access {
  firestore?: 'read' | 'write';
  /** Topics it publishes to. */
  publishes?: string[];
  /** Tables it appends rows to. */
  appends?: string[];
  /** It runs queries, and reads all of the dataset. */
  queries?: true;
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

/** The SQL of views or of scheduled queries, with the names of a project and its dataset in it. */
export async function readSqls(
  { dataset }: Topology,
  files: Record<string, { sql: string }>,
  projectId: string,
): Promise<Map<string, string>> {
  const entries = Object.entries(files).map(async ([name, { sql }]): Promise<[string, string]> => {
    const template = await readFile(resolve(topologyDir, sql), 'utf8');
    return [name, template.replaceAll('${project}', projectId).replaceAll('${dataset}', dataset)];
  });
  return new Map(await Promise.all(entries));
}
