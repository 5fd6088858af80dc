// The load of `bench booking`: markets, campaigns for one large booking, and bulks that race for what is scarce.
import { createRandom } from '../../emulators/world/random.ts';
import type { BookingRequestWire, CampaignOrderWire } from '../../shared/contracts/bookings.ts';
import { decodeInstants, formatInstant } from '../../shared/contracts/instants.ts';
import { DAY_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';

export const START_MS = Date.parse('2026-03-02T00:00:00Z');
export const MARKETS = Array.from({ length: 6 }, (_, index) => `B${index}`);
const SEGMENTS = Array.from({ length: 8 }, (_, index) => `segment-${index}`);
const SURFACES = ['home', 'search', 'library', 'station'];
const DAYS = 14;
const PRICE_MICROS = 500_000;

/** Six markets of 32 cells with more than the large booking takes. */
export async function seedMarkets(store: AllocationStore): Promise<void> {
  const cells = SEGMENTS.flatMap((segment) =>
    SURFACES.map((surface) => ({
      segment,
      surface,
      q10: 1_500_000,
      q50: 2_000_000,
      q90: 2_500_000,
      clickPpm: 15_000,
    })),
  );
  for (const market of MARKETS) await seedMarket(store, market, DAYS, cells);
}

/** Campaigns of one to three markets, as all that is booked at once. */
export function largeBooking(count: number, seed: number): BookingRequestWire {
  const random = createRandom(seed, 'large booking');
  const among = (upTo: number) => Math.floor(random() * upTo);
  const campaigns = Array.from({ length: count }, (_, index): CampaignOrderWire => {
    const first = among(MARKETS.length);
    const startDay = among(DAYS - 3);
    return {
      campaignId: `large-${String(index).padStart(4, '0')}`,
      currency: 'USD',
      budgetMicros: (100 + among(900)) * 1_000_000,
      startAt: formatInstant(START_MS + startDay * DAY_MS),
      endAt: formatInstant(START_MS + Math.min(DAYS, startDay + 3 + among(8)) * DAY_MS),
      objective: 'clicks',
      subcampaigns: Array.from({ length: 1 + among(3) }, (_, part) => ({
        subcampaignId: `s${part}`,
        market: MARKETS[(first + part) % MARKETS.length] as string,
        segments: SEGMENTS.slice(among(4), 5 + among(4)),
        surfaces: SURFACES.slice(0, 1 + among(4)),
        clickPriceMicros: PRICE_MICROS,
      })),
    };
  });
  return { mode: 'all-or-nothing', campaigns };
}

/** A market of two segments, most of it sold, for two bulks of which either fits into what is left, and never both. */
export interface Race {
  market: string;
  /** What each segment can sell. */
  cellMicros: number;
  bulks: BookingRequestWire[];
  /** Held first, and then confirmed; booked at once otherwise. */
  isHeld: boolean;
}

/** Whose campaign has most of a race's market. */
export const SOLD_TENANT = 'sold';
const RACE_DAYS = 2;
const RACE_CLICKS_A_DAY = 2_000;
/** Of a race's market: what is left is less than a tenant may hold. */
const SOLD_SHARE = 0.8;

export async function seedRace(store: AllocationStore, { market, cellMicros }: Race): Promise<void> {
  // As sure as it is sold: its lower quartile is its median.
  const opportunities = RACE_CLICKS_A_DAY * 50;
  const cells = ['a', 'b'].map((segment) => ({
    segment,
    surface: 'home',
    q10: opportunities,
    q50: opportunities,
    q90: opportunities,
    clickPpm: 20_000,
  }));
  await seedMarket(store, market, RACE_DAYS, cells);
  const { campaigns } = bulkOf(market, 'sold', { count: 1, budgetMicros: SOLD_SHARE * 2 * cellMicros, segments: BOTH });
  const event = {
    type: 'andante.campaign-created.v1',
    eventId: `sold:${market}`,
    source: 'bench',
    tenantId: SOLD_TENANT,
    occurredAtMs: START_MS,
    data: { ifShort: 'refuse', ...decodeInstants(campaigns[0] as CampaignOrderWire) },
  } as const;
  const { entry } = await persistCampaignEvent(store, event, START_MS, decideCampaign);
  if (entry.result !== 'applied') throw new Error(`${market} was not sold: ${entry.result}`);
}

/** Each bulk takes 55% to 95% of what is left, through campaigns for one segment or for both. */
export function drawRace(trial: number, size: number): Race {
  const market = `R${trial}`;
  const cellMicros = RACE_DAYS * RACE_CLICKS_A_DAY * PRICE_MICROS;
  const random = createRandom(trial, 'race');
  const isHeld = trial % 2 === 1;
  const bulks = ['x', 'y'].map((name): BookingRequestWire => {
    const share = (1 - SOLD_SHARE) * (0.55 + 0.4 * random());
    const bulk = bulkOf(market, name, { count: size, budgetMicros: Math.floor((share * 2 * cellMicros) / size) });
    return { ...bulk, ...(isHeld ? { hold: { kind: 'firm' as const, seconds: 86_400 } } : {}) };
  });
  return { market, cellMicros, bulks, isHeld };
}

const BOTH = ['a', 'b'];

function bulkOf(
  market: string,
  name: string,
  { count, budgetMicros, segments }: { count: number; budgetMicros: number; segments?: string[] },
): BookingRequestWire {
  const campaigns = Array.from({ length: count }, (_, index): CampaignOrderWire => {
    // In turns, so that neither segment is asked for more than it has.
    const own = segments ?? [['a'], ['b'], BOTH][index % 3] ?? BOTH;
    return {
      campaignId: `${market}-${name}-${index}`,
      currency: 'USD',
      budgetMicros,
      startAt: formatInstant(START_MS),
      endAt: formatInstant(START_MS + RACE_DAYS * DAY_MS),
      objective: 'clicks',
      subcampaigns: [
        { subcampaignId: 's1', market, segments: own, surfaces: ['home'], clickPriceMicros: PRICE_MICROS },
      ],
    };
  });
  return { mode: 'all-or-nothing', campaigns };
}

type Cells = Parameters<typeof persistSupply>[2][number]['cells'];

async function seedMarket(store: AllocationStore, market: string, days: number, cells: Cells): Promise<void> {
  const hourShape = Array.from({ length: 24 }, () => 1 / 24);
  const all = Array.from({ length: days }, (_, day) => dayOf(START_MS + day * DAY_MS));
  await persistSupply(
    store,
    market,
    all.map((day) => ({ schemaVersion: 1, market, day, modelId: 'm1', hourShape, cells })),
  );
}
