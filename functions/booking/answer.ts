// What a booking is to who asks: its status, how far it has got and, once it is decided, what each campaign came to.
import type { BookingAnswer, BookingLine } from '../../shared/contracts/bookings.ts';
import type { Booking, BookingPart } from '../../shared/contracts/documents.ts';
import { encodeInstants, formatInstant } from '../../shared/contracts/instants.ts';

type LineAnswer = NonNullable<BookingAnswer['lines']>[number];

/** @param parts all of them; none while it is being decided */
export function answerOf(booking: Booking, parts: readonly BookingPart[]): BookingAnswer {
  const { key, status, mode, campaigns, held, refused, applied, untilAtMs, factor, reason, isDirect } = booking;
  const isWaiting = status === 'held' || (status === 'staging' && !isDirect);
  return {
    bookingId: key,
    status,
    mode,
    progress: { campaigns, held, refused, applied },
    ...(isWaiting ? { expiresAt: formatInstant(untilAtMs) } : {}),
    ...(factor === undefined ? {} : { factor }),
    ...(reason === undefined ? {} : { reason }),
    ...(parts.length === 0 ? {} : { lines: parts.flatMap(({ lines }) => lines.map(lineOf)) }),
  };
}

function lineOf({ order, outcome, quote }: BookingLine): LineAnswer {
  const { campaignId, budgetMicros: requestedMicros } = order;
  if (outcome.type === 'campaign-refused') {
    const { code, reason, counterOfferMicros, counterOffers } = outcome;
    return {
      campaignId,
      result: 'refused',
      requestedMicros,
      budgetMicros: 0,
      code,
      reason,
      ...(counterOfferMicros === undefined ? {} : { counterOfferMicros }),
      ...(counterOffers === undefined
        ? {}
        : { counterOffers: encodeInstants(counterOffers) as NonNullable<LineAnswer['counterOffers']> }),
    };
  }
  const { budgetMicros, code, subcampaigns } = outcome;
  return {
    campaignId,
    result: budgetMicros < requestedMicros ? 'scaled' : 'accepted',
    requestedMicros,
    budgetMicros,
    subcampaigns: subcampaigns.map((sub) => ({ subcampaignId: sub.subcampaignId, budgetMicros: sub.budgetMicros })),
    ...(quote ? { fullSpendProbability: quote.fullSpendPpm / 1e6 } : {}),
    ...(code === undefined ? {} : { code }),
  };
}
