// The timeline of what the booking flow publishes: the orders, the changes their owners make in mid-flight, and the
// trouble every bus brings: copies, a change ahead of its campaign, one id with two payloads, one malformed message.
import type {
  BudgetChangedWire,
  CampaignCreatedWire,
  CampaignStatusChangedWire,
} from '../../shared/contracts/events.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { calledIds } from './booking-calls.ts';
import { type CampaignOrder, type CampaignOrdersInput, drawCampaignOrders, lateOrder } from './campaign-orders.ts';
import { drawInteger, drawSome } from './draws.ts';
import { type Random, createRandom } from './random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DUPLICATE_SHARE = 0.1;

type BookingBody = CampaignCreatedWire | BudgetChangedWire | CampaignStatusChangedWire;

/** One message to publish. */
export interface BookingMessage {
  atMs: number;
  topic: 'campaign-created' | 'budget-changed' | 'campaign-status-changed';
  eventId: string;
  tenantId: string;
  campaignId: string;
  /** `first` is applied or refused on its merits; a `duplicate` changes nothing; the others must be quarantined. */
  kind: 'first' | 'duplicate' | 'conflict' | 'malformed';
  /** The event's type, as the message's attribute. */
  type: string;
  body: string;
}

/** At one time the owners of some campaigns in flight cut their budgets to a part of what they ordered. */
export interface BudgetCut {
  atMs: number;
  share: number;
  factor: number;
}

export interface BookingPlanInput extends CampaignOrdersInput {
  budgetCut?: BudgetCut;
}

/** All messages of a world but for what is booked over HTTP, in the order in which they are published; the same input gives the same bytes. */
export function drawBookingPlan(input: BookingPlanInput): BookingMessage[] {
  const orders = drawCampaignOrders(input);
  const called = calledIds(input);
  const random = createRandom(input.seed, 'bookings');
  const published = orders.filter(({ campaignId }) => !called.has(campaignId));
  const events = [...published.map(createdMessage), ...drawChanges(random, orders, input)];
  const endAtMs = input.startAtMs + input.days * DAY_MS - input.tickIntervalMs;
  const later = (message: BookingMessage, ticks: number) =>
    Math.min(endAtMs, message.atMs + ticks * input.tickIntervalMs);
  const [always] = events;
  const duplicates = events
    .filter((event) => event === always || random() < DUPLICATE_SHARE)
    .map((event): BookingMessage => ({ ...event, kind: 'duplicate', atMs: later(event, drawInteger(random, 0, 12)) }));
  const trouble = always ? [conflictOf(always, later(always, 6)), malformedFrom(always, later(always, 9))] : [];
  return [...events, ...duplicates, ...trouble].sort((a, b) => a.atMs - b.atMs);
}

function createdMessage(order: CampaignOrder): BookingMessage {
  const { campaignId, budgetMicros, objective, ifShort, subcampaigns } = order;
  return message(order, order.publishAtMs, {
    type: 'andante.campaign-created.v1',
    ...envelope(order, `created:${campaignId}`, order.publishAtMs),
    data: {
      campaignId,
      currency: 'EUR',
      budgetMicros,
      startAt: formatInstant(order.startAtMs),
      endAt: formatInstant(order.endAtMs),
      objective,
      ifShort,
      subcampaigns,
    },
  });
}

/** A change to make, before it has its version. */
interface Change {
  order: CampaignOrder;
  atMs: number;
  budgetFactor?: number;
  status?: CampaignStatusChangedWire['data']['status'];
}

/** Changes in time order, each register of a campaign counting its own versions from 1. */
function drawChanges(random: Random, orders: CampaignOrder[], input: BookingPlanInput): BookingMessage[] {
  const changes = [...chooseChanges(random, orders, input), ...drawCuts(orders, input)].sort((a, b) => a.atMs - b.atMs);
  const versions = new Map<string, number>();
  return changes.map(({ order, atMs, budgetFactor, status }) => {
    const register = `${status ? 'status' : 'budget'}:${order.campaignId}`;
    const version = (versions.get(register) ?? 0) + 1;
    versions.set(register, version);
    const { campaignId } = order;
    const common = envelope(order, `${register}:${version}`, atMs);
    if (status) {
      const data = { campaignId, status, statusVersion: version };
      return message(order, atMs, { type: 'andante.campaign-status-changed.v1', ...common, data });
    }
    const budgetMicros = Math.round((order.budgetMicros * (budgetFactor ?? 1)) / 10_000) * 10_000;
    const data = { campaignId, budgetMicros, budgetVersion: version };
    return message(order, atMs, { type: 'andante.budget-changed.v1', ...common, data });
  });
}

/** From a stream of their own: the other changes are the same without them. */
function drawCuts(orders: CampaignOrder[], { seed, budgetCut }: BookingPlanInput): Change[] {
  if (!budgetCut) return [];
  const { atMs, share, factor } = budgetCut;
  const random = createRandom(seed, 'cuts');
  const inFlight = orders.filter((order) => !order.isInfeasible && order.startAtMs < atMs && atMs < order.endAtMs);
  return drawSome(random, inFlight, Math.ceil(share * inFlight.length)).map((order) => ({
    order,
    atMs,
    budgetFactor: factor,
  }));
}

/** Different campaigns for different changes, as long as there are enough of them. */
function chooseChanges(random: Random, orders: CampaignOrder[], input: CampaignOrdersInput): Change[] {
  const feasible = orders.filter((order) => !order.isInfeasible);
  const late = lateOrder(orders, input.startAtMs);
  const others = feasible.filter((order) => order !== late);
  const inFlight = (order: CampaignOrder, share: number) => {
    const atMs = order.startAtMs + share * (order.endAtMs - order.startAtMs);
    return atMs - ((atMs - input.startAtMs) % input.tickIntervalMs);
  };
  let next = drawInteger(random, 0, Math.max(0, others.length - 1));
  const changes: Change[] = [];
  const choose = (count: number, make: (order: CampaignOrder) => Change[]) => {
    for (let chosen = 0; chosen < count && others.length > 0; chosen += 1, next += 1) {
      const order = others[next % others.length];
      if (order) changes.push(...make(order));
    }
  };
  const pairs = Math.max(1, Math.floor(orders.length / 8));
  choose(pairs, (order) => [{ order, atMs: inFlight(order, 0.3 + 0.3 * random()), budgetFactor: 1.1 }]);
  choose(pairs, (order) => [{ order, atMs: inFlight(order, 0.3 + 0.3 * random()), budgetFactor: 0.85 }]);
  choose(Math.max(1, Math.floor(orders.length / 12)), (order) => [
    { order, atMs: inFlight(order, 0.25), status: 'paused' },
    { order, atMs: inFlight(order, 0.4), status: 'active' },
  ]);
  choose(1, (order) => [{ order, atMs: inFlight(order, 0.6), status: 'cancelled' }]);
  const early = late && Math.max(input.startAtMs, late.publishAtMs - 3 * input.tickIntervalMs);
  if (late && early !== undefined) changes.push({ order: late, atMs: early, budgetFactor: 1.05 });
  return changes;
}

function envelope(order: CampaignOrder, eventId: string, atMs: number) {
  return { eventId, source: 'booking-flow', tenantId: order.tenantId, occurredAt: formatInstant(atMs) };
}

function message({ tenantId, campaignId }: CampaignOrder, atMs: number, body: BookingBody): BookingMessage {
  const { eventId, type } = body;
  return { atMs, topic: topicOf(type), eventId, tenantId, campaignId, kind: 'first', type, body: JSON.stringify(body) };
}

function topicOf(type: BookingBody['type']): BookingMessage['topic'] {
  switch (type) {
    case 'andante.campaign-created.v1':
      return 'campaign-created';
    case 'andante.budget-changed.v1':
      return 'budget-changed';
    case 'andante.campaign-status-changed.v1':
      return 'campaign-status-changed';
  }
}

/** The same id, another amount. */
function conflictOf(original: BookingMessage, atMs: number): BookingMessage {
  const body = JSON.parse(original.body) as CampaignCreatedWire;
  const data = { ...body.data, budgetMicros: body.data.budgetMicros + 10_000 };
  return { ...original, kind: 'conflict', atMs, body: JSON.stringify({ ...body, data }) };
}

/** Well-formed JSON that is no event: its budget is a text and half of its fields are missing. */
function malformedFrom(original: BookingMessage, atMs: number): BookingMessage {
  const { type, tenantId, campaignId } = original;
  const eventId = `malformed:${campaignId}`;
  const body = { type, eventId, source: 'booking-flow', tenantId, data: { campaignId, budgetMicros: 'a lot' } };
  return { ...original, kind: 'malformed', atMs, eventId, body: JSON.stringify(body) };
}
