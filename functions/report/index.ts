// Composition root.
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createGroupAuthenticator } from '../../shared/runtime/identity.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createReportHandler } from './handler.ts';

serve('report', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    bus: openPubSubBus(config),
    authenticateGroup: createGroupAuthenticator(config),
  };
  return createHttpFunction('report', createReportHandler(deps), { log, clock });
});
