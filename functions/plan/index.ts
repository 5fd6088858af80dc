// Composition root.
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createGroupAuthenticator } from '../../shared/runtime/identity.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createPlanHandler } from './handler.ts';

serve('plan', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    authenticateGroup: createGroupAuthenticator(config),
    clock,
    tickIntervalMs: config.tickIntervalMs,
  };
  return createHttpFunction('plan', createPlanHandler(deps), { log, clock });
});
