import assert from 'node:assert/strict';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { campaignCreated, order } from '../../support/events.ts';
import { campaignOf, persist } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

describe('How a budget is split', () => {
  it('does not depend on who was booked before, while there is enough for all', async () => {
    const both = campaignCreated({
      campaignId: 'both',
      subcampaigns: [order(), order({ subcampaignId: 's2', market: 'NO' })],
    });
    const rival = campaignCreated({ campaignId: 'rival', budgetMicros: 400_000_000 });
    const budgets = async (events: readonly CampaignEvent[]) => {
      const store = await seededStore({ markets: ['SE', 'NO'] });
      for (const event of events) await persist(store, event);
      return (await campaignOf(store, 'both')).subcampaigns.map((sub) => [sub.weightMicros, sub.budgetMicros]);
    };
    const [SE, NO] = [
      [2_000_000_000, 50_000_000],
      [2_000_000_000, 50_000_000],
    ];
    assert.deepEqual(await budgets([both, rival]), [SE, NO]);
    assert.deepEqual(await budgets([rival, both]), [SE, NO]);
  });

  it('gives to the others what the part takes whose market is nearly sold out', async () => {
    const store = await seededStore({ markets: ['SE', 'NO'] });
    await persist(store, campaignCreated({ campaignId: 'rival', budgetMicros: 1_970_000_000 }));
    await persist(
      store,
      campaignCreated({ campaignId: 'both', subcampaigns: [order(), order({ subcampaignId: 's2', market: 'NO' })] }),
    );
    const { subcampaigns } = await campaignOf(store, 'both');
    assert.deepEqual(
      subcampaigns.map(({ budgetMicros }) => budgetMicros),
      [30_000_000, 70_000_000],
    );
  });
});
