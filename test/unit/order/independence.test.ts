import assert from 'node:assert/strict';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { campaignOf, entriesOf, file, persist, tick } from '../../support/persisting.ts';
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

  /** The parts of a campaign of 100 of which one has spent and the other has not, after these changes. */
  async function afterSpending(changes: readonly CampaignEvent[]): Promise<number[]> {
    const store = await seededStore();
    await persist(store, campaignCreated({ subcampaigns: [order(), order({ subcampaignId: 's2' })] }));
    const lines = [line({ clicks: 40, chargedMicros: 20_000_000 })];
    await file(store, deliveryReported('r', { lines, opportunities: [] }));
    await tick(store, START_MS + TICK_MS);
    for (const change of changes) await persist(store, change, START_MS + TICK_MS);
    return (await entriesOf(store)).map(({ budgetMicros }) => budgetMicros);
  }

  it('does not depend on the order of two changes in mid-flight', async () => {
    const [raise, cut] = [budgetChanged(150_000_000, 1), budgetChanged(90_000_001, 2)];
    assert.deepEqual(await afterSpending([raise, cut]), [45_000_001, 45_000_000]);
    assert.deepEqual(await afterSpending([cut, raise]), [45_000_001, 45_000_000]);
  });

  it('does not depend on the order of two changes by a few micros', async () => {
    const parts = [300_000, 700_001, 500_000].map((clickPriceMicros, index) =>
      order({ subcampaignId: `s${index}`, clickPriceMicros }),
    );
    for (let micros = 10_000_000; micros < 10_000_050; micros++) {
      const after = async (changes: readonly CampaignEvent[]) => {
        const store = await seededStore();
        await persist(store, campaignCreated({ subcampaigns: parts }));
        for (const change of changes) await persist(store, change);
        return (await entriesOf(store)).map(({ budgetMicros }) => budgetMicros);
      };
      const [first, second] = [budgetChanged(micros + 1, 1), budgetChanged(micros, 2)];
      assert.deepEqual(await after([first, second]), await after([second, first]), `${micros} micros`);
    }
  });
});
