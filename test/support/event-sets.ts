// Seeded sets of business events of every kind that neither contend nor are refused: campaigns of several parts in several
// markets, with floors, caps and locks, budgets up and down, pauses and ends, reports with late clicks.
import type { SupplyDay } from '../../shared/contracts/documents.ts';
import type { BusinessEvent, CampaignCreated, DeliveryReported } from '../../shared/contracts/events.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from './events.ts';
import { DAY_MS, HOUR_MS, START_MS } from './instants.ts';
import type { Load } from './load.ts';
import { cell } from './markets.ts';

type Order = CampaignCreated['data']['subcampaigns'][number];
type Line = DeliveryReported['data']['lines'][number];

/** What every market of a set needs of supply: far more than all campaigns together ask for. */
export const setSupply: Pick<SupplyDay, 'cells'> = { cells: [cell(), cell({ segment: 'fan', q50: 70_000 })] };

/** Everything is decided before the flights begin, so that it does not matter when either. */
export const DECIDED_MS = START_MS - HOUR_MS;

/** A whole number, `from` included and `to` not. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from));
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[between(random, 0, items.length)] as T;
}

/** `count` events over `campaigns` campaigns of one to three subcampaigns, in `markets` markets. */
export function drawEvents({
  seed,
  count,
  campaigns,
  markets,
}: {
  seed: number;
  count: number;
  campaigns: number;
  markets: number;
}): Load {
  const random = createRandom(seed, 'events');
  const names = Array.from({ length: markets }, (_, index) => `M${index}`);
  const created = Array.from({ length: campaigns }, (_, index) => drawCampaign(random, `c${index}`, names));
  const changes = new Map(created.map(({ data }) => [data.campaignId, drawChanges(random, data.campaignId)]));
  const events: BusinessEvent[] = [...created];
  while (events.length < count) {
    const { campaignId, subcampaigns } = pick(random, created).data;
    const change = random() < 0.45 ? changes.get(campaignId)?.() : undefined;
    events.push(change ?? drawReport(random, `report-${events.length}`, { campaignId, subcampaigns }));
  }
  return { markets: names, campaignIds: created.map(({ data }) => data.campaignId), events };
}

function drawCampaign(random: Random, campaignId: string, markets: readonly string[]): CampaignCreated {
  const subcampaigns = Array.from({ length: between(random, 1, 4) }, (_, index) =>
    order({
      subcampaignId: `s${index}`,
      market: pick(random, markets),
      segments: pick(random, [['casual'], ['fan'], ['casual', 'fan']]),
      clickPriceMicros: between(random, 60_000, 200_000),
      ...drawBounds(random),
    }),
  );
  return campaignCreated(
    {
      campaignId,
      budgetMicros: between(random, 9_000_000, 12_000_000),
      startAtMs: START_MS + (random() < 0.8 ? 0 : DAY_MS),
      ifShort: random() < 0.5 ? 'refuse' : 'scale-down',
      subcampaigns,
    },
    { occurredAtMs: DECIDED_MS },
  );
}

/** Floors and locks of three parts fit into the smallest budget. */
function drawBounds(random: Random): Pick<Order, 'floorMicros' | 'capMicros' | 'lockMicros'> {
  const draw = random();
  if (draw < 0.2) return { floorMicros: between(random, 500_000, 2_600_000) };
  if (draw < 0.4) return { capMicros: between(random, 2_000_000, 6_000_000) };
  return draw < 0.5 ? { lockMicros: between(random, 1_500_000, 2_600_000) } : {};
}

/**
 * The next change of a campaign, one at a time. A campaign that is closed takes no budget any more: what comes after is
 * refused, so a campaign either changes its budget or ends, and its end is the last word.
 */
export function drawChanges(random: Random, campaignId: string, { after = 0, atMs = DECIDED_MS, micros = 0 } = {}) {
  const own = { campaignId, occurredAtMs: atMs };
  const mayClose = random() < 0.3;
  let [budgetVersion, statusVersion, hasClosed, budgetMicros] = [after, after, false, micros];
  return (): BusinessEvent | undefined => {
    const isStatus = mayClose || random() < 0.35;
    if (hasClosed) return undefined;
    if (!isStatus) {
      // Half of the changes go a few micros from the one before: there rounding and commitments decide.
      const isNear = budgetMicros > 0 && random() < 0.6;
      const step = pick(random, [1, 50_000]) * between(random, -5, 6);
      budgetMicros = isNear ? Math.max(8_000_000, budgetMicros + step) : between(random, 8_000_000, 15_000_000);
      return budgetChanged(budgetMicros, (budgetVersion += 1), own);
    }
    hasClosed = mayClose && random() < 0.4;
    const wish = hasClosed ? (['cancelled', 'completed'] as const) : (['active', 'paused'] as const);
    return statusChanged(pick(random, wish), (statusVersion += 1), own);
  };
}

/** A report in one of the campaign's markets: impressions of now, late clicks, and clicks too late to have been in flight. */
function drawReport(
  random: Random,
  eventId: string,
  own: Pick<CampaignCreated['data'], 'campaignId' | 'subcampaigns'>,
) {
  const { market } = pick(random, own.subcampaigns);
  const here = own.subcampaigns.filter((sub) => sub.market === market);
  const lines = Array.from({ length: between(random, 1, 3) }, () =>
    drawLine(random, {
      campaignId: own.campaignId,
      subcampaignId: pick(random, here).subcampaignId,
      hourAtMs: START_MS,
    }),
  );
  const opportunities = [{ segment: 'casual', surface: 'home', opportunities: between(random, 1, 200) }];
  return deliveryReported(eventId, { market, group: pick(random, ['g1', 'g2']), lines, opportunities });
}

/** One line of a report. Late clicks name the hour of their impressions, which were charged long ago. */
export function drawLine(random: Random, own: Pick<Line, 'campaignId' | 'subcampaignId' | 'hourAtMs'>): Line {
  const lateHours = random() < 0.25 ? pick(random, [2, 9]) : 0;
  const impressions = lateHours > 0 ? 0 : between(random, 1, 20);
  return line({
    ...own,
    hourAtMs: own.hourAtMs - lateHours * HOUR_MS,
    impressions,
    clicks: lateHours > 0 || random() < 0.3 ? 1 : 0,
    conversions: random() < 0.1 ? 1 : 0,
    chargedMicros: impressions * 2_000,
  });
}
