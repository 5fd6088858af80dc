// Books a campaign, writes over its entries, and changes its budget.
import assert from 'node:assert/strict';
import { withLiveNumbers } from '../../shared/campaign/evolve.ts';
import type { CampaignContext } from '../../shared/campaign/campaign-state.ts';
import type { BookEntry, Campaign } from '../../shared/contracts/documents.ts';
import { sumMicros } from '../../shared/contracts/micros.ts';
import type { BudgetApplied, BudgetRefused } from '../../shared/contracts/outcomes.ts';
import { campaignAfter, decide } from './campaigns.ts';
import { budgetChanged, campaignCreated, order } from './events.ts';
import { context, page, view, withCampaign } from './markets.ts';

/** What a campaign of two parts on one cell is ordered with. */
export const two = { subcampaigns: [order(), order({ subcampaignId: 's2' })] };

/** A booked campaign with its books, after `own` was written over its entries. */
export function booked(data: Parameters<typeof campaignCreated>[0] = {}, ...own: Partial<BookEntry>[]) {
  const fresh = campaignAfter([campaignCreated(data)], context());
  const [book] = withCampaign([view()], fresh);
  const entries = (book?.pages[0]?.entries ?? []).map((one, index) => ({ ...one, ...own[index] }));
  const views = [view({ pages: [page(entries)] })];
  return { campaign: withLiveNumbers(fresh, entries), where: context(views), entries };
}

/** The outcome of a change that is applied, its sums checked. */
export function applied(campaign: Campaign, micros: number, where: CampaignContext): BudgetApplied {
  const [outcome] = decide(campaign, budgetChanged(micros, campaign.budgetVersion + 1), where).outcomes;
  assert.equal(outcome?.type, 'budget-applied', JSON.stringify(outcome));
  const result = outcome;
  assert.equal(
    sumMicros(result.subcampaigns.map((sub) => sub.budgetMicros)) + result.escrowMicros,
    result.budgetMicros,
  );
  return result;
}

/** The outcome of a change that is refused and changes nothing but the version. */
export function refused(campaign: Campaign, micros: number, where: CampaignContext): BudgetRefused {
  const { outcomes, after } = decide(campaign, budgetChanged(micros, campaign.budgetVersion + 1), where);
  assert.equal(outcomes[0]?.type, 'budget-refused', JSON.stringify(outcomes));
  assert.deepEqual(after, { ...campaign, budgetVersion: campaign.budgetVersion + 1 });
  return outcomes[0];
}
