// Composition root.
import { setTimeout as sleep } from 'node:timers/promises';
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryCalibration } from '../../shared/outcomes/bigquery-calibration.ts';
import { openBigQueryReader } from '../../shared/outcomes/bigquery-reader.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createReconcileHandler } from './handler.ts';

serve('reconcile', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    reader: openBigQueryReader(config),
    calibration: openBigQueryCalibration(config),
    bus: openPubSubBus(config),
    log,
    clock,
    sleep: (durationMs: number) => sleep(durationMs),
    virtualTime: config.virtualTime,
  };
  const receive = createReceiver('reconcile', createReconcileHandler(deps), deps);
  return createPushFunction('reconcile', receive, deps);
});
