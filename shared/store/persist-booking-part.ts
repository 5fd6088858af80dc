// Holds the parts of a booking whose decision is written down, one transaction each, and commits it by ONE write. Each step looks
// at how far the booking has got, so that two who do the same step, or one who does it again, do it once.
import assert from 'node:assert/strict';
import { holdsOf, movedPages, withHolds, withoutHolds } from '../campaign/holds.ts';
import type { MarketView } from '../campaign/campaign-state.ts';
import { stillFit } from '../campaign/still-fit.ts';
import type { BookingLine } from '../contracts/bookings.ts';
import type { Booking, BookingPart, Hold } from '../contracts/documents.ts';
import type { HoldOutcome } from '../contracts/hold-outcomes.ts';
import type { CampaignRefused } from '../contracts/outcomes.ts';
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import { refs, type AllocationStore, type Transaction } from './allocation-store.ts';
import { isAccepted, wholeNeeds, type AcceptedLine } from './booking-parts.ts';
import { ledgerId, payloadHash } from './ledger-key.ts';
import { completeViews, type Snapshot } from './market-views.ts';
import type { Staging, Stepped } from './persist-booking.ts';
import { LEDGER_MS, newLedgerEntry } from './persist-campaign-event.ts';

/**
 * Holds the next part of a booking, or finds that it does not fit any more: then what is staged is to be given back.
 * @throws AndanteError STORE_UNAVAILABLE
 */
export async function stagePart(store: AllocationStore, id: string, staging: Staging): Promise<Stepped> {
  const nowMs = staging.time();
  const { index, accepted: outside } = await readPart(store, id, 'partsStaged');
  const kept = await completeViews(store, wholeNeeds(ordersOf(outside), staging.nowMs), staging.views);
  const contended = [refs.booking(id), ...[...kept.keys()].map(refs.market)];
  const step = await store.transact(async (transaction): Promise<Stepped & Partial<Staged>> => {
    const [booking, part] = await transaction.get([refs.booking(id), refs.bookingPart(id, index)]);
    assert(booking, `booking ${id} is gone`);
    const isNext = booking.status === 'staging' && !booking.isUndone && booking.partsStaged === index;
    if (!isNext || booking.parts <= index) return { booking, written: [] };
    assert(part, `booking ${id} has no part ${index}`);
    if (nowMs >= booking.untilAtMs) return write(transaction, id, { ...booking, status: 'expired', isOpen: true });
    const accepted = part.lines.filter(isAccepted);
    const owners = await transaction.get(accepted.map(({ order }) => refs.owner(order.campaignId)));
    const markets = await completeViews(transaction, wholeNeeds(ordersOf(accepted), staging.nowMs), kept);
    const isFree = owners.every((owner) => !owner || owner.heldBy === id);
    const isAlone = isUntouched(staging, booking, markets);
    const fitting = isAlone ? accepted : stillFit(accepted, { nowMs: staging.nowMs, markets });
    const placing = { id, booking, markets, nowMs };
    if (booking.isConfirming && !fitting) return makeFirm(transaction, { ...placing, part }, staging);
    if (!isFree || !fitting) return write(transaction, id, { ...booking, isUndone: true, steppedAtMs: nowMs });
    const placed = placePart(transaction, {
      ...placing,
      part: withLines(part, fitting),
      // Soft holds that become firm may need another page.
      ...(booking.isConfirming ? { isGone: ownHolds(id, accepted) } : {}),
    });
    transaction.set(refs.booking(id), placed.booking);
    return { ...placed, isAlone };
  }, contended);
  noteWritten(staging, step);
  return step;
}

/** The one commit point: a booking whose parts are all held is held, confirmed, or refused where nothing of it is. */
export async function commitBooking(store: AllocationStore, id: string, nowMs: number): Promise<Stepped> {
  return store.transact(
    async (transaction) => {
      const [booking] = await transaction.get([refs.booking(id)]);
      assert(booking, `booking ${id} is gone`);
      const isStaged = booking.parts > 0 && booking.partsStaged === booking.parts;
      if (booking.status !== 'staging' || booking.isUndone || !isStaged) return { booking, written: [] };
      const isLate = nowMs >= booking.untilAtMs;
      return write(transaction, id, isLate ? { ...booking, status: 'expired' } : committed(booking, nowMs));
    },
    [refs.booking(id)],
  );
}

/** What a booking is once all of it that can be is held. */
export function committed(booking: Booking, nowMs: number): Booking {
  const { isOpen: _open, ...rest } = booking;
  const stepped = { ...rest, steppedAtMs: nowMs };
  if (booking.held === 0) return { ...stepped, status: 'refused', expireAtMs: nowMs + LEDGER_MS };
  const { isConfirming, ...held } = stepped;
  return isConfirming || booking.isDirect
    ? { ...held, status: 'confirmed', isOpen: true }
    : { ...held, status: 'held' };
}

/** Which state of a market a decision saw. */
export function versionOf({ market }: MarketView): string {
  return `${market.bookVersion}/${market.supplyVersion}`;
}

/** The next part of a booking by one of its counters: its place, and its campaigns that have supply. */
export async function readPart(
  store: AllocationStore,
  id: string,
  counter: 'partsStaged' | 'partsSettled',
): Promise<{ index: number; accepted: AcceptedLine[] }> {
  const [booking] = await store.read([refs.booking(id)]);
  const index = booking?.[counter] ?? 0;
  const [part] = await store.read([refs.bookingPart(id, index)]);
  return { index, accepted: part?.lines.filter(isAccepted) ?? [] };
}

export interface Placing {
  id: string;
  booking: Booking;
  part: BookingPart;
  markets: ReadonlyMap<string, MarketView>;
  nowMs: number;
  /** Of what is held already, what goes. */
  isGone?: (hold: Hold) => boolean;
}

interface Staged {
  /** The books as they were written. */
  markets: ReadonlyMap<string, MarketView>;
  /** Nobody else has written them since they were decided on. */
  isAlone: boolean;
}

/** Writes the holds of a part, its campaigns' owners and what it owes; the booking is the caller's to write. */
export function placePart(transaction: Transaction, placing: Placing): Stepped & Pick<Staged, 'markets'> {
  const { id, booking, part, nowMs } = placing;
  const accepted = part.lines.filter(isAccepted);
  const markets = placeHolds(transaction, placing, accepted);
  for (const { order, outcome } of accepted) {
    const { campaignId } = order;
    const owner = { schemaVersion: 1, campaignId, tenantId: outcome.tenantId, heldBy: id } as const;
    transaction.set(refs.owner(campaignId), owner);
  }
  transaction.set(refs.bookingPart(id, part.part), part);
  // Of a soft booking that is confirmed, what was refused at first was told then.
  const told = part.lines.filter((line) => isAccepted(line) || !booking.isConfirming);
  const outcomes = told.map((line) =>
    isAccepted(line) ? heldOf(id, booking, line) : (line.outcome as CampaignRefused),
  );
  const written = writeEntry(transaction, { id, booking, kind: 'booking-held', part: part.part, outcomes, nowMs });
  const after: Booking = {
    ...booking,
    held: booking.held + accepted.length,
    refused: booking.refused + (told.length - accepted.length),
    partsStaged: booking.partsStaged + 1,
    steppedAtMs: nowMs,
  };
  return { booking: after, written, markets };
}

/** Writes the pages of a book that moved, with their market. */
export function writeBook(transaction: Transaction, before: MarketView, after: MarketView): void {
  const { market } = after.market;
  for (const page of movedPages(before, after)) transaction.set(refs.page(market, page.page), page);
  transaction.set(refs.market(market), after.market);
}

export interface BookingEntry {
  id: string;
  booking: Booking;
  kind: 'booking-held' | 'hold-ended';
  part: number;
  outcomes: (HoldOutcome | CampaignRefused)[];
  nowMs: number;
}

/** The ledger's entry of a step with one part; none where it comes to nothing. */
export function writeEntry(
  transaction: Transaction,
  { id, booking, kind, part, outcomes, nowMs }: BookingEntry,
): Stepped['written'] {
  if (outcomes.length === 0) return [];
  const { tenantId, attempt, payloadHash: hash } = booking;
  const event = {
    source: PLATFORM_TENANT,
    tenantId,
    eventId: `${kind === 'booking-held' ? 'booking' : kind}:${id}:${part}:${attempt}`,
    type: `andante.${kind}.v1`,
    occurredAtMs: nowMs,
  };
  const isRefused = outcomes.every(({ type }) => type === 'campaign-refused');
  const result = isRefused ? ('refused' as const) : ('applied' as const);
  const entry = newLedgerEntry(event, { hash: payloadHash([hash, kind, part, attempt]), nowMs, outcomes, result });
  const ref = refs.ledger(ledgerId(event));
  transaction.create(ref, entry);
  return [{ ref, entry }];
}

/** Writes the booking. */
export function write(transaction: Transaction, id: string, booking: Booking): Stepped {
  transaction.set(refs.booking(id), booking);
  return { booking, written: [] };
}

export function endedOf(id: string, { status }: Booking, { outcome }: AcceptedLine): HoldOutcome {
  const ended = status === 'released' || status === 'expired' ? status : 'failed';
  return { type: 'hold-ended', tenantId: outcome.tenantId, campaignId: outcome.campaignId, bookingId: id, ended };
}

function placeHolds(
  transaction: Transaction,
  { id, booking, markets, isGone }: Placing,
  accepted: readonly AcceptedLine[],
): Map<string, MarketView> {
  const { untilAtMs, holdKind, probability } = booking;
  const terms = { untilAtMs, ...(holdKind === 'soft' ? { probability } : {}) };
  const placed = accepted.flatMap(({ outcome }) => holdsOf(id, outcome, terms));
  const after = new Map(markets);
  for (const [market, view] of markets) {
    const held = withHolds(isGone ? withoutHolds(view, isGone) : view, placed);
    if (held === view) continue;
    writeBook(transaction, view, held);
    after.set(market, held);
  }
  return after;
}

/** A part of a soft booking that does not fit any more: all is refused with it, or what of it does not fit. */
function makeFirm(transaction: Transaction, placing: Placing, { nowMs: decidedAtMs }: Staging): Stepped {
  const { id, booking, part, markets, nowMs } = placing;
  if (booking.mode === 'all-or-nothing') {
    const reason = 'supply that was held softly is sold by now: not all of it can be confirmed';
    return write(transaction, id, { ...booking, status: 'refused', reason, isOpen: true, steppedAtMs: nowMs });
  }
  const accepted = part.lines.filter(isAccepted);
  let fitting: BookingLine[] = [];
  for (const line of accepted) fitting = stillFit([...fitting, line], { nowMs: decidedAtMs, markets }) ?? fitting;
  const isKept = new Set(fitting.map(({ order }) => order.campaignId));
  const lost = accepted.filter(({ order }) => !isKept.has(order.campaignId));
  const refusals = new Map(lost.map((line) => [line.order.campaignId, softRefusal(line)]));
  const lines = withLines(part, fitting).lines.map((line): BookingLine => {
    const outcome = refusals.get(line.order.campaignId);
    return outcome ? { order: line.order, outcome } : line;
  });
  const placed = placePart(transaction, {
    ...placing,
    part: { ...part, lines },
    isGone: ownHolds(id, accepted),
  });
  for (const { order } of lost) transaction.delete(refs.owner(order.campaignId));
  const outcomes = lost.flatMap((line) => [
    refusals.get(line.order.campaignId) as CampaignRefused,
    endedOf(id, booking, line),
  ]);
  const told = writeEntry(transaction, { id, booking, kind: 'hold-ended', part: part.part, outcomes, nowMs });
  const after = { ...placed.booking, refused: placed.booking.refused + lost.length };
  transaction.set(refs.booking(id), after);
  return { booking: after, written: [...placed.written, ...told] };
}

/** What a booking holds of these campaigns. */
export function ownHolds(id: string, lines: readonly AcceptedLine[]): (hold: Hold) => boolean {
  const own = new Set(lines.map(({ order }) => order.campaignId));
  return (hold) => hold.bookingId === id && own.has(hold.campaignId);
}

function softRefusal({ order, outcome }: AcceptedLine): CampaignRefused {
  return {
    type: 'campaign-refused',
    tenantId: outcome.tenantId,
    campaignId: outcome.campaignId,
    requestedMicros: order.budgetMicros,
    code: 'SUPPLY_SHORT',
    reason: 'supply that was held softly is sold by now',
  };
}

function heldOf(id: string, { holdKind, untilAtMs }: Booking, { order, outcome }: AcceptedLine): HoldOutcome {
  const { tenantId, campaignId, budgetMicros } = outcome;
  return {
    type: 'campaign-held',
    tenantId,
    campaignId,
    bookingId: id,
    holdKind,
    requestedMicros: order.budgetMicros,
    budgetMicros,
    untilAtMs,
  };
}

/** The part with these of its lines as they are now. */
function withLines(part: BookingPart, now: readonly BookingLine[]): BookingPart {
  const byId = new Map(now.map((line) => [line.order.campaignId, line]));
  return { ...part, lines: part.lines.map((line) => byId.get(line.order.campaignId) ?? line) };
}

function ordersOf(lines: readonly AcceptedLine[]) {
  return lines.map(({ order }) => order);
}

/** Whether nobody but us has written these markets since we decided: then what was decided fits as it did. */
function isUntouched({ decided }: Staging, { attempt }: Booking, markets: ReadonlyMap<string, MarketView>): boolean {
  if (decided?.attempt !== attempt) return false;
  return [...markets].every(([market, view]) => decided.versions.get(market) === versionOf(view));
}

/** What we wrote need not be read again. */
function noteWritten({ views, decided }: Staging, { markets, isAlone = false }: Partial<Staged>): void {
  for (const [market, view] of markets ?? []) {
    views.set(market, view as Snapshot);
    if (isAlone) decided?.versions.set(market, versionOf(view));
  }
}
