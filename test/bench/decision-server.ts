// The decision function as it is deployed, but that its store is memory, with one plan in it: the document that it is sent.
//
//   forked: takes a stored plan, sends {"url": "http://127.0.0.1:N"} when it listens, and {"cpuMs": what it used} for every
//   further message
import type { AddressInfo } from 'node:net';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createDecisionHandler } from '../../functions/decision/handler.ts';
import type { StoredPlan } from '../../shared/contracts/documents.ts';
import { parseConfig } from '../../shared/runtime/config.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createGroupAuthenticator } from '../../shared/runtime/identity.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';

const config = parseConfig({
  GOOGLE_CLOUD_PROJECT: 'demo-andante',
  BIGQUERY_DATASET: 'andante',
  FIRESTORE_EMULATOR_HOST: 'localhost:1',
  PUBSUB_EMULATOR_HOST: 'localhost:1',
  BIGQUERY_EMULATOR_HOST: 'http://localhost:1',
});
const store = createMemoryStore();
const log = createLog({ level: config.logLevel, projectId: config.projectId });
const deps = { log, clock: Date.now, tickIntervalMs: config.tickIntervalMs, virtualTime: false };

serve('decision', () =>
  createHttpFunction(
    'decision',
    createDecisionHandler({ ...deps, store, authenticateGroup: createGroupAuthenticator(config) }),
    deps,
  ),
);

process.once('disconnect', () => process.exit(0));
process.once('message', (plan: StoredPlan) => {
  const server = getTestServer('decision');
  void store
    .transact(async (transaction) => transaction.set(refs.plan(plan.market), plan))
    .then(() =>
      server.listen(0, '127.0.0.1', () => {
        process.on('message', () => {
          const { user, system } = process.cpuUsage();
          process.send?.({ cpuMs: (user + system) / 1000 });
        });
        process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/decisions` });
      }),
    );
});
