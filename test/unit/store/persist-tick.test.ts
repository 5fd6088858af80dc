import assert from 'node:assert/strict';
import { billedMicros, committedMicros, leasedMicros } from '../../../shared/campaign/entry-money.ts';
import { SILENT_LEASE_MS } from '../../../shared/campaign/settle-entry.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { MAX_REPORTS } from '../../../shared/store/persist-tick.ts';
import { budgetChanged, campaignCreated, line, statusChanged } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { leasedStore, onlyEntry, report } from '../../support/leased-store.ts';
import { campaignOf, entriesOf, file, marketOf, persist, tick, types } from '../../support/persisting.ts';
import { seededStore, snapshotOf, withLostAnswers } from '../../support/stores.ts';

describe('persisting a tick', () => {
  it('folds, grants and publishes the plan that shows the grants, in one transaction', async () => {
    const store = await leasedStore();
    const entry = await onlyEntry(store);
    assert.deepEqual(
      entry.leases.map(({ group, spendUntilAtMs }) => [group, spendUntilAtMs]),
      [['g1', START_MS + 7 * TICK_MS]],
    );
    const [plan] = await store.read([refs.plan('SE')]);
    const body = JSON.parse(plan?.body ?? '{}') as {
      lines: { leases: { group: string; grantedMicros: number }[] }[];
      planVersion: number;
    };
    assert.equal(body.lines[0]?.leases[0]?.grantedMicros, entry.leases[0]?.grantedMicros);
    const { planVersion, watermarkSlot } = await marketOf(store);
    assert.deepEqual([planVersion, watermarkSlot, body.planVersion], [1, slotAt(START_MS + TICK_MS), 1]);
  });

  it('a doubled tick and an older one do nothing', async () => {
    const store = await leasedStore();
    await file(store, report('more', START_MS + 2 * TICK_MS, { lines: [line()] }));
    const before = await snapshotOf(store, ['SE'], ['c1']);
    for (const atMs of [START_MS + TICK_MS, START_MS]) {
      assert.deepEqual(await tick(store, atMs), {
        result: 'superseded',
        written: [],
        reports: 0,
        quarantined: 0,
        rebalances: [],
        overruns: 0,
        overrunMicros: 0,
        violations: [],
      });
    }
    assert.deepEqual(await snapshotOf(store, ['SE'], ['c1']), before);
  });

  it('two ticks of one slot at once fold a report once', async () => {
    const store = await leasedStore();
    await file(store, report('r', START_MS + 2 * TICK_MS, { lines: [line()] }));
    const both = await Promise.all([tick(store, START_MS + 2 * TICK_MS), tick(store, START_MS + 2 * TICK_MS)]);
    assert.deepEqual(both.map(({ result }) => result).sort(), ['applied', 'superseded']);
    assert.equal((await onlyEntry(store)).impressions, 10);
  });

  it('says which market it does not know', async () => {
    assert.equal((await tick(await seededStore(), START_MS, 'XX')).result, 'unknown-market');
  });

  it('an idle tick moves the watermark and the plan, no page and no row; once an hour it may note what is likely', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    const versions: number[] = [];
    for (const atMs of [TICK_MS, 2 * TICK_MS, HOUR_MS, 2 * HOUR_MS]) {
      const { written } = await tick(store, START_MS + atMs);
      assert.deepEqual(written, []);
      versions.push((await marketOf(store)).bookVersion);
    }
    assert.deepEqual(versions, [2, 2, 2, 2]);
  });

  it(`folds more than ${MAX_REPORTS} waiting reports in pieces, each with its own entry`, async () => {
    const store = await leasedStore();
    const count = 2 * MAX_REPORTS + 1;
    for (let index = 0; index < count; index++) {
      await file(
        store,
        report(`r${index}`, START_MS + 2 * TICK_MS, { lines: [line({ impressions: 1, chargedMicros: 1 })] }),
      );
    }
    const slot = slotAt(START_MS + 2 * TICK_MS);
    const { reports, written } = await tick(store, START_MS + 2 * TICK_MS);
    assert.equal(reports, count);
    assert.equal((await onlyEntry(store)).impressions, count);
    assert.deepEqual(await store.waitingReports('SE', 10), []);
    const own = written.filter(({ entry }) => entry.source === 'scheduler').map(({ entry }) => entry.eventId);
    assert.deepEqual(own, [`tick:SE:${slot}:0`, `tick:SE:${slot}:1`, `tick:SE:${slot}`]);
  });

  it('a report filed again after it was folded is answered, not folded', async () => {
    const store = await leasedStore();
    const own = report('r', START_MS + 2 * TICK_MS, { lines: [line()] });
    assert.equal((await file(store, own)).isDuplicate, false);
    assert.equal((await file(store, own)).entry.result, 'filed');
    await tick(store, START_MS + 2 * TICK_MS);
    const again = await file(store, own);
    assert.deepEqual([again.isDuplicate, again.entry.result], [true, 'folded']);
    await tick(store, START_MS + 3 * TICK_MS);
    assert.equal((await onlyEntry(store)).impressions, 10);
    await assert.rejects(file(store, report('r', START_MS + 2 * TICK_MS, { lines: [line({ clicks: 1 })] })), {
      code: 'EVENT_CONFLICT',
      message: 'this event id was used by another payload: publish the report under an id of its own',
    });
  });

  it('a report that cannot be folded is quarantined and fails nobody else’s', async () => {
    const store = await leasedStore();
    const lines = [line(), line({ campaignId: 'c9' })];
    await file(store, report('good', START_MS + 2 * TICK_MS, { lines: [line()] }));
    await file(store, report('half', START_MS + 2 * TICK_MS, { lines }));
    const { reports, quarantined } = await tick(store, START_MS + 2 * TICK_MS);
    assert.deepEqual([reports, quarantined], [2, 1]);
    assert.equal((await onlyEntry(store)).impressions, 20);
    const [stray, ...none] = (await store.quarantined(10)).map(({ document }) => document);
    assert(stray && none.length === 0);
    assert.deepEqual(
      [stray.code, stray.functionName, stray.replayable],
      ['UNKNOWN_SUBCAMPAIGN', 'delivery-reported', true],
    );
    const body = JSON.parse(stray.body) as { eventId: string; data: { lines: unknown[]; opportunities: unknown[] } };
    assert.match(body.eventId, /^stray:[0-9a-f]{20}$/);
    assert.deepEqual([body.data.lines.length, body.data.opportunities], [1, []]);
  });

  it('cancelling frees money at settlement: the entry ends once its lease is over, and its totals move', async () => {
    const store = await leasedStore();
    await persist(store, statusChanged('cancelled', 1));
    const held = leasedMicros(await onlyEntry(store));
    assert(held > 0);
    await tick(store, START_MS + 2 * TICK_MS);
    assert.equal(leasedMicros(await onlyEntry(store)), held);
    await tick(store, START_MS + 7 * TICK_MS + SILENT_LEASE_MS);
    assert.deepEqual(await entriesOf(store), []);
    const campaign = await campaignOf(store);
    assert.deepEqual(
      [campaign.status, campaign.subcampaigns[0]?.status, campaign.subcampaigns[0]?.leasedMicros],
      ['ended', 'ended', 0],
    );
  });

  it('spent money is billed although its budget is cut to nothing, and the budget falls to it as leases settle', async () => {
    const store = await leasedStore();
    await file(store, report('r', START_MS + 2 * TICK_MS, { lines: [line({ clicks: 2, chargedMicros: 1_000_000 })] }));
    await tick(store, START_MS + 2 * TICK_MS);
    const held = await onlyEntry(store);
    assert(leasedMicros(held) > 0);
    await persist(store, budgetChanged(1, 1), START_MS + 2 * TICK_MS);
    assert.equal((await onlyEntry(store)).budgetMicros, committedMicros(held));
    const closing = held.leases.map(({ grantedMicros, chargedMicros }) => ({
      campaignId: 'c1',
      subcampaignId: 's1',
      grantedMicros,
      chargedMicros,
    }));
    await file(store, report('bye', START_MS + 3 * TICK_MS, { closings: closing }));
    await tick(store, START_MS + 3 * TICK_MS);
    const settled = await onlyEntry(store);
    assert.deepEqual([settled.budgetMicros, settled.shareMicros], [1_000_000, 1]);
    await tick(store, START_MS + 4 * DAY_MS);
    const campaign = await campaignOf(store);
    const [part] = campaign.subcampaigns;
    assert(part);
    assert.deepEqual([campaign.status, campaign.budgetMicros, campaign.requestedMicros], ['ended', 1_000_000, 1]);
    assert.deepEqual([billedMicros(part), part.shareMicros], [1_000_000, undefined]);
  });

  it('a silent group’s late word after the money returned is still counted, once', async () => {
    const store = await leasedStore();
    const [lease] = (await onlyEntry(store)).leases;
    const lateMs = START_MS + 7 * TICK_MS + SILENT_LEASE_MS;
    await tick(store, lateMs);
    await file(
      store,
      report('late', lateMs + TICK_MS, {
        lines: [line({ hourAtMs: lateMs, chargedMicros: lease?.grantedMicros ?? 0 })],
      }),
    );
    await tick(store, lateMs + TICK_MS);
    const entry = await onlyEntry(store);
    assert.deepEqual([entry.overrunMicros, entry.status], [0, 'active']);
    assert(committedMicros(entry) <= entry.budgetMicros);
  });

  it('a tick after an outage folds reports of later hours', async () => {
    const store = await leasedStore();
    await file(store, report('r', START_MS + 5 * HOUR_MS, { lines: [line({ hourAtMs: START_MS + 4 * HOUR_MS })] }));
    assert.equal((await tick(store, START_MS + 2 * TICK_MS)).quarantined, 0);
    assert.equal((await onlyEntry(store)).impressions, 10);
  });

  it('commits whose answers are lost change nothing twice, nor do the rows', async () => {
    const run = async (through: (store: AllocationStore) => AllocationStore) => {
      const store = await seededStore();
      const lossy = through(store);
      await persist(lossy, campaignCreated());
      for (let step = 1; step <= 12; step++) {
        const atMs = START_MS + step * TICK_MS;
        for (let one = 0; one < (step === 3 ? MAX_REPORTS + 5 : 1); one++) {
          await file(
            lossy,
            report(`r${step}-${one}`, atMs, {
              lines: step === 1 ? [] : [line({ chargedMicros: 30_000, clicks: one === 0 ? 1 : 0 })],
            }),
          );
        }
        await tick(lossy, atMs);
      }
      return store;
    };
    const [once, twice] = [await run((store) => store), await run(withLostAnswers)];
    assert.deepEqual(await snapshotOf(twice, ['SE'], ['c1']), await snapshotOf(once, ['SE'], ['c1']));
    const [plans, again] = await Promise.all([once, twice].map((store) => store.read([refs.plan('SE')])));
    assert.deepEqual(again, plans);
    const owed = (await once.undrained(1000)).map(({ document }) => [document.eventId, types(document)]);
    assert.deepEqual(
      (await twice.undrained(1000)).map(({ document }) => [document.eventId, types(document)]),
      owed,
    );
  });
});
