// Root hooks of the emulator tests: Firestore, Pub/Sub and BigQuery are started once for all files, and every suite that
// needs state of its own takes a project of its own. An emulator that is missing fails the run, it does not skip it.
import { BigQuery } from '@google-cloud/bigquery';
import { Firestore } from '@google-cloud/firestore';
import { PubSub } from '@google-cloud/pubsub';
import { startBigQuery } from '../../emulators/bigquery/server.ts';
import { startGoogleEmulator } from '../../emulators/google-emulators.ts';

const running: { stop(): Promise<void> }[] = [];

export async function mochaGlobalSetup(): Promise<void> {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const [firestore, pubsub, bigquery] = await Promise.all([
    startGoogleEmulator('firestore'),
    startGoogleEmulator('pubsub'),
    startBigQuery({}),
  ]);
  process.env['FIRESTORE_EMULATOR_HOST'] = firestore.host;
  process.env['PUBSUB_EMULATOR_HOST'] = pubsub.host;
  process.env[SHARED_BIGQUERY] = bigquery.endpoint;
  running.push(firestore, pubsub, { stop: () => bigquery.close() });
}

export async function mochaGlobalTeardown(): Promise<void> {
  await Promise.all(running.map((emulator) => emulator.stop()));
}

/** Not the variable that clients read: the tests of the emulator itself start their own. Workers are forked with it. */
const SHARED_BIGQUERY = 'ANDANTE_TEST_BIGQUERY_HOST';

let projects = 0;

/** A project nobody else in this run uses. `demo-` is never a real project. */
export function newProject(): string {
  return `demo-test-${process.pid}-${++projects}`;
}

/** Clients of the emulators, and how to let go of them. */
export function clientsOf(projectId: string, bigqueryEndpoint = process.env[SHARED_BIGQUERY] as string) {
  const firestore = new Firestore({ projectId });
  const pubsub = new PubSub({ projectId });
  const bigquery = new BigQuery({ projectId, apiEndpoint: bigqueryEndpoint });
  return {
    firestore,
    pubsub,
    bigquery,
    bigqueryEndpoint,
    close: async () => void (await Promise.all([firestore.terminate(), pubsub.close()])),
  };
}
