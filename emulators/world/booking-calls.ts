// What the booking flow books over HTTP: a part of the orders, all that a tenant orders at one time in one call. Most are booked
// at once or held and confirmed; once, somebody asks what would be left for the same again and lets go of it.
import type { BookingRequest, QuoteRequest } from './booking-client.ts';
import { type CampaignOrder, type CampaignOrdersInput, drawCampaignOrders, lateOrder } from './campaign-orders.ts';
import { drawOne } from './draws.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { createRandom } from './random.ts';

/** Of the orders that may come either way. */
const CALLED_SHARE = 0.4;
const HOLD_SECONDS = 900;
/** Of calls that are sent once more when all is done. */
const REPEATED_SHARE = 0.5;

/** One call of POST /v1/bookings, and what follows it. */
export interface BookingCall {
  atMs: number;
  tenantId: string;
  /** The idempotency key. */
  key: string;
  /** What is asked first, one for each campaign. */
  quotes: QuoteRequest[];
  /** Its campaigns in the order of the quotes. */
  request: BookingRequest;
  /** What becomes of what is held. */
  then: 'confirm' | 'release' | 'nothing';
  /** It is sent once more in the end, and must come to the same. */
  isRepeated: boolean;
}

/** The calls in time order; the same input gives the same calls. */
export function drawBookingCalls(input: CampaignOrdersInput): BookingCall[] {
  const called = calledIds(input);
  const orders = drawCampaignOrders(input).filter(({ campaignId }) => called.has(campaignId));
  const random = createRandom(input.seed, 'calls');
  const calls = [...Map.groupBy(orders, ({ tenantId, publishAtMs }) => `${tenantId}-${publishAtMs}`)].map(
    ([name, own]) => {
      const mode = own.length === 1 ? 'all-or-nothing' : drawOne(random, ['best-subset', 'scale-down'] as const);
      const isHeld = random() < 0.5;
      const hold = isHeld ? { hold: { kind: 'firm' as const, seconds: HOLD_SECONDS } } : {};
      const call = callOf(`book-${name}`, own, { mode, ...hold });
      return { ...call, then: isHeld ? 'confirm' : 'nothing', isRepeated: random() < REPEATED_SHARE } as const;
    },
  );
  const [first] = orders;
  if (!first) return [];
  const again = { ...first, campaignId: `${first.campaignId}-again` };
  const hold = { kind: 'soft' as const, probability: 0.3, seconds: HOLD_SECONDS };
  const option = callOf(`option-${again.campaignId}`, [again], { mode: 'all-or-nothing', hold });
  return [...calls, { ...option, then: 'release' as const, isRepeated: false }].sort((a, b) => a.atMs - b.atMs);
}

/**
 * Who is booked over HTTP. The first order comes as an event, with all the trouble of one, and so do those that are to be refused
 * and the one whose change is ahead of it.
 */
export function calledIds(input: CampaignOrdersInput): Set<string> {
  const orders = drawCampaignOrders(input);
  const late = lateOrder(orders, input.startAtMs);
  const random = createRandom(input.seed, 'doors');
  const either = orders.slice(1).filter((order) => !order.isInfeasible && order !== late);
  return new Set(either.filter(() => random() < CALLED_SHARE).map(({ campaignId }) => campaignId));
}

function callOf(
  key: string,
  orders: readonly CampaignOrder[],
  terms: Omit<BookingRequest, 'campaigns'>,
): Omit<BookingCall, 'then' | 'isRepeated'> {
  const [{ tenantId, publishAtMs: atMs }] = orders as [CampaignOrder];
  return {
    atMs,
    tenantId,
    key,
    quotes: orders.map((order) => ({ requestId: order.campaignId, ...askedOf(order) })),
    request: {
      ...terms,
      campaigns: orders.map((order) => ({
        campaignId: order.campaignId,
        ifShort: order.ifShort,
        ...askedOf(order),
      })),
    },
  };
}

/** What a quote and an order say alike. */
function askedOf({ budgetMicros, startAtMs, endAtMs, objective, subcampaigns }: CampaignOrder) {
  const flight = { startAt: formatInstant(startAtMs), endAt: formatInstant(endAtMs) };
  return { currency: 'EUR', ...flight, objective, budgetMicros, subcampaigns };
}
