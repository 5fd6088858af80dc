// Composition root.
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryFeatures } from '../../shared/outcomes/bigquery-features.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createSupplyRefreshHandler } from './handler.ts';

serve('supply-refresh', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    outcomes: openBigQueryLog(config),
    features: openBigQueryFeatures(config),
    bus: openPubSubBus(config),
    log,
    clock,
    virtualTime: config.virtualTime,
  };
  const receive = createReceiver('supply-refresh', createSupplyRefreshHandler(deps), deps);
  return createPushFunction('supply-refresh', receive, deps);
});
