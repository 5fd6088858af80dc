// What flows while workers are killed: campaigns, changes of them and delivery reports, drawn by a seed so that neither
// order nor copies matter to what must be in the end. Budgets are far above what is spent and supply far above both, so
// nothing is refused; cancelled campaigns neither change nor deliver, because there an order would matter.
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { BusinessEvent, DeliveryReported } from '../../shared/contracts/events.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../support/instants.ts';

export interface CrashLoad {
  markets: string[];
  campaigns: { campaignId: string; markets: string[] }[];
  /** Each event once. */
  events: BusinessEvent[];
  /** The events as they are published: shuffled, some twice, campaigns in the first fifth. */
  publications: BusinessEvent[];
}

export const FLIGHT_DAYS = 2;
export const FLIGHT_END_MS = START_MS + FLIGHT_DAYS * DAY_MS;
/** Reports tell of this much virtual time. */
export const REPORTED_TICKS = 24;

const EVENTS_PER_CAMPAIGN = 33;
const CAMPAIGNS_PER_MARKET = 2;
const CANCELLED_SHARE = 0.1;
const DOUBLED_SHARE = 0.3;
const MICROS = 1_000_000;

interface Part {
  campaignId: string;
  subcampaignId: string;
}

/** `count` events over as many campaigns and markets as they need. */
export function drawCrashLoad({ seed, count }: { seed: number; count: number }): CrashLoad {
  const random = createRandom(seed, 'crash load');
  const size = Math.max(4, Math.floor(count / EVENTS_PER_CAMPAIGN));
  const markets = Array.from({ length: Math.ceil(size / CAMPAIGNS_PER_MARKET) }, (_, index) => `M${index}`);
  const campaigns = Array.from({ length: size }, (_, index) => {
    const home = index % markets.length;
    const away = (home + 1) % markets.length;
    const own = random() < 0.4 && away !== home ? [home, away] : [home];
    return { campaignId: `c${index}`, markets: own.map((at) => markets[at] as string) };
  });
  const events: BusinessEvent[] = [];
  const parts = new Map<string, Part[]>(markets.map((market) => [market, []]));
  for (const { campaignId, markets: own } of campaigns) {
    const subcampaigns = own.map((market, index) => order({ subcampaignId: `s${index + 1}`, market }));
    events.push(campaignCreated({ campaignId, budgetMicros: drawBudget(random), subcampaigns }));
    if (random() < CANCELLED_SHARE) {
      events.push(statusChanged('paused', 1, { campaignId }), statusChanged('cancelled', 2, { campaignId }));
      continue;
    }
    const changes = Math.floor(random() * 5);
    for (let version = 1; version <= changes; version++)
      events.push(budgetChanged(drawBudget(random), version, { campaignId }));
    const wishes = Math.floor(random() * 3);
    for (let version = 1; version <= wishes; version++)
      events.push(statusChanged(random() < 0.5 ? 'paused' : 'active', version, { campaignId }));
    for (const { subcampaignId, market } of subcampaigns) parts.get(market)?.push({ campaignId, subcampaignId });
  }
  const open = markets.filter((market) => parts.get(market)?.length);
  for (let index = 0; events.length < count; index++) {
    const market = open[index % open.length] as string;
    events.push(drawReport(random, index, market, parts.get(market) as Part[], index / count));
  }
  return { markets, campaigns, events, publications: publicationsOf(events, random) };
}

function drawBudget(random: Random): number {
  return 60 * MICROS + Math.floor(random() * 60 * MICROS);
}

/** @param share how far the reported time has got */
function drawReport(
  random: Random,
  index: number,
  market: string,
  parts: readonly Part[],
  share: number,
): DeliveryReported {
  const windowEndAtMs = START_MS + (1 + Math.floor(share * REPORTED_TICKS)) * TICK_MS;
  const hourAtMs = Math.floor((windowEndAtMs - 1) / HOUR_MS) * HOUR_MS;
  const first = Math.floor(random() * parts.length);
  const named = parts.slice(first, first + 1 + Math.floor(random() * 3));
  const lines = named.map((part) => {
    const impressions = 1 + Math.floor(random() * 50);
    const clicks = random() < 0.2 ? 1 : 0;
    const conversions = clicks > 0 && random() < 0.5 ? 1 : 0;
    return line({ ...part, hourAtMs, impressions, clicks, conversions, chargedMicros: impressions * 5_000 });
  });
  const opportunities = [{ segment: 'casual', surface: 'home', opportunities: Math.floor(random() * 200) }];
  const group = random() < 0.5 ? 'g1' : 'g2';
  const window = { windowStartAtMs: windowEndAtMs - TICK_MS, windowEndAtMs };
  return deliveryReported(`report-${index}`, { market, group, ...window, lines, opportunities });
}

/** Campaigns come early, because reports are not folded before; their changes may come before them. */
function publicationsOf(events: readonly BusinessEvent[], random: Random): BusinessEvent[] {
  const placed = events.flatMap((event) => {
    const within = event.type === 'andante.campaign-created.v1' ? 0.2 : 1;
    const copies = random() < DOUBLED_SHARE ? 2 : 1;
    return Array.from({ length: copies }, () => ({ event, at: random() * within }));
  });
  return placed.sort((left, right) => left.at - right.at).map(({ event }) => event);
}
