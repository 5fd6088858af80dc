import assert from 'node:assert/strict';
import type { CampaignContext } from '../../../shared/campaign/campaign-state.ts';
import { campaignAfter, decide } from '../../support/campaigns.ts';
import { campaignCreated, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { context, view } from '../../support/markets.ts';

const created = campaignCreated({ subcampaigns: [order(), order({ subcampaignId: 's2' })] });

describe('a status is changed', () => {
  let where: CampaignContext;
  before(() => {
    where = context();
  });

  const wishes = [
    { status: 'paused', becomes: 'paused' },
    { status: 'cancelled', becomes: 'closing' },
    { status: 'completed', becomes: 'closing' },
  ] as const;
  for (const { status, becomes } of wishes) {
    it(`${status} makes the campaign and all its live parts ${becomes}`, () => {
      const { outcomes, after } = decide(campaignAfter([created], where), statusChanged(status, 1), where);
      assert.deepEqual(outcomes, [
        {
          type: 'status-applied',
          tenantId: 't1',
          campaignId: 'c1',
          statusVersion: 1,
          requestedStatus: status,
          decidedAtMs: START_MS,
        },
      ]);
      assert.deepEqual([after.status, after.statusVersion], [becomes, 1]);
      assert(after.subcampaigns.every((sub) => sub.status === becomes));
    });
  }

  it('resumes what was paused, and parts that stopped on an overrun', () => {
    const paused = campaignAfter([created, statusChanged('paused', 1)], where);
    const stopped = {
      ...paused,
      subcampaigns: paused.subcampaigns.map((sub) => ({ ...sub, status: 'overrun' as const })),
    };
    for (const campaign of [paused, stopped]) {
      const { after } = decide(campaign, statusChanged('active', 2), where);
      assert.deepEqual([after.status, after.subcampaigns.map((sub) => sub.status)], ['active', ['active', 'active']]);
    }
  });

  it('leaves ended parts ended', () => {
    const campaign = campaignAfter([created], where);
    const [first, second] = campaign.subcampaigns;
    assert(first && second);
    const { after } = decide(
      { ...campaign, subcampaigns: [{ ...first, status: 'ended' }, second] },
      statusChanged('paused', 1),
      where,
    );
    assert.deepEqual(
      after.subcampaigns.map((sub) => sub.status),
      ['ended', 'paused'],
    );
  });

  it('refuses everything after a cancellation, using the version up', () => {
    const campaign = campaignAfter([created, statusChanged('cancelled', 1)], where);
    for (const status of ['closing', 'ended'] as const) {
      const closed = { ...campaign, status };
      const { outcomes, after } = decide(closed, statusChanged('active', 2), where);
      const [outcome] = outcomes;
      assert(outcome?.type === 'status-refused');
      assert.deepEqual(
        [outcome.code, outcome.reason],
        ['CAMPAIGN_CLOSED', `campaign c1 is ${status}: it cannot become active`],
      );
      assert.deepEqual(after, { ...closed, statusVersion: 2 });
    }
  });

  it('is superseded by the version in force', () => {
    const campaign = campaignAfter([created, statusChanged('paused', 7)], where);
    const { outcomes, after } = decide(campaign, statusChanged('active', 7, { eventId: 'late' }), where);
    assert.deepEqual(outcomes, [
      {
        type: 'change-superseded',
        tenantId: 't1',
        campaignId: 'c1',
        register: 'status',
        version: 7,
        currentVersion: 7,
      },
    ]);
    assert.equal(after, campaign);
  });

  it('waits for a campaign that is still expected; the newest wait wins', () => {
    const events = [statusChanged('paused', 3), statusChanged('active', 2), statusChanged('cancelled', 4)];
    const campaign = campaignAfter(events, where);
    assert.deepEqual(campaign.waitingStatus, { status: 'cancelled', statusVersion: 4 });
    assert.equal(campaign.statusVersion, 0);
    const { after } = decide(campaign, created, where);
    assert.deepEqual([after.status, after.statusVersion], ['closing', 4]);
  });

  it('after the flight nothing is changed, whether the clock says so or the tick of one market', () => {
    const campaign = campaignAfter([created], where);
    const [first, ...others] = campaign.subcampaigns.map((sub) => ({ ...sub, status: 'settling' as const }));
    assert(first);
    const oneSettling = { ...campaign, subcampaigns: [first, ...campaign.subcampaigns.slice(1)] };
    const settling = { ...campaign, status: 'settling' as const, subcampaigns: [first, ...others] };
    const after = context([view()], START_MS + 2 * DAY_MS);
    for (const status of ['active', 'paused', 'cancelled', 'completed'] as const) {
      const cases = [
        [campaign, after],
        [oneSettling, where],
        [settling, where],
      ] as const;
      for (const [known, when] of cases) {
        const [outcome] = decide(known, statusChanged(status, 1), when).outcomes;
        assert(outcome?.type === 'status-refused');
        assert.deepEqual(
          [outcome.code, outcome.reason],
          ['FLIGHT_ENDED', `the flight of campaign c1 is over: it cannot become ${status}`],
        );
      }
    }
  });
});
