import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CampaignContext } from '../../../shared/campaign/campaign-state.ts';
import { accruedMicros, committedMicros, leasedMicros } from '../../../shared/campaign/entry-money.ts';
import { rebalance } from '../../../shared/campaign/rebalance.ts';
import type { Campaign, SupplyDay } from '../../../shared/contracts/documents.ts';
import { sumMicros } from '../../../shared/contracts/micros.ts';
import type { BudgetApplied } from '../../../shared/contracts/outcomes.ts';
import { oversold, type Wanting } from '../../../emulators/supply-fit.ts';
import { decide } from '../../support/campaigns.ts';
import { entry, lease } from '../../support/entries.ts';
import { order, rebalanced, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, context, supplyDays } from '../../support/markets.ts';
import { afterRebalance, running, twoMarkets, type Running } from '../../support/running-campaigns.ts';
import { runningIn, runningWorld } from '../../support/running-worlds.ts';

const NOTHING = new Map<string, SupplyDay>();
const STEP = 150_000_000;

/** The budgets after a rebalance and their escrow; undefined where nothing changes. */
function splitOf(given: Running): number[] | undefined {
  const { campaign, where } = running(given);
  const [outcome] = decide(campaign, rebalanced(), where).outcomes;
  if (!outcome) return undefined;
  assert(outcome.type === 'budget-applied');
  return [...outcome.subcampaigns.map((sub) => sub.budgetMicros), outcome.escrowMicros];
}

describe('a campaign is split anew', () => {
  it('with a tenth of its budget at a time from where supply is short to where it is not', () => {
    const { campaign, where } = running({ supply: { SE: NOTHING } });
    assert.deepEqual(decide(campaign, rebalanced(), where).outcomes, [
      {
        type: 'budget-applied',
        tenantId: 't1',
        campaignId: 'c1',
        budgetVersion: 0,
        splitVersion: 2,
        requestedMicros: 1_500_000_000,
        budgetMicros: 1_500_000_000,
        escrowMicros: 0,
        code: 'REBALANCED',
        subcampaigns: [
          { subcampaignId: 's1', market: 'SE', budgetMicros: 750_000_000 - STEP },
          { subcampaignId: 's2', market: 'NO', budgetMicros: 750_000_000 + STEP },
        ],
      },
    ]);
  });

  it('keeps what is spent, in flight and leased', () => {
    const cohorts = [{ hourAtMs: START_MS, chargedMicros: 70_000_000, confirmedMicros: 20_000_000 }];
    const leases = [lease({ grantedMicros: 40_000_000 })];
    const own = [{ spentMicros: 600_000_000, cohorts, leases }];
    assert.deepEqual(splitOf({ own, supply: { SE: NOTHING } }), [690_000_000, 810_000_000, 0]);
  });

  it('sees that supply which leases will use delivers nothing more', () => {
    // Supply for 400 is left, 350 of it leased: of 400 that are free nobody gets 350.
    const supply = { SE: supplyDays(1, { cells: [cell({ q50: 40_000 })] }) };
    const own = [{ leases: [lease({ grantedMicros: 350_000_000 })] }];
    assert.deepEqual(splitOf({ own, supply }), [600_000_000, 900_000_000, 0]);
  });

  it('keeps floors, caps and locks', () => {
    const parts = (own: object, others: object) => ({
      subcampaigns: [order(own), order({ subcampaignId: 's2', market: 'NO', ...others })],
    });
    const dry = { supply: { SE: NOTHING } };
    assert.deepEqual(splitOf({ ...dry, data: parts({ floorMicros: 700_000_000 }, {}) }), [700_000_000, 800_000_000, 0]);
    assert.deepEqual(splitOf({ ...dry, data: parts({}, { capMicros: 760_000_000 }) }), [740_000_000, 760_000_000, 0]);
    assert.equal(splitOf({ ...dry, data: parts({ lockMicros: 750_000_000 }, {}) }), undefined);
    assert.equal(splitOf({ ...dry, data: parts({}, { lockMicros: 750_000_000 }) }), undefined);
  });

  it('uses escrow before it takes from anybody', () => {
    const { campaign, where } = running({
      own: [{ budgetMicros: 600_000_000 }, { budgetMicros: 600_000_000 }],
      supply: { SE: NOTHING },
    });
    const spare = { ...campaign, budgetMicros: 1_500_000_000, escrowMicros: 300_000_000 };
    const outcome = rebalance(spare, where);
    assert.deepEqual(
      outcome?.subcampaigns.map((sub) => sub.budgetMicros),
      [600_000_000, 600_000_000 + STEP],
    );
    assert.equal(outcome?.escrowMicros, 300_000_000 - STEP);
  });

  it('gives nobody what was sold to others, nor what siblings in the same cells would share', () => {
    // What is left in NO beside the 750 is 100.
    const others = { NO: [entry({ campaignId: 'c0', budgetMicros: 1_150_000_000 })] };
    assert.deepEqual(splitOf({ others, supply: { SE: NOTHING } }), [650_000_000, 850_000_000, 0]);
    const siblings = {
      subcampaigns: [order(), ...['s2', 's3'].map((subcampaignId) => order({ subcampaignId, market: 'NO' }))],
    };
    const split = splitOf({
      data: siblings,
      own: [{}, { budgetMicros: 375_000_000 }, { budgetMicros: 375_000_000 }],
      others,
      supply: { SE: NOTHING },
    });
    assert.equal((split?.[1] as number) + (split?.[2] as number), 850_000_000);
  });

  it('leaves an ended part its bill and hands on what it did not spend', () => {
    const { campaign, where } = running({});
    const [first, second] = campaign.subcampaigns;
    assert(first && second);
    const ended = {
      ...campaign,
      subcampaigns: [{ ...first, status: 'ended' as const, spentMicros: 700_000_000 }, second],
    };
    const outcome = rebalance(ended, where);
    assert.deepEqual(
      outcome?.subcampaigns.map((sub) => sub.budgetMicros),
      [700_000_000, 800_000_000],
    );
    for (const spentMicros of [750_000_000, 900_000_000]) {
      const billed: Campaign = {
        ...ended,
        subcampaigns: [{ ...first, status: 'ended' as const, spentMicros }, second],
      };
      assert.equal(rebalance(billed, where), undefined, 'one live part and nothing to hand on');
    }
  });

  it('gives nothing to a part that an overrun has stopped', () => {
    assert.equal(splitOf({ own: [{}, { status: 'overrun' }], supply: { SE: NOTHING } }), undefined);
  });

  it('pays with it for nothing that was served past a budget', () => {
    // Late clicks cost more than was expected: 780 are spent or leased of 750.
    const past = { spentMicros: 740_000_000, leases: [lease({ grantedMicros: 40_000_000 })] };
    assert.equal(splitOf({ own: [{}, past], supply: { SE: NOTHING } }), undefined);
    const inside = { spentMicros: 740_000_000, leases: [lease({ grantedMicros: 10_000_000 })] };
    assert.deepEqual(splitOf({ own: [{}, inside], supply: { SE: NOTHING } }), [600_000_000, 900_000_000, 0]);
  });

  it('gives a sibling no supply that is leased, also past a budget', () => {
    const subcampaigns = [order(), ...['s2', 's3'].map((subcampaignId) => order({ subcampaignId, market: 'NO' }))];
    const leased = {
      budgetMicros: 375_000_000,
      spentMicros: 375_000_000,
      leases: [lease({ grantedMicros: 60_000_000 })],
    };
    const others = { NO: [entry({ campaignId: 'c0', budgetMicros: 1_500_000_000 })] };
    const own = [{ budgetMicros: 750_000_000 }, leased, { budgetMicros: 375_000_000 }];
    // 2,000 less 1,500 of others, 60 leased and 375 of its own.
    assert.deepEqual(
      splitOf({ data: { subcampaigns }, own, others, supply: { SE: NOTHING } }),
      [685_000_000, 375_000_000, 440_000_000, 0],
    );
  });

  it('from its first micro on, and with all that money holds', () => {
    const huge = { SE: supplyDays(2, { cells: [cell({ q50: Number.MAX_SAFE_INTEGER })] }) };
    for (const budgetMicros of [1, 2, 3, 19]) {
      const split = splitOf({ data: { budgetMicros }, supply: { SE: NOTHING } });
      if (split) assert.equal(sumMicros(split), budgetMicros);
    }
    const dear = {
      budgetMicros: Number.MAX_SAFE_INTEGER,
      subcampaigns: twoMarkets.map((one) => ({ ...one, clickPriceMicros: 2 ** 40 })),
    };
    const split = splitOf({ data: dear, booked: [cell({ q50: 2 ** 46 })], supply: { ...huge, NO: NOTHING } });
    assert.equal(sumMicros(split as number[]), Number.MAX_SAFE_INTEGER);
  });

  it('also where the forecast that it was accepted with had its first decile above its median', () => {
    const booked = [cell({ q50: 100_000, q10: 300_000 })];
    assert.deepEqual(splitOf({ booked, supply: { SE: NOTHING } }), [600_000_000, 900_000_000, 0]);
  });
});

describe('a campaign stays as it is split', () => {
  const dry = { supply: { SE: NOTHING } };

  for (const status of ['paused', 'cancelled', 'completed'] as const) {
    it(`when it is ${status}`, () => {
      const { campaign, where } = running(dry);
      assert.notEqual(rebalance(campaign, where), undefined);
      const { after } = decide(campaign, statusChanged(status, 1), where);
      assert.deepEqual(decide(after, rebalanced(), where).outcomes, []);
    });
  }

  it('when it has ended, and when nobody has created it yet', () => {
    const { campaign, where } = running(dry);
    assert.equal(rebalance({ ...campaign, status: 'ended' }, where), undefined);
    const { terms: _terms, ...unknown } = campaign;
    assert.equal(rebalance({ ...unknown, status: 'expected', subcampaigns: [] }, where), undefined);
  });

  it('after its flight', () => {
    const { campaign, where } = running({});
    const late = { ...dry, nowMs: START_MS + DAY_MS };
    assert.notEqual(splitOf(late), undefined);
    assert.equal(rebalance(campaign, context([...where.markets.values()], START_MS + 2 * DAY_MS)), undefined);
  });

  it('while a cut of its budget has still to fall', () => {
    const falling = { spentMicros: 100_000_000, shareMicros: 700_000_000 };
    assert.equal(splitOf({ ...dry, own: [falling] }), undefined);
    assert.notEqual(splitOf({ ...dry, own: [{ spentMicros: 100_000_000 }] }), undefined);
  });

  it('with one part alone', () => {
    assert.equal(splitOf({ data: { subcampaigns: [order()] }, supply: { SE: NOTHING } }), undefined);
  });

  it('where less than a hundredth more would be delivered', () => {
    // Certain supply that is short of 750 by a little, where nothing is spent: 1,500 are expected, and then some more.
    const shortBy = (micros: number) => ({
      SE: supplyDays(1, { cells: [cell({ q50: (750_000_000 - micros) / 10_000 })] }),
    });
    assert.equal(splitOf({ supply: shortBy(14_000_000) }), undefined);
    assert.notEqual(splitOf({ supply: shortBy(16_000_000) }), undefined);
  });

  it('where its escrow is less than that', () => {
    const withEscrow = (micros: number) => {
      const { campaign, where } = running({ own: [{ budgetMicros: 750_000_000 - micros }] });
      return rebalance({ ...campaign, budgetMicros: 1_500_000_000, escrowMicros: micros }, where)?.escrowMicros;
    };
    assert.deepEqual([withEscrow(14_000_000), withEscrow(16_000_000)], [undefined, 0]);
  });

  it('where no other part can deliver more', () => {
    const full = { NO: [entry({ campaignId: 'c0', budgetMicros: 1_250_000_000 })] };
    assert.equal(splitOf({ ...dry, others: full }), undefined);
    assert.equal(splitOf({ supply: { SE: NOTHING, NO: NOTHING } }), undefined);
    assert.equal(splitOf({}), undefined, 'all of it is delivered as it is');
  });
});

describe('splitting anew whatever the books', () => {
  /** What is sold in a market, by what is left to serve of it. */
  function wanted(where: CampaignContext, name: string): Wanting[] {
    return (where.markets.get(name)?.pages ?? []).flatMap(({ entries }) =>
      entries
        .filter(({ status }) => status !== 'closing')
        .map((one) => ({
          ...one,
          key: `${one.campaignId}/${one.subcampaignId}`,
          priceMicros: one.clickPriceMicros,
          remainingMicros: Math.max(leasedMicros(one), one.budgetMicros - accruedMicros(one)),
        })),
    );
  }

  it('is exact to the micro, inside every bound, and never more than supply delivers beside everything sold', () => {
    let splits = 0;
    fc.assert(
      fc.property(runningWorld, (drawn) => {
        const { campaign, where } = runningIn(drawn);
        const [outcome] = decide(campaign, rebalanced(), where).outcomes;
        if (!outcome) return;
        assert(outcome.type === 'budget-applied');
        splits += 1;
        assert.equal(
          sumMicros([outcome.escrowMicros, ...outcome.subcampaigns.map((sub) => sub.budgetMicros)]),
          campaign.budgetMicros,
        );
        assert.deepEqual(
          [outcome.budgetMicros, outcome.requestedMicros],
          [campaign.budgetMicros, campaign.requestedMicros],
        );
        const entries = new Map(
          [...where.markets.values()]
            .flatMap(({ pages }) => pages.flatMap((known) => known.entries))
            .filter((one) => one.campaignId === 'c1')
            .map((one) => [one.subcampaignId, one]),
        );
        campaign.subcampaigns.forEach((sub, index) => {
          const { budgetMicros, shareMicros } = outcome.subcampaigns[index] as BudgetApplied['subcampaigns'][number];
          const held = entries.get(sub.subcampaignId);
          const kept = Math.min(sub.budgetMicros, held ? committedMicros(held) : sub.spentMicros);
          const floor = Math.min(sub.budgetMicros, sub.lockMicros ?? sub.floorMicros ?? 0);
          const cap = Math.max(sub.budgetMicros, sub.lockMicros ?? sub.capMicros ?? Infinity);
          assert.equal(shareMicros, undefined);
          assert(budgetMicros >= kept, `${sub.subcampaignId}: ${budgetMicros} of ${kept} committed`);
          assert(
            budgetMicros >= (sub.status === 'ended' ? 0 : floor) && budgetMicros <= cap,
            `${sub.subcampaignId}: ${budgetMicros} not in ${floor} to ${cap}`,
          );
          assert(
            Math.abs(budgetMicros - sub.budgetMicros) <= campaign.budgetMicros / 10,
            `${sub.subcampaignId} moves too far`,
          );
          if (sub.status !== 'active')
            assert(budgetMicros <= sub.budgetMicros, `${sub.subcampaignId} is ${sub.status} and gains`);
        });
        const after = afterRebalance(campaign, where, outcome);
        for (const [name, { supply }] of where.markets) {
          assert.equal(
            oversold(wanted(where, name), wanted(after.where, name), [...supply.values()], where.nowMs),
            undefined,
          );
        }
      }),
      { numRuns: 400 },
    );
    assert(splits > 15, `${splits} of 400 were split anew`);
  });

  it('settles: no more than a few hours move money, and then nothing does', () => {
    let moves = 0;
    fc.assert(
      fc.property(runningWorld, (drawn) => {
        let { campaign, where } = runningIn(drawn);
        for (let hour = 0; hour < 30; hour++) {
          const outcome = rebalance(campaign, where);
          if (!outcome) return;
          moves += 1;
          ({ campaign, where } = afterRebalance(campaign, where, outcome));
        }
        assert.fail(`30 rebalances and no end: ${campaign.subcampaigns.map((sub) => sub.budgetMicros).join()}`);
      }),
      { numRuns: 200 },
    );
    assert(moves > 15, `${moves} moves`);
  });

  it('depends neither on the order of markets nor on that of pages and entries', () => {
    fc.assert(
      fc.property(runningWorld, (drawn) => {
        const { campaign, where } = runningIn(drawn);
        const reversed = [...where.markets].reverse().map(([name, one]) => {
          const pages = one.pages.map((known) => ({ ...known, entries: known.entries.toReversed() }));
          return [name, { ...one, pages, supply: new Map([...one.supply].reverse()) }] as const;
        });
        assert.deepEqual(rebalance(campaign, { ...where, markets: new Map(reversed) }), rebalance(campaign, where));
      }),
      { numRuns: 200 },
    );
  });
});
