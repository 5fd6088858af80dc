// The ports over Google Cloud or its emulators. Hosts are given to the clients and not left to their environment, so
// that a running local stack can be found through its file.
import { BigQuery } from '@google-cloud/bigquery';
import { Firestore } from '@google-cloud/firestore';
import { PubSub } from '@google-cloud/pubsub';
import { PassThroughClient } from 'google-auth-library';
import { createPubSubBus } from '../bus/pubsub-bus.ts';
import { createPubSubDeadLetters } from '../bus/pubsub-dead-letters.ts';
import { createBigQueryCalibration } from '../outcomes/bigquery-calibration.ts';
import { createBigQueryFeatures } from '../outcomes/bigquery-features.ts';
import { createBigQueryLog } from '../outcomes/bigquery-log.ts';
import { createBigQueryReader } from '../outcomes/bigquery-reader.ts';
import type { Config } from '../runtime/config.ts';
import { createFirestoreStore } from '../store/firestore-store.ts';
import type { Ports } from './command.ts';

/** Builds the clients; they connect when they are used. `close` lets the process end. */
export function openPorts(config: Config): Ports {
  const { projectId } = config;
  const firestore = new Firestore({ projectId, ...firestoreAddress(config) });
  const pubsub = new PubSub({ projectId, ...pubsubAddress(config) });
  const bigquery = new BigQuery({ projectId, ...bigqueryAddress(config) });
  const deadLetters = createPubSubDeadLetters(pubsub, projectId);
  return {
    store: createFirestoreStore(firestore),
    bus: createPubSubBus(pubsub),
    deadLetters,
    reader: createBigQueryReader(bigquery, config),
    calibration: createBigQueryCalibration(bigquery, config),
    features: createBigQueryFeatures(bigquery, config),
    outcomes: createBigQueryLog(bigquery, config.dataset),
    async close() {
      await Promise.allSettled([deadLetters.close(), pubsub.close(), firestore.terminate()]);
    },
  };
}

/** The clients ask credentials for their universe, and with them a metadata server, unless it is said. */
const clientOptions = { universeDomain: 'googleapis.com' };

function firestoreAddress({ firestoreHost }: Config) {
  return firestoreHost === undefined
    ? {}
    : { host: firestoreHost, ssl: false, customHeaders: { Authorization: 'Bearer owner' }, clientOptions };
}

function pubsubAddress({ pubsubHost }: Config) {
  return pubsubHost === undefined ? {} : { apiEndpoint: pubsubHost, emulatorMode: true, clientOptions };
}

/** The emulator checks no tokens; without this the client would look for some on the network first. */
function bigqueryAddress({ bigqueryEndpoint }: Config) {
  return bigqueryEndpoint === undefined ? {} : { apiEndpoint: bigqueryEndpoint, authClient: new PassThroughClient() };
}
