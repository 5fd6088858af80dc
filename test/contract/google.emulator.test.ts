import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Message } from '@google-cloud/pubsub';
import { provision } from '../../emulators/provision.ts';
import { runQuery } from '../../emulators/run-query.ts';
import { createPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { createBigQueryCalibration } from '../../shared/outcomes/bigquery-calibration.ts';
import { createBigQueryFeatures } from '../../shared/outcomes/bigquery-features.ts';
import { createBigQueryHistory } from '../../shared/outcomes/bigquery-history.ts';
import { createBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { readTopology } from '../../terraform/topology.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { allocationStoreContract } from './allocation-store.ts';
import { calibrationReaderContract } from './calibration-reader.ts';
import { eventBusContract } from './event-bus.ts';
import { featureReaderContract } from './feature-reader.ts';
import { historyReaderContract } from './history-reader.ts';
import { outcomeLogContract, outcomeRow } from './outcome-log.ts';

type Clients = ReturnType<typeof clientsOf>;

/** Clients of a new project for each test, closed after it. */
function freshClients(): () => Clients & { projectId: string } {
  const opened: Clients[] = [];
  afterEach(async () => {
    for (const clients of opened.splice(0)) await clients.close();
  });
  return () => {
    const projectId = newProject();
    const clients = clientsOf(projectId);
    opened.push(clients);
    return { ...clients, projectId };
  };
}

describe('The allocation store on Firestore', () => {
  const fresh = freshClients();
  allocationStoreContract(() => createFirestoreStore(fresh().firestore));
});

describe('The outcome log on BigQuery', () => {
  const fresh = freshClients();
  const open = async () => {
    const { bigquery, bigqueryEndpoint, projectId } = fresh();
    const topology = await readTopology();
    const pubsubHost = process.env['PUBSUB_EMULATOR_HOST'] as string;
    await provision({ projectId, topology, functionsUrl: 'http://127.0.0.1:9', pubsubHost, bigqueryEndpoint });
    const rowIds = async (table: string) => {
      const [rows] = await bigquery.query(
        `SELECT row_id FROM \`${projectId}.${topology.dataset}.${table}_once\` ORDER BY row_id`,
      );
      return (rows as { row_id: string }[]).map(({ row_id: rowId }) => rowId);
    };
    return { log: createBigQueryLog(bigquery, topology.dataset), rowIds };
  };
  outcomeLogContract(open);

  it('appends the good rows of a batch with a bad one, and names the bad one', async () => {
    const { log, rowIds } = await open();
    const attempt = log.append([outcomeRow('a1'), outcomeRow('bad', { no_such_column: 1 }), outcomeRow('a2')]);
    await assert.rejects(
      attempt,
      (error: Error & { code?: string }) => error.code === 'OUTCOME_ROW_INVALID' && /bad/.test(error.message),
    );
    assert.deepEqual(await rowIds('outcomes'), ['a1', 'a2']);
  });

  it('says that BigQuery is away when the table is', async () => {
    const { bigquery } = fresh();
    await assert.rejects(createBigQueryLog(bigquery, 'nowhere').append([outcomeRow('a1')]), {
      code: 'OUTCOMES_UNAVAILABLE',
    });
  });

  it('stores every column that an outcome can have', async () => {
    const schemas = resolve(import.meta.dirname, '../../terraform/schemas');
    const columns = JSON.parse(await readFile(resolve(schemas, 'outcomes.json'), 'utf8')) as { name: string }[];
    const { bigquery } = fresh();
    await bigquery.createDataset('d');
    const [table] = await bigquery.dataset('d').createTable('outcomes', { schema: columns });
    const [metadata] = (await table.getMetadata()) as [{ schema: { fields: { name: string }[] } }, unknown];
    assert.deepEqual(
      metadata.schema.fields.map(({ name }) => name),
      columns.map(({ name }) => name),
    );
  });
});

describe('The event bus on Pub/Sub', () => {
  const fresh = freshClients();
  eventBusContract(async () => {
    const { pubsub } = fresh();
    const [topic] = await pubsub.createTopic('budget-changed');
    const [subscription] = await topic.createSubscription('all');
    const waiting: Message[] = [];
    let wake: () => void = () => undefined;
    subscription.on('message', (message: Message) => {
      message.ack();
      waiting.push(message);
      wake();
    });
    subscription.on('error', () => undefined);
    const next = async () => {
      while (waiting.length === 0) await new Promise<void>((done) => (wake = done));
      const message = waiting.shift() as Message;
      return { body: JSON.parse(message.data.toString()) as unknown, attributes: message.attributes };
    };
    return { bus: createPubSubBus(pubsub), next };
  });
});

/** The dataset of a project of its own, with every view, for all cases of a suite. */
function sharedDataset() {
  const projectId = newProject();
  let clients: Clients;
  before(() => {
    clients = clientsOf(projectId);
  });
  after(() => clients.close());
  return async () => {
    const { bigquery, bigqueryEndpoint } = clients;
    const topology = await readTopology();
    const pubsubHost = process.env['PUBSUB_EMULATOR_HOST'] as string;
    await provision({ projectId, topology, functionsUrl: 'http://127.0.0.1:9', pubsubHost, bigqueryEndpoint });
    return {
      bigquery,
      names: { projectId, dataset: topology.dataset },
      log: createBigQueryLog(bigquery, topology.dataset),
      closeDays: (nowMs: number) => runQuery({ projectId, topology, bigqueryEndpoint }, 'close_supply_hours', nowMs),
    };
  };
}

describe('The features from BigQuery', () => {
  const open = sharedDataset();
  featureReaderContract(async () => {
    const { bigquery, names, ...opened } = await open();
    return { ...opened, features: createBigQueryFeatures(bigquery, names) };
  });
});

describe('The calibration from BigQuery', () => {
  const open = sharedDataset();
  calibrationReaderContract(async () => {
    const { bigquery, names, ...opened } = await open();
    return { ...opened, calibration: createBigQueryCalibration(bigquery, names) };
  });
});

describe('The histories from BigQuery', () => {
  const open = sharedDataset();
  historyReaderContract(async () => {
    const { bigquery, names, log } = await open();
    return { log, history: createBigQueryHistory(bigquery, names) };
  });
});
