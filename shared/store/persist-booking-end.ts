// How a booking ends: confirmed or released by its owner, abandoned by who was deciding it; rolled forward or given back part by
// part. Whoever finds it open may do the next step.
import assert from 'node:assert/strict';
import { withoutHolds } from '../campaign/holds.ts';
import type { Booking } from '../contracts/documents.ts';
import { AndanteError } from '../runtime/errors.ts';
import { currentTrace } from '../runtime/handling.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { isAccepted, pageNeeds } from './booking-parts.ts';
import { completeViews } from './market-views.ts';
import { LEDGER_MS } from './persist-campaign-event.ts';
import type { Stepped } from './persist-booking.ts';
import { endedOf, ownHolds, readPart, write, writeBook, writeEntry } from './persist-booking-part.ts';

/**
 * Confirms what is held; a soft booking is staged again, to become firm. Confirmed again it is as it was.
 * @throws AndanteError NOT_FOUND; HOLD_EXPIRED; BOOKING_CLOSED it was released or refused; BOOKING_BUSY it is being decided
 */
export async function confirmBooking(store: AllocationStore, id: string, nowMs: number): Promise<Booking> {
  const { booking } = await store.transact(
    async (transaction): Promise<Stepped> => {
      const [booking] = await transaction.get([refs.booking(id)]);
      if (!booking) throw unknown();
      const isConfirmed = booking.status === 'confirmed' || booking.isConfirming === true;
      if (booking.status !== 'held' || isConfirmed) return { booking, written: [] };
      const stepped = { ...booking, steppedAtMs: nowMs, ...currentTrace(), isOpen: true as const };
      // What is past its time is expired from now on, though no tick has seen it yet.
      if (nowMs >= booking.untilAtMs) return write(transaction, id, { ...stepped, status: 'expired' });
      if (booking.holdKind === 'firm') return write(transaction, id, { ...stepped, status: 'confirmed' });
      const { probability: _soft, ...firm } = stepped;
      return write(transaction, id, {
        ...firm,
        status: 'staging',
        holdKind: 'firm',
        isConfirming: true,
        attempt: booking.attempt + 1,
        held: 0,
        partsStaged: 0,
      });
    },
    [refs.booking(id)],
  );
  if (booking.status === 'expired') throw new AndanteError('HOLD_EXPIRED', 'the hold ran out before it was confirmed');
  if (booking.status === 'released' || (booking.status === 'refused' && !booking.isConfirming)) throw closed(booking);
  if (booking.status === 'staging' && !booking.isConfirming) throw busy();
  return booking;
}

/**
 * Releases what is held, or being decided. Released again it is as it was.
 * @throws AndanteError NOT_FOUND; HOLD_EXPIRED; BOOKING_CLOSED it is confirmed, or was refused
 */
export async function releaseBooking(store: AllocationStore, id: string, nowMs: number): Promise<Booking> {
  const { booking } = await store.transact(
    async (transaction): Promise<Stepped> => {
      const [booking] = await transaction.get([refs.booking(id)]);
      if (!booking) throw unknown();
      if (booking.status !== 'held' && booking.status !== 'staging') return { booking, written: [] };
      const { isUndone: _undone, ...rest } = booking;
      return write(transaction, id, {
        ...rest,
        status: 'released',
        isOpen: true,
        steppedAtMs: nowMs,
        ...currentTrace(),
      });
    },
    [refs.booking(id)],
  );
  if (booking.status === 'expired')
    throw new AndanteError('HOLD_EXPIRED', 'the hold ran out: there is nothing to release');
  if (booking.status !== 'released') throw closed(booking);
  return booking;
}

/** What is staged and was left by who staged it is to be given back; the same request may decide it again. */
export async function abandonBooking(
  store: AllocationStore,
  id: string,
  { steppedBeforeMs, nowMs }: { steppedBeforeMs: number; nowMs: number },
): Promise<Booking> {
  const { booking } = await store.transact(
    async (transaction): Promise<Stepped> => {
      const [booking] = await transaction.get([refs.booking(id)]);
      assert(booking, `booking ${id} is gone`);
      const isDecided = booking.status !== 'staging' || booking.isConfirming || booking.isUndone;
      if (isDecided || booking.steppedAtMs >= steppedBeforeMs) return { booking, written: [] };
      return write(transaction, id, { ...booking, isUndone: true, steppedAtMs: nowMs });
    },
    [refs.booking(id)],
  );
  return booking;
}

/** Whether what the booking has staged is being given back. */
export function isGivenBack({ status, isUndone }: Booking): boolean {
  return isUndone === true || status === 'released' || status === 'expired' || status === 'refused';
}

/** Gives the next part back; after the last one the booking is closed, or to be decided again. */
export async function giveBackPart(store: AllocationStore, id: string, nowMs: number): Promise<Stepped> {
  const { index, accepted: outside } = await readPart(store, id, 'partsSettled');
  const kept = await completeViews(store, pageNeeds(outside), new Map());
  const contended = [refs.booking(id), ...[...kept.keys()].map(refs.market)];
  return store.transact(async (transaction) => {
    const [booking, part] = await transaction.get([refs.booking(id), refs.bookingPart(id, index)]);
    assert(booking, `booking ${id} is gone`);
    if (!booking.isOpen || !isGivenBack(booking) || booking.partsSettled !== index) return { booking, written: [] };
    // One that was never decided has no part.
    const accepted = part?.lines.filter(isAccepted) ?? [];
    const owners = await transaction.get(accepted.map(({ order }) => refs.owner(order.campaignId)));
    const markets = await completeViews(transaction, pageNeeds(accepted), kept);
    const isOwn = ownHolds(id, accepted);
    for (const view of markets.values()) {
      // A tick may have been first with some that are past their time.
      const free = withoutHolds(view, isOwn);
      if (free !== view) writeBook(transaction, view, free);
    }
    const held = accepted.filter((_, line) => owners[line]?.heldBy === id);
    for (const { order } of held) transaction.delete(refs.owner(order.campaignId));
    const outcomes = held.map((line) => endedOf(id, booking, line));
    const written = writeEntry(transaction, { id, booking, kind: 'hold-ended', part: index, outcomes, nowMs });
    if (part) transaction.set(refs.bookingPart(id, index), { ...part, expireAtMs: nowMs + LEDGER_MS });
    const after = givenBack(booking, nowMs);
    transaction.set(refs.booking(id), after);
    return { booking: after, written };
  }, contended);
}

/** The campaigns of a confirmed booking's next part are published. */
export async function settlePart(
  store: AllocationStore,
  id: string,
  { index, nowMs }: { index: number; nowMs: number },
): Promise<Booking> {
  return store.transact(
    async (transaction) => {
      const [booking, part] = await transaction.get([refs.booking(id), refs.bookingPart(id, index)]);
      assert(booking && part, `booking ${id} has no part ${index}`);
      if (booking.status !== 'confirmed' || booking.partsSettled !== index) return booking;
      const published = part.lines.filter(isAccepted).length;
      const { isOpen: _open, ...rest } = booking;
      const stepped = { ...rest, applied: booking.applied + published, partsSettled: index + 1, steppedAtMs: nowMs };
      const isLast = index + 1 === booking.parts;
      const after: Booking = isLast ? { ...stepped, expireAtMs: nowMs + LEDGER_MS } : { ...stepped, isOpen: true };
      transaction.set(refs.booking(id), after);
      transaction.set(refs.bookingPart(id, index), { ...part, expireAtMs: nowMs + LEDGER_MS });
      return after;
    },
    [refs.booking(id)],
  );
}

function givenBack(booking: Booking, nowMs: number): Booking {
  const partsSettled = booking.partsSettled + 1;
  const stepped = { ...booking, partsSettled, steppedAtMs: nowMs };
  // One that was being confirmed holds softly what it did not make firm.
  if (partsSettled < (booking.isConfirming ? booking.parts : booking.partsStaged)) return stepped;
  const { isOpen: _open, isUndone, ...rest } = { ...stepped, held: 0, expireAtMs: nowMs + LEDGER_MS };
  if (!isUndone || booking.status !== 'staging') return rest;
  return { ...rest, refused: 0, parts: 0, partsStaged: 0, partsSettled: 0 };
}

function unknown(): AndanteError {
  return new AndanteError('NOT_FOUND', 'this tenant has no booking of this key');
}

function closed({ status }: Booking): AndanteError {
  return new AndanteError('BOOKING_CLOSED', `the booking is ${status}: nothing can be changed of it any more`);
}

function busy(): AndanteError {
  return new AndanteError('BOOKING_BUSY', 'the booking is still being decided', { retryAfterSeconds: 1 });
}
