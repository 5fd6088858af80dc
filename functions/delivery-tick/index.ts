// Composition root.
import { cloudEvent } from '@google-cloud/functions-framework';
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { onFirstUse, openProcess } from '../../shared/runtime/process.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createDeliveryTickHandler } from './handler.ts';

const receive = onFirstUse(() => {
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
  return createReceiver('delivery-tick', createDeliveryTickHandler(deps), deps);
});

cloudEvent('delivery-tick', (event: unknown) => receive(event));
