import assert from 'node:assert/strict';
import fc from 'fast-check';
import { committedMicros, leasedMicros } from '../../../shared/campaign/entry-money.ts';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { MAX_EVENT_AGE_MS } from '../../../shared/runtime/delivery.ts';
import { LEDGER_MS } from '../../../shared/store/persist-campaign-event.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { campaignOf, entriesOf, file, marketOf, persist, tick, types } from '../../support/persisting.ts';
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

  it('says in its ledger entry what became of it', async () => {
    const store = await seededStore();
    const results: string[] = [];
    const events = [
      budgetChanged(110_000_000, 1),
      statusChanged('paused', 1),
      campaignCreated(),
      budgetChanged(9_000_000_000, 2),
      statusChanged('cancelled', 2),
      statusChanged('active', 3),
      statusChanged('active', 2, { eventId: 'late' }),
    ];
    for (const event of events) results.push((await persist(store, event)).entry.result);
    assert.deepEqual(results, ['waiting', 'waiting', 'applied', 'refused', 'applied', 'refused', 'superseded']);
  });

  it('is remembered for longer than the oldest event that is taken', () => {
    assert(LEDGER_MS >= MAX_EVENT_AGE_MS + 30 * DAY_MS);
    assert.equal(LEDGER_MS, 90 * DAY_MS);
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
      campaignCreated({ subcampaigns: parts }),
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
        const store = await seededStore({ markets: ['SE', 'NO'] });
        for (const event of events) await persist(store, event);
        const { splitVersion: _split, ...campaign } = await campaignOf(store);
        assert.deepEqual(
          [
            campaign.status,
            campaign.statusVersion,
            campaign.budgetVersion,
            campaign.requestedMicros,
            campaign.budgetMicros,
            campaign.escrowMicros,
          ],
          ['paused', 3, 3, 90_000_001, 90_000_001, 0],
        );
        // Weights 1, 1, 2, the last one at its cap: what it cannot take is for the others.
        assert.deepEqual(
          campaign.subcampaigns.map(({ subcampaignId, budgetMicros }) => [subcampaignId, budgetMicros]),
          [
            ['s1', 30_000_001],
            ['s2', 30_000_000],
            ['s3', 30_000_000],
          ],
        );
        const entries = [...(await entriesOf(store)), ...(await entriesOf(store, 'NO'))];
        assert.deepEqual(
          entries.map(({ subcampaignId, status, budgetMicros }) => ({ subcampaignId, status, budgetMicros })),
          campaign.subcampaigns.map(({ subcampaignId, status, budgetMicros }) => ({
            subcampaignId,
            status,
            budgetMicros,
          })),
        );
        const expected = new Set(base.map(({ eventId }) => eventId));
        assert.deepEqual(new Set((await store.undrained(100)).map(({ document }) => document.eventId)), expected);
      }),
      { numRuns: 50 },
    );
  });

  it('the shares of a budget do not depend on the budgets before it, with money spent and leased', async () => {
    const budgets = fc.array(fc.integer({ min: 1, max: 200_000_000 }), { minLength: 2, maxLength: 4 });
    const spent = fc.record({ clicks: fc.nat(40), charged: fc.nat(9_000_000) });
    const orders = budgets.chain((all) =>
      fc.record({
        changes: fc.constant(all.map((micros, index) => budgetChanged(micros, index + 2))),
        order: fc.shuffledSubarray([...all.keys()], { minLength: all.length }),
        spent: fc.array(spent, { minLength: 2, maxLength: 2 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(orders, async ({ changes, order: shuffled, spent }) => {
        const after = async (events: readonly CampaignEvent[]) => {
          const store = await seededStore({ markets: ['SE', 'NO'] });
          await persist(store, campaignCreated({ subcampaigns: parts }));
          const lines = spent.map(({ clicks, charged }, index) =>
            line({ subcampaignId: `s${index + 1}`, clicks, chargedMicros: charged }),
          );
          await file(store, deliveryReported('r', { lines }));
          await tick(store, START_MS + TICK_MS);
          // The first split under these commitments; those after it are in any order.
          for (const event of [budgetChanged(200_000_000, 1), ...events])
            await persist(store, event, START_MS + TICK_MS);
          return campaignOf(store);
        };
        const latest = changes.at(-1) as CampaignEvent;
        const [one, other, only] = await Promise.all([
          after(changes),
          after(shuffled.map((index) => changes[index] as CampaignEvent)),
          after([latest]),
        ]);
        for (const campaign of [other, only]) {
          // Where nothing divides evenly a part may have had the micro that is left over, and keeps it.
          for (const [index, { budgetMicros, shareMicros }] of campaign.subcampaigns.entries()) {
            const same = one.subcampaigns[index];
            assert(same && Math.abs(budgetMicros - same.budgetMicros) <= parts.length);
            assert.equal(shareMicros, same.shareMicros);
          }
          assert.equal(campaign.budgetMicros, one.budgetMicros);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a raise above what a cut budget has fallen to asks for supply, although what is stored is more', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await file(store, deliveryReported('r', { lines: [line({ clicks: 1, chargedMicros: 0 })] }));
    await tick(store, START_MS + TICK_MS);
    const [held] = await entriesOf(store);
    assert(held && leasedMicros(held) > 0);
    const nowMs = START_MS + TICK_MS;
    await persist(store, budgetChanged(1, 1), nowMs);
    assert.equal((await campaignOf(store)).budgetMicros, committedMicros(held));
    const laterMs = START_MS + DAY_MS + HOUR_MS;
    await tick(store, laterMs);
    assert.deepEqual(
      (await entriesOf(store)).map(({ budgetMicros }) => budgetMicros),
      [500_000],
    );
    const asked = committedMicros(held) - 1;
    assert.equal((await persist(store, budgetChanged(asked, 2), laterMs)).entry.result, 'applied');
    const campaign = await campaignOf(store);
    assert.deepEqual([campaign.budgetMicros, campaign.subcampaigns[0]?.budgetMicros], [asked, asked]);
  });

  it('keeps an entry that owes rows, and lets one that owes none be forgotten', async () => {
    const store = await seededStore();
    const owes = (await persist(store, campaignCreated())).entry;
    assert.deepEqual([owes.undrained, owes.expireAtMs], [true, undefined]);
    const filed = (await file(store, deliveryReported('r'))).entry;
    assert.deepEqual([filed.undrained, filed.expireAtMs], [undefined, undefined]);
    await tick(store, START_MS + TICK_MS);
    const folded = (await file(store, deliveryReported('r'))).entry;
    assert.deepEqual(
      [folded.result, folded.undrained, folded.expireAtMs],
      ['folded', undefined, START_MS + TICK_MS + LEDGER_MS],
    );
  });
});

/** Two parts on one cell, and one on a cell of its own that takes no more than 30. */
const parts = [
  order(),
  order({ subcampaignId: 's2' }),
  order({ subcampaignId: 's3', market: 'NO', capMicros: 30_000_000 }),
];
