import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { BigQuery } from '@google-cloud/bigquery';
import { PubSub, type Message } from '@google-cloud/pubsub';
import { PassThroughClient } from 'google-auth-library';
import { startBigQuery, type BigQueryServer } from '../../emulators/bigquery/server.ts';
import { startGoogleEmulator, type GoogleEmulator } from '../../emulators/google-emulators.ts';
import { provision, type ProvisionOptions } from '../../emulators/provision.ts';
import { readTopology } from '../../terraform/topology.ts';

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
