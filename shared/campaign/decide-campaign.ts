// What a campaign event comes to. Pure: the time is an argument, the books are an argument, the answer is outcomes.
import assert from 'node:assert/strict';
import type { Campaign } from '../contracts/documents.ts';
import type { CampaignCreated, CampaignEvent, CampaignStatusChanged } from '../contracts/events.ts';
import type { QuoteIssued } from '../contracts/forecast-outcomes.ts';
import type { CampaignOutcome } from '../contracts/outcomes.ts';
import { acceptCampaign } from './accept-campaign.ts';
import { hasFlown, type CampaignContext } from './campaign-state.ts';
import { changeBudget } from './change-budget.ts';
import { evolve } from './evolve.ts';
import { quoteCampaign } from './quote-campaign.ts';
import { rebalance } from './rebalance.ts';

/** What an accepted campaign is told. */
export type Quote = (...args: Parameters<typeof quoteCampaign>) => QuoteIssued | undefined;

/**
 * The outcomes of one campaign event, at least one; none for a rebalance that nothing would gain by.
 * @param campaign the stored campaign, or `expectedCampaign` where none is
 * @param quote what an accepted campaign is told; simulations tell most of theirs nothing
 */
export function decideCampaign(
  campaign: Campaign,
  event: CampaignEvent,
  context: CampaignContext,
  quote: Quote = quoteCampaign,
): CampaignOutcome[] {
  switch (event.type) {
    case 'andante.campaign-created.v1':
      return decideCreated(campaign, event, context, quote);
    case 'andante.budget-changed.v1': {
      if (!('cause' in event.data)) return [decideBudget(campaign, event.data, context)];
      const split = rebalance(campaign, context);
      return split ? [split] : [];
    }
    case 'andante.campaign-status-changed.v1':
      return [decideStatus(campaign, event.data, context)];
    default:
      return event satisfies never;
  }
}

/** A campaign that finds changes waiting for it is decided as if they had come after it. */
function decideCreated(
  campaign: Campaign,
  event: CampaignCreated,
  context: CampaignContext,
  quote: Quote,
): CampaignOutcome[] {
  const { campaignId } = campaign;
  const about = { tenantId: campaign.tenantId, campaignId };
  const { booking } = event.data;
  const isHeld = booking === undefined && context.heldBy !== undefined;
  if (campaign.status !== 'expected' || isHeld) {
    return [
      {
        type: 'campaign-refused',
        ...about,
        requestedMicros: event.data.budgetMicros,
        code: 'CAMPAIGN_EXISTS',
        reason: isHeld
          ? `campaign ${campaignId} is held by a booking: confirm that, or give the new one an id of its own`
          : `campaign ${campaignId} exists already, created by another event: give the new one an id of its own`,
      },
    ];
  }
  const decided = booking ? bookedOutcomes(campaign, context) : acceptedOutcomes(campaign, event, context, quote);
  const [first] = decided;
  if (first.type !== 'campaign-accepted') return decided;
  const outcomes: CampaignOutcome[] = [...decided];
  // Nothing has been served yet and the new entries are not in the books: the waiting changes are decided on the split alone.
  if (campaign.waitingBudget) outcomes.push(decideBudget(evolve(campaign, first), campaign.waitingBudget, context));
  if (campaign.waitingStatus)
    outcomes.push(decideStatus(outcomes.reduce(evolve, campaign), campaign.waitingStatus, context));
  return outcomes;
}

function acceptedOutcomes(
  campaign: Campaign,
  event: CampaignCreated,
  context: CampaignContext,
  quote: Quote,
): [CampaignOutcome, ...CampaignOutcome[]] {
  const decided = acceptCampaign(campaign, event.data, context);
  if (!('reachMicros' in decided)) return [decided.outcome];
  const quoted = quote(decided.outcome, decided.reachMicros, context);
  return quoted ? [decided.outcome, quoted] : [decided.outcome];
}

/** What a booking holds supply for is applied as it was decided then. */
function bookedOutcomes(
  { campaignId }: Campaign,
  { booked }: CampaignContext,
): [CampaignOutcome, ...CampaignOutcome[]] {
  assert(booked?.outcome.campaignId === campaignId, `no booking was read for campaign ${campaignId}`);
  return booked.quote ? [booked.outcome, booked.quote] : [booked.outcome];
}

function decideBudget(
  campaign: Campaign,
  wish: { budgetMicros: number; budgetVersion: number },
  context: CampaignContext,
): CampaignOutcome {
  const { budgetMicros: requestedMicros, budgetVersion } = wish;
  const about = { tenantId: campaign.tenantId, campaignId: campaign.campaignId };
  const currentVersion = campaign.waitingBudget?.budgetVersion ?? campaign.budgetVersion;
  if (budgetVersion <= currentVersion) {
    return { type: 'change-superseded', ...about, register: 'budget', version: budgetVersion, currentVersion };
  }
  if (campaign.status === 'expected') {
    return { type: 'change-waiting', ...about, register: 'budget', version: budgetVersion, requestedMicros };
  }
  return changeBudget(campaign, requestedMicros, budgetVersion, context);
}

function decideStatus(
  campaign: Campaign,
  wish: Pick<CampaignStatusChanged['data'], 'status' | 'statusVersion'>,
  context: CampaignContext,
): CampaignOutcome {
  const { status: requestedStatus, statusVersion } = wish;
  const about = { tenantId: campaign.tenantId, campaignId: campaign.campaignId };
  const currentVersion = campaign.waitingStatus?.statusVersion ?? campaign.statusVersion;
  if (statusVersion <= currentVersion) {
    return { type: 'change-superseded', ...about, register: 'status', version: statusVersion, currentVersion };
  }
  if (campaign.status === 'expected') {
    return { type: 'change-waiting', ...about, register: 'status', version: statusVersion, requestedStatus };
  }
  if (campaign.status === 'closing' || campaign.status === 'ended') {
    const reason = `campaign ${campaign.campaignId} is ${campaign.status}: it cannot become ${requestedStatus}`;
    return { type: 'status-refused', ...about, statusVersion, requestedStatus, code: 'CAMPAIGN_CLOSED', reason };
  }
  if (hasFlown(campaign, context.nowMs)) {
    const reason = `the flight of campaign ${campaign.campaignId} is over: it cannot become ${requestedStatus}`;
    return { type: 'status-refused', ...about, statusVersion, requestedStatus, code: 'FLIGHT_ENDED', reason };
  }
  return { type: 'status-applied', ...about, statusVersion, requestedStatus, decidedAtMs: context.nowMs };
}
