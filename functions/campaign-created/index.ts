// Composition root.
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createCampaignCreatedHandler } from './handler.ts';

serve('campaign-created', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    outcomes: openBigQueryLog(config),
    bus: openPubSubBus(config),
    log,
    clock,
    virtualTime: config.virtualTime,
  };
  const receive = createReceiver('campaign-created', createCampaignCreatedHandler(deps), deps);
  return createPushFunction('campaign-created', receive, deps);
});
