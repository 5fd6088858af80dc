// What the books of its markets can still sell to a campaign. Its own entries are left out of the books: what it holds is an
// argument, because a campaign that is being created is not in them yet.
import type { BookEntry, Campaign, SupplyDay } from '../contracts/documents.ts';
import { flightAudience, type FlightAudience } from '../forecasting/flight-audience.ts';
import { cappedListeners, listenerDays } from '../forecasting/capped-listeners.ts';
import { DAY_MS, daysBetween } from '../forecasting/traffic-clock.ts';
import {
  capacityMicros,
  deliverableMicros,
  emptyMarket,
  openAvailability,
  place,
  scarcity,
  type Availability,
  type EmptyMarket,
} from '../planning/availability.ts';
import { isEligible, type Demand, type SoldDemand } from '../planning/market-model.ts';
import { isOver, type CampaignContext, type MarketView } from './campaign-state.ts';
import { accruedMicros, leasedMicros } from './entry-money.ts';

type CampaignTerms = NonNullable<Campaign['terms']>;

/** A part of a campaign, or what it could be instead. */
export interface Asked {
  market: string;
  segments: readonly string[];
  surfaces: readonly string[];
  clickPriceMicros: number;
  /** It bids for what guaranteed lines leave: it is sold nothing, and offered what an empty market has. */
  isAuctioned?: true;
  /** With these a listener's further visits are no supply to it. */
  releaseId?: string;
  perListenerDay?: number;
  perListenerFlight?: number;
  dailyCapMicros?: number;
  /** Its own flight, where it is another than the campaign's. */
  startAtMs?: number;
  endAtMs?: number;
  /** What it was sold already and has still to spend: what markets can sell comes on top. */
  remainingMicros?: number;
}

export interface ScarceCell {
  market: string;
  segment: string;
  surface: string;
  fromAtMs: number;
  toAtMs: number;
}

interface Seat {
  availability: Availability;
  /** Its place among those who ask. */
  which: number;
  /** The place of what it holds among what is sold. */
  held: number;
}

/** The markets of a campaign, with everything routed that is sold in them. Amounts are whole micros, in the order of `asked`. */
export interface OpenMarkets {
  /** Where each is one of those who ask; undefined in an unknown market. */
  seats: readonly (Seat | undefined)[];
  /** What of what one holds supply can deliver beside everything else that is sold. */
  deliverableMicros(index: number): number;
  /** What one could have on top of what it holds, if the others took nothing. */
  capacityMicros(index: number): number;
  /** What its own terms leave it of that: daily cap, how often a listener may see it. */
  limitMicros(index: number): number;
  /** What of their wishes they can have together: floors first, scarce supply in proportion. */
  place(wishes: readonly Wish[]): number[];
  /** The full cells of its own audience that keep one from more. Who else is in them is not said. */
  scarceCells(index: number): ScarceCell[];
}

export interface Wish {
  floorMicros: number;
  micros: number;
}

/**
 * An unknown market offers nothing.
 * @param ownIds whose entries and holds are left out of the books: one campaign, or those of a booking
 */
export function openMarkets(
  ownIds: string | ReadonlySet<string>,
  asked: readonly Asked[],
  flight: { startAtMs: number; endAtMs: number },
  context: CampaignContext,
): OpenMarkets {
  const seats: (Seat | undefined)[] = asked.map(() => undefined);
  const open: { here: number[]; availability: Availability }[] = [];
  for (const [market, view] of context.markets) {
    const here = asked.flatMap((sub, index) => (sub.market === market && !sub.isAuctioned ? [index] : []));
    if (here.length === 0) continue;
    const demands = here.map((index) => ({ ...flight, ...(asked[index] as Asked) }));
    const own = demands.map((demand) => ({ ...demand, remainingMicros: demand.remainingMicros ?? 0 }));
    const others = soldDemand(view, ownIds);
    const availability = openAvailability(demands, [...others, ...own], view.supply, context.nowMs);
    here.forEach((index, which) => (seats[index] = { availability, which, held: others.length + which }));
    open.push({ here, availability });
  }
  const limits: number[] = [];
  const limitMicros = (index: number): number =>
    (limits[index] ??= ownLimitMicros({ ...flight, ...(asked[index] as Asked) }, context));
  const capacities: number[] = [];
  return {
    seats,
    deliverableMicros(index) {
      const sub = asked[index] as Asked;
      if (sub.isAuctioned) return sub.remainingMicros ?? 0;
      const seat = seats[index];
      return seat ? deliverableMicros(seat.availability, seat.held) : 0;
    },
    capacityMicros(index) {
      const { isAuctioned } = asked[index] as Asked;
      const seat = seats[index];
      if (!isAuctioned && !seat) return 0;
      return (capacities[index] ??= Math.min(
        limitMicros(index),
        seat ? capacityMicros(seat.availability, seat.which) : Infinity,
      ));
    },
    limitMicros,
    place(wishes) {
      const placed = asked.map((sub, index) => (sub.isAuctioned ? (wishes[index] as Wish).micros : 0));
      for (const { here, availability } of open) {
        const own = here.map((index) => wishes[index] as Wish);
        if (own.every(({ micros }) => micros === 0)) {
          for (const index of here) placed[index] = 0;
          continue;
        }
        place(availability, own).forEach((micros, which) => (placed[here[which] as number] = micros));
      }
      return placed;
    },
    scarceCells(index) {
      const seat = seats[index];
      if (!seat) return [];
      const { market } = asked[index] as Asked;
      const demand = seat.availability.asked[seat.which] as Demand;
      return scarcity(seat.availability, seat.which)
        .cells.filter((cell) => isEligible(demand, cell))
        .filter(({ fromAtMs, toAtMs }) => fromAtMs >= demand.startAtMs && toAtMs <= demand.endAtMs)
        .map((cell) => ({ market, ...cell }));
    },
  };
}

/**
 * What its own terms leave to a part, less what it holds: its daily cap on the days that are left; of an empty market the impressions
 * that its listeners may be shown, where they have been counted (whoever has seen an ad of a release sees no other); all that an
 * empty market has for one that bids in auctions.
 */
function ownLimitMicros(sub: Asked & { startAtMs: number; endAtMs: number }, context: CampaignContext): number {
  const fromMs = Math.max(sub.startAtMs, context.nowMs);
  const days = Math.max(1, Math.ceil(sub.endAtMs / DAY_MS) - Math.floor(fromMs / DAY_MS));
  const capsMicros = (sub.dailyCapMicros ?? Infinity) * days;
  const limitMicros = Math.min(capsMicros, audienceLimitMicros(sub, fromMs, context));
  return Math.max(0, limitMicros - (sub.remainingMicros ?? 0));
}

function audienceLimitMicros(
  sub: Asked & { startAtMs: number; endAtMs: number },
  fromMs: number,
  context: CampaignContext,
): number {
  const perFlight = sub.releaseId === undefined ? (sub.perListenerFlight ?? Infinity) : 1;
  const caps = { perDay: sub.perListenerDay ?? Infinity, perFlight };
  const isCapped = caps.perDay < Infinity || perFlight < Infinity;
  if (!sub.isAuctioned && !isCapped) return Infinity;
  const supply = context.markets.get(sub.market)?.supply ?? new Map<string, SupplyDay>();
  const { weightMicros } = emptyMarket(sub, supply, context.nowMs);
  const first = isCapped ? daysBetween(fromMs, sub.endAtMs).find((day) => supply.has(day)) : undefined;
  const share =
    first === undefined
      ? undefined
      : cappedListeners(sub, supply.get(first) as SupplyDay, listenerDays(fromMs, sub.endAtMs), caps);
  if (share === undefined) return sub.isAuctioned ? weightMicros : Infinity;
  return Math.floor(weightMicros * share);
}

/** What an empty market is worth to each, in their order; with their listeners where a split will go by reach. */
export function emptyMarkets(
  asked: readonly Asked[],
  { objective, ...flight }: { startAtMs: number; endAtMs: number; objective: CampaignTerms['objective'] },
  context: CampaignContext,
): EmptyMarket[] {
  return asked.map((sub) => {
    const supply = context.markets.get(sub.market)?.supply ?? new Map<string, SupplyDay>();
    const { startAtMs, endAtMs } = flight;
    const demand = { startAtMs, endAtMs, ...sub };
    const empty = emptyMarket(demand, supply, context.nowMs);
    if (objective !== 'reach' || asked.length === 1) return empty;
    const audience = audienceOf(demand, supply, empty);
    return audience ? { ...empty, audience } : empty;
  });
}

/** The listeners of a flight, as the first day that is known counts them. */
export function audienceOf(
  demand: Parameters<typeof flightAudience>[0],
  supply: ReadonlyMap<string, SupplyDay>,
  { trafficByDay }: Pick<EmptyMarket, 'trafficByDay'>,
): FlightAudience | undefined {
  const [first] = daysBetween(demand.startAtMs, demand.endAtMs).flatMap((day) => supply.get(day) ?? []);
  const traffic = trafficByDay.reduce((sum, ofDay) => sum + ofDay, 0);
  return first && flightAudience(demand, first, traffic);
}

/**
 * What each part can reach when all follow one split: lowered until what the split gives them fits their markets
 * together. Where supply binds parts together, what one cannot have is split again over the others.
 * @param heldMicros of each part: what it has already and needs no supply
 * @param reachMicros of each part: what it could have alone, held included
 * @param split the shares of the parts inside what they can reach
 */
export function reachTogether(
  markets: Pick<OpenMarkets, 'place'>,
  { heldMicros, floorMicros, reachMicros }: Record<'heldMicros' | 'floorMicros' | 'reachMicros', readonly number[]>,
  split: (reachMicros: readonly number[]) => readonly number[],
): number[] {
  let reach = [...reachMicros];
  // One part alone shares with nobody.
  if (reach.length === 1) return reach;
  let placed = reach.map(() => 0);
  // Each round caps one part more for good: what was placed keeps its place, so what was capped once is never short again.
  for (let round = 0; round <= reach.length; round++) {
    const shares = split(reach);
    const wishes = shares.map((share, index) => {
      const held = heldMicros[index] as number;
      const micros = Math.max(0, share - held);
      const firstMicros = Math.max((floorMicros[index] as number) - held, placed[index] as number, 0);
      return { floorMicros: Math.min(micros, firstMicros), micros };
    });
    placed = markets.place(wishes);
    const isShort = placed.map((micros, index) => micros < (wishes[index] as { micros: number }).micros);
    if (!isShort.includes(true)) return reach;
    reach = reach.map((micros, index) => (isShort[index] ? placedReach(heldMicros, placed, index) : micros));
    // A floor that does not fit beside the others is refused, whatever the rest comes to.
    if (reach.some((micros, index) => isShort[index] && micros < (floorMicros[index] as number))) return reach;
  }
  return reach.map((_, index) => placedReach(heldMicros, placed, index));
}

function placedReach(heldMicros: readonly number[], placed: readonly number[], index: number): number {
  return (heldMicros[index] as number) + (placed[index] as number);
}

/**
 * Everything sold in a market but to these campaigns. What is over has been given back; what is paused has not. What is
 * leased will be served, also where clicks beyond their expected cost have used up the budget meanwhile. What bids in auctions
 * takes what is left and was sold nothing. Firm holds count as sold.
 */
export function soldDemand({ pages }: Pick<MarketView, 'pages'>, ownIds: string | ReadonlySet<string>): SoldDemand[] {
  const isOwn = ({ campaignId }: { campaignId: string }) =>
    typeof ownIds === 'string' ? campaignId === ownIds : ownIds.has(campaignId);
  const entries: BookEntry[] = pages.flatMap((page) => page.entries);
  const sold = entries
    .filter((entry) => !isOwn(entry) && !isOver(entry) && !entry.isAuctioned)
    .map((entry) => ({
      ...entry,
      remainingMicros: Math.max(leasedMicros(entry), entry.budgetMicros - accruedMicros(entry)),
    }));
  // What is held for others can be confirmed at any moment. Soft holds take nothing from anybody.
  const held = pages
    .flatMap(({ holds = [] }) => holds)
    .filter((hold) => !isOwn(hold) && hold.probability === undefined && !hold.isAuctioned)
    .map((hold) => ({ ...hold, remainingMicros: hold.budgetMicros }));
  return [...sold, ...held];
}
