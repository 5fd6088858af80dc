// A season: markets move, campaigns are booked and quoted day by day with what is known then, delivered, and settled.
import { createRandom } from '../../emulators/world/random.ts';
import { acceptCampaign } from '../../shared/campaign/accept-campaign.ts';
import { newEntry } from '../../shared/campaign/book-page.ts';
import { expectedCampaign, type CampaignContext, type MarketView } from '../../shared/campaign/campaign-state.ts';
import { evolve } from '../../shared/campaign/evolve.ts';
import { quoteCampaign } from '../../shared/campaign/quote-campaign.ts';
import type { Campaign, SupplyDay } from '../../shared/contracts/documents.ts';
import type { CampaignAccepted } from '../../shared/contracts/outcomes.ts';
import type { QuoteIssued } from '../../shared/contracts/forecast-outcomes.ts';
import { DAY_MS } from '../../shared/forecasting/traffic-clock.ts';
import { createForecaster, SEASON_MS, type Forecaster } from './season-forecast.ts';
import { createHabits, type Habits } from './season-habits.ts';
import { drawOrder, type Order } from './season-orders.ts';
import { createLine, serveDay, type Line } from './season-serving.ts';
import type { SeasonShape } from './season-shapes.ts';
import { createTruth, type MarketTruth } from './season-truth.ts';

/** What was told of a campaign at its booking, and what came. */
export interface SettledCampaign {
  order: Order;
  /** One of each that quoted it. */
  quotes: readonly SeasonPromise[];
  /** The weeks of its first market in which it flew: campaigns of one share its luck. */
  weeks: string[];
  impressions: number;
  clicks: number;
  conversions: number;
  spendMicros: number;
  /** Of campaigns in one part. */
  reach: number | undefined;
}

/** What is scored of a quote. */
export type SeasonPromise = Pick<
  QuoteIssued,
  'budgetMicros' | 'fullSpendPpm' | 'spendMicros' | 'clicks' | 'impressions' | 'conversions' | 'reach'
>;

/** How a campaign is quoted that has just been accepted; what is settled so far is all that it may have learned from. */
export type SeasonQuote = (
  accepted: CampaignAccepted,
  reachMicros: readonly number[],
  context: CampaignContext,
  order: Order,
) => SeasonPromise;

interface Market {
  truth: MarketTruth;
  forecaster: Forecaster;
  habits: Habits;
  lines: Line[];
}

interface Running {
  order: Order;
  quotes: SeasonPromise[];
  lines: Line[];
}

const DAYS_OF_WEEK = 7;
/** Who comes how often is counted anew after so many days. */
const COUNT_DAYS = 5;
/** How far it has come is told so often. */
const TOLD_DAYS = 6 * DAYS_OF_WEEK;

/** All campaigns whose flights end in the season, in the order in which they ended. */
export function playSeason(
  shape: SeasonShape,
  seed: number,
  quotesOf: readonly SeasonQuote[] = [quoteCampaign],
): SettledCampaign[] {
  const markets = Array.from({ length: shape.markets }, (_, index) => createMarket(shape, seed, index));
  const random = createRandom('season', shape.name, seed, 'serving');
  const settled: SettledCampaign[] = [];
  let running: Running[] = [];
  let booked = 0;
  for (let day = 0; day < shape.weeks * DAYS_OF_WEEK; day++) {
    const nowMs = SEASON_MS + day * DAY_MS;
    if (day > 0 && day % TOLD_DAYS === 0)
      console.error(`season: ${day / DAYS_OF_WEEK} weeks, ${settled.length} settled`);
    const known = new Map(
      markets.map(
        ({ truth, forecaster, habits }) =>
          [
            truth.market,
            forecaster.issue(day, {
              market: truth.market,
              cells: truth.cells,
              clicks: truth.clicks(day),
              listeners: habits.histograms,
            }),
          ] as const,
      ),
    );
    for (const { truth } of markets) {
      for (let order = ordersOf(shape, seed, day, truth.market); order > 0; order--) {
        const about = { seed, campaignId: `c${booked++}`, day, market: truth.market };
        const one = book(drawOrder(shape, known, about), markets, known, nowMs, quotesOf);
        if (one) running.push(one);
      }
    }
    for (const market of markets) {
      const visits = market.truth.visits(day);
      serveDay(market.truth, market.lines, known.get(market.truth.market) as Map<string, SupplyDay>, {
        nowMs,
        visits,
        random,
      });
      market.forecaster.observe(visits.counts);
      market.habits.observe(visits, day % COUNT_DAYS === 0);
    }
    for (const one of running) if (one.lines.length > 1) moveMoney(one);
    const isOver = ({ order }: Running) => order.endAtMs <= nowMs + DAY_MS;
    settled.push(...running.filter(isOver).map(settle));
    running = running.filter((one) => !isOver(one));
    for (const market of markets) market.lines = market.lines.filter(({ entry }) => entry.endAtMs > nowMs + DAY_MS);
  }
  return settled;
}

function createMarket(shape: SeasonShape, seed: number, index: number): Market {
  const truth = createTruth(shape, seed, index);
  const forecaster = createForecaster(truth.cells.length, -truth.pastDays);
  const habits = createHabits(truth);
  for (let day = -truth.pastDays; day < 0; day++) forecaster.observe(truth.expectedVisits(day));
  return { truth, forecaster, habits, lines: [] };
}

function ordersOf(shape: SeasonShape, seed: number, day: number, market: string): number {
  const random = createRandom('season', shape.name, seed, 'orders', day, market);
  // A few markets are asked for more than others.
  const wanted = shape.orders * (0.6 + (0.8 * (Number(market.slice(1)) + 0.5)) / shape.markets);
  return Math.floor(wanted + random());
}

function book(
  order: Order,
  markets: readonly Market[],
  known: ReadonlyMap<string, ReadonlyMap<string, SupplyDay>>,
  nowMs: number,
  quotesOf: readonly SeasonQuote[],
): Running | undefined {
  const names = new Set(order.subcampaigns.map(({ market }) => market));
  const here = markets.filter(({ truth }) => names.has(truth.market));
  const context = { nowMs, markets: new Map(here.map((one) => [one.truth.market, viewOf(one, known)])) };
  const expected = expectedCampaign('t1', order.campaignId);
  const decided = acceptCampaign(expected, order, context);
  if (!('reachMicros' in decided)) return undefined;
  const { outcome, reachMicros } = decided;
  const quotes = quotesOf.map((quoteOf) => quoteOf(outcome, reachMicros, context, order));
  const campaign: Campaign = evolve(expected, outcome);
  const purse = { leftMicros: outcome.budgetMicros - outcome.escrowMicros };
  const lines = campaign.subcampaigns.map((sub) => {
    const market = here.find(({ truth }) => truth.market === sub.market) as Market;
    const clicks = market.truth.clicks((nowMs - SEASON_MS) / DAY_MS);
    const line = createLine(newEntry(campaign, sub), { clicks, listeners: market.truth.listeners, purse });
    market.lines.push(line);
    return line;
  });
  return { order, quotes, lines };
}

function viewOf({ truth, lines }: Market, known: ReadonlyMap<string, ReadonlyMap<string, SupplyDay>>): MarketView {
  const { market } = truth;
  const versions = { bookVersion: 0, supplyVersion: 1, planVersion: 0, watermarkSlot: 0 };
  return {
    market: { schemaVersion: 1, market, ...versions, pages: [], groups: [] },
    pages: [{ schemaVersion: 1, market, page: 'p00', entries: lines.map(({ entry }) => entry) }],
    supply: known.get(market) as ReadonlyMap<string, SupplyDay>,
  };
}

/** Money that supply does not deliver in one part goes to those that have enough of it, day by day. */
function moveMoney({ lines }: Running): void {
  const short = lines.map(({ entry, plannedMicros }) =>
    Math.max(0, Math.floor(entry.budgetMicros - entry.spentMicros - plannedMicros - entry.clickPriceMicros)),
  );
  const enough = lines.filter((_, index) => short[index] === 0);
  if (enough.length === 0) return;
  let moved = 0;
  lines.forEach(({ entry }, index) => {
    entry.budgetMicros -= short[index] as number;
    moved += short[index] as number;
  });
  enough.forEach(({ entry }, index) => {
    const share = Math.floor(moved / (enough.length - index));
    entry.budgetMicros += share;
    moved -= share;
  });
}

function settle({ order, quotes, lines }: Running): SettledCampaign {
  const sum = (value: (line: Line) => number) => lines.reduce((total, line) => total + value(line), 0);
  const [market] = order.subcampaigns.map((sub) => sub.market);
  const weekOf = (atMs: number) => Math.floor((atMs - SEASON_MS) / DAY_MS / DAYS_OF_WEEK);
  const [first, last] = [weekOf(order.startAtMs), weekOf(order.endAtMs - 1)];
  return {
    order,
    quotes,
    weeks: Array.from({ length: last - first + 1 }, (_, index) => `${market} ${first + index}`),
    impressions: sum(({ entry }) => entry.impressions),
    clicks: sum(({ entry }) => entry.clicks),
    conversions: sum(({ entry }) => entry.conversions),
    spendMicros: sum(({ entry }) => entry.spentMicros),
    reach: lines.length === 1 ? sum(({ reached }) => reached) : undefined,
  };
}
