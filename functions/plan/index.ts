// Composition root.
import { http } from '@google-cloud/functions-framework';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { onFirstUse, openProcess } from '../../shared/runtime/process.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createPlanHandler } from './handler.ts';

const answer = onFirstUse(() => {
  const { config, log, clock } = openProcess();
  return createHttpFunction('plan', createPlanHandler({ store: openFirestoreStore(config) }), { log, clock });
});

http('plan', (request, response) => answer(request, response) as Promise<void>);
