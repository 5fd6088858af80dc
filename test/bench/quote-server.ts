// The quote function as it is deployed, but that its store is memory, with the markets of an instance in it, that its scores
// come from nowhere, and that its clock begins when the instance does.
//
//   forked: takes an instance, sends {"url": "http://127.0.0.1:N"} when it listens, and {"cpuMs": what it used} for every
//   further message
import type { AddressInfo } from 'node:net';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createQuoteHandler } from '../../functions/quote/handler.ts';
import { MAX_QUOTES_BYTES } from '../../shared/contracts/quotes.ts';
import { createMemoryCalibration } from '../../shared/outcomes/memory-calibration.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import { createTrackRecords } from '../../shared/outcomes/track-record.ts';
import { openQuoteMarket } from '../../shared/quoting/quote-market.ts';
import { parseConfig } from '../../shared/runtime/config.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createTenantAuthenticator } from '../../shared/runtime/identity.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { createRequestTime } from '../../shared/runtime/request-time.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { createMarketSnapshots } from '../../shared/store/market-snapshots.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { NOW_MS, drawMarkets, type QuoteInstance } from './quote-instances.ts';

const config = parseConfig({
  GOOGLE_CLOUD_PROJECT: 'demo-andante',
  BIGQUERY_DATASET: 'andante',
  FIRESTORE_EMULATOR_HOST: 'localhost:1',
  PUBSUB_EMULATOR_HOST: 'localhost:1',
  BIGQUERY_EMULATOR_HOST: 'http://localhost:1',
});
const store = createMemoryStore({ isTrusting: true });
const log = createLog({ level: config.logLevel, projectId: config.projectId });
const startedAtMs = performance.now();
const clock = () => NOW_MS + Math.floor(performance.now() - startedAtMs);
const fail = (error: unknown) => {
  throw error;
};

serve('quote', () => {
  const deps = {
    snapshotOf: createMarketSnapshots({ store, open: openQuoteMarket, clock, onProblem: (_, error) => fail(error) }),
    trackRecords: createTrackRecords({
      calibration: createMemoryCalibration(createMemoryLog()),
      clock,
      onProblem: fail,
    }),
    timeOf: createRequestTime({ store, clock, ...config }),
    authenticateTenant: createTenantAuthenticator(config),
    limit: createRateLimit({ clock }),
    log,
  };
  return createHttpFunction('quote', createQuoteHandler(deps), { log, clock, maxBodyBytes: MAX_QUOTES_BYTES });
});

process.once('disconnect', () => process.exit(0));
process.once('message', (instance: QuoteInstance) => {
  const server = getTestServer('quote');
  // Connections wait while the other side has its turn.
  server.keepAliveTimeout = 120_000;
  void store
    .transact(async (transaction) => {
      for (const { market, pages, supply } of drawMarkets(instance)) {
        transaction.set(refs.market(market.market), market);
        for (const page of pages) transaction.set(refs.page(market.market, page.page), page);
        for (const day of supply.values()) transaction.set(refs.supply(market.market, day.day), day);
      }
    })
    .then(() =>
      server.listen(0, '127.0.0.1', () => {
        process.on('message', () => {
          const { user, system } = process.cpuUsage();
          process.send?.({ cpuMs: (user + system) / 1000 });
        });
        process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/quotes` });
      }),
    );
});
