// The doors of the API's tenants over memory ports: quotes, bookings, campaigns, and the API's description.
import type { HttpFunction } from '@google-cloud/functions-framework';
import { createBookingHandler } from '../../functions/booking/handler.ts';
import { createCampaignHandler } from '../../functions/campaign/handler.ts';
import { createOpenApiHandler } from '../../functions/openapi/handler.ts';
import { createQuoteHandler } from '../../functions/quote/handler.ts';
import { decideBooking } from '../../shared/campaign/decide-booking.ts';
import { MAX_BOOKING_BYTES } from '../../shared/contracts/bookings.ts';
import document from '../../shared/contracts/openapi.generated.json' with { type: 'json' };
import { MAX_QUOTES_BYTES } from '../../shared/contracts/quotes.ts';
import { createMemoryHistory } from '../../shared/outcomes/memory-history.ts';
import type { MemoryLog } from '../../shared/outcomes/memory-log.ts';
import { createMemoryReader } from '../../shared/outcomes/memory-reader.ts';
import type { RecordDeps } from '../../shared/outcomes/record.ts';
import { openQuoteMarket } from '../../shared/quoting/quote-market.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import type { AuthenticateTenant } from '../../shared/runtime/identity.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { createRequestTime } from '../../shared/runtime/request-time.ts';
import { createMarketSnapshots } from '../../shared/store/market-snapshots.ts';
import { noFeatures } from '../support/no-features.ts';
import type { ApiDoor } from './api-requests.ts';

export interface ApiDeps extends RecordDeps {
  outcomes: MemoryLog;
  tickIntervalMs: number;
  virtualTime: boolean;
  authenticateTenant: AuthenticateTenant;
  /** A clock that goes on, so that what is kept in memory is looked at again. */
  passing: () => number;
}

export function apiFunctions({ authenticateTenant, passing, ...deps }: ApiDeps): Record<ApiDoor, HttpFunction> {
  const { store, outcomes, log } = deps;
  const limit = createRateLimit({ clock: passing });
  const timeOf = createRequestTime(deps);
  const quote = createQuoteHandler({
    snapshotOf: createMarketSnapshots({
      store,
      open: openQuoteMarket,
      clock: passing,
      onProblem: (market, error) => log.critical('no newer snapshot', { market, error: String(error) }),
    }),
    trackRecords: () => () => ({ quotes: 0 }),
    timeOf,
    authenticateTenant,
    limit,
    log,
  });
  const booking = createBookingHandler({
    ...deps,
    authenticateTenant,
    limit,
    // What accepted campaigns are told takes longest, and nothing of the request reaches it.
    decide: (wish, context) => decideBooking(wish, context, () => undefined),
    sleep: async () => undefined,
  });
  const campaign = createCampaignHandler({
    store,
    recording: deps,
    history: createMemoryHistory(outcomes),
    features: noFeatures,
    outcomes: createMemoryReader(outcomes),
    authenticateTenant,
    limit,
    timeOf,
  });
  return {
    quote: createHttpFunction('quote', quote, { ...deps, maxBodyBytes: MAX_QUOTES_BYTES }),
    booking: createHttpFunction('booking', booking, { ...deps, maxBodyBytes: MAX_BOOKING_BYTES }),
    campaign: createHttpFunction('campaign', campaign, deps),
    openapi: createHttpFunction('openapi', createOpenApiHandler(document), deps),
  };
}
