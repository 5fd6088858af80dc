import assert from 'node:assert/strict';
import { foldRows } from '../../../shared/reconcile/fold-rows.ts';
import type { Outcome } from '../../../shared/contracts/outcomes.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { budgetChanged, campaignCreated, order, rebalanced } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';
import { campaignOf, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

const c1 = { tenantId: 't1', campaignId: 'c1' };

/** A campaign in two markets that is split anew twice before and twice after its owner changes the budget. */
async function rebalancedCampaign() {
  const store = await seededStore({ markets: ['SE', 'NO'] });
  const outcomes: Outcome[] = [];
  const subcampaigns = [order(), order({ subcampaignId: 's2', market: 'NO' })];
  const decide = async (event: Parameters<typeof persist>[1]) => {
    const { entry } = await persist(store, event);
    outcomes.push(...entry.outcomes);
    return entry.outcomes.length;
  };
  await decide(campaignCreated({ subcampaigns, budgetMicros: 1_500_000_000 }));
  const dry = { market: 'SE', cells: [cell({ segment: 'fan' })] };
  await persistSupply(store, 'SE', [supplyDay(START_MS, dry), supplyDay(START_MS + DAY_MS, dry)]);
  const splits = [
    await decide(rebalanced({ eventId: 'first' })),
    await decide(rebalanced({ eventId: 'second' })),
    await decide(budgetChanged(1_400_000_000, 1)),
    await decide(rebalanced({ eventId: 'third' })),
    await decide(rebalanced({ eventId: 'fourth' })),
  ];
  assert.deepEqual(splits, [1, 1, 1, 1, 1]);
  return { store, outcomes };
}

describe('the rows of a campaign', () => {
  it('fold to what is stored in whatever order they come, every rebalance in its place', async () => {
    const { store, outcomes } = await rebalancedCampaign();
    const stored = await campaignOf(store);
    assert.equal(stored.splitVersion, 6);
    const orders = [outcomes, outcomes.toReversed(), outcomes.map((_, index) => outcomes[(index * 5) % 6] as Outcome)];
    for (const rows of orders) {
      for (const folded of foldRows(c1, rows, [])) assert.deepEqual(folded, stored);
    }
  });

  it('are the same with copies of rows', async () => {
    const { store, outcomes } = await rebalancedCampaign();
    const [folded] = foldRows(c1, [...outcomes, ...outcomes.toReversed()], []);
    assert.deepEqual(folded, await campaignOf(store));
  });

  it('show a lost rebalance as another split', async () => {
    const { store, outcomes } = await rebalancedCampaign();
    const [folded] = foldRows(c1, outcomes.slice(0, -1), []);
    const stored = await campaignOf(store);
    assert.notDeepEqual(folded.subcampaigns, stored.subcampaigns);
    assert.equal(folded.splitVersion, stored.splitVersion - 1);
  });

  it('fold to an ended campaign that was split anew before its parts ended', async () => {
    const { store, outcomes } = await rebalancedCampaign();
    for (const [index, name] of ['SE', 'NO'].entries()) {
      const { written } = await tick(store, START_MS + 2 * DAY_MS + index * TICK_MS, name);
      outcomes.push(
        ...written.flatMap(({ entry }) => entry.outcomes).filter(({ type }) => type === 'subcampaign-ended'),
      );
    }
    const stored = await campaignOf(store);
    assert.equal(stored.status, 'ended');
    const [folded] = foldRows(c1, outcomes.toReversed(), []);
    assert.deepEqual(folded, stored);
  });
});
