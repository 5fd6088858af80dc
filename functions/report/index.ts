// Composition root.
import { http } from '@google-cloud/functions-framework';
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createGroupAuthenticator } from '../../shared/runtime/identity.ts';
import { onFirstUse, openProcess } from '../../shared/runtime/process.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createReportHandler } from './handler.ts';

const answer = onFirstUse(() => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    bus: openPubSubBus(config),
    authenticateGroup: createGroupAuthenticator(config),
  };
  return createHttpFunction('report', createReportHandler(deps), { log, clock });
});

http('report', (request, response) => answer(request, response) as Promise<void>);
