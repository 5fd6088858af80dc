// Composition root.
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createDeliveryTickHandler } from './handler.ts';

serve('delivery-tick', () => {
  const { config, log, clock } = openProcess();
  const { virtualTime, tickIntervalMs } = config;
  const bus = openPubSubBus(config);
  const deps = {
    store: openFirestoreStore(config),
    outcomes: openBigQueryLog(config),
    bus,
    log,
    clock,
    virtualTime,
    tickIntervalMs,
  };
  const receive = createReceiver('delivery-tick', createDeliveryTickHandler(deps), deps);
  return createPushFunction('delivery-tick', receive, deps);
});
