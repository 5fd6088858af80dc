// Composition root.
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createDeliveryReportedHandler } from './handler.ts';

serve('delivery-reported', () => {
  const { config, log, clock } = openProcess();
  const deps = { store: openFirestoreStore(config), log, clock, virtualTime: config.virtualTime };
  const receive = createReceiver('delivery-reported', createDeliveryReportedHandler(deps), deps);
  return createPushFunction('delivery-reported', receive, deps);
});
