// A booking from its key to what was decided: one of a single part in one transaction, a larger one written down part by part,
// so that whoever comes next can go on with it (persist-booking-part.ts).
import type { BookingDecision, BookingWish } from '../campaign/decide-booking.ts';
import type { CampaignContext, MarketView } from '../campaign/campaign-state.ts';
import type { BookingRequest, CampaignOrder } from '../contracts/bookings.ts';
import type { Booking, BookingPart, CampaignOwner } from '../contracts/documents.ts';
import { AndanteError } from '../runtime/errors.ts';
import { currentTrace } from '../runtime/handling.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { cutParts, wholeNeeds } from './booking-parts.ts';
import { bookingId, payloadHash } from './ledger-key.ts';
import { completeViews, type Snapshot } from './market-views.ts';
import type { Persisted } from './persist-campaign-event.ts';
import { committed, placePart, versionOf } from './persist-booking-part.ts';

/** What is staged, but never confirmed nor held, is given back after this. */
const STAGING_MS = 10 * 60_000;

/** A booking as it is asked for. */
export interface BookingOrder {
  tenantId: string;
  heldShare: number;
  /** The idempotency key. */
  key: string;
  request: BookingRequest;
}

export type DecideBooking = (wish: BookingWish, context: CampaignContext) => BookingDecision;

/** A booking that is to be decided, and by what. */
export interface Deciding {
  order: BookingOrder;
  decide: DecideBooking;
}

/** What a run of steps knows of its markets. */
export interface Staging {
  /** The time that its decisions use, one for all of them. */
  nowMs: number;
  /** The time of each step. */
  time: () => number;
  /** Books as they were read last, or written by us. */
  views: Map<string, Snapshot>;
  /** Where the decision is ours: which it is, and the versions of its markets if nobody but us has written them since. */
  decided?: { attempt: number; versions: Map<string, string> };
}

/** The booking after a step, and what the step owes to BigQuery. */
export interface Stepped {
  booking: Booking;
  written: Pick<Persisted, 'ref' | 'entry'>[];
}

/**
 * Finds the booking of a key, or makes it: one of a single part is decided, held and committed with that, a larger one is open
 * to be planned.
 * @throws AndanteError EVENT_CONFLICT the key is that of another booking; STORE_UNAVAILABLE
 */
export async function openBooking(
  store: AllocationStore,
  deciding: Deciding,
  staging: Staging,
): Promise<Stepped & { isNew: boolean }> {
  const { order } = deciding;
  const { tenantId, key, request } = order;
  const ref = refs.booking(bookingId(tenantId, key));
  const hash = payloadHash(request);
  const [known] = await store.read([ref]);
  if (known) return { booking: sameBooking(known, hash), written: [], isNew: false };
  const opened = newBooking(order, hash, staging.nowMs);
  const [only, ...others] = cutParts(request.campaigns);
  if (only && others.length === 0) return bookAtOnce(store, deciding, opened, staging);
  return store.transact(async (transaction) => {
    const [known] = await transaction.get([ref]);
    if (known) return { booking: sameBooking(known, hash), written: [], isNew: false };
    transaction.create(ref, opened);
    return { booking: opened, written: [], isNew: true };
  });
}

/** Decides all campaigns of a booking and writes down what they come to; where somebody else has, it stands. */
export async function planBooking(store: AllocationStore, deciding: Deciding, staging: Staging): Promise<Stepped> {
  const { order } = deciding;
  const { campaigns } = order.request;
  const id = bookingId(order.tenantId, order.key);
  const { markets, owners } = await readAround(store, campaigns, staging);
  const decision = decideAround(deciding, { id, markets, owners, nowMs: staging.nowMs });
  const parts = partsOf(id, cutParts(campaigns), decision);
  const { booking, isOurs } = await store.transact(
    async (transaction) => {
      const [known] = await transaction.get([refs.booking(id)]);
      if (!known) throw gone();
      if (known.status !== 'staging' || known.parts > 0) return { booking: known, isOurs: false };
      for (const part of parts) transaction.set(refs.bookingPart(id, part.part), part);
      const booking = planned(known, order, decision, { parts: parts.length, nowMs: staging.time() });
      transaction.set(refs.booking(id), booking);
      return { booking, isOurs: true };
    },
    [refs.booking(id)],
  );
  if (isOurs) {
    const versions = new Map([...markets].map(([market, view]) => [market, versionOf(view)]));
    staging.decided = { attempt: booking.attempt, versions };
  } else delete staging.decided;
  return { booking, written: [] };
}

/** A booking of one part: decided where nothing can move any more, and committed in the same instant. */
async function bookAtOnce(
  store: AllocationStore,
  deciding: Deciding,
  opened: Booking,
  staging: Staging,
): Promise<Stepped & { isNew: boolean }> {
  const { order } = deciding;
  const { nowMs } = staging;
  const { campaigns } = order.request;
  const id = bookingId(order.tenantId, order.key);
  const ref = refs.booking(id);
  const outside = await readAround(store, campaigns, staging);
  // Before the transaction, so that nobody waits for it; again inside where something has moved.
  const early = decideAround(deciding, { id, ...outside, nowMs });
  const contended = [ref, ...[...outside.markets.keys()].map(refs.market)];
  return store.transact(async (transaction) => {
    const [[known], owners] = [
      await transaction.get([ref]),
      await transaction.get(campaigns.map(({ campaignId }) => refs.owner(campaignId))),
    ];
    if (known) return { booking: sameBooking(known, opened.payloadHash), written: [], isNew: false };
    const markets = await completeViews(transaction, wholeNeeds(campaigns, nowMs), outside.markets);
    const isSame =
      [...markets].every(([market, view]) => isCurrent(outside.markets.get(market), view)) &&
      owners.every((owner, index) => owner?.tenantId === outside.owners[index]?.tenantId);
    const decision = isSame ? early : decideAround(deciding, { id, markets, owners, nowMs });
    const [part] = partsOf(id, [campaigns], decision) as [BookingPart];
    const staged = planned(opened, order, decision, { parts: 1, nowMs });
    const placed = placePart(transaction, { id, booking: staged, part, markets, nowMs });
    const booking = committed(placed.booking, nowMs);
    transaction.create(ref, booking);
    return { booking, written: placed.written, isNew: true };
  }, contended);
}

function isCurrent(before: MarketView | undefined, now: MarketView): boolean {
  return before !== undefined && versionOf(before) === versionOf(now);
}

/** The books of the orders' markets, and whose their ids are. */
async function readAround(store: AllocationStore, orders: readonly CampaignOrder[], { nowMs, views }: Staging) {
  const [markets, owners] = await Promise.all([
    completeViews(store, wholeNeeds(orders, nowMs), views),
    store.read(orders.map(({ campaignId }) => refs.owner(campaignId))),
  ]);
  for (const [market, view] of markets) views.set(market, view);
  return { markets, owners };
}

interface Around {
  id: string;
  markets: ReadonlyMap<string, MarketView>;
  owners: readonly (CampaignOwner | undefined)[];
  nowMs: number;
}

function decideAround({ order, decide }: Deciding, { id, markets, owners, nowMs }: Around): BookingDecision {
  const { tenantId, heldShare, request } = order;
  const taken = owners.flatMap((owner) => (owner && owner.heldBy !== id ? [owner.campaignId] : []));
  return decide(
    {
      tenantId,
      heldShare,
      mode: request.mode,
      orders: request.campaigns,
      isHeld: request.hold !== undefined,
      takenIds: new Set(taken),
    },
    { nowMs, markets },
  );
}

function partsOf(id: string, cut: readonly (readonly CampaignOrder[])[], { lines }: BookingDecision): BookingPart[] {
  let start = 0;
  return cut.map((orders, part) => {
    const own = lines.slice(start, (start += orders.length));
    return { schemaVersion: 1, bookingId: id, part, lines: own };
  });
}

function newBooking({ tenantId, key, request }: BookingOrder, hash: string, nowMs: number): Booking {
  const { mode, hold, campaigns } = request;
  return {
    schemaVersion: 1,
    tenantId,
    key,
    payloadHash: hash,
    mode,
    status: 'staging',
    holdKind: hold?.kind ?? 'firm',
    ...(hold?.probability === undefined ? {} : { probability: hold.probability }),
    ...(hold ? {} : { isDirect: true as const }),
    untilAtMs: nowMs + holdMs(request),
    createdAtMs: nowMs,
    steppedAtMs: nowMs,
    ...currentTrace(),
    campaigns: campaigns.length,
    held: 0,
    refused: 0,
    applied: 0,
    attempt: 0,
    parts: 0,
    partsStaged: 0,
    partsSettled: 0,
    isOpen: true,
  };
}

/** A hold lasts from when it was decided. */
function holdMs({ hold }: BookingRequest): number {
  return hold ? hold.seconds * 1000 : STAGING_MS;
}

function planned(
  booking: Booking,
  { request }: BookingOrder,
  { factor, reason }: BookingDecision,
  { parts, nowMs }: { parts: number; nowMs: number },
): Booking {
  const { factor: _factor, reason: _reason, expireAtMs: _expiry, ...kept } = booking;
  return {
    ...kept,
    ...(factor === undefined ? {} : { factor }),
    ...(reason === undefined ? {} : { reason }),
    attempt: booking.attempt + 1,
    parts,
    untilAtMs: nowMs + holdMs(request),
    steppedAtMs: nowMs,
    isOpen: true,
  };
}

function sameBooking(known: Booking, hash: string): Booking {
  if (known.payloadHash === hash) return known;
  throw new AndanteError(
    'EVENT_CONFLICT',
    'this idempotency key was used for another booking: send this one under a key of its own',
  );
}

function gone(): AndanteError {
  return new AndanteError('NOT_FOUND', 'this booking is not known any more');
}
