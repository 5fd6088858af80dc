import assert from 'node:assert/strict';
import { reservedBytes } from '../../../shared/campaign/book-page.ts';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { MAX_PAGES, MAX_PAGE_BYTES } from '../../../shared/contracts/documents.ts';
import { sumMicros } from '../../../shared/contracts/micros.ts';
import type { CampaignAccepted, CampaignRefused } from '../../../shared/contracts/outcomes.ts';
import { campaignAfter, decide } from '../../support/campaigns.ts';
import { entry } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { context, market, page, view } from '../../support/markets.ts';

/** All that two days of SE can sell to one subcampaign. */
const ALL_MICROS = 2_000_000_000;
const nobody = expectedCampaign('t1', 'c1');

function accepted(data: Parameters<typeof campaignCreated>[0], where = context()): CampaignAccepted {
  const [outcome] = decide(nobody, campaignCreated(data), where).outcomes;
  assert.equal(outcome?.type, 'campaign-accepted', JSON.stringify(outcome));
  return outcome;
}

function refused(data: Parameters<typeof campaignCreated>[0], where = context()): CampaignRefused {
  const { outcomes, after } = decide(nobody, campaignCreated(data), where);
  assert.deepEqual(after, nobody);
  assert.equal(outcomes[0]?.type, 'campaign-refused', JSON.stringify(outcomes));
  return outcomes[0];
}

describe('a campaign is created', () => {
  it('is accepted when supply is there', () => {
    const { outcomes, after } = decide(nobody, campaignCreated(), context());
    assert.deepEqual(outcomes, [
      {
        type: 'campaign-accepted',
        tenantId: 't1',
        campaignId: 'c1',
        currency: 'USD',
        objective: 'clicks',
        ifShort: 'refuse',
        startAtMs: START_MS,
        endAtMs: START_MS + 2 * DAY_MS,
        requestedMicros: 100_000_000,
        budgetMicros: 100_000_000,
        escrowMicros: 0,
        splitVersion: 1,
        subcampaigns: [
          {
            ...order(),
            page: 'p00',
            weightMicros: ALL_MICROS,
            medianMicros: ALL_MICROS,
            trafficByDay: [100_000, 100_000],
            budgetMicros: 100_000_000,
          },
        ],
      },
    ]);
    assert.equal(after.status, 'active');
    assert.equal(after.subcampaigns[0]?.status, 'active');
  });

  it('is accepted for all that supply holds, and refused for one micro more with that as counter-offer', () => {
    assert.equal(accepted({ budgetMicros: ALL_MICROS }).budgetMicros, ALL_MICROS);
    const refusal = refused({ budgetMicros: ALL_MICROS + 1 });
    assert.equal(refusal.code, 'SUPPLY_SHORT');
    assert.equal(refusal.counterOfferMicros, ALL_MICROS);
    assert.match(refusal.reason, /2000000000 of 2000000001 micros/);
  });

  it('accepts its own counter-offer', () => {
    const where = context([view({ pages: [page([entry({ campaignId: 'c0', budgetMicros: 123_456_789 })])] })]);
    const { counterOfferMicros } = refused({ budgetMicros: ALL_MICROS }, where);
    const budgetMicros = counterOfferMicros as number;
    assert.equal(budgetMicros, ALL_MICROS - 123_456_789);
    assert.equal(accepted({ budgetMicros }, where).budgetMicros, budgetMicros);
  });

  it('is scaled down to supply where it asked for that', () => {
    const outcome = accepted({ budgetMicros: 3 * ALL_MICROS, ifShort: 'scale-down' });
    assert.equal(outcome.code, 'SCALED_DOWN');
    assert.equal(outcome.requestedMicros, 3 * ALL_MICROS);
    assert.equal(outcome.budgetMicros, ALL_MICROS);
    assert.equal(outcome.escrowMicros, 0);
  });

  it('is refused where nothing is left, even when it would scale down', () => {
    const soldOut = context([view({ pages: [page([entry({ campaignId: 'c0', budgetMicros: ALL_MICROS })])] })]);
    const refusal = refused({ ifShort: 'scale-down' }, soldOut);
    assert.deepEqual([refusal.code, refusal.counterOfferMicros], ['SUPPLY_SHORT', 0]);
  });

  it('keeps what the caps leave over as escrow, which is no shortage', () => {
    const subcampaigns = [
      order({ capMicros: 30_000_000 }),
      order({ subcampaignId: 's2', segments: ['fan'], capMicros: 20_000_000 }),
    ];
    const fans = { segment: 'fan', surface: 'home', q10: 100_000, q50: 100_000, q90: 100_000, clickPpm: 20_000 };
    const supply = new Map([...view().supply].map(([day, one]) => [day, { ...one, cells: [...one.cells, fans] }]));
    const outcome = accepted({ subcampaigns }, context([view({ supply })]));
    assert.deepEqual(
      outcome.subcampaigns.map((sub) => sub.budgetMicros),
      [30_000_000, 20_000_000],
    );
    assert.equal(outcome.escrowMicros, 50_000_000);
    assert.equal(outcome.budgetMicros, 100_000_000);
    assert.equal(outcome.code, undefined);
  });

  it('gives a lock exactly, a floor at least and a cap at most', () => {
    const subcampaigns = [
      order({ subcampaignId: 'locked', lockMicros: 7_000_001 }),
      order({ subcampaignId: 'floored', floorMicros: 60_000_000 }),
      order({ subcampaignId: 'capped', capMicros: 1_000_003 }),
    ];
    const shares = new Map(accepted({ subcampaigns }).subcampaigns.map((sub) => [sub.subcampaignId, sub.budgetMicros]));
    assert.equal(shares.get('locked'), 7_000_001);
    assert.equal(shares.get('capped'), 1_000_003);
    assert((shares.get('floored') as number) >= 60_000_000);
    assert.equal(sumMicros(shares.values()), 100_000_000);
  });

  const infeasible = [
    {
      name: 'floors above the budget',
      subcampaigns: [order({ floorMicros: 60_000_000 }), order({ subcampaignId: 's2', floorMicros: 40_000_001 })],
      code: 'FLOORS_INFEASIBLE',
      reason: /add up to 100000001 micros, the budget is 100000000/,
    },
    {
      name: 'locks above the budget',
      subcampaigns: [order({ lockMicros: 60_000_000 }), order({ subcampaignId: 's2', lockMicros: 50_000_000 })],
      code: 'LOCKS_INFEASIBLE',
      reason: /locks add up to 110000000 micros, the budget is 100000000/,
    },
    {
      name: 'locks that fit with floors that do not',
      subcampaigns: [order({ lockMicros: 60_000_000 }), order({ subcampaignId: 's2', floorMicros: 50_000_000 })],
      code: 'FLOORS_INFEASIBLE',
      reason: /floors and locks add up to 110000000 micros/,
    },
    {
      name: 'a floor without supply',
      subcampaigns: [order(), order({ subcampaignId: 's2', segments: ['nobody'], floorMicros: 1 })],
      code: 'FLOORS_INFEASIBLE',
      reason: /a floor of 1 micros has supply for 0/,
    },
  ];
  for (const { name, subcampaigns, code, reason } of infeasible) {
    it(`is refused for ${name}, with the sum`, () => {
      const refusal = refused({ subcampaigns });
      assert.equal(refusal.code, code);
      assert.match(refusal.reason, reason);
    });
  }

  it('is refused where a market has no forecast', () => {
    const refusal = refused({ subcampaigns: [order(), order({ subcampaignId: 's2', market: 'NO' })] });
    assert.deepEqual([refusal.code, refusal.reason], ['SUPPLY_UNKNOWN', 'market NO has no forecast for this flight']);
    assert.equal(refused({}, context([view({ supply: new Map() })])).code, 'SUPPLY_UNKNOWN');
  });

  it('is refused once its flight is over, to the millisecond', () => {
    const endAtMs = START_MS + 2 * DAY_MS;
    const late = refused({ endAtMs }, context([view()], endAtMs));
    assert.deepEqual(
      [late.code, late.reason],
      ['FLIGHT_ENDED', 'the flight is over before it begins: choose a later end'],
    );
    assert.equal(refused({ endAtMs }, context([view()], endAtMs - 1)).code, 'SUPPLY_SHORT');
  });

  it('gets only what is left of a flight that has begun', () => {
    const refusal = refused({ budgetMicros: ALL_MICROS }, context([view()], START_MS + DAY_MS));
    assert.equal(refusal.counterOfferMicros, ALL_MICROS / 2);
  });

  it('is refused where no page has room for its part of the market', () => {
    const full = Array.from({ length: MAX_PAGES }, (_, index) => ({ page: `p${index}`, entries: 199, bytes: 100_000 }));
    const where = context([{ ...view(), market: market({ pages: full }) }]);
    assert.equal(accepted({}, where).subcampaigns[0]?.page, 'p0');
    const refusal = refused({ subcampaigns: [order(), order({ subcampaignId: 's2' })] }, where);
    assert.deepEqual([refusal.code, refusal.reason], ['MARKET_FULL', 'market SE has no page left for 2 subcampaigns']);
  });

  it('has the page in each market that has room there, by its own entries and by their bytes', () => {
    const subcampaigns = [order(), order({ subcampaignId: 's2' }), order({ subcampaignId: 's3', market: 'NO' })];
    const about = { tenantId: 't1', campaignId: 'c1', trafficByDay: [100_000, 100_000], hasSiblings: true as const };
    const bytes =
      reservedBytes({ ...about, ...order() }) + reservedBytes({ ...about, ...order({ subcampaignId: 's2' }) });
    for (const [row, name] of [
      [{ page: 'p00', entries: 198, bytes: MAX_PAGE_BYTES - bytes }, 'p00'],
      [{ page: 'p00', entries: 198, bytes: MAX_PAGE_BYTES - bytes + 1 }, 'p01'],
      [{ page: 'p00', entries: 199, bytes: 0 }, 'p01'],
    ] as const) {
      const others = view({ market: market({ market: 'NO' }) });
      const where = context([{ ...view(), market: market({ pages: [row] }) }, others]);
      assert.deepEqual(
        accepted({ subcampaigns }, where).subcampaigns.map((sub) => sub.page),
        [name, name, 'p00'],
      );
    }
  });

  it('counts of what others were sold only what they have still to be served', () => {
    const served = entry({ campaignId: 'c0', budgetMicros: ALL_MICROS, spentMicros: ALL_MICROS - 100_000_000 });
    const where = context([view({ pages: [page([served])] })]);
    assert.equal(refused({ budgetMicros: ALL_MICROS }, where).counterOfferMicros, ALL_MICROS - 100_000_000);
  });

  it('is refused where a floor above its cap asks for more than supply holds', () => {
    const subcampaigns = [
      order({ floorMicros: 50_000_000, capMicros: 40_000_000 }),
      order({ subcampaignId: 's2', segments: ['nobody'] }),
    ];
    const refusal = refused({ subcampaigns, ifShort: 'scale-down' });
    assert.deepEqual(
      [refusal.code, refusal.reason, refusal.counterOfferMicros],
      ['FLOORS_INFEASIBLE', 'the floors add up to 50000000 micros, supply is there for 40000000', 40_000_000],
    );
  });

  it('is refused where the campaign is there already, and changes nothing', () => {
    const campaign = campaignAfter([campaignCreated()], context());
    const { outcomes, after } = decide(campaign, campaignCreated({ budgetMicros: 1 }, { eventId: 'other' }), context());
    assert.equal(outcomes.length, 1);
    const [refusal] = outcomes;
    assert(refusal?.type === 'campaign-refused');
    assert.deepEqual(
      [refusal.code, refusal.reason],
      ['CAMPAIGN_EXISTS', 'campaign c1 exists already, created by another event: give the new one an id of its own'],
    );
    assert.equal(after, campaign);
  });

  it('takes 50 subcampaigns over 15 markets, each market on one page, exact to the micro', () => {
    const markets = Array.from({ length: 15 }, (_, index) => `M${index}`);
    const where = context(markets.map((name) => view({ market: market({ market: name }) })));
    const subcampaigns = Array.from({ length: 50 }, (_, index) =>
      order({ subcampaignId: `s${index}`, market: markets[index % 15] as string, clickPriceMicros: 500_000 + index }),
    );
    const outcome = accepted({ subcampaigns, budgetMicros: 9_999_999_999 }, where);
    assert.equal(sumMicros(outcome.subcampaigns.map((sub) => sub.budgetMicros)), 9_999_999_999);
    assert.equal(outcome.escrowMicros, 0);
    assert(outcome.subcampaigns.every((sub) => sub.page === 'p00' && sub.budgetMicros > 0));
  });

  it('applies the changes that waited for it, in its one decision', () => {
    const waiting = campaignAfter([budgetChanged(120_000_000, 3), statusChanged('paused', 2)], context());
    assert.equal(waiting.status, 'expected');
    const { outcomes, after } = decide(waiting, campaignCreated(), context());
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['campaign-accepted', 'budget-applied', 'status-applied'],
    );
    assert.deepEqual([after.budgetMicros, after.budgetVersion, after.statusVersion], [120_000_000, 3, 2]);
    assert.deepEqual([after.status, after.subcampaigns[0]?.status], ['paused', 'paused']);
    assert.equal(after.subcampaigns[0]?.budgetMicros, 120_000_000);
    assert.equal(after.waitingBudget, undefined);
    assert.equal(after.waitingStatus, undefined);
  });

  it('is accepted although a change that waited is refused; the refusal uses its version', () => {
    const waiting = campaignAfter([budgetChanged(ALL_MICROS + 1, 3)], context());
    const { outcomes, after } = decide(waiting, campaignCreated(), context());
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['campaign-accepted', 'budget-refused'],
    );
    assert.deepEqual([after.budgetMicros, after.budgetVersion], [100_000_000, 3]);
  });

  it('leaves waiting changes waiting when it is refused', () => {
    const waiting = campaignAfter([budgetChanged(120_000_000, 3)], context());
    const { outcomes, after } = decide(waiting, campaignCreated({ budgetMicros: ALL_MICROS + 1 }), context());
    assert.deepEqual([outcomes[0]?.type, outcomes.length], ['campaign-refused', 1]);
    assert.equal(after, waiting);
  });
});
