// Composition root.
import { openPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { openBigQueryFeatures } from '../../shared/outcomes/bigquery-features.ts';
import { openBigQueryHistory } from '../../shared/outcomes/bigquery-history.ts';
import { openBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { openBigQueryReader } from '../../shared/outcomes/bigquery-reader.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createTenantAuthenticator } from '../../shared/runtime/identity.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { createRequestTime } from '../../shared/runtime/request-time.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createCampaignHandler } from './handler.ts';

serve('campaign', () => {
  const { config, log, clock } = openProcess();
  const { tickIntervalMs, virtualTime } = config;
  const store = openFirestoreStore(config);
  const deps = {
    store,
    recording: { store, outcomes: openBigQueryLog(config), bus: openPubSubBus(config), log, clock },
    history: openBigQueryHistory(config),
    features: openBigQueryFeatures(config),
    outcomes: openBigQueryReader(config),
    authenticateTenant: createTenantAuthenticator(config),
    limit: createRateLimit({ clock }),
    timeOf: createRequestTime({ store, clock, tickIntervalMs, virtualTime }),
  };
  return createHttpFunction('campaign', createCampaignHandler(deps), { log, clock });
});
