// Composition root.
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createGroupAuthenticator } from '../../shared/runtime/identity.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createDecisionHandler } from './handler.ts';

serve('decision', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    authenticateGroup: createGroupAuthenticator(config),
    log,
    clock,
    tickIntervalMs: config.tickIntervalMs,
    virtualTime: config.virtualTime,
  };
  return createHttpFunction('decision', createDecisionHandler(deps), { log, clock });
});
