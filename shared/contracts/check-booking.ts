// What a schema cannot say of a booking: each of its campaigns is an order that an event could bring.
import { AndanteError } from '../runtime/errors.ts';
import type { BookingRequest } from './bookings.ts';
import { checkCampaign } from './check-event.ts';

/** Parts of all campaigns of a booking together: what was decided of them is written in one transaction. */
const MAX_BOOKED_SUBCAMPAIGNS = 10_000;

/** @throws AndanteError INVALID_REQUEST naming the campaign that is wrong */
export function checkBooking({ hold, campaigns }: BookingRequest): void {
  if (hold?.kind === 'firm' && hold.probability !== undefined)
    throw invalid('/hold/probability belongs to soft holds: a firm one can be confirmed for sure');
  if (hold?.kind === 'soft' && hold.probability === undefined)
    throw invalid('/hold/probability is needed of a soft hold: others are quoted by it');
  const ids = new Set<string>();
  let subcampaigns = 0;
  for (const [index, order] of campaigns.entries()) {
    const at = `/campaigns/${index}`;
    if (ids.has(order.campaignId)) throw invalid(`${at}/campaignId is that of an earlier campaign of this booking`);
    ids.add(order.campaignId);
    subcampaigns += order.subcampaigns.length;
    try {
      checkCampaign({ ifShort: 'refuse', ...order });
    } catch (error) {
      if (error instanceof AndanteError) throw invalid(placed(error.message, at));
      throw error;
    }
  }
  if (subcampaigns > MAX_BOOKED_SUBCAMPAIGNS)
    throw invalid(`a booking has at most ${MAX_BOOKED_SUBCAMPAIGNS} subcampaigns, this one has ${subcampaigns}`);
}

/** What is said of an event's data is said of this campaign. */
function placed(message: string, at: string): string {
  return message.includes('/data') ? message.replaceAll('/data', at) : `${at}: ${message}`;
}

function invalid(message: string): AndanteError {
  return new AndanteError('INVALID_REQUEST', message);
}
