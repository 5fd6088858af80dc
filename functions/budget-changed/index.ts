// Composition root.
import { cloudEvent } from '@google-cloud/functions-framework';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { onFirstUse, openProcess } from '../../shared/runtime/process.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createBudgetChangedHandler } from './handler.ts';

const receive = onFirstUse(() => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    outcomes: openBigQueryLog(config),
    log,
    clock,
    virtualTime: config.virtualTime,
  };
  return createReceiver('budget-changed', createBudgetChangedHandler(deps), deps);
});

cloudEvent('budget-changed', (event: unknown) => receive(event));
