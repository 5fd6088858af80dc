// The functions as they are deployed, but for their edges: two markets of a thousand subcampaigns in full flight, the real
// handlers behind the real envelopes and doors, ports in memory that count.
import { createBookingHandler } from '../../functions/booking/handler.ts';
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../functions/campaign-status-changed/handler.ts';
import { createDecisionHandler } from '../../functions/decision/handler.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createPlanHandler } from '../../functions/plan/handler.ts';
import { createQuoteHandler } from '../../functions/quote/handler.ts';
import { createReportHandler } from '../../functions/report/handler.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { DAY_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { createMemoryCalibration } from '../../shared/outcomes/memory-calibration.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import { createTrackRecords } from '../../shared/outcomes/track-record.ts';
import { openQuoteMarket } from '../../shared/quoting/quote-market.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { createHttpFunction, type QuickHttpHandler } from '../../shared/runtime/http.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { createMarketSnapshots } from '../../shared/store/market-snapshots.ts';
import { createCostMeter, type CostMeter } from './cost-meter.ts';
import { FIRST_TICK_AT_MS, MINUTE_MS, ORDER, bookOf } from './minute-traffic.ts';

export const WORLD_MARKETS = ['M00', 'M01'] as const;
export const MARKET_SUBCAMPAIGNS = 1_000;
export const GROUP = 'edge-a';
const TENANT = { tenantId: 't1', requestsPerMinute: 1e9, heldShare: 1 };

export type PushName =
  'campaign-created' | 'budget-changed' | 'campaign-status-changed' | 'delivery-reported' | 'delivery-tick';
export type DoorName = 'quote' | 'booking' | 'plan' | 'decision' | 'report';

export interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface CostWorld {
  meter: CostMeter;
  now: { atMs: number };
  /** Pub/Sub pushes an event; what it weighs is counted where nobody of ours published it. */
  push(name: PushName, body: object, publisher?: 'ours'): Promise<void>;
  /** @throws where it is refused */
  ask(name: DoorName, request: Asked): Promise<string>;
}

export async function createCostWorld(isTimed: boolean): Promise<CostWorld> {
  const now = { atMs: FIRST_TICK_AT_MS };
  const clock = () => now.atMs;
  const meter = createCostMeter(clock, isTimed);
  const { store, bus, outcomes, log } = meter;
  await putMarkets(meter);
  const deps = { store, bus, outcomes, log, clock, tickIntervalMs: MINUTE_MS, virtualTime: false };
  const receivers = {
    'campaign-created': createReceiver('campaign-created', createCampaignCreatedHandler(deps), deps),
    'budget-changed': createReceiver('budget-changed', createBudgetChangedHandler(deps), deps),
    'campaign-status-changed': createReceiver(
      'campaign-status-changed',
      createCampaignStatusChangedHandler(deps),
      deps,
    ),
    'delivery-reported': createReceiver('delivery-reported', createDeliveryReportedHandler(deps), deps),
    'delivery-tick': createReceiver('delivery-tick', createDeliveryTickHandler(deps), deps),
  };
  const ask = createAsk(meter, createDoors(deps));
  return {
    meter,
    now,
    async push(name, body, publisher) {
      const data = Buffer.from(JSON.stringify(body));
      if (publisher === undefined) meter.message(data.byteLength);
      const message = { data: data.toString('base64'), messageId: '1', publishTime: formatInstant(now.atMs) };
      const push = { message, subscription: `projects/demo-andante/subscriptions/${name}`, deliveryAttempt: 1 };
      meter.answered(0);
      await receivers[name](Buffer.from(JSON.stringify(push)));
    },
    ask,
  };
}

type Deps = Pick<CostMeter, 'store' | 'bus' | 'outcomes' | 'log'> & {
  clock: () => number;
  tickIntervalMs: number;
  virtualTime: boolean;
};

function createDoors(deps: Deps): Record<DoorName, QuickHttpHandler> {
  const { store, clock } = deps;
  const fail = (error: unknown) => {
    throw error;
  };
  const ofGroup = { ...deps, authenticateGroup: async () => GROUP };
  const ofTenant = { ...deps, authenticateTenant: async () => TENANT, limit: createRateLimit({ clock }) };
  return {
    report: createReportHandler(ofGroup),
    plan: createPlanHandler(ofGroup),
    decision: createDecisionHandler(ofGroup),
    booking: createBookingHandler({ ...ofTenant, sleep: async () => undefined }),
    quote: createQuoteHandler({
      ...ofTenant,
      snapshotOf: createMarketSnapshots({ store, open: openQuoteMarket, clock, onProblem: (_, error) => fail(error) }),
      trackRecords: createTrackRecords({
        calibration: createMemoryCalibration(createMemoryLog()),
        clock,
        onProblem: fail,
      }),
      timeOf: clock,
    }),
  };
}

/** Through the edge that writes the line of the log; an answer as the framework would send it. */
function createAsk(meter: CostMeter, doors: Record<DoorName, QuickHttpHandler>): CostWorld['ask'] {
  const functions = Object.entries(doors).map(([name, door]) => [
    name,
    createHttpFunction(name, door, { log: meter.log, clock: Date.now, maxBodyBytes: 1e6 }),
  ]) as [DoorName, ReturnType<typeof createHttpFunction>][];
  const byName = new Map(functions);
  return async (name, { method = 'POST', path, headers = {}, body = '' }) => {
    const response = { statusCode: 0, setHeader: () => undefined, end: (_text?: string | Uint8Array) => undefined };
    const sent = await new Promise<string | Uint8Array>((resolve) => {
      response.end = (text = '') => void resolve(text);
      const request = { method, originalUrl: path, headers, rawBody: Buffer.from(body) };
      // Some answer at once, some later: the end of the answer is the end of both.
      void byName.get(name)?.(request as never, response as never);
    });
    if (response.statusCode >= 400) throw new Error(`${name} answered ${response.statusCode}: ${String(sent)}`);
    meter.answered(Buffer.byteLength(sent));
    return Buffer.from(sent).toString('utf8');
  };
}

/** Books on pace, and supply for every day of a flight that begins now. */
async function putMarkets({ store }: CostMeter): Promise<void> {
  for (const name of WORLD_MARKETS) {
    const { market, pages, supply } = bookOf(name, MARKET_SUBCAMPAIGNS);
    await store.transact(async (transaction) => {
      transaction.set(refs.market(name), market);
      for (const page of pages) transaction.set(refs.page(name, page.page), page);
      for (let day = 0; day <= ORDER.flightDays + 1; day++) {
        const date = dayOf(FIRST_TICK_AT_MS + day * DAY_MS);
        transaction.set(refs.supply(name, date), { ...supply, day: date });
      }
    });
  }
}
