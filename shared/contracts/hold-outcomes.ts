// Outcomes of bookings that are not campaigns yet: supply was held, or a hold came to nothing.
import Type, { type Static } from 'typebox';
import { Count, EpochMs, Id, MarketId, Micros, closed, fact, oneOf } from './scalars.ts';

/** The document id of a booking: of tenant and idempotency key. */
export const BookingId = Type.String({ pattern: '^[0-9a-f]{20}$', maxLength: 20 });

/** Where a campaign's booking is kept: in which of its parts. */
export const BookingRef = closed({ bookingId: BookingId, part: Count });

/** `firm`: confirming it cannot be refused. `soft`: it takes nothing from others' bookings, and may fail when it is confirmed. */
export const HoldKind = oneOf('firm', 'soft');

export const CampaignHeld = fact('campaign-held', {
  tenantId: Id,
  campaignId: Id,
  bookingId: BookingId,
  holdKind: HoldKind,
  requestedMicros: Micros,
  budgetMicros: Micros,
  untilAtMs: EpochMs,
});

export const HoldEnded = fact('hold-ended', {
  tenantId: Id,
  campaignId: Id,
  /** Where it expired: each market's tick ends what is held there. Absent: everywhere. */
  market: Type.Optional(MarketId),
  bookingId: BookingId,
  /** `failed`: a soft hold that found no supply when it was to be confirmed, or one of a booking that came to nothing. */
  ended: oneOf('released', 'expired', 'failed'),
});

export type CampaignHeld = Static<typeof CampaignHeld>;
export type HoldEnded = Static<typeof HoldEnded>;
export type HoldOutcome = CampaignHeld | HoldEnded;
