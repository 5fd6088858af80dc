// What the refused campaigns of a booking are offered: budgets to all, other terms to the first of them.
import type { CampaignOrder } from '../contracts/bookings.ts';
import type { CampaignAccepted, CampaignRefused } from '../contracts/outcomes.ts';
import { acceptOrder } from './accept-order.ts';
import { buildRefused } from './build-accepted.ts';
import { mostAccepted, offerable } from './campaign-offers.ts';
import type { CampaignContext } from './campaign-state.ts';
import type { BookingWish } from './decide-booking.ts';
import { fitOrder, orderParts } from './fit-order.ts';
import { heldSupply } from './held-supply.ts';
import { holdsOf, withHolds, withoutHolds } from './holds.ts';
import { emptyMarkets, openMarkets, type Asked } from './open-markets.ts';
import { seatsOf, termsOf } from './screen-orders.ts';

/** Every wider audience and every other flight is a look at the whole book: this many campaigns get offers of those. */
const MAX_OFFERED = 10;

type Outcome = CampaignAccepted | CampaignRefused;

/**
 * Those who supply is too short for get offers that would be accepted beside the others. The first of them are decided once
 * more for that, by the rule that decides any campaign: where that finds another split that fits, it is accepted.
 */
export function bookingOffers(outcomes: readonly Outcome[], wish: BookingWish, context: CampaignContext): Outcome[] {
  const { tenantId, orders, mode } = wish;
  const short = outcomes.flatMap((outcome, place) => (isShort(outcome) ? [place] : []));
  if (short.length === 0) return [...outcomes];
  const offered = [...outcomes];
  let then = contextBeside(
    outcomes.filter((outcome) => outcome.type === 'campaign-accepted'),
    context,
  );
  let first = short.slice(0, MAX_OFFERED);
  // Whoever is accepted takes supply that others were offered: those are told anew.
  for (let wasAccepted = true; wasAccepted;) {
    wasAccepted = false;
    first = first.filter((place) => {
      const outcome = acceptOrder({ tenantId, order: orders[place] as CampaignOrder, mode }, then);
      if (outcome.type === 'campaign-refused') offered[place] = withOffers(outcomes[place] as CampaignRefused, outcome);
      else if (mayHold(outcome, wish, then)) {
        offered[place] = outcome;
        then = contextBeside([outcome], then);
        wasAccepted = true;
        return false;
      }
      return true;
    });
  }
  const rest = short.slice(MAX_OFFERED);
  const budgets = budgetOffers(
    rest.map((place) => orders[place] as CampaignOrder),
    then,
  );
  rest.forEach((place, index) => {
    const { code, reason, campaignId, requestedMicros = 0 } = outcomes[place] as CampaignRefused;
    const budgetMicros = budgets[index] as number;
    const counterOffers = budgetMicros > 0 ? [{ kind: 'budget' as const, budgetMicros }] : [];
    const offers = { counterOfferMicros: budgetMicros, counterOffers };
    offered[place] = buildRefused({ tenantId, campaignId }, requestedMicros, { code, reason }, offers);
  });
  return offered;
}

/** Campaigns in several parts that are scaled are tried once more, each a look at the whole book: this many. */
const MAX_TOPPED = 50;

/**
 * What was scaled part by part, decided once more as a whole beside all others: where one part is short and another has room, money
 * moves there. Nobody gets less.
 */
export function topUp(outcomes: readonly Outcome[], wish: BookingWish, context: CampaignContext): Outcome[] {
  const topped = [...outcomes];
  const scaled = outcomes.flatMap((outcome, place) => (isScaledInParts(outcome) ? [place] : [])).slice(0, MAX_TOPPED);
  if (scaled.length === 0) return topped;
  let then = contextBeside(
    outcomes.filter((outcome) => outcome.type === 'campaign-accepted'),
    context,
  );
  for (const place of scaled) {
    const order = wish.orders[place] as CampaignOrder;
    const before = outcomes[place] as CampaignAccepted;
    const others = withoutCampaign(before.campaignId, then);
    const outcome = acceptOrder({ tenantId: wish.tenantId, order, mode: 'scale-down' }, others);
    if (outcome.type === 'campaign-refused' || outcome.budgetMicros <= before.budgetMicros) continue;
    if (!mayHold(outcome, wish, others)) continue;
    topped[place] = outcome;
    then = contextBeside([outcome], others);
  }
  return topped;
}

function isScaledInParts(outcome: Outcome): boolean {
  return outcome.type === 'campaign-accepted' && outcome.code === 'SCALED_DOWN' && outcome.subcampaigns.length > 1;
}

function mayHold(outcome: CampaignAccepted, wish: BookingWish, context: CampaignContext): boolean {
  return !wish.isHeld || heldSupply(wish, context).take(outcome) === undefined;
}

function withoutCampaign(campaignId: string, context: CampaignContext): CampaignContext {
  const markets = [...context.markets].map(
    ([market, view]) => [market, withoutHolds(view, (hold) => hold.campaignId === campaignId)] as const,
  );
  return { ...context, markets: new Map(markets) };
}

function isShort(outcome: Outcome): boolean {
  return outcome.type === 'campaign-refused' && (outcome.code === 'SUPPLY_SHORT' || outcome.code === 'CONTENDED');
}

function withOffers(refused: CampaignRefused, decided: CampaignRefused): CampaignRefused {
  if (decided.code !== 'SUPPLY_SHORT') return refused;
  const { code } = refused;
  const reason = code === 'CONTENDED' ? `it would fit alone; beside the others ${decided.reason}` : decided.reason;
  return { ...decided, code, reason };
}

/** The books as they would be with these campaigns held. */
function contextBeside(accepted: readonly CampaignAccepted[], context: CampaignContext): CampaignContext {
  const noBooking = '0'.repeat(20);
  const holds = accepted.flatMap((one) => holdsOf(noBooking, one, { untilAtMs: context.nowMs }));
  const byMarket = Map.groupBy(holds, ({ market }) => market);
  const markets = [...context.markets].map(
    ([market, view]) => [market, withHolds(view, byMarket.get(market) ?? [])] as const,
  );
  return { ...context, markets: new Map(markets) };
}

/** Of each order, the largest budget that would be accepted on its terms, as far as it is found. */
function budgetOffers(orders: readonly CampaignOrder[], context: CampaignContext): number[] {
  const [some] = orders.map(termsOf);
  if (!some) return [];
  const asked = orders.flatMap(({ startAtMs, endAtMs, subcampaigns }) =>
    subcampaigns.map((sub): Asked => ({ ...sub, startAtMs, endAtMs })),
  );
  const markets = openMarkets(new Set(), asked, some, context);
  const careful = { ...markets, capacityMicros: (index: number) => offerable(markets, index) };
  let first = 0;
  return orders.map((order) => {
    const terms = termsOf(order);
    const parts = orderParts(terms, emptyMarkets(terms.subcampaigns, terms, context));
    const own = seatsOf(careful, asked.length, first, parts.length);
    first += parts.length;
    const { fit } = fitOrder(terms.budgetMicros, parts, own);
    return fit.kind === 'short' ? (mostAccepted(fit.reachMicros, parts, own) ?? 0) : 0;
  });
}
