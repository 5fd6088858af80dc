// Brings a booking on, step by step, as far as it goes: staged, committed, its campaigns published, or what it held given back.
// Every step is a transaction of its own; a run that ends between two is gone on with by the same request or by outcome-drain.
import { encodeInstants } from '../contracts/instants.ts';
import type { Booking, BookingPart } from '../contracts/documents.ts';
import type { CampaignCreatedWire } from '../contracts/events.ts';
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import { AndanteError, stackOf } from '../runtime/errors.ts';
import { inTrace } from '../runtime/handling.ts';
import { refs } from '../store/allocation-store.ts';
import { isAccepted, type AcceptedLine } from '../store/booking-parts.ts';
import { bookingId } from '../store/ledger-key.ts';
import { planBooking, type Deciding, type Staging, type Stepped } from '../store/persist-booking.ts';
import { abandonBooking, giveBackPart, isGivenBack, settlePart } from '../store/persist-booking-end.ts';
import { commitBooking, stagePart } from '../store/persist-booking-part.ts';
import { record, type RecordDeps } from './record.ts';

export interface DecidingAgain extends Deciding {
  /** Resolves after so many milliseconds. */
  sleep: (durationMs: number) => Promise<unknown>;
}

/** A booking is decided at most so often in one run: others may take what it is about to hold each time. */
const MAX_DECISIONS = 3;
/** Who staged a booking is given up after this. */
const ABANDONED_MS = 5 * 60_000;
/** Bookings looked at in one query. */
const OPEN_PAGE = 50;

/**
 * The booking after each step, until nothing is left to do.
 * @param deciding without it nothing is decided: outcome-drain does not know what was asked for
 * @throws AndanteError BOOKING_BUSY others took what was decided on, each time; STORE_UNAVAILABLE; BUS_UNAVAILABLE after
 *   it was confirmed, which outcome-drain makes good
 */
export async function* advanceBooking(
  deps: RecordDeps,
  booking: Booking,
  staging: Staging,
  deciding?: DecidingAgain,
): AsyncGenerator<Booking, Booking> {
  const id = bookingId(booking.tenantId, booking.key);
  let [now, decisions] = [booking, 0];
  for (let step = nextStep(now); step !== undefined; step = nextStep(now)) {
    if (step === 'plan') {
      if (!deciding) return now;
      if (decisions === MAX_DECISIONS)
        throw new AndanteError(
          'BOOKING_BUSY',
          'others take the supply of this booking while it is held: send it again',
          {
            retryAfterSeconds: 2,
          },
        );
      // Two that take from each other would do so again: who waits how long goes by their ids.
      if (decisions > 0) await deciding.sleep(decisions * (Number.parseInt(id.slice(0, 4), 16) % 1000));
      decisions += 1;
    }
    const { booking: after, written } = await take(deps, id, step, { staging, deciding });
    await record(deps, written);
    now = after;
    yield now;
  }
  return now;
}

/**
 * Brings every open booking on; what was left in the middle of being staged is given back.
 * @throws AndanteError STORE_UNAVAILABLE, BUS_UNAVAILABLE: of the first booking that could not be brought on, when all others are
 */
export async function rollBookings(deps: RecordDeps, nowMs: number): Promise<{ bookings: number }> {
  let [bookings, failure]: [number, unknown] = [0, undefined];
  for (let afterId: string | undefined; ;) {
    const open = await deps.store.openBookings(OPEN_PAGE, afterId);
    afterId = open.at(-1)?.ref.path.split('/').at(-1);
    if (afterId === undefined) break;
    for (const { ref, document } of open) {
      try {
        const id = ref.path.slice('bookings/'.length);
        if (await inTrace(document.traceparent, () => roll(deps, id, document, nowMs))) bookings += 1;
      } catch (error) {
        failure ??= error;
        deps.log.warn('a booking was not brought on', {
          tenant: document.tenantId,
          booking: document.key,
          error: error instanceof AndanteError ? error.message : stackOf(error),
        });
      }
    }
  }
  if (failure instanceof Error) throw failure;
  return { bookings };
}

async function roll(deps: RecordDeps, id: string, known: Booking, nowMs: number): Promise<boolean> {
  const booking = await abandonBooking(deps.store, id, { steppedBeforeMs: nowMs - ABANDONED_MS, nowMs });
  // Somebody is at it.
  if (booking.status === 'staging' && !booking.isUndone && booking.steppedAtMs >= nowMs - ABANDONED_MS) return false;
  const staging: Staging = { nowMs, time: () => nowMs, views: new Map() };
  let after = known;
  for await (const step of advanceBooking(deps, booking, staging)) after = step;
  return after !== known;
}

type Step = 'plan' | 'stage' | 'commit' | 'give back' | 'publish';

/** What is to be done next with a booking; nothing, where it waits for its owner or is over. */
function nextStep(booking: Booking): Step | undefined {
  if (!booking.isOpen && booking.status !== 'staging') return undefined;
  if (isGivenBack(booking)) return 'give back';
  switch (booking.status) {
    case 'staging':
      if (booking.parts === 0) return 'plan';
      return booking.partsStaged < booking.parts ? 'stage' : 'commit';
    case 'confirmed':
      return 'publish';
    default:
      return undefined;
  }
}

async function take(
  deps: RecordDeps,
  id: string,
  step: Step,
  { staging, deciding }: { staging: Staging; deciding: DecidingAgain | undefined },
): Promise<Stepped> {
  const { store } = deps;
  switch (step) {
    case 'plan':
      return planBooking(store, deciding as Deciding, staging);
    case 'stage':
      return stagePart(store, id, staging);
    case 'commit':
      return commitBooking(store, id, staging.time());
    case 'give back':
      return giveBackPart(store, id, staging.time());
    case 'publish':
      return publishPart(deps, id, staging.time());
  }
}

/** Publishes the campaigns of a confirmed booking's next part. Published twice they are applied once. */
async function publishPart({ store, bus }: RecordDeps, id: string, nowMs: number): Promise<Stepped> {
  const [booking] = await store.read([refs.booking(id)]);
  const index = booking?.partsSettled ?? 0;
  const [part] = await store.read([refs.bookingPart(id, index)]);
  const events = part?.lines.filter(isAccepted).map((line) => createdEvent(part, line, booking as Booking)) ?? [];
  await Promise.all(events.map((event) => bus.publish(event)));
  return { booking: await settlePart(store, id, { index, nowMs }), written: [] };
}

/** The event of a campaign that was booked: as it was ordered, with where it was decided. */
function createdEvent({ bookingId: id, part }: BookingPart, line: AcceptedLine, booking: Booking): CampaignCreatedWire {
  const { weight: _weight, quoteId: _quote, ifShort = 'refuse', ...order } = line.order;
  return encodeInstants({
    type: 'andante.campaign-created.v1',
    eventId: `booked:${id}:${order.campaignId}`,
    source: PLATFORM_TENANT,
    tenantId: booking.tenantId,
    occurredAtMs: booking.createdAtMs,
    data: { ...order, ifShort, booking: { bookingId: id, part } },
  }) as CampaignCreatedWire;
}
