// Composition root.
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createPlanHandler } from './handler.ts';

serve('plan', () => {
  const { config, log, clock } = openProcess();
  return createHttpFunction('plan', createPlanHandler({ store: openFirestoreStore(config) }), { log, clock });
});
