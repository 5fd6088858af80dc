// Many campaigns decided together, against each other and against all that is sold and firmly held. What is accepted fits beside
// all that, in full; what is not is refused with a reason, and with what would fit instead.
import type { BookingLine, BookingMode, CampaignOrder } from '../contracts/bookings.ts';
import type { CampaignAccepted, CampaignRefused } from '../contracts/outcomes.ts';
import { acceptOrder } from './accept-order.ts';
import { bookingOffers, topUp } from './booking-offers.ts';
import { bookingQuotes } from './booking-quotes.ts';
import { buildRefused } from './build-accepted.ts';
import type { CampaignContext } from './campaign-state.ts';
import type { Quote } from './decide-campaign.ts';
import { grantTogether } from './grant-together.ts';
import { heldSupply } from './held-supply.ts';
import { quoteCampaign } from './quote-campaign.ts';
import { screenOrders, takenWhy, type Why } from './screen-orders.ts';

export interface BookingWish {
  tenantId: string;
  orders: readonly CampaignOrder[];
  mode: BookingMode;
  /** It is to be held first, not confirmed at once: the tenant's quota of held supply counts. */
  isHeld: boolean;
  /** Of a market's supply on any day, the share that a tenant may hold. */
  heldShare: number;
  /** Campaign ids that are taken: by a campaign, or by another booking. */
  takenIds: ReadonlySet<string>;
}

export interface BookingDecision {
  /** In the order of the orders. */
  lines: BookingLine[];
  /** Of `scale-down`: everybody who is accepted got this share of what was asked at least. */
  factor?: number;
  /** Why nothing of it is accepted. */
  reason?: string;
}

/**
 * @param context the whole books of all markets of the orders, with supply over the flights of the orders and of all that is sold
 * @param quote what accepted campaigns are told; tests of many bookings tell most of them nothing
 */
export function decideBooking(
  wish: BookingWish,
  context: CampaignContext,
  quote: Quote = quoteCampaign,
): BookingDecision {
  const { orders, mode } = wish;
  const outcomes = orders.length === 1 ? [decideAlone(wish, context)] : decideTogether(wish, context);
  const quotes = bookingQuotes(outcomes, context, quote);
  const lines = orders.map((order, place): BookingLine => {
    const [outcome, quote] = [outcomes[place] as CampaignAccepted | CampaignRefused, quotes[place]];
    return { order, outcome, ...(quote ? { quote } : {}) };
  });
  const shares = outcomes.flatMap((outcome) =>
    outcome.type === 'campaign-accepted' ? [outcome.budgetMicros / outcome.requestedMicros] : [],
  );
  if (shares.length === 0) return { lines, reason: refusedReason(outcomes) };
  if (mode !== 'scale-down') return { lines };
  return { lines, factor: shares.reduce((least, share) => Math.min(least, share), 1) };
}

type Outcome = CampaignAccepted | CampaignRefused;

/** One order is decided as it would be without a booking. */
function decideAlone(wish: BookingWish, context: CampaignContext): Outcome {
  const { tenantId, orders, mode, takenIds } = wish;
  const [order] = orders as [CampaignOrder];
  const refuse = (why: Why) => buildRefused({ tenantId, campaignId: order.campaignId }, order.budgetMicros, why);
  if (takenIds.has(order.campaignId)) return refuse(takenWhy(order.campaignId));
  const outcome = acceptOrder({ tenantId, order, mode }, context);
  if (outcome.type === 'campaign-refused' || !wish.isHeld) return outcome;
  const reason = heldSupply(wish, context).take(outcome);
  return reason === undefined ? outcome : refuse({ code: 'HOLD_QUOTA', reason });
}

function decideTogether(wish: BookingWish, context: CampaignContext): Outcome[] {
  const { tenantId, orders, mode } = wish;
  const screened = screenOrders(orders, wish, context);
  const { accepted, refusals } = grantTogether(screened, wish, context);
  const granted = orders.map((order, place): Outcome => {
    const why = refusals.get(place) as Why;
    const own = { tenantId, campaignId: order.campaignId };
    return accepted.get(place) ?? buildRefused(own, order.budgetMicros, why);
  });
  const topped = mode === 'scale-down' ? topUp(granted, wish, context) : granted;
  const outcomes = bookingOffers(topped, wish, context);
  const isWhole = outcomes.every(({ type }) => type === 'campaign-accepted');
  return mode !== 'all-or-nothing' || isWhole ? outcomes : outcomes.map(unbundled);
}

/** Those that would fit are refused with those that do not. */
function unbundled(outcome: Outcome): Outcome {
  if (outcome.type === 'campaign-refused') return outcome;
  const reason = 'supply is there for it, not for all that it is bundled with';
  return buildRefused(outcome, outcome.requestedMicros, { code: 'BUNDLE_SHORT', reason });
}

function refusedReason(outcomes: readonly Outcome[]): string {
  const own = outcomes.filter((outcome) => outcome.type === 'campaign-refused' && outcome.code !== 'BUNDLE_SHORT');
  return `${own.length} of ${outcomes.length} campaigns cannot be booked${own.length < outcomes.length ? ', so none is' : ''}`;
}
