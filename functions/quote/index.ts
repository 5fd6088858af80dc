// Composition root.
import { MAX_QUOTES_BYTES } from '../../shared/contracts/quotes.ts';
import { openBigQueryCalibration } from '../../shared/outcomes/bigquery-calibration.ts';
import { createTrackRecords } from '../../shared/outcomes/track-record.ts';
import { openQuoteMarket } from '../../shared/quoting/quote-market.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createTenantAuthenticator } from '../../shared/runtime/identity.ts';
import { openProcess } from '../../shared/runtime/process.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { createRequestTime } from '../../shared/runtime/request-time.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { openFirestoreStore } from '../../shared/store/firestore-store.ts';
import { createMarketSnapshots } from '../../shared/store/market-snapshots.ts';
import { createQuoteHandler } from './handler.ts';

serve('quote', () => {
  const { config, log, clock } = openProcess();
  const store = openFirestoreStore(config);
  const deps = {
    snapshotOf: createMarketSnapshots({
      store,
      open: openQuoteMarket,
      clock,
      onProblem: (market, error) => {
        const isPassing = error instanceof AndanteError && error.retryable;
        log[isPassing ? 'warn' : 'critical']('no newer snapshot', { market, error: String(error) });
      },
    }),
    trackRecords: createTrackRecords({
      calibration: openBigQueryCalibration(config),
      clock,
      onProblem: (error) => log.warn('no track record', { error: String(error) }),
    }),
    timeOf: createRequestTime({ store, clock, ...config }),
    authenticateTenant: createTenantAuthenticator(config),
    limit: createRateLimit({ clock }),
    log,
  };
  return createHttpFunction('quote', createQuoteHandler(deps), { log, clock, maxBodyBytes: MAX_QUOTES_BYTES });
});
