// Composition root.
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createBudgetChangedHandler } from './handler.ts';

serve('budget-changed', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    outcomes: openBigQueryLog(config),
    bus: openPubSubBus(config),
    log,
    clock,
    virtualTime: config.virtualTime,
  };
  const receive = createReceiver('budget-changed', createBudgetChangedHandler(deps), deps);
  return createPushFunction('budget-changed', receive, deps);
});
