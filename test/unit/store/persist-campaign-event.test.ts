import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { budgetChanged, campaignCreated, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { campaignOf, entriesOf, marketOf, persist, types } from '../../support/persisting.ts';
import { seededStore, snapshotOf, withLostAnswers } from '../../support/stores.ts';

describe('persisting a campaign event', () => {
  it('writes campaign, owner, page, market and ledger together', async () => {
    const store = await seededStore();
    const { ref, entry, isDuplicate } = await persist(store, campaignCreated());
    assert.equal(isDuplicate, false);
    assert.deepEqual([entry.result, types(entry), entry.undrained], ['applied', ['campaign-accepted'], true]);
    const [ledger, owner] = await store.read([ref, refs.owner('c1')]);
    assert.deepEqual(ledger, entry);
    assert.deepEqual(owner, { schemaVersion: 1, campaignId: 'c1', tenantId: 't1' });
    assert.equal((await campaignOf(store)).budgetMicros, 100_000_000);
    assert.deepEqual(
      (await entriesOf(store)).map(({ budgetMicros, status }) => [budgetMicros, status]),
      [[100_000_000, 'active']],
    );
    const { bookVersion, pages } = await marketOf(store);
    assert.equal(bookVersion, 1);
    assert.deepEqual([pages.length, pages[0]?.entries], [1, 1]);
  });

  it('answers the same event again from the ledger, changing nothing', async () => {
    const store = await seededStore();
    const first = await persist(store, campaignCreated());
    const before = await snapshotOf(store, ['SE'], ['c1']);
    const again = await persist(store, campaignCreated(), START_MS + DAY_MS);
    assert.deepEqual(again, { ...first, isDuplicate: true });
    assert.deepEqual(await snapshotOf(store, ['SE'], ['c1']), before);
  });

  it('refuses another payload under a used id, and a replay of it stays refused', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await persist(store, budgetChanged(110_000_000, 1, { eventId: 'e' }));
    const before = await snapshotOf(store, ['SE'], ['c1']);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(persist(store, budgetChanged(120_000_000, 2, { eventId: 'e' })), {
        code: 'EVENT_CONFLICT',
        message: 'this event id was used by another payload: publish the change under an id of its own',
      });
    }
    assert.deepEqual(await snapshotOf(store, ['SE'], ['c1']), before);
  });

  it('two tenants may use one event id', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated({}, { eventId: 'e' }));
    const other = await persist(store, campaignCreated({ campaignId: 'c2' }, { eventId: 'e', tenantId: 't2' }));
    assert.deepEqual([other.isDuplicate, other.entry.result], [false, 'applied']);
  });

  it('refuses every event of another tenant on a campaign', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    const before = await snapshotOf(store, ['SE'], ['c1']);
    const strangers = [
      campaignCreated({}, { tenantId: 't2' }),
      budgetChanged(1, 9, { tenantId: 't2' }),
      statusChanged('cancelled', 9, { tenantId: 't2' }),
    ];
    for (const event of strangers) {
      await assert.rejects(persist(store, event), {
        code: 'TENANT_MISMATCH',
        message: 'this campaign belongs to another tenant',
      });
    }
    assert.deepEqual(await snapshotOf(store, ['SE'], ['c1']), before);
  });

  it('a change that waited does not take an id from the tenant whose campaign is accepted under it', async () => {
    const store = await seededStore();
    await persist(store, budgetChanged(1, 9, { tenantId: 't2' }));
    await persist(store, campaignCreated());
    for (const event of [campaignCreated({}, { tenantId: 't2' }), budgetChanged(2, 10, { tenantId: 't2' })]) {
      await assert.rejects(persist(store, event), { code: 'TENANT_MISMATCH' });
    }
    assert.equal((await entriesOf(store)).length, 1);
  });

  it('two campaigns at once cannot both win the last listeners', async () => {
    const store = await seededStore();
    const budgetMicros = 1_500_000_000;
    const both = await Promise.all([
      persist(store, campaignCreated({ campaignId: 'c1', budgetMicros })),
      persist(store, campaignCreated({ campaignId: 'c2', budgetMicros })),
    ]);
    assert.deepEqual(both.map(({ entry }) => entry.result).sort(), ['applied', 'refused']);
    assert.equal((await entriesOf(store)).length, 1);
  });

  it('cancelling frees supply at once: another campaign can be accepted', async () => {
    const store = await seededStore();
    const budgetMicros = 2_000_000_000;
    await persist(store, campaignCreated({ campaignId: 'c1', budgetMicros }));
    assert.equal((await persist(store, campaignCreated({ campaignId: 'c2', budgetMicros }))).entry.result, 'refused');
    await persist(store, statusChanged('cancelled', 1));
    const again = campaignCreated({ campaignId: 'c2', budgetMicros }, { eventId: 'again' });
    assert.equal((await persist(store, again)).entry.result, 'applied');
  });

  it('pausing frees none', async () => {
    const store = await seededStore();
    const budgetMicros = 2_000_000_000;
    await persist(store, campaignCreated({ budgetMicros }));
    await persist(store, statusChanged('paused', 1));
    assert.equal(
      (await persist(store, campaignCreated({ campaignId: 'c2', budgetMicros: 1 }))).entry.result,
      'refused',
    );
  });

  it('a refused campaign leaves nothing but its ledger entry', async () => {
    const store = await seededStore();
    const { entry, ref } = await persist(store, campaignCreated({ budgetMicros: 3_000_000_000 }));
    assert.deepEqual([entry.result, types(entry)], ['refused', ['campaign-refused']]);
    assert.deepEqual((await store.read([ref]))[0], entry);
    assert.deepEqual(await store.read([refs.campaign('t1', 'c1'), refs.owner('c1')]), [undefined, undefined]);
    assert.equal((await marketOf(store)).bookVersion, 0);
  });

  it('a superseded change writes its ledger entry only', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await persist(store, budgetChanged(110_000_000, 2));
    const before = await snapshotOf(store, ['SE'], ['c1']);
    assert.equal((await persist(store, budgetChanged(90_000_000, 1))).entry.result, 'superseded');
    assert.deepEqual(await snapshotOf(store, ['SE'], ['c1']), before);
  });

  it('decides a month over 15 markets of which a day each is forecast', async () => {
    const markets = Array.from({ length: 15 }, (_, index) => `M${index}`);
    const store = await seededStore({ markets, days: 1 });
    const subcampaigns = markets.map((market, index) => order({ subcampaignId: `s${index}`, market }));
    const { entry } = await persist(store, campaignCreated({ subcampaigns, endAtMs: START_MS + 31 * DAY_MS }));
    assert.equal(entry.result, 'applied');
  });

  it('a commit whose answer is lost changes nothing twice', async () => {
    const events: CampaignEvent[] = [
      budgetChanged(120_000_000, 1),
      campaignCreated(),
      budgetChanged(80_000_000, 2),
      statusChanged('paused', 1),
      budgetChanged(9_000_000_000, 3),
    ];
    const [once, twice] = [await seededStore(), await seededStore()];
    for (const event of events) {
      await persist(once, event);
      assert.equal((await persist(withLostAnswers(twice), event)).isDuplicate, true);
    }
    assert.deepEqual(await snapshotOf(twice, ['SE'], ['c1']), await snapshotOf(once, ['SE'], ['c1']));
    assert.deepEqual(await twice.undrained(100), await once.undrained(100));
  });

  it('changes and copies of them come to the same whatever the order, without contention and refusals', async () => {
    const base: CampaignEvent[] = [
      campaignCreated({ subcampaigns: [order(), order({ subcampaignId: 's2' })] }),
      budgetChanged(110_000_000, 1),
      budgetChanged(60_000_000, 2),
      budgetChanged(90_000_001, 3),
      statusChanged('paused', 1),
      statusChanged('active', 2),
      statusChanged('paused', 3),
    ];
    const orders = fc.shuffledSubarray([...base, ...base], { minLength: 2 * base.length });
    await fc.assert(
      fc.asyncProperty(orders, async (events) => {
        const store = await seededStore();
        for (const event of events) await persist(store, event);
        const campaign = await campaignOf(store);
        assert.deepEqual(
          [
            campaign.status,
            campaign.statusVersion,
            campaign.budgetVersion,
            campaign.requestedMicros,
            campaign.budgetMicros,
            campaign.effectiveMicros,
          ],
          ['paused', 3, 3, 90_000_001, 90_000_001, 90_000_001],
        );
        const entries = await entriesOf(store);
        assert.deepEqual(
          entries.map(({ subcampaignId, status, budgetMicros }) => ({ subcampaignId, status, budgetMicros })),
          campaign.subcampaigns.map(({ subcampaignId, status, budgetMicros }) => ({
            subcampaignId,
            status,
            budgetMicros,
          })),
        );
        assert.equal(
          entries.reduce((sum, { budgetMicros }) => sum + budgetMicros, campaign.escrowMicros),
          90_000_001,
        );
        const expected = new Set(base.map(({ eventId }) => eventId));
        assert.deepEqual(new Set((await store.undrained(100)).map(({ document }) => document.eventId)), expected);
      }),
      { numRuns: 50 },
    );
  });
});
