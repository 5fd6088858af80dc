// Composition root.
import { setTimeout as sleep } from 'node:timers/promises';
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { MAX_BOOKING_BYTES } from '../../shared/contracts/bookings.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createTenantAuthenticator } from '../../shared/runtime/identity.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createBookingHandler } from './handler.ts';

serve('booking', () => {
  const { config, log, clock } = openProcess();
  const deps = {
    store: openFirestoreStore(config),
    outcomes: openBigQueryLog(config),
    bus: openPubSubBus(config),
    authenticateTenant: createTenantAuthenticator(config),
    limit: createRateLimit({ clock }),
    sleep: (durationMs: number) => sleep(durationMs),
    log,
    clock,
    tickIntervalMs: config.tickIntervalMs,
    virtualTime: config.virtualTime,
  };
  return createHttpFunction('booking', createBookingHandler(deps), { log, clock, maxBodyBytes: MAX_BOOKING_BYTES });
});
