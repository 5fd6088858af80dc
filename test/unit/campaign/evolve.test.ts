import assert from 'node:assert/strict';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { evolve, withLiveNumbers } from '../../../shared/campaign/evolve.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { entry, lease } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, order } from '../../support/events.ts';
import { context } from '../../support/markets.ts';

const campaign = campaignAfter(
  [campaignCreated({ subcampaigns: [order(), order({ subcampaignId: 's2' })] })],
  context(),
);
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
    const [first, second] = withLiveNumbers(campaign, entries).subcampaigns;
    assert.deepEqual([first?.spentMicros, first?.leasedMicros, first?.status], [7, 10_000_000, 'overrun']);
    assert.deepEqual(second, campaign.subcampaigns[1]);
  });
});
