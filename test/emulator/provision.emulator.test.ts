import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { BigQuery, type TableMetadata, type ViewDefinition } from '@google-cloud/bigquery';
import { PubSub, type GetSubscriptionMetadataResponse, type Message } from '@google-cloud/pubsub';
import { PassThroughClient } from 'google-auth-library';
import { startBigQuery, type BigQueryServer } from '../../emulators/bigquery/server.ts';
import { startGoogleEmulator, type GoogleEmulator } from '../../emulators/google-emulators.ts';
import { provision, type ProvisionOptions } from '../../emulators/provision.ts';
import { readTopology } from '../../terraform/topology.ts';
import { readTexts, type Body } from '../policy/configuration.ts';
import { lastPart, nested, resourcesOf } from '../policy/rule.ts';
import { stackVariables, subjectOf } from '../policy/stack.ts';

const PROJECT = 'demo-provision';
const { PUBSUB_EMULATOR_HOST: _theirs, ...env } = process.env;

interface Push {
  path: string;
  /** The data of the message, decoded. */
  text: string;
}

/** A stand-in for the functions that notes each push and answers it with `status`. */
async function startReceiver(status: (push: Push) => number) {
  const pushes: Push[] = [];
  const server: Server = createServer((request, response) => {
    void json(request).then((body) => {
      const { data } = (body as { message: { data: string } }).message;
      const push = { path: request.url ?? '', text: Buffer.from(data, 'base64').toString() };
      pushes.push(push);
      response.writeHead(status(push)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pushes, close };
}

async function until(isDone: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; !isDone(); await delay(20)) {
    assert.ok(Date.now() < deadline, `${what} did not happen in 20 s`);
  }
}

describe('provisioning the emulators', () => {
  let pubsubEmulator: GoogleEmulator;
  let bigqueryEmulator: BigQueryServer;
  let pubsub: PubSub;

  before(async () => {
    [pubsubEmulator, bigqueryEmulator] = await Promise.all([startGoogleEmulator('pubsub', env), startBigQuery()]);
    pubsub = new PubSub({
      projectId: PROJECT,
      apiEndpoint: pubsubEmulator.host,
      emulatorMode: true,
      clientOptions: { universeDomain: 'googleapis.com' },
    });
  });

  after(async () => {
    await pubsub.close();
    await Promise.all([pubsubEmulator.stop(), bigqueryEmulator.close()]);
  });

  const optionsFor = async (functionsUrl: string): Promise<ProvisionOptions> => ({
    projectId: PROJECT,
    topology: await readTopology(),
    functionsUrl,
    pubsubHost: pubsubEmulator.host,
    bigqueryEndpoint: bigqueryEmulator.endpoint,
    retry: { minBackoffSeconds: 0, maxBackoffSeconds: 0, maxDeliveryAttempts: 5 },
  });
  const publish = (topic: string, text: string) => pubsub.topic(topic).publishMessage({ data: Buffer.from(text) });

  it('creates every topic, subscription, table and view of the topology', async () => {
    const options = await optionsFor('http://127.0.0.1:9');
    await provision(options);
    const [topics] = await pubsub.getTopics();
    assert.deepEqual(topics.map(({ name }) => name.split('/').at(-1)).sort(), [...options.topology.topics].sort());
    const [subscriptions] = await pubsub.getSubscriptions();
    const names = subscriptions.map(({ name }) => name.split('/').at(-1)).sort();
    assert.deepEqual(names, Object.keys(options.topology.subscriptions).sort());
    const bigquery = new BigQuery({
      projectId: PROJECT,
      apiEndpoint: bigqueryEmulator.endpoint,
      authClient: new PassThroughClient(),
    });
    const [tables] = await bigquery.dataset(options.topology.dataset).getTables();
    const expected = [...Object.keys(options.topology.tables), ...Object.keys(options.topology.views)];
    assert.deepEqual(tables.map(({ id }) => id).sort(), expected.sort());
  });

  it('creates what Terraform would create, setting by setting', async () => {
    const projectId = 'demo-agreement';
    const options = { ...(await optionsFor('https://run.example')), projectId };
    const { retry: _, ...asInTheCloud } = options;
    await provision(asInTheCloud);
    const terraform = await subjectOf(await readTexts(), { ...stackVariables, project_id: projectId });
    const pubsub = new PubSub({
      projectId,
      apiEndpoint: pubsubEmulator.host,
      emulatorMode: true,
      clientOptions: { universeDomain: 'googleapis.com' },
    });
    const [topics] = await pubsub.getTopics();
    const [subscriptions] = await pubsub.getSubscriptions();
    const metadata = await Promise.all(
      subscriptions.map(async (subscription) => (await subscription.getMetadata())[0]),
    );
    await pubsub.close();
    assert.deepEqual(
      topics.map(({ name }) => name).sort(),
      resourcesOf(terraform, 'google_pubsub_topic')
        .map(({ values }) => `projects/${projectId}/topics/${String(values['name'])}`)
        .sort(),
    );
    // What was handled is kept in the cloud alone: here a day of it would fill the emulator's memory.
    assert.deepEqual(
      metadata.map(settingsOf).sort(byName),
      resourcesOf(terraform, 'google_pubsub_subscription')
        .map(({ values }) => plannedSettings(values))
        .sort(byName),
    );

    const bigquery = new BigQuery({
      projectId,
      apiEndpoint: bigqueryEmulator.endpoint,
      authClient: new PassThroughClient(),
    });
    const [tables] = await bigquery.dataset(options.topology.dataset).getTables();
    const described = await Promise.all(
      tables.map(async (table) => {
        const [metadata] = (await table.getMetadata()) as [TableMetadata, unknown];
        return { ...metadata, name: String(table.id) };
      }),
    );
    assert.deepEqual(
      described.map(tableOf).sort(byName),
      resourcesOf(terraform, 'google_bigquery_table')
        .map(({ values }) => plannedTable(values))
        .sort(byName),
    );
  });

  it('pushes a message to its function, under a path that ends in the topic', async () => {
    const receiver = await startReceiver(() => 204);
    try {
      await provision(await optionsFor(receiver.url));
      await publish('budget-changed', 'hello');
      await until(() => receiver.pushes.length > 0, 'a push');
      const path = `/budget-changed/projects/${PROJECT}/topics/budget-changed`;
      assert.deepEqual(receiver.pushes, [{ path, text: 'hello' }]);
    } finally {
      await receiver.close();
    }
  });

  it('is the same when done twice, and pushes to where the functions are now', async () => {
    const [earlier, now] = await Promise.all([startReceiver(() => 204), startReceiver(() => 204)]);
    try {
      await provision(await optionsFor(earlier.url));
      await provision(await optionsFor(now.url));
      await publish('campaign-created', 'moved');
      await until(() => now.pushes.length > 0, 'a push to the new address');
      assert.deepEqual(earlier.pushes, []);
    } finally {
      await Promise.all([earlier.close(), now.close()]);
    }
  });

  it('delivers again what was answered 500', async () => {
    let refusals = 2;
    const receiver = await startReceiver(() => (refusals-- > 0 ? 500 : 204));
    try {
      await provision(await optionsFor(receiver.url));
      await publish('delivery-reported', 'thrice');
      await until(() => receiver.pushes.length === 3, 'the third delivery');
      await delay(300);
      assert.equal(receiver.pushes.length, 3);
    } finally {
      await receiver.close();
    }
  });

  it('keeps what is refused five times in the dead-letter subscription', async () => {
    const receiver = await startReceiver(({ text }) => (text === 'poison' ? 500 : 204));
    const letters: Message[] = [];
    const deadLetters = pubsub.subscription('campaign-status-changed-dead-letter');
    try {
      await provision(await optionsFor(receiver.url));
      deadLetters.on('message', (message: Message) => {
        message.ack();
        letters.push(message);
      });
      await publish('campaign-status-changed', 'poison');
      await until(() => letters.length > 0, 'a dead letter');
      assert.deepEqual(
        letters.map(({ data }) => data.toString()),
        ['poison'],
      );
      assert.equal(receiver.pushes.length, 5);
    } finally {
      await deadLetters.close();
      await receiver.close();
    }
  });
});

interface Named {
  name: string;
}

function byName({ name: one }: Named, { name: other }: Named): number {
  return one < other ? -1 : 1;
}

/** A subscription as the emulator has it. */
function settingsOf(own: GetSubscriptionMetadataResponse[0]): Named & Record<string, unknown> {
  const seconds = (duration: { seconds?: unknown } | null | undefined) => duration && Number(duration.seconds);
  return {
    name: lastPart(own.name),
    topic: own.topic,
    ackDeadlineSeconds: own.ackDeadlineSeconds,
    retentionSeconds: seconds(own.messageRetentionDuration),
    expires: own.expirationPolicy?.ttl ?? '',
    pushesTo: own.pushConfig?.pushEndpoint ? pathOf(own.pushConfig.pushEndpoint) : undefined,
    backoffSeconds: own.retryPolicy
      ? [seconds(own.retryPolicy.minimumBackoff), seconds(own.retryPolicy.maximumBackoff)]
      : undefined,
    deadLetterTopic: own.deadLetterPolicy?.deadLetterTopic ?? undefined,
    maxDeliveryAttempts: own.deadLetterPolicy?.maxDeliveryAttempts ?? undefined,
    isOrdered: own.enableMessageOrdering === true,
  };
}

/** The same of what Terraform plans. */
function plannedSettings(values: Body): Named & Record<string, unknown> {
  const { push_config: push, retry_policy: retry, dead_letter_policy: letters } = values;
  const endpoint = nested(values, 'push_config')['push_endpoint'];
  const seconds = (text: unknown) => Number.parseInt(String(text));
  return {
    name: String(values['name']),
    topic: values['topic'],
    ackDeadlineSeconds: values['ack_deadline_seconds'],
    retentionSeconds: seconds(values['message_retention_duration']),
    expires: nested(values, 'expiration_policy')['ttl'],
    pushesTo: push === undefined ? undefined : pathOf(String(endpoint)),
    backoffSeconds:
      retry === undefined
        ? undefined
        : [
            seconds(nested(values, 'retry_policy')['minimum_backoff']),
            seconds(nested(values, 'retry_policy')['maximum_backoff']),
          ],
    deadLetterTopic: letters === undefined ? undefined : nested(values, 'dead_letter_policy')['dead_letter_topic'],
    maxDeliveryAttempts:
      letters === undefined ? undefined : nested(values, 'dead_letter_policy')['max_delivery_attempts'],
    isOrdered: values['enable_message_ordering'] === true,
  };
}

/** Of an address, what the framework reads the topic from. */
function pathOf(endpoint: string): string {
  return endpoint.slice(endpoint.indexOf('/projects/'));
}

function tableOf({
  name,
  schema,
  timePartitioning,
  clustering,
  view,
}: Named & TableMetadata): Named & Record<string, unknown> {
  return view
    ? { name, query: (view as ViewDefinition).query }
    : {
        name,
        fields: fieldsOf(schema as { fields: Field[] }),
        partition: timePartitioning,
        clustering: clustering?.fields,
      };
}

function plannedTable(values: Body): Named & Record<string, unknown> {
  const name = String(values['table_id']);
  if (values['view'] !== undefined) return { name, query: nested(values, 'view')['query'] };
  const { type, field } = nested(values, 'time_partitioning');
  return {
    name,
    fields: fieldsOf({ fields: JSON.parse(String(values['schema'])) as Field[] }),
    partition: { type, field },
    clustering: values['clustering'],
  };
}

interface Field {
  name: string;
  type: string;
  mode?: string;
  fields?: Field[];
}

function fieldsOf({ fields }: { fields: Field[] }): object[] {
  return fields.map(({ name, type, mode = 'NULLABLE', fields: own }) => ({
    name,
    type,
    mode,
    ...(own && { fields: fieldsOf({ fields: own }) }),
  }));
}
