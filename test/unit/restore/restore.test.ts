import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { decodeMessage } from '../../../shared/contracts/decode-message.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { bookingId } from '../../../shared/store/ledger-key.ts';
import { bookingOf, bookingWorld, firm, wish } from '../../support/booking-world.ts';
import { campaignCreated } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { shuffle } from '../../support/load.ts';
import { campaignOf, entriesOf, persist } from '../../support/persisting.ts';
import { restorableWorld, type RestorableWorld } from '../../support/restorable-world.ts';
import { seededStore } from '../../support/stores.ts';
import { RESTORED_MINUTE, command, differencesOf, drillDay, moneyOf } from './drill-day.ts';

/** The changes of which only rows know, as the command publishes them. */
async function replayRows(world: RestorableWorld): Promise<number> {
  const { published } = await command(world, 'replay', 'rows', '--since', '2026-03-01');
  for (const { topic, message } of published) {
    const event = decodeMessage(topic as 'budget-changed', Buffer.from(JSON.stringify(message)));
    await world.deliver({ event, publishedAtMs: world.now.atMs });
  }
  return published.length;
}

describe('a store brought back to an earlier instant', () => {
  it('is found to differ from its rows: sums, state, and rows of events that its ledger knows nothing of', async () => {
    const { world, snapshot } = await drillDay();
    assert.deepEqual(await differencesOf(world), []);
    await world.restore(snapshot);
    assert.deepEqual(await differencesOf(world), ['DELIVERY_DIFFERS', 'LEDGER_MISSING', 'STATE_DIFFERS']);
    // A campaign that is in no book is found by its rows alone.
    const { stdout } = await command(world, 'replay', 'rows', '--since', '2026-03-01', '--dry-run');
    for (const event of ['created:c3', 'budget:c1:1', 'change:pause-1']) assert(stdout.includes(event), stdout);
    assert.match(stdout, /3 would be replayed/);
  });

  it('has leases, plans and versions older than what ad servers were told', async () => {
    const { world, snapshot } = await drillDay();
    const granted = async () => {
      const plan = await world.plan();
      const sum = (plan?.lines ?? []).flatMap(({ leases }) => leases).reduce((all, one) => all + one.grantedMicros, 0);
      return [plan?.planVersion ?? 0, sum] as const;
    };
    const before = await granted();
    await world.restore(snapshot);
    const after = await granted();
    assert(after[0] < before[0] && after[1] < before[1]);
  });

  for (const seed of [0, 1, 2, 3]) {
    it(`has the same money again once its events are replayed ${seed === 0 ? 'as they came' : `twice in any order (seed ${seed})`}`, async () => {
      const { world, snapshot, lostAfter, minute, laterMs } = await drillDay();
      const [money, rows] = [await moneyOf(world), world.viewed()];
      await world.restore(snapshot);
      const copies = seed === 0 ? lostAfter : shuffle(createRandom(seed, 'restore'), [...lostAfter, ...lostAfter]);
      for (const message of copies) await world.deliver(message);
      world.now.atMs = laterMs;
      assert.equal(await replayRows(world), 1);
      assert.equal(await replayRows(world), 0);
      await world.tick();
      await world.drain();
      assert.deepEqual(await moneyOf(world), money);
      // When it was paused is when it was replayed: the row that is there says when it was.
      assert.deepEqual(await differencesOf(world, '--campaign', 't1/c2'), ['LEDGER_DIFFERS']);
      for (const only of [['--market', 'SE'], ...['c1', 'c3', 'small'].map((id) => ['--campaign', `t1/${id}`])])
        assert.deepEqual(await differencesOf(world, ...only), [], only.join(' '));
      assert.equal((await campaignOf(world.store(), 'c2')).status, 'paused');
      // What the views showed they show still; what is new is of the tick that folded everything.
      const viewed = world.viewed();
      for (const [id, content] of rows) assert.equal(viewed.get(id), content);
      for (const id of viewed.keys()) if (!rows.has(id)) assert.match(viewed.get(id) as string, /market-paced/);
      // And the day goes on.
      await minute(RESTORED_MINUTE + 9);
      assert.deepEqual(await differencesOf(world, '--market', 'SE'), []);
    });
  }

  it('bills nothing twice where a tick comes before its reports are back', async () => {
    const { world, snapshot, lostAfter, laterMs } = await drillDay();
    const money = await moneyOf(world);
    await world.restore(snapshot);
    world.now.atMs = laterMs;
    await world.tick();
    for (const message of lostAfter) await world.deliver(message);
    world.now.atMs += TICK_MS;
    await world.tick();
    const after = await moneyOf(world);
    for (const [index, line] of after.entries()) {
      assert(line.billedMicros <= line.budgetMicros);
      assert.equal(line.spentMicros, money[index]?.spentMicros);
      assert.deepEqual(line.chargedMicros, money[index]?.chargedMicros);
    }
  });

  it('loses money for good where it is written over the documents that are there: its ledger takes the reports for told', async () => {
    const { world, snapshot, lostAfter, laterMs } = await drillDay();
    const money = await moneyOf(world);
    await world.overwrite(snapshot);
    for (const message of lostAfter) await world.deliver(message);
    world.now.atMs = laterMs;
    await world.tick();
    const spent = (all: typeof money) => all.reduce((sum, { spentMicros }) => sum + spentMicros, 0);
    assert(spent(await moneyOf(world)) < spent(money));
    assert((await differencesOf(world)).includes('DELIVERY_DIFFERS'));
  });

  it('may decide otherwise who wins where two want the last supply: rows that are there stay, and the difference is named', async () => {
    const world = await restorableWorld();
    world.now.atMs = START_MS;
    const snapshot = world.snapshot();
    const budgetMicros = await largestBudget();
    for (const campaignId of ['first', 'second'])
      await world.publish(campaignCreated({ campaignId, budgetMicros: Math.floor(budgetMicros * 0.7) }));
    const rows = world.viewed();
    assert.equal((await campaignOf(world.store(), 'first')).status, 'active');
    await world.restore(snapshot);
    for (const message of world.kept.toReversed()) await world.deliver(message);
    assert.equal((await campaignOf(world.store(), 'second')).status, 'active');
    const viewed = world.viewed();
    for (const [id, content] of rows) assert.equal(viewed.get(id), content);
    for (const name of ['t1/first', 't1/second'])
      assert((await differencesOf(world, '--campaign', name)).includes('LEDGER_DIFFERS'), name);
  });

  it('decides a campaign alone whose booking it has no more, once', async () => {
    const booked = await bookingWorld();
    await booked.book('spring', bookingOf([wish('c1')]));
    const message = booked.bus.published.find(({ topic }) => topic === 'campaign-created')?.message;
    const event = decodeMessage('campaign-created', Buffer.from(JSON.stringify(message)));
    assert(event.data.booking);
    const restored = await seededStore();
    assert.equal((await persist(restored, event)).entry.result, 'applied');
    assert.equal((await persist(restored, event)).isDuplicate, true);
    assert.equal((await entriesOf(restored)).length, 1);
  });

  it('takes no campaign of a booking that is held in it, until that is confirmed again', async () => {
    const booked = await bookingWorld();
    await booked.book('spring', bookingOf([wish('c1')], { hold: firm }));
    const event = campaignCreated({ booking: { bookingId: bookingId('t1', 'spring'), part: 0 } });
    await assert.rejects(persist(booked.store, event), /is not confirmed/);
    assert.equal((await booked.store.read([refs.campaign('t1', 'c1')]))[0], undefined);
    await booked.confirm('spring');
    await booked.deliver();
    assert.equal((await campaignOf(booked.store)).status, 'active');
  });
});

/** What one campaign of the market may have at most. */
async function largestBudget(): Promise<number> {
  const { entry } = await persist(await seededStore(), campaignCreated({ budgetMicros: 10 ** 12 }));
  const [refused] = entry.outcomes;
  assert(refused?.type === 'campaign-refused');
  return refused.counterOfferMicros as number;
}
