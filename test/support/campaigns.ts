// Builds the campaign that a decision starts from, by the decisions that led to it.
import { expectedCampaign, type CampaignContext } from '../../shared/campaign/campaign-state.ts';
import { evolve } from '../../shared/campaign/evolve.ts';
import type { Campaign } from '../../shared/contracts/documents.ts';
import type { CampaignEvent } from '../../shared/contracts/events.ts';
import type { CampaignOutcome } from '../../shared/contracts/outcomes.ts';
import { assertOutcomes } from './outcome-validator.ts';
import { decideUnquoted } from './decide-unquoted.ts';

/** What one event comes to, its outcomes held to their contract. */
export function decide(
  campaign: Campaign,
  event: CampaignEvent,
  context: CampaignContext,
): { outcomes: CampaignOutcome[]; after: Campaign } {
  const outcomes = decideUnquoted(campaign, event, context);
  assertOutcomes(outcomes);
  return { outcomes, after: outcomes.reduce(evolve, campaign) };
}

/** A campaign after these events, all against the same books. */
export function campaignAfter(events: readonly CampaignEvent[], context: CampaignContext): Campaign {
  const [first] = events as [CampaignEvent];
  return events.reduce(
    (campaign, event) => decide(campaign, event, context).after,
    expectedCampaign(first.tenantId, first.data.campaignId),
  );
}
