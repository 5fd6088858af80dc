import assert from 'node:assert/strict';
import fc from 'fast-check';
import { billedMicros, entryNumbers } from '../../../shared/campaign/entry-money.ts';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import { sumMicros } from '../../../shared/contracts/micros.ts';
import { applied, booked, refused, two } from '../../support/budgets.ts';
import { campaignAfter, decide } from '../../support/campaigns.ts';
import { entry, lease } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { context, page, view } from '../../support/markets.ts';

describe('a budget is changed', () => {
  it('rises inside supply, nobody losing', () => {
    const { campaign, where } = booked(two);
    const outcome = applied(campaign, 150_000_001, where);
    assert.deepEqual([outcome.budgetMicros, outcome.escrowMicros, outcome.splitVersion], [150_000_001, 0, 2]);
    assert(outcome.subcampaigns.every((sub) => sub.budgetMicros >= 50_000_000));
    assert.equal(outcome.code, undefined);
  });

  it('is refused beyond supply with what would have been possible, and uses its version up', () => {
    const { campaign, where } = booked();
    const refusal = refused(campaign, 2_000_000_001, where);
    assert.deepEqual([refusal.code, refusal.counterOfferMicros], ['SUPPLY_SHORT', 2_000_000_000]);
    const after = campaignAfter([campaignCreated(), budgetChanged(2_000_000_001, 5)], where);
    const [late] = decide(after, budgetChanged(90_000_000, 5, { eventId: 'late' }), where).outcomes;
    assert.deepEqual(late?.type === 'change-superseded' && [late.version, late.currentVersion], [5, 5]);
  });

  it('is scaled down to supply where the campaign asked for that', () => {
    const { campaign, where } = booked({ ifShort: 'scale-down' });
    const outcome = applied(campaign, 3_000_000_000, where);
    assert.deepEqual(
      [outcome.code, outcome.requestedMicros, outcome.budgetMicros],
      ['SCALED_DOWN', 3_000_000_000, 2_000_000_000],
    );
  });

  it('rises by what supply can add to what is spent', () => {
    const { campaign, where } = booked({}, { spentMicros: 40_000_000 });
    assert.equal(refused(campaign, 2_040_000_001, where).counterOfferMicros, 2_040_000_000);
    assert.equal(applied(campaign, 2_040_000_000, where).budgetMicros, 2_040_000_000);
  });

  it('sells no supply for leased money twice', () => {
    // What is leased has still to be served: it takes supply like any unspent money.
    const { campaign, where } = booked({}, { leases: [lease({ grantedMicros: 90_000_000 })] });
    assert.equal(refused(campaign, 3_000_000_000, where).counterOfferMicros, 2_000_000_000);
  });

  it('gives no part the supply that another part holds', () => {
    // s1 holds 40% of the cell from a time when s2 could not be served, and a neighbour has the rest.
    const parts = { budgetMicros: 800_000_000, subcampaigns: [order(), order({ subcampaignId: 's2' })] };
    const { campaign, entries } = booked(parts, { budgetMicros: 800_000_000 }, { budgetMicros: 0 });
    const [first, second] = campaign.subcampaigns;
    assert(first && second);
    const uneven = {
      ...campaign,
      subcampaigns: [
        { ...first, budgetMicros: 800_000_000 },
        { ...second, budgetMicros: 0 },
      ],
    };
    const neighbour = entry({ campaignId: 'c0', budgetMicros: 1_200_000_000 });
    const full = context([view({ pages: [page([...entries, neighbour])] })]);
    assert.equal(refused(uneven, 900_000_000, full).counterOfferMicros, 800_000_000);
  });

  it('falls in proportion while nothing is committed', () => {
    const { campaign, where } = booked(two);
    const outcome = applied(campaign, 50_000_001, where);
    assert.deepEqual(
      outcome.subcampaigns.map((sub) => sub.budgetMicros),
      [25_000_001, 25_000_000],
    );
    assert.equal(outcome.budgetMicros, 50_000_001);
  });

  it('falls to no less than is committed in each part while the whole allows it', () => {
    const { campaign, where } = booked(two, {
      spentMicros: 30_000_000,
      leases: [lease({ grantedMicros: 10_000_000 })],
    });
    const outcome = applied(campaign, 50_000_000, where);
    assert((outcome.subcampaigns[0]?.budgetMicros as number) >= 40_000_000);
    assert.equal(outcome.budgetMicros, 50_000_000);
    assert(outcome.subcampaigns.every((sub) => sub.shareMicros === undefined));
  });

  it('below what is committed it applies, and the budget stays at spent, in flight and leased', () => {
    const cohorts = [{ hourAtMs: START_MS, chargedMicros: 7_000_000, confirmedMicros: 2_000_000 }];
    const { campaign, where } = booked(
      two,
      { spentMicros: 30_000_000, cohorts, leases: [lease()] },
      { spentMicros: 1_000_000 },
    );
    const outcome = applied(campaign, 10_000_000, where);
    assert.deepEqual(
      [outcome.requestedMicros, outcome.budgetMicros, outcome.code],
      [10_000_000, 46_000_000, undefined],
    );
    assert.deepEqual(
      outcome.subcampaigns.map((sub) => sub.budgetMicros),
      [45_000_000, 1_000_000],
    );
    assert.equal(sumMicros(outcome.subcampaigns.map((sub) => sub.shareMicros ?? sub.budgetMicros)), 10_000_000);
  });

  it('cut to a micro it still bills what was spent', () => {
    const { campaign, where } = booked({}, { spentMicros: 50_000_000 });
    const { after } = decide(campaign, budgetChanged(1, 1), where);
    const [part] = after.subcampaigns;
    assert(part);
    assert.deepEqual([part.budgetMicros, part.shareMicros, billedMicros(part)], [50_000_000, 1, 50_000_000]);
    assert.deepEqual([after.requestedMicros, after.budgetMicros], [1, 50_000_000]);
  });

  it('bills no overrun: a change keeps what is committed inside the budget only', () => {
    const over = { spentMicros: 130_000_000, overrunMicros: 30_000_000, status: 'overrun' as const };
    for (const [micros, budgetMicros] of [
      [40_000_000, 100_000_000],
      [110_000_000, 110_000_000],
    ] as const) {
      const { campaign, where } = booked({}, over);
      const outcome = applied(campaign, micros, where);
      assert.deepEqual([outcome.requestedMicros, outcome.budgetMicros], [micros, budgetMicros]);
    }
    const { campaign, where } = booked(two, { ...over, spentMicros: 70_000_000 }, { spentMicros: 10_000_000 });
    assert.deepEqual(
      applied(campaign, 65_000_000, where).subcampaigns.map((sub) => sub.budgetMicros),
      [55_000_000, 10_000_000],
    );
  });

  it('after a cut below what is committed, a change up to that asks for no supply, and one beyond it does', () => {
    const neighbour = entry({ campaignId: 'c0', budgetMicros: 1_950_000_000 });
    const { campaign, entries } = booked(
      {},
      { spentMicros: 20_000_000, leases: [lease({ grantedMicros: 30_000_000 })] },
    );
    const { after } = decide(campaign, budgetChanged(1, 1), context([view({ pages: [page(entries)] })]));
    const cut = entries.map((one) => ({ ...one, budgetMicros: 50_000_000, shareMicros: 1 }));
    const full = context([view({ pages: [page([...cut, neighbour])] })]);
    const again = applied(after, 45_000_000, full);
    assert.deepEqual(
      [again.subcampaigns[0]?.budgetMicros, again.subcampaigns[0]?.shareMicros],
      [50_000_000, 45_000_000],
    );
    assert.equal(applied(after, 50_000_000, full).subcampaigns[0]?.shareMicros, undefined);
    assert.equal(refused(after, 80_000_001, full).counterOfferMicros, 70_000_000);
  });

  it('gives what others cannot take to a part that supply had nothing for when it was accepted', () => {
    const { campaign, where } = booked(two, { budgetMicros: 100_000_000 }, { budgetMicros: 0 });
    const [first, second] = campaign.subcampaigns;
    assert(first && second);
    const late = {
      ...campaign,
      subcampaigns: [
        { ...first, capMicros: 100_000_000 },
        { ...second, weightMicros: 0 },
      ],
    };
    const outcome = applied(late, 150_000_000, where);
    assert.deepEqual(
      [outcome.subcampaigns.map((sub) => sub.budgetMicros), outcome.escrowMicros],
      [[100_000_000, 50_000_000], 0],
    );
  });

  it('keeps locks, floors and caps on the way up', () => {
    const subcampaigns = [
      order({ subcampaignId: 'locked', lockMicros: 20_000_000 }),
      order({ subcampaignId: 'floored', floorMicros: 30_000_000 }),
      order({ subcampaignId: 'capped', capMicros: 10_000_000 }),
    ];
    const { campaign, where } = booked({ subcampaigns });
    const [locked, floored, capped] = applied(campaign, 200_000_000, where).subcampaigns.map((sub) => sub.budgetMicros);
    assert.deepEqual([locked, floored, capped], [20_000_000, 170_000_000, 10_000_000]);
  });

  it('is refused below its locks, and below its floors', () => {
    const locks = booked({ subcampaigns: [order({ lockMicros: 60_000_000 }), order({ subcampaignId: 's2' })] });
    const refusal = refused(locks.campaign, 59_999_999, locks.where);
    assert.deepEqual(
      [refusal.code, refusal.reason],
      ['LOCKS_INFEASIBLE', 'the locks add up to 60000000 micros, the budget is 59999999'],
    );
    const floors = booked({ subcampaigns: [order({ floorMicros: 60_000_000 }), order({ subcampaignId: 's2' })] });
    assert.equal(refused(floors.campaign, 59_999_999, floors.where).code, 'FLOORS_INFEASIBLE');
  });

  it('keeps what caps cannot take as escrow on the way up and takes it first on the way down', () => {
    const { campaign, where } = booked({ subcampaigns: [order({ capMicros: 60_000_000 })] });
    assert.equal(campaign.escrowMicros, 40_000_000);
    const up = applied(campaign, 120_000_000, where);
    assert.deepEqual([up.escrowMicros, up.subcampaigns[0]?.budgetMicros], [60_000_000, 60_000_000]);
    const down = applied(campaign, 70_000_000, where);
    assert.deepEqual([down.escrowMicros, down.subcampaigns[0]?.budgetMicros], [10_000_000, 60_000_000]);
  });

  it('never takes from an ended part what it is billed, however low the budget goes', () => {
    const { campaign, where } = booked(two, {}, { spentMicros: 45_000_000 });
    const ended = campaign.subcampaigns.map((sub, index) =>
      index === 0 ? { ...sub, status: 'ended' as const, spentMicros: 40_000_000 } : sub,
    );
    const outcome = applied({ ...campaign, subcampaigns: ended }, 60_000_000, where);
    assert.deepEqual(
      outcome.subcampaigns.map((sub) => [sub.budgetMicros, sub.shareMicros]),
      [
        [40_000_000, undefined],
        [45_000_000, 20_000_000],
      ],
    );
    assert.equal(refused({ ...campaign, subcampaigns: ended }, 39_999_999, where).code, 'LOCKS_INFEASIBLE');
  });

  it('is superseded by the version in force and by newer ones', () => {
    const campaign = campaignAfter([campaignCreated(), budgetChanged(110_000_000, 5)], context());
    for (const version of [4, 5]) {
      const { outcomes, after } = decide(campaign, budgetChanged(90_000_000, version, { eventId: 'late' }), context());
      assert.deepEqual(outcomes, [
        { type: 'change-superseded', tenantId: 't1', campaignId: 'c1', register: 'budget', version, currentVersion: 5 },
      ]);
      assert.equal(after, campaign);
    }
  });

  it('waits for a campaign that is still expected; the newest wait wins', () => {
    const campaign = campaignAfter(
      [budgetChanged(110_000_000, 5), budgetChanged(90_000_000, 4), budgetChanged(130_000_000, 6)],
      context(),
    );
    assert.equal(campaign.status, 'expected');
    assert.deepEqual(campaign.waitingBudget, { budgetMicros: 130_000_000, budgetVersion: 6 });
    assert.equal(campaign.budgetVersion, 0);
  });

  it('is refused for a campaign that is closing or ended, and after the flight', () => {
    const closing = campaignAfter([campaignCreated(), statusChanged('cancelled', 1)], context());
    for (const status of ['closing', 'ended'] as const) {
      const refusal = refused({ ...closing, status }, 90_000_000, context());
      assert.deepEqual(
        [refusal.code, refusal.reason],
        ['CAMPAIGN_CLOSED', `campaign c1 is ${status}: its budget cannot change`],
      );
    }
    const over = campaignAfter([campaignCreated()], context());
    const late = refused(over, 90_000_000, context([view()], START_MS + 2 * DAY_MS));
    assert.deepEqual([late.code, late.reason], ['FLIGHT_ENDED', 'the flight of campaign c1 is over']);
  });

  it('splits to the micro and inside every bound, up or down, whatever is committed', () => {
    const part = fc.record({
      floor: fc.nat(10_000_000),
      cap: fc.nat(60_000_000),
      spent: fc.nat(40_000_000),
      granted: fc.nat(9_000_000),
    });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 400_000_000 }),
        (parts, micros) => {
          const subcampaigns = parts.map(({ floor, cap }, index) =>
            order({ subcampaignId: `s${index}`, floorMicros: floor, capMicros: floor + cap }),
          );
          const own = parts.map(({ spent, granted }) => ({
            spentMicros: spent,
            leases: [lease({ grantedMicros: granted })],
          }));
          const { campaign, where, entries } = booked({ subcampaigns }, ...own);
          const [outcome] = decide(campaign, budgetChanged(micros, 1), where).outcomes;
          if (outcome?.type !== 'budget-applied') return;
          const committed = entries.map((entry) => {
            const { spentMicros, inFlightMicros, leasedMicros } = entryNumbers(entry);
            return spentMicros + inFlightMicros + leasedMicros;
          });
          const shares = outcome.subcampaigns.map((sub) => sub.shareMicros ?? sub.budgetMicros);
          assert.equal(sumMicros(shares) + outcome.escrowMicros, micros);
          const budgets = outcome.subcampaigns.map((sub) => sub.budgetMicros);
          assert.equal(sumMicros(budgets) + outcome.escrowMicros, outcome.budgetMicros);
          budgets.forEach((budget, index) => {
            const before = entries[index] as BookEntry;
            const kept = Math.min(committed[index] as number, before.budgetMicros);
            assert.equal(budget, Math.max(shares[index] as number, kept));
            assert(billedMicros({ ...before, budgetMicros: budget }) >= billedMicros(before));
          });
          if (sumMicros(committed) <= micros)
            shares.forEach((share, index) => assert(share >= (committed[index] as number)));
        },
      ),
    );
  });
});
