// The campaigns a world books: who, where, for how long, and with budgets that together load the supply as asked. Each
// cell-day's expected click value is shared among the subcampaigns that may use it, so the orders fit by construction;
// a few are then made to ask for far more than their corner of the supply has.
import type { CampaignCreatedWire } from '../../shared/contracts/events.ts';
import { drawInteger, drawLogNormal, drawOne, drawSome } from './draws.ts';
import { type Population, daysOf } from './population.ts';
import { type Random, createRandom } from './random.ts';
import { drawServingTerms } from './serving-terms.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The longest flight the contract takes, in days. */
const LONGEST_FLIGHT_DAYS = 31;
/** What an infeasible campaign asks for, against all the value of its one cell. */
const INFEASIBLE_FACTOR = 3;
/** Of what caps leave of a cell, a campaign asks for at most this part, where there is enough for all. */
const CAPPED_LOAD = 0.8;

type Subcampaign = CampaignCreatedWire['data']['subcampaigns'][number];

export interface CampaignOrder {
  tenantId: string;
  campaignId: string;
  publishAtMs: number;
  startAtMs: number;
  endAtMs: number;
  ifShort: 'refuse' | 'scale-down';
  objective: 'reach' | 'clicks' | 'conversions';
  budgetMicros: number;
  /** Asks for more than there is: to be refused, or scaled down. */
  isInfeasible: boolean;
  /** What its caps leave of the supply of its audience. */
  openShare: number;
  subcampaigns: Subcampaign[];
}

export interface CampaignOrdersInput {
  seed: number;
  population: Population;
  startAtMs: number;
  days: number;
  tickIntervalMs: number;
  campaigns: number;
  /** The part of the supply's expected click value that feasible orders ask for together. */
  loadShare: number;
}

/** The orders in the sequence in which they are published. */
export function drawCampaignOrders(input: CampaignOrdersInput): CampaignOrder[] {
  const random = createRandom(input.seed, 'orders');
  const infeasible = infeasibleCount(input.campaigns);
  const day = new Date(input.startAtMs).toISOString().slice(0, 10).replaceAll('-', '');
  const orders = Array.from({ length: input.campaigns }, (_order, index) => {
    const campaignId = `c${day}-${String(index + 1).padStart(3, '0')}`;
    const isInfeasible = index >= input.campaigns - infeasible;
    // The first infeasible order is to be refused, the second scaled down.
    const ifShort = isInfeasible ? IF_SHORT[(input.campaigns - index) % 2] : drawOne(random, IF_SHORT);
    const isEarly = index < input.campaigns / 2;
    return drawOrder(random, { ...input, campaignId, isInfeasible, isEarly, ifShort: ifShort ?? 'refuse' });
  });
  setBudgets(random, input, orders);
  return orders.sort((a, b) => a.publishAtMs - b.publishAtMs);
}

/** The last of those that are booked while the world runs and can be had. */
export function lateOrder(orders: readonly CampaignOrder[], startAtMs: number): CampaignOrder | undefined {
  return orders.findLast((order) => !order.isInfeasible && order.publishAtMs > startAtMs);
}

function infeasibleCount(campaigns: number): number {
  if (campaigns < 4) return 0;
  return Math.min(3, Math.max(1, Math.floor(campaigns / 10)));
}

interface OrderInput extends CampaignOrdersInput {
  campaignId: string;
  isInfeasible: boolean;
  ifShort: CampaignOrder['ifShort'];
  /** Booked before the first tick. */
  isEarly: boolean;
}

function drawOrder(random: Random, input: OrderInput): CampaignOrder {
  const { campaignId, isInfeasible } = input;
  const flight = drawFlight(random, input);
  const count = isInfeasible ? 1 : drawInteger(random, 1, 5);
  const markets = isInfeasible ? [drawOne(random, input.population.markets)] : drawMarkets(random, input, count);
  // What is to be refused asks for supply and nothing else.
  const serving = isInfeasible ? { terms: {}, openShare: 1 } : drawServingTerms(random);
  return {
    tenantId: drawOne(random, TENANTS),
    campaignId,
    ...flight,
    ifShort: input.ifShort,
    objective: drawOne(random, ['reach', 'clicks', 'clicks', 'conversions'] as const),
    budgetMicros: 0,
    isInfeasible,
    openShare: serving.openShare,
    subcampaigns: Array.from({ length: count }, (_subcampaign, index) => ({
      subcampaignId: `${campaignId}-${index + 1}`,
      market: markets[index % markets.length] ?? '',
      segments: drawSome(random, input.population.segments, isInfeasible ? 1 : drawInteger(random, 2, 4)),
      surfaces: drawSome(random, input.population.surfaces, isInfeasible ? 1 : drawInteger(random, 1, 3)),
      clickPriceMicros: drawInteger(random, 30, 70) * 10_000,
      ...serving.terms,
    })),
  };
}

function drawMarkets(random: Random, { population }: OrderInput, subcampaigns: number): string[] {
  return drawSome(
    random,
    population.markets,
    drawInteger(random, 1, Math.min(subcampaigns, population.markets.length)),
  );
}

/** Early orders run from the start; later ones are booked in the first half. Most run to the end of the world. */
function drawFlight(random: Random, input: OrderInput) {
  const { startAtMs, days, tickIntervalMs, isEarly, isInfeasible } = input;
  const ticks = Math.round((days * DAY_MS) / tickIntervalMs);
  const publishTick = isEarly
    ? 0
    : drawInteger(random, Math.ceil(ticks / 24), Math.floor(ticks / (isInfeasible ? 3 : 2)));
  const startTick = publishTick + Math.min(2, ticks - publishTick - 1);
  const left = ticks - startTick;
  const lastTick = random() < 0.25 ? startTick + drawInteger(random, Math.ceil(left / 2), left) : ticks;
  const flightStartAtMs = startAtMs + startTick * tickIntervalMs;
  const longestEndAtMs = flightStartAtMs + (LONGEST_FLIGHT_DAYS - 1) * DAY_MS;
  return {
    publishAtMs: startAtMs + publishTick * tickIntervalMs,
    startAtMs: flightStartAtMs,
    endAtMs: Math.min(longestEndAtMs, startAtMs + lastTick * tickIntervalMs),
  };
}

/** Of one part: a third more than the whole campaign needs on an average day, so that it only binds on a good one. */
function dailyCap({ budgetMicros, startAtMs, endAtMs }: CampaignOrder): number {
  return Math.ceil((budgetMicros * 4) / 3 / Math.max(1, (endAtMs - startAtMs) / DAY_MS));
}

interface Claim {
  order: CampaignOrder;
  subcampaign: Subcampaign;
  weight: number;
}

function setBudgets(random: Random, input: CampaignOrdersInput, orders: CampaignOrder[]): void {
  const claims = orders.flatMap((order) =>
    order.subcampaigns.map((subcampaign): Claim => ({ order, subcampaign, weight: drawLogNormal(random, 1, 0.6) })),
  );
  const endAtMs = input.startAtMs + input.days * DAY_MS;
  for (const market of input.population.markets) {
    for (const day of daysOf(input.startAtMs, endAtMs)) shareDay(input, claims, { market, day });
  }
  for (const order of orders) {
    order.budgetMicros = Math.max(1_000_000, Math.round(order.budgetMicros / 10_000) * 10_000);
    const [first] = order.subcampaigns;
    const hasFloor = !order.isInfeasible && random() < 0.2;
    if (first && hasFloor) first.floorMicros = Math.floor(order.budgetMicros / 20);
    if (first && !order.isInfeasible && random() < 0.15) first.dailyCapMicros = dailyCap(order);
  }
}

/** Adds to each order what its subcampaigns may claim of one market-day. */
function shareDay(input: CampaignOrdersInput, claims: Claim[], { market, day }: { market: string; day: string }): void {
  const supply = input.population.expectedSupply(market, day);
  const local = claims.filter((claim) => claim.subcampaign.market === market);
  for (const cell of supply.cells) {
    const eligible = local
      .filter(
        ({ subcampaign: { segments, surfaces } }) => segments.includes(cell.segment) && surfaces.includes(cell.surface),
      )
      .map((claim) => ({ ...claim, open: openShare(claim.order, day, supply.hourShape) }))
      .filter(({ open }) => open > 0);
    const clicks = (cell.q50 * cell.clickPpm) / 1e6;
    const weights = eligible.reduce((sum, { order, weight }) => sum + (order.isInfeasible ? 0 : weight), 0);
    for (const { order, subcampaign, weight, open } of eligible) {
      const fair = (input.loadShare * weight) / weights;
      const most = CAPPED_LOAD * Math.max(1, input.loadShare);
      const part = order.isInfeasible ? INFEASIBLE_FACTOR : Math.min(fair, most * order.openShare);
      order.budgetMicros += clicks * open * part * subcampaign.clickPriceMicros;
    }
  }
}

/** The share of a day's traffic that falls into the flight. */
function openShare(flight: { startAtMs: number; endAtMs: number }, day: string, hourShape: readonly number[]): number {
  const dayStartMs = Date.parse(`${day}T00:00:00Z`);
  return hourShape.reduce((sum, share, hour) => {
    const fromMs = Math.max(flight.startAtMs, dayStartMs + hour * HOUR_MS);
    const untilMs = Math.min(flight.endAtMs, dayStartMs + (hour + 1) * HOUR_MS);
    return sum + (share * Math.max(0, untilMs - fromMs)) / HOUR_MS;
  }, 0);
}

const IF_SHORT = ['refuse', 'scale-down'] as const;

const TENANTS = ['aurora-records', 'bluebird-artists', 'cedar-label', 'delta-sound', 'ember-agency'];
