// Decides campaign events without the quote that accepted campaigns get: for tests and simulations of what a quote says
// nothing about. Quotes are tested where they are made.
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import type { DecideCampaign } from '../../shared/store/persist-campaign-event.ts';

export const decideUnquoted: DecideCampaign = (campaign, event, context) =>
  decideCampaign(campaign, event, context, () => undefined);
