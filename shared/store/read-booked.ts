// What was decided of a campaign that a booking brings. Once a booking is confirmed neither that nor its parts change, so
// they are read outside the transaction that applies it.
import assert from 'node:assert/strict';
import type { CampaignContext } from '../campaign/campaign-state.ts';
import type { CampaignEvent } from '../contracts/events.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { isAccepted } from './booking-parts.ts';

/**
 * Undefined for an event of no booking, and for one whose booking is gone, as after a restore to an instant before it was made: its
 * campaign is then decided alone. That a booking is not confirmed, or knows nothing of its campaign, is a bug of ours, or of a
 * restore to before it was confirmed: only a confirmed booking is published.
 */
export async function readBooked(store: AllocationStore, event: CampaignEvent): Promise<CampaignContext['booked']> {
  if (event.type !== 'andante.campaign-created.v1' || !event.data.booking) return undefined;
  const {
    campaignId,
    booking: { bookingId, part: index },
  } = event.data;
  const [booking, part] = await store.read([refs.booking(bookingId), refs.bookingPart(bookingId, index)]);
  if (!booking) return undefined;
  assert(
    booking.status === 'confirmed' && booking.tenantId === event.tenantId,
    `booking ${bookingId} is not confirmed`,
  );
  const line = part?.lines.filter(isAccepted).find(({ order }) => order.campaignId === campaignId);
  assert(line, `booking ${bookingId} has no campaign ${campaignId} in part ${index}`);
  return { outcome: line.outcome, quote: line.quote };
}
