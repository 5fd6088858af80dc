// Composition root.
import { cloudEvent } from '@google-cloud/functions-framework';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { onFirstUse, openProcess } from '../../shared/runtime/process.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createDeliveryReportedHandler } from './handler.ts';

const receive = onFirstUse(() => {
  const { config, log, clock } = openProcess();
  const deps = { store: openFirestoreStore(config), log, clock, virtualTime: config.virtualTime };
  return createReceiver('delivery-reported', createDeliveryReportedHandler(deps), deps);
});

cloudEvent('delivery-reported', (event: unknown) => receive(event));
