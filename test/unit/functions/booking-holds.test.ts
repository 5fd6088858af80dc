import assert from 'node:assert/strict';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { bookingOf, bookingWorld, firm, part, wish, wishes } from '../../support/booking-world.ts';
import { budgetChanged, campaignCreated } from '../../support/events.ts';
import { supplyDay } from '../../support/markets.ts';
import { persist } from '../../support/persisting.ts';
import type { BookPage } from '../../../shared/contracts/documents.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';

const ALL_MICROS = 2_000_000_000;
const soft = { kind: 'soft', probability: 0.3, seconds: 3_600 } as const;

describe('a held booking', () => {
  it('keeps its supply from others until it is confirmed, and then is sold', async () => {
    const world = await bookingWorld();
    const { body } = await world.book('k1', bookingOf(wishes(2, ALL_MICROS / 2), { hold: firm }));
    assert.deepEqual([body.status, body.expiresAt], ['held', '2026-03-02T01:00:00.000Z']);
    assert.deepEqual((await world.book('k2', bookingOf([wish('d', 1_000_000)]))).body.status, 'refused');
    assert.equal(world.bus.published.length, 0);
    const confirmed = await world.confirm('k1');
    assert.deepEqual(
      [confirmed.status, confirmed.body.status, confirmed.body.expiresAt],
      [200, 'confirmed', undefined],
    );
    await world.deliver();
    assert.deepEqual(
      (await world.entriesOf()).map(({ campaignId }) => campaignId),
      ['c0', 'c1'],
    );
    assert.deepEqual(await world.holdsOf(), []);
  });

  it('is raised by a change that waited for it, as far as all that is sold leaves room', async () => {
    for (const [othersMicros, raisedMicros] of [
      [ALL_MICROS / 4, (3 * ALL_MICROS) / 4],
      [ALL_MICROS / 2, ALL_MICROS / 2],
    ] as const) {
      const world = await bookingWorld();
      await world.book('k1', bookingOf([wish('c0', ALL_MICROS / 2)], { hold: firm }));
      await world.book('k2', bookingOf([wish('d', othersMicros)]));
      await persist(world.store, budgetChanged((3 * ALL_MICROS) / 4, 1, { campaignId: 'c0' }));
      await world.confirm('k1');
      await world.deliver();
      const entry = (await world.entriesOf()).find(({ campaignId }) => campaignId === 'c0');
      assert.equal(entry?.budgetMicros, raisedMicros);
    }
  });

  it('is confirmed once, however often it is', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf(wishes(3, 1_000_000), { hold: firm }));
    const answers = [...(await Promise.all([world.confirm('k1'), world.confirm('k1')])), await world.confirm('k1')];
    for (const { status, body } of answers) assert.deepEqual([status, body.status], [200, 'confirmed']);
    assert.deepEqual(answers.at(-1)?.body.progress, { campaigns: 3, held: 3, refused: 0, applied: 3 });
    await world.deliver();
    assert.equal((await world.entriesOf()).length, 3);
    const release = await world.release('k1');
    assert.deepEqual([release.status, release.body.code], [409, 'BOOKING_CLOSED']);
  });

  it('gives everything back when it is released: supply, ids and room in the pages', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf(wishes(2, ALL_MICROS / 2), { hold: firm }));
    const { status, body } = await world.release('k1');
    assert.deepEqual([status, body.status, body.progress.held], [200, 'released', 0]);
    assert.equal((await world.release('k1')).status, 200);
    const confirm = await world.confirm('k1');
    assert.deepEqual([confirm.status, confirm.body.code], [409, 'BOOKING_CLOSED']);
    assert.deepEqual([await world.holdsOf(), await world.ownerOf('c0')], [[], undefined]);
    const ended = world.outcomes.rows.filter(({ json }) => json['type'] === 'hold-ended');
    assert.deepEqual(
      ended.map(({ json }) => [json['campaign_id'], json['ended']]),
      [
        ['c0', 'released'],
        ['c1', 'released'],
      ],
    );
    // Another tenant may have the ids now.
    const again = await world.book('k1', bookingOf(wishes(2, ALL_MICROS / 2)), 't2');
    assert.equal(again.body.status, 'confirmed');
    const { isOpen } = await world.bookingOf('k1');
    assert.equal(isOpen, undefined);
  });

  it('frees its supply at the first tick after its time, its ids at the next drain, and cannot be confirmed', async () => {
    const world = await bookingWorld({ markets: ['SE', 'NO'] });
    const both = [part(), part({ subcampaignId: 's2', market: 'NO' })];
    await world.book('k1', bookingOf([wish('c0', 2 * ALL_MICROS, { subcampaigns: both })], { hold: firm }));
    world.now.atMs = START_MS + 3_600_000;
    await world.tick('SE');
    assert.deepEqual([(await world.holdsOf('SE')).length, (await world.holdsOf('NO')).length], [0, 1]);
    assert.equal((await world.look('k1')).body.status, 'expired');
    const confirm = await world.confirm('k1');
    assert.deepEqual([confirm.status, confirm.body.code], [409, 'HOLD_EXPIRED']);
    assert.equal((await world.release('k1')).body.code, 'HOLD_EXPIRED');
    assert.equal(
      (await persist(world.store, campaignCreated({ campaignId: 'd' }), world.now.atMs)).entry.result,
      'applied',
    );
    await world.drain();
    assert.deepEqual([await world.holdsOf('NO'), await world.ownerOf('c0')], [[], undefined]);
    assert.equal((await world.bookingOf('k1')).isOpen, undefined);
    assert.equal(world.bus.published.length, 0);
  });

  it('is expired by whoever confirms it late, before any tick has seen it', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf([wish('c0')], { hold: firm }));
    world.now.atMs = START_MS + 3_600_000;
    assert.equal((await world.confirm('k1')).body.code, 'HOLD_EXPIRED');
    assert.equal((await world.bookingOf('k1')).status, 'expired');
    await world.drain();
    assert.deepEqual([await world.holdsOf(), await world.ownerOf('c0')], [[], undefined]);
  });

  it('is either confirmed or expired when both come at once, and what it holds goes the same way', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const world = await bookingWorld();
      await world.book('k1', bookingOf(wishes(3, ALL_MICROS / 4), { hold: firm }));
      // The door's clock is a little behind the Scheduler's.
      world.now.atMs = START_MS + 3_600_000 - 1;
      const tickAt = async () => {
        for (let turn = 0; turn < round; turn++) await Promise.resolve();
        world.now.atMs += 1;
        const ticked = world.tick();
        return ticked;
      };
      const confirmed = world.confirm('k1');
      await Promise.all([confirmed, tickAt()]);
      await world.drain();
      await world.deliver();
      const { status } = await world.bookingOf('k1');
      seen.add(status);
      const entries = (await world.entriesOf()).length;
      assert.deepEqual([status, entries, (await world.holdsOf()).length], [status, status === 'confirmed' ? 3 : 0, 0]);
      assert.equal((await confirmed).status, status === 'confirmed' ? 200 : 409);
    }
    assert.deepEqual([...seen].sort(), ['confirmed', 'expired']);
  });

  it('is applied as it was decided, though supply fell meanwhile', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf(wishes(2, ALL_MICROS / 2), { hold: firm }));
    const none = [0, 1].map((day) => supplyDay(START_MS + day * DAY_MS, { cells: [] }));
    await persistSupply(world.store, 'SE', none);
    assert.equal((await world.confirm('k1')).body.status, 'confirmed');
    await world.deliver();
    assert.deepEqual(
      (await world.entriesOf()).map(({ budgetMicros }) => budgetMicros),
      [ALL_MICROS / 2, ALL_MICROS / 2],
    );
  });

  it('stays confirmed when its time comes before its campaigns do', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf(wishes(2, 1_000_000), { hold: firm }));
    await world.confirm('k1');
    world.now.atMs = START_MS + 2 * 3_600_000;
    await world.tick();
    assert.equal((await world.holdsOf()).length, 2);
    await world.deliver();
    assert.deepEqual([(await world.holdsOf()).length, (await world.entriesOf()).length], [0, 2]);
  });

  it('counts towards what its tenant may hold', async () => {
    const world = await bookingWorld();
    world.tenants['t1'] = { heldShare: 0.25 };
    assert.equal((await world.book('k1', bookingOf([wish('c0', ALL_MICROS / 5)], { hold: firm }))).body.status, 'held');
    const { body } = await world.book('k2', bookingOf([wish('c1', ALL_MICROS / 5)], { hold: firm }));
    assert.deepEqual([body.status, body.lines?.[0]?.code], ['refused', 'HOLD_QUOTA']);
    // What is booked at once is not held.
    assert.equal((await world.book('k3', bookingOf([wish('c1', ALL_MICROS / 2)]))).body.status, 'confirmed');
  });

  it('that lost what it held is a bug, and its campaign is not applied a second time', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf([wish('c1')], { hold: firm }));
    const [page] = await world.pagesOf();
    await world.confirm('k1');
    await world.store.transact(async (transaction) => {
      const { holds: _lost, ...rest } = page as BookPage;
      transaction.set(refs.page('SE', rest.page), rest);
    });
    await assert.rejects(world.deliver(), /lost what it held for c1/);
    assert.deepEqual(await world.entriesOf(), []);
  });

  it('whose campaign an event brings that was never confirmed is a bug, and applies nothing', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf([wish('c1')], { hold: firm }));
    const [hold] = await world.holdsOf();
    const booking = { bookingId: hold?.bookingId as string, part: 0 };
    await assert.rejects(persist(world.store, campaignCreated({ booking })), /is not confirmed/);
    assert.deepEqual(await world.entriesOf(), []);
  });
});

describe('a soft booking', () => {
  it('takes nothing from others, and is confirmed where supply is left', async () => {
    const world = await bookingWorld();
    // A tenant's soft holds count towards what it may hold.
    world.tenants['t1'] = { heldShare: 2 };
    for (const key of ['a', 'b'])
      assert.equal((await world.book(key, bookingOf([wish(key, ALL_MICROS)], { hold: soft }))).body.status, 'held');
    const { body } = await world.confirm('a');
    assert.equal(body.status, 'confirmed');
    const late = await world.confirm('b');
    assert.deepEqual([late.status, late.body.status, late.body.progress.held], [200, 'refused', 0]);
    assert(late.body.reason);
    assert.deepEqual((await world.confirm('b')).body, late.body);
    await world.deliver();
    assert.deepEqual(
      (await world.entriesOf()).map(({ campaignId }) => campaignId),
      ['a'],
    );
    assert.deepEqual([await world.holdsOf(), await world.ownerOf('b')], [[], undefined]);
  });

  it('of best-subset keeps what still fits and refuses the rest', async () => {
    const world = await bookingWorld();
    const campaigns = wishes(40, ALL_MICROS / 40);
    await world.book('k1', bookingOf(campaigns, { hold: soft, mode: 'best-subset' }));
    assert.equal(
      (await persist(world.store, campaignCreated({ campaignId: 'x', budgetMicros: ALL_MICROS / 2 }))).entry.result,
      'applied',
    );
    const { body } = await world.confirm('k1');
    assert.deepEqual(
      [body.status, body.progress],
      ['confirmed', { campaigns: 40, held: 20, refused: 20, applied: 20 }],
    );
    assert.equal(body.lines?.filter(({ code }) => code === 'SUPPLY_SHORT').length, 20);
    await world.deliver();
    assert.equal((await world.entriesOf()).length, 21);
    assert.deepEqual(await world.holdsOf(), []);
    assert.equal(await world.ownerOf('c39'), undefined);
  });

  it('expires like any other', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf([wish('c1')], { hold: soft }));
    world.now.atMs = START_MS + 3_600_000 + TICK_MS;
    await world.tick();
    await world.drain();
    assert.deepEqual([await world.holdsOf(), await world.ownerOf('c1')], [[], undefined]);
    assert.equal((await world.confirm('k1')).body.code, 'HOLD_EXPIRED');
  });
});
