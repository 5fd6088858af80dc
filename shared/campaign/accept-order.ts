// An order of a booking, decided alone by the rule that decides any campaign.
import type { BookingMode, CampaignOrder } from '../contracts/bookings.ts';
import type { CampaignAccepted, CampaignRefused } from '../contracts/outcomes.ts';
import { acceptCampaign } from './accept-campaign.ts';
import type { CampaignContext } from './campaign-state.ts';
import { termsOf } from './screen-orders.ts';

/** Whether it may be scaled down is the booking's mode; what its order says about that is for later raises. */
export function acceptOrder(
  { tenantId, order, mode }: { tenantId: string; order: CampaignOrder; mode: BookingMode },
  context: CampaignContext,
): CampaignAccepted | CampaignRefused {
  const terms = termsOf(order);
  const ifShort = mode === 'scale-down' ? 'scale-down' : 'refuse';
  const { outcome } = acceptCampaign({ tenantId }, { ...terms, ifShort }, context);
  return outcome.type === 'campaign-accepted' ? { ...outcome, ifShort: terms.ifShort } : outcome;
}
