// Orders as booking flows send them: any audience, from a hundredth to all of what it has, some with caps, some in parts.
import { drawOne, drawSome } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';
import type { CampaignCreated } from '../../shared/contracts/events.ts';
import type { SupplyDay } from '../../shared/contracts/documents.ts';
import { DAY_MS } from '../../shared/forecasting/traffic-clock.ts';
import { emptyMarket } from '../../shared/planning/availability.ts';
import { SEASON_MS } from './season-forecast.ts';
import type { SeasonShape } from './season-shapes.ts';

export type Order = CampaignCreated['data'];
type Part = Order['subcampaigns'][number];

/** The longest time from an order to its start, and the shortest and the longest flight, in days. */
const [MOST_LEAD, SHORTEST, LONGEST] = [8, 3, 14];

/** @param supplies of all markets, as they are forecast when it is ordered */
export function drawOrder(
  shape: SeasonShape,
  supplies: ReadonlyMap<string, ReadonlyMap<string, SupplyDay>>,
  { seed, campaignId, day, market }: { seed: number; campaignId: string; day: number; market: string },
): Order {
  const random = createRandom('season', shape.name, seed, campaignId);
  const startAtMs = SEASON_MS + (day + Math.floor(random() * (MOST_LEAD + 1))) * DAY_MS;
  const endAtMs = startAtMs + (SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1))) * DAY_MS;
  const flight = { startAtMs, endAtMs };
  const days = (endAtMs - startAtMs) / DAY_MS;
  const parts = random() < shape.severalShare ? 2 + Math.floor(2 * random()) : 1;
  const kind = random() < shape.cappedShare ? drawOne(random, ['release', 'flight', 'day', 'money'] as const) : 'free';
  const isAuctioned = random() < shape.auctionedShare;
  const names = [...supplies.keys()];
  const share = 0.02 * 60 ** random();
  let budgetMicros = 0;
  const subcampaigns = Array.from({ length: parts }, (_, index): Part => {
    const clickPriceMicros = 200_000 + 20_000 * Math.floor(40 * random());
    const audience = {
      market: index === 0 || random() < 0.4 ? market : drawOne(random, names),
      segments: drawSome(random, ['casual', 'regular', 'devoted'], 1 + Math.floor(3 * random())),
      surfaces: drawSome(random, ['home', 'search'], 1 + Math.floor(2 * random())),
    };
    const supply = supplies.get(audience.market) as ReadonlyMap<string, SupplyDay>;
    const { medianMicros } = emptyMarket({ ...audience, clickPriceMicros, ...flight }, supply, 0);
    const ownMicros = share * medianMicros;
    budgetMicros += ownMicros;
    return {
      subcampaignId: `s${index}`,
      ...audience,
      clickPriceMicros,
      ...(isAuctioned ? { isAuctioned } : {}),
      ...(kind === 'release' ? { releaseId: campaignId } : {}),
      ...(kind === 'flight' ? { perListenerFlight: 1 + Math.floor(4 * random()) } : {}),
      ...(kind === 'day' ? { perListenerDay: 1 } : {}),
      ...(kind === 'money'
        ? { dailyCapMicros: Math.max(clickPriceMicros, Math.ceil((ownMicros / days) * (0.8 + random()))) }
        : {}),
    };
  });
  return {
    campaignId,
    currency: 'USD',
    objective: drawOne(random, ['clicks', 'reach', 'conversions'] as const),
    ...flight,
    ifShort: random() < 0.7 ? 'scale-down' : 'refuse',
    budgetMicros: Math.max(1_000_000, Math.round(budgetMicros)),
    subcampaigns,
  };
}
