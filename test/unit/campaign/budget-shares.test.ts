import assert from 'node:assert/strict';
import { applied, booked, refused, two } from '../../support/budgets.ts';
import { entry, lease } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { context, page, view } from '../../support/markets.ts';
import type { Campaign } from '../../../shared/contracts/documents.ts';

/** All that two days of SE can sell. */
const ALL_MICROS = 2_000_000_000;

/** The campaign after its first part ended with this much spent. */
function withFirstEnded(campaign: Campaign, spentMicros: number): Campaign {
  const [first, ...others] = campaign.subcampaigns;
  assert(first);
  return { ...campaign, subcampaigns: [{ ...first, status: 'ended', spentMicros }, ...others] };
}

function budgetsOf({ subcampaigns }: { subcampaigns: readonly { budgetMicros: number }[] }): number[] {
  return subcampaigns.map(({ budgetMicros }) => budgetMicros);
}

describe('the shares of a changed budget', () => {
  it('leave what an ended part did not spend as escrow, until a raise asks supply for it', () => {
    const { campaign, where } = booked(two);
    const ended = withFirstEnded(campaign, 40_000_000);
    for (const micros of [100_000_000, 99_000_000]) {
      const outcome = applied(ended, micros, where);
      assert.deepEqual([budgetsOf(outcome), outcome.escrowMicros], [[40_000_000, 50_000_000], micros - 90_000_000]);
    }
    assert.deepEqual(budgetsOf(applied(ended, 100_000_001, where)), [40_000_000, 60_000_001]);
  });

  it('need no book of a market in which only an ended part was', () => {
    const { campaign, entries } = booked(two);
    const ended = withFirstEnded(campaign, 40_000_000);
    const [first, second] = ended.subcampaigns;
    assert(first && second);
    const abroad = { ...ended, subcampaigns: [{ ...first, market: 'NO' }, second] };
    const where = context([view({ pages: [page(entries.slice(1))] })]);
    assert.deepEqual(budgetsOf(applied(abroad, 120_000_000, where)), [40_000_000, 80_000_000]);
  });

  it('are held to what is committed in the campaign’s own entries, on its own page', () => {
    const { campaign, entries } = booked();
    const [own] = entries;
    const [sub] = campaign.subcampaigns;
    assert(own && sub);
    const stranger = { ...own, campaignId: 'c0', spentMicros: 90_000_000 };
    const beside = context([view({ pages: [page([stranger, own])] })]);
    assert.deepEqual(budgetsOf(applied(campaign, 10_000_000, beside)), [10_000_000]);
    const pages = [page([own]), page([{ ...own, spentMicros: 50_000_000 }], { page: 'p01' })];
    const moved = { ...campaign, subcampaigns: [{ ...sub, page: 'p01' }] };
    assert.deepEqual(budgetsOf(applied(moved, 10_000_000, context([view({ pages })]))), [50_000_000]);
  });

  it('rise beyond an overrun by what supply can add to it', () => {
    const over = { spentMicros: 130_000_000, overrunMicros: 30_000_000, status: 'overrun' as const };
    const { campaign, where } = booked({}, over);
    const refusal = refused(campaign, 3_000_000_000, where);
    assert.deepEqual(
      [refusal.code, refusal.reason, refusal.counterOfferMicros],
      [
        'SUPPLY_SHORT',
        'supply is there for 2130000000 of 3000000000 micros; scarce: casual on home in SE, 2026-03-02 to 2026-03-03',
        130_000_000 + ALL_MICROS,
      ],
    );
  });

  it('do not rise where supply can add nothing, even of a campaign that would scale down', () => {
    const { campaign, entries } = booked({ ifShort: 'scale-down' });
    const neighbour = entry({ campaignId: 'c0', budgetMicros: ALL_MICROS - 100_000_000 });
    const full = context([view({ pages: [page([...entries, neighbour])] })]);
    const refusal = refused(campaign, 100_000_001, full);
    assert.deepEqual([refusal.code, refusal.counterOfferMicros], ['SUPPLY_SHORT', 100_000_000]);
  });

  it('cover overruns in proportion where the budget covers some of them', () => {
    const { campaign, where } = booked(
      two,
      { spentMicros: 70_000_000, overrunMicros: 20_000_000 },
      { spentMicros: 60_000_000, overrunMicros: 10_000_000 },
    );
    assert.deepEqual(budgetsOf(applied(campaign, 115_000_000, where)), [60_000_000, 55_000_000]);
  });

  it('cover what was paid for in proportion where the budget covers some of that', () => {
    const { campaign, where } = booked(two, { spentMicros: 10_000_000 }, { spentMicros: 30_000_000 });
    const { subcampaigns } = applied(campaign, 20_000_000, where);
    assert.deepEqual(
      subcampaigns.map(({ budgetMicros, shareMicros }) => [budgetMicros, shareMicros]),
      [
        [10_000_000, 5_000_000],
        [30_000_000, 15_000_000],
      ],
    );
  });

  it('give a floor what commitments leave of the budget', () => {
    const subcampaigns = [order({ floorMicros: 60_000_000 }), order({ subcampaignId: 's2' })];
    const { campaign, where } = booked({ subcampaigns }, {}, { leases: [lease({ grantedMicros: 30_000_000 })] });
    const outcome = applied(campaign, 80_000_000, where);
    assert.deepEqual([budgetsOf(outcome), outcome.escrowMicros], [[50_000_000, 30_000_000], 0]);
  });
});
