// Creates what Terraform creates in the cloud, from the same topology.json: topics, push subscriptions with retry and dead
// letter, the dataset, its tables and views. Doing it twice is doing it once.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { PubSub, type CreateSubscriptionOptions } from '@google-cloud/pubsub';
import {
  readSqls,
  topologyDir,
  type PullSubscription,
  type PushSubscription,
  type Topology,
} from '../terraform/topology.ts';

export interface ProvisionOptions {
  projectId: string;
  topology: Topology;
  /** Where the functions answer, without a slash at the end. */
  functionsUrl: string;
  pubsubHost: string;
  bigqueryEndpoint: string;
  /** Emulators need not wait as long as the cloud does. */
  retry?: { minBackoffSeconds?: number; maxBackoffSeconds?: number; maxDeliveryAttempts?: number };
}

export interface Provisioned {
  topics: string[];
  subscriptions: string[];
  dataset: string;
  tables: string[];
  views: string[];
}

export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  await Promise.all([provisionPubSub(options), provisionBigQuery(options)]);
  const { topics, subscriptions, dataset, tables, views } = options.topology;
  return {
    topics,
    subscriptions: Object.keys(subscriptions),
    dataset,
    tables: Object.keys(tables),
    views: Object.keys(views),
  };
}

async function provisionPubSub(options: ProvisionOptions): Promise<void> {
  const { projectId, topology, pubsubHost } = options;
  const client = new PubSub({
    projectId,
    apiEndpoint: pubsubHost,
    emulatorMode: true,
    // Otherwise it asks for credentials, and for Google's metadata server, to learn this.
    clientOptions: { universeDomain: 'googleapis.com' },
  });
  try {
    await Promise.all(topology.topics.map((topic) => unlessExists(client.createTopic(topic))));
    await Promise.all(
      Object.entries(topology.subscriptions).map(([name, subscription]) =>
        provisionSubscription(client, name, subscription, options),
      ),
    );
  } finally {
    await client.close();
  }
}

async function provisionSubscription(
  client: PubSub,
  name: string,
  subscription: PushSubscription | PullSubscription,
  options: ProvisionOptions,
): Promise<void> {
  const settings = subscriptionOptions(subscription, options);
  const isNew = await unlessExists(client.topic(subscription.topic).createSubscription(name, settings));
  if (isNew || 'pull' in subscription) return;
  // One from an earlier run pushes to where the functions were then.
  const { pushEndpoint = '', retryPolicy = null, deadLetterPolicy = null } = settings;
  await client.subscription(name).setMetadata({ pushConfig: { pushEndpoint }, retryPolicy, deadLetterPolicy });
}

/** A subscription as the API takes it; the push endpoint ends in the topic's name, from which the framework reads it. */
export function subscriptionOptions(
  subscription: PushSubscription | PullSubscription,
  options: Pick<ProvisionOptions, 'projectId' | 'functionsUrl' | 'retry'>,
): CreateSubscriptionOptions {
  const common = {
    ackDeadlineSeconds: subscription.ackDeadlineSeconds,
    messageRetentionDuration: { seconds: subscription.retentionDays * 86_400 },
    expirationPolicy: {},
  };
  if ('pull' in subscription) return common;
  const { projectId, functionsUrl, retry = {} } = options;
  // With a policy, even of no wait at all, the emulator looks for what to retry every 3 s; without one, every second.
  const { minBackoffSeconds = subscription.minBackoffSeconds, maxBackoffSeconds = subscription.maxBackoffSeconds } =
    retry;
  return {
    ...common,
    pushEndpoint: `${functionsUrl}/${subscription.function}/projects/${projectId}/topics/${subscription.topic}`,
    ...(minBackoffSeconds > 0
      ? {
          retryPolicy: {
            minimumBackoff: { seconds: minBackoffSeconds },
            maximumBackoff: { seconds: maxBackoffSeconds },
          },
        }
      : {}),
    deadLetterPolicy: {
      deadLetterTopic: `projects/${projectId}/topics/${subscription.deadLetterTopic}`,
      maxDeliveryAttempts: retry.maxDeliveryAttempts ?? subscription.maxDeliveryAttempts,
    },
  };
}

async function provisionBigQuery({ projectId, topology, bigqueryEndpoint }: ProvisionOptions): Promise<void> {
  // Without a client of its own it looks for credentials, and for Google's metadata server.
  const client = new BigQuery({ projectId, apiEndpoint: bigqueryEndpoint, authClient: new PassThroughClient() });
  const dataset = client.dataset(topology.dataset);
  await unlessExists(client.createDataset(topology.dataset));
  await Promise.all(
    Object.entries(topology.tables).map(async ([name, table]) => {
      const schema = JSON.parse(await readFile(resolve(topologyDir, table.schema), 'utf8')) as object[];
      const timePartitioning = { type: 'DAY', field: table.partitionBy };
      await unlessExists(
        dataset.createTable(name, { schema, timePartitioning, clustering: { fields: table.clusterBy } }),
      );
    }),
  );
  for (const [name, query] of inOrder(await readSqls(topology, topology.views, projectId))) {
    await unlessExists(dataset.createTable(name, { view: { query, useLegacySql: false } }));
  }
}

/** A view after those that it reads. */
function inOrder(views: ReadonlyMap<string, string>): Map<string, string> {
  const ordered = new Map<string, string>();
  const add = (name: string, query: string) => {
    if (ordered.has(name)) return;
    for (const [other, own] of views) if (other !== name && query.includes(`.${other}\``)) add(other, own);
    ordered.set(name, query);
  };
  for (const [name, query] of views) add(name, query);
  return ordered;
}

/** Whether it is new. gRPC says 6 when it is not, HTTP says 409. */
async function unlessExists(creation: Promise<unknown>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== 6 && code !== 409) throw error;
    return false;
  }
}
