import assert from 'node:assert/strict';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { evolve, fallenMicros, withLiveNumbers } from '../../../shared/campaign/evolve.ts';
import type { Campaign } from '../../../shared/contracts/documents.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { entry, lease } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, order } from '../../support/events.ts';
import { context } from '../../support/markets.ts';

const numbers = {
  spentMicros: 5,
  inFlightMicros: 4,
  leasedMicros: 3,
  overrunMicros: 0,
  impressions: 9,
  clicks: 1,
  conversions: 0,
};
const ended = {
  type: 'subcampaign-ended' as const,
  tenantId: 't1',
  campaignId: 'c1',
  market: 'SE',
  budgetMicros: 50_000_000,
  billedMicros: 5,
  ...numbers,
};

describe('evolving a campaign', () => {
  let campaign: Campaign;
  before(() => {
    const subcampaigns = [order(), order({ subcampaignId: 's2' })];
    campaign = campaignAfter([campaignCreated({ subcampaigns })], context());
  });

  it('leaves it to outcomes of its own: others and refusals do not touch it', () => {
    const others = [
      { ...ended, campaignId: 'c2', subcampaignId: 's1' },
      {
        type: 'campaign-refused' as const,
        tenantId: 't1',
        campaignId: 'c1',
        code: 'CAMPAIGN_EXISTS' as const,
        reason: 'x',
      },
      {
        type: 'change-superseded' as const,
        tenantId: 't1',
        campaignId: 'c1',
        register: 'budget' as const,
        version: 1,
        currentVersion: 2,
      },
    ];
    for (const outcome of others) assert.equal(evolve(campaign, outcome), campaign);
  });

  it('takes the live numbers of its own lines of a page', () => {
    const subcampaigns = [
      { campaignId: 'c2', subcampaignId: 's1', status: 'paused' as const, ...numbers, spentMicros: 99 },
      { campaignId: 'c1', subcampaignId: 's2', status: 'overrun' as const, ...numbers },
    ];
    const after = evolve(campaign, {
      type: 'market-paced',
      tenantId: 'andante',
      market: 'SE',
      page: 'p00',
      slot: 1,
      subcampaigns,
    });
    assert.deepEqual(after.subcampaigns[0], campaign.subcampaigns[0]);
    assert.deepEqual(after.subcampaigns[1], { ...campaign.subcampaigns[1], ...numbers, status: 'overrun' });
  });

  it('takes a budget where it fell, its own being the sum of its parts and its escrow, and forgets a share that is reached', () => {
    const [first, second] = campaign.subcampaigns;
    assert(first && second);
    const subcampaigns = [{ ...first, budgetMicros: 60_000_000, shareMicros: 20_000_000 }, second];
    const cut = { ...campaign, escrowMicros: 7, budgetMicros: 110_000_007, subcampaigns };
    const paced = (slot: number, budgetMicros: number) => ({
      type: 'market-paced' as const,
      tenantId: 'andante',
      market: 'SE',
      page: 'p00',
      slot,
      subcampaigns: [{ campaignId: 'c1', subcampaignId: 's1', status: 'active' as const, ...numbers, budgetMicros }],
    });
    const falling = evolve(cut, paced(1, 30_000_000));
    assert.deepEqual([falling.budgetMicros, falling.subcampaigns[0]?.shareMicros], [80_000_007, 20_000_000]);
    const fallen = evolve(falling, paced(2, 20_000_000));
    assert.equal(fallen.budgetMicros, 70_000_007);
    assert.deepEqual(fallen.subcampaigns[0], { ...first, ...numbers, budgetMicros: 20_000_000 });
    assert.equal(fallenMicros(cut), 70_000_007);
    const end = { ...ended, subcampaignId: 's1', budgetMicros: 30_000_000 };
    const [over] = evolve(falling, end).subcampaigns;
    assert.deepEqual([over?.budgetMicros, over?.shareMicros], [30_000_000, undefined]);
  });

  it('ends with its last part, not before', () => {
    const first = evolve(campaign, { ...ended, subcampaignId: 's1' });
    assert.deepEqual(
      [first.status, first.subcampaigns[0]?.status, first.subcampaigns[0]?.spentMicros],
      ['active', 'ended', 5],
    );
    assert.equal(evolve(first, { ...ended, subcampaignId: 's2' }).status, 'ended');
  });

  it('is accepted without what waited for it: that is decided after', () => {
    const waiting = campaignAfter([budgetChanged(7, 3)], context());
    assert.deepEqual(waiting, {
      ...expectedCampaign('t1', 'c1'),
      waitingBudget: { budgetMicros: 7, budgetVersion: 3 },
    });
  });

  it('shows live numbers of its own entries only', () => {
    const entries = [
      entry({ spentMicros: 7, status: 'overrun', leases: [lease()] }),
      entry({ campaignId: 'c2', subcampaignId: 's2', spentMicros: 99 }),
    ];
    const live = withLiveNumbers(campaign, entries);
    const [first, second] = live.subcampaigns;
    assert.deepEqual([first?.spentMicros, first?.leasedMicros, first?.status], [7, 10_000_000, 'overrun']);
    assert.deepEqual([first?.budgetMicros, live.budgetMicros], [100_000_000, 150_000_000]);
    assert.deepEqual(second, campaign.subcampaigns[1]);
  });
});
