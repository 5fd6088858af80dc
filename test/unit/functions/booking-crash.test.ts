import assert from 'node:assert/strict';
import { currentTrace, withHandling } from '../../../shared/runtime/handling.ts';
import { newTraceparent } from '../../../shared/runtime/traceparent.ts';
import { TRACEPARENT, inHand } from '../../support/in-hand.ts';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import type { AllocationStore } from '../../../shared/store/allocation-store.ts';
import { bookingOf, bookingWorld, firm, part, wish, wishes, type BookingWorld } from '../../support/booking-world.ts';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { persist } from '../../support/persisting.ts';
import { stoppingStore, type StoppingStore } from '../../support/stopping-store.ts';
import { withLostAnswers } from '../../support/stores.ts';

/** What SE can sell over the two days of every flight here. */
const ALL_MICROS = 2_000_000_000;
const TEN_MINUTES_MS = 600_000;
const soft = { kind: 'soft', probability: 0.3, seconds: 3_600 } as const;
/** Two parts, over two markets. */
const COUNT = 26;
const bulk = Array.from({ length: COUNT }, (_, index) =>
  wish(`c${index}`, 100_000_000, {
    subcampaigns: index % 2 === 0 ? [part()] : [part(), part({ subcampaignId: 's2', market: 'NO' })],
  }),
);
const markets = ['SE', 'NO'];

/** A world whose door dies after so many writes, until it is mended. */
async function mortalWorld() {
  let [real, mortal]: [AllocationStore | undefined, StoppingStore | undefined] = [undefined, undefined];
  const world = await bookingWorld({ markets }, (store) => {
    real = store;
    return new Proxy(store, { get: (_, name) => Reflect.get(mortal?.store ?? store, name) as unknown });
  });
  return {
    world,
    dieAfter: (writes: number) => void (mortal = stoppingStore(real as AllocationStore, writes)),
    /** Whether it had died. */
    mend: () => {
      const hadStopped = mortal?.hasStopped() ?? false;
      mortal = undefined;
      return hadStopped;
    },
  };
}

/** Of a booking that stands: each campaign is sold once, and nothing is held any more. */
async function assertSold(world: BookingWorld, when: string) {
  await world.deliver();
  const entries = (await Promise.all(markets.map((market) => world.entriesOf(market)))).flat();
  const names = entries.map(({ campaignId, subcampaignId }) => `${campaignId}/${subcampaignId}`);
  const expected = bulk.flatMap(({ campaignId, subcampaigns }) =>
    subcampaigns.map(({ subcampaignId }) => `${campaignId}/${subcampaignId}`),
  );
  assert.deepEqual(names.sort(), expected.sort(), when);
  assert.deepEqual(await heldIds(world), [], when);
  for (const { campaignId } of bulk)
    assert.deepEqual(await world.ownerOf(campaignId), { schemaVersion: 1, campaignId, tenantId: 't1' }, when);
}

/** Of a booking that came to nothing: nothing is held, and its ids are free. */
async function assertNothing(world: BookingWorld, when: string) {
  await world.deliver();
  for (const market of markets) {
    assert.deepEqual([await world.holdsOf(market), await world.entriesOf(market)], [[], []], when);
  }
  for (const { campaignId } of bulk) assert.equal(await world.ownerOf(campaignId), undefined, when);
}

async function heldIds(world: BookingWorld): Promise<string[]> {
  return (await Promise.all(markets.map((market) => world.holdsOf(market)))).flat().map(({ campaignId }) => campaignId);
}

/** Does it with a death after each of its writes in turn, until it has not that many. */
async function atEachWrite(
  prepare: (world: BookingWorld) => Promise<unknown>,
  act: (world: BookingWorld) => Promise<unknown>,
  then: (world: BookingWorld, when: string) => Promise<void>,
): Promise<number> {
  for (let writes = 1; ; writes++) {
    const { world, dieAfter, mend } = await mortalWorld();
    await prepare(world);
    dieAfter(writes);
    await act(world);
    const hasDied = mend();
    await then(world, `dead after ${writes} writes`);
    if (!hasDied) return writes - 1;
  }
}

describe('a booking whose process dies after any of its writes', () => {
  const request = bookingOf(bulk);

  it('is gone on with by the same request', async () => {
    const deaths = await atEachWrite(
      async () => undefined,
      (world) => world.book('k1', request),
      async (world, when) => {
        const { status, body } = await world.book('k1', request);
        assert([200, 201].includes(status), when);
        assert.deepEqual([body.status, body.progress.applied], ['confirmed', COUNT], when);
        await assertSold(world, when);
      },
    );
    assert(deaths >= 9, `${deaths} writes`);
  });

  it('is rolled forward by the drain where it stands, and given back where it does not', async () => {
    const seen = new Set<string>();
    await atEachWrite(
      async () => undefined,
      (world) => world.book('k1', request),
      async (world, when) => {
        world.now.atMs += TEN_MINUTES_MS;
        await world.drain();
        const { body } = await world.look('k1');
        seen.add(body.status ?? body.code);
        if (body.status === 'confirmed') return assertSold(world, when);
        await assertNothing(world, when);
        assert.equal((await world.book('k1', request)).body.status, 'confirmed', when);
        await assertSold(world, when);
      },
    );
    assert.deepEqual([...seen].sort(), ['confirmed', 'staging']);
  });

  it('is not given back while somebody is at it', async () => {
    const { world, dieAfter, mend } = await mortalWorld();
    dieAfter(4);
    await world.book('k1', request);
    mend();
    const before = await world.bookingOf('k1');
    assert(before.partsStaged > 0 && before.status === 'staging');
    world.now.atMs += 60_000;
    await world.drain();
    assert.deepEqual(await world.bookingOf('k1'), before);
  });

  it('confirms all of it when it is confirmed again, or by the drain', async () => {
    for (const kind of [firm, soft]) {
      for (const goOn of ['confirm', 'drain'] as const) {
        await atEachWrite(
          (world) => world.book('k1', { ...request, hold: kind }),
          (world) => world.confirm('k1'),
          async (world, when) => {
            world.now.atMs += TEN_MINUTES_MS;
            await world[goOn]('k1');
            assert.equal((await world.look('k1')).body.status, 'confirmed', when);
            await assertSold(world, when);
          },
        );
      }
    }
  });

  it('gives all of it back when it is released again, or by the drain', async () => {
    for (const goOn of ['release', 'drain'] as const) {
      await atEachWrite(
        (world) => world.book('k1', { ...request, hold: firm }),
        (world) => world.release('k1'),
        async (world, when) => {
          await world[goOn]('k1');
          assert.equal((await world.look('k1')).body.status, 'released', when);
          await assertNothing(world, when);
        },
      );
    }
  });

  it('refuses a soft one with all it holds, however often it dies', async () => {
    await atEachWrite(
      async (world) => {
        await world.book('k1', { ...request, hold: soft });
        const other = campaignCreated({ campaignId: 'x', budgetMicros: ALL_MICROS }, { eventId: 'x' });
        assert.equal((await persist(world.store, other)).entry.result, 'applied');
      },
      (world) => world.confirm('k1'),
      async (world, when) => {
        await world.confirm('k1');
        const { body } = await world.look('k1');
        assert.deepEqual([body.status, await heldIds(world)], ['refused', []], when);
        for (const { campaignId } of bulk) assert.equal(await world.ownerOf(campaignId), undefined, when);
      },
    );
  });
});

describe('bookings at once', () => {
  it('are one where they are copies, whole or in one part', async () => {
    for (const campaigns of [bulk, bulk.slice(0, 5)]) {
      const world = await bookingWorld({ markets });
      const request = bookingOf(campaigns);
      const answers = await Promise.all(Array.from({ length: 3 }, () => world.book('k1', request)));
      for (const { body } of answers) assert.equal(body.status, 'confirmed');
      assert.equal(answers.filter(({ status }) => status === 201).length, 1);
      await world.deliver();
      assert.equal((await world.entriesOf()).length, campaigns.length);
      assert.deepEqual(await heldIds(world), []);
    }
  });

  it('that race for the last listeners: one wins, the others are told what would fit', async () => {
    for (const count of [5, 26]) {
      const world = await bookingWorld();
      const race = ['a', 'b', 'c'].map((name) =>
        world.book(name, bookingOf(wishes(count, Math.floor((0.6 * ALL_MICROS) / count), name))),
      );
      const statuses = (await Promise.all(race)).map(({ body }) => body.status ?? body.code);
      assert(statuses.includes('confirmed'), String(statuses));
      // Who was in the others' way each time is told to come again.
      for (const name of ['a', 'b', 'c']) {
        const again = bookingOf(wishes(count, Math.floor((0.6 * ALL_MICROS) / count), name));
        const { body } = await world.book(name, again);
        assert.match(body.status, /^(confirmed|refused)$/);
        const refused = body.lines?.filter(({ result }) => result === 'refused') ?? [];
        assert(refused.every(({ code }) => ['CONTENDED', 'SUPPLY_SHORT', 'BUNDLE_SHORT'].includes(code as string)));
        if (body.status === 'refused') assert(refused.some(({ counterOffers }) => (counterOffers ?? []).length > 0));
      }
      await world.deliver();
      assert.deepEqual([(await world.entriesOf()).length, await heldIds(world)], [count, []]);
    }
  });

  it('find that what they were decided on is sold, give back what they staged, and are decided again', async () => {
    let planned = 0;
    const world = await bookingWorld({ markets }, (store) => ({
      ...store,
      async transact(body, contended) {
        const result = await store.transact(body, contended);
        const [open] = await store.openBookings(1);
        // Between its first part and its second.
        if (open?.document.partsStaged === 1 && planned++ === 0) {
          const other = campaignCreated({ campaignId: 'x', budgetMicros: ALL_MICROS / 5 });
          assert.equal((await persist(store, other)).entry.result, 'applied');
        }
        return result;
      },
    }));
    const { body } = await world.book('k1', bookingOf(wishes(30, 60_000_000), { mode: 'scale-down' }));
    assert.equal(body.status, 'confirmed');
    assert(body.lines?.every(({ result }) => result === 'scaled'));
    await world.deliver();
    const sold = (await world.entriesOf()).reduce((sum, { budgetMicros }) => sum + budgetMicros, 0);
    assert(sold <= ALL_MICROS && sold > 0.98 * ALL_MICROS, String(sold));
    const types = world.outcomes.rows.map(({ json }) => json['type']);
    assert.equal(types.filter((type) => type === 'hold-ended').length, 25);
    assert.equal((await world.bookingOf('k1')).attempt, 2);
  });

  it('refuse an id that another took while they were held, and give the rest another chance', async () => {
    let isTaken = false;
    const world = await bookingWorld({ markets }, (store) => ({
      ...store,
      async transact(body, contended) {
        const result = await store.transact(body, contended);
        const [open] = await store.openBookings(1);
        if (open?.document.partsStaged === 1 && !isTaken) {
          isTaken = true;
          const other = campaignCreated({ campaignId: 'c25', budgetMicros: 1_000_000 }, { tenantId: 't2' });
          assert.equal((await persist(store, other)).entry.result, 'applied');
        }
        return result;
      },
    }));
    const { body } = await world.book('k1', bookingOf(wishes(COUNT, 1_000_000), { mode: 'best-subset' }));
    assert.deepEqual([body.status, body.progress.held, body.lines?.[25]?.code], ['confirmed', 25, 'CAMPAIGN_EXISTS']);
    assert.equal((await world.ownerOf('c25'))?.tenantId, 't2');
  });

  it('give up on what others take each time, hold nothing, and may come again', async () => {
    let taken = 0;
    const world = await bookingWorld({}, (store) => ({
      ...store,
      async transact(body, contended) {
        const [open] = await store.openBookings(1);
        // Somebody is always a moment earlier.
        if (open?.document.parts === 2 && open.document.partsStaged === 0 && !open.document.isUndone && taken < 3) {
          taken += 1;
          const other = campaignCreated({ campaignId: `x${taken}`, budgetMicros: 100_000_000 });
          assert.equal((await persist(store, other)).entry.result, 'applied');
        }
        return store.transact(body, contended);
      },
    }));
    // All that is left each time, exactly.
    const request = bookingOf(wishes(26, Math.floor(ALL_MICROS / 26)), { mode: 'scale-down' });
    const busy = await world.book('k1', request);
    assert.deepEqual([busy.status, busy.body.code, busy.headers['retry-after']], [409, 'BOOKING_BUSY', '2']);
    assert.deepEqual([await world.holdsOf(), await world.ownerOf('c0')], [[], undefined]);
    assert.equal((await world.confirm('k1')).body.code, 'BOOKING_BUSY');
    assert.deepEqual(
      [(await world.look('k1')).body.status, (await world.look('k1')).body.lines],
      ['staging', undefined],
    );
    const again = await world.book('k1', request);
    assert.deepEqual([again.status, again.body.status], [200, 'confirmed']);
  });

  it('do the same though every transaction is committed twice', async () => {
    const world = await bookingWorld({ markets }, withLostAnswers);
    assert.equal((await world.book('k1', bookingOf(bulk, { hold: firm }))).body.status, 'held');
    assert.equal((await world.confirm('k1')).body.progress.applied, COUNT);
    await assertSold(world, 'answers are lost');
    assert.equal((await world.book('k2', bookingOf([wish('y', 10_000_000)], { hold: firm }))).body.status, 'held');
    assert.equal((await world.release('k2')).body.status, 'released');
    assert.equal(await world.ownerOf('y'), undefined);
  });

  it('are published by the drain where the bus was away, though BigQuery is too', async () => {
    const world = await bookingWorld({ markets });
    const publish = world.bus.publish.bind(world.bus);
    world.bus.publish = async () => Promise.reject(new Error('the bus is away'));
    const { answer } = await inHand(() => world.book('k1', bookingOf(bulk)));
    const { status, body } = answer;
    assert.deepEqual([status, body.status, body.progress.applied], [201, 'confirmed', 0]);
    await assert.rejects(world.drain(), /the bus is away/);
    const traces = new Set<string | undefined>();
    world.bus.publish = (message, attributes) => {
      traces.add(currentTrace().traceparent);
      return publish(message, attributes);
    };
    world.outcomes.append = async () => Promise.reject(new Error('BigQuery is away'));
    world.now.atMs += 60_000;
    const drain = { traceparent: newTraceparent(), about: {}, ending: {} };
    await withHandling(drain, () => world.drain()).catch(() => undefined);
    assert.deepEqual([...traces], [TRACEPARENT], 'in the trace of the request that booked');
    assert.equal((await world.look('k1')).body.progress.applied, COUNT);
  });
});

describe('a flight that is over', () => {
  it('is refused line by line', async () => {
    const world = await bookingWorld();
    const over = wish('c1', 1_000_000, {
      startAt: formatInstant(START_MS - 2 * DAY_MS),
      endAt: formatInstant(START_MS - DAY_MS),
    });
    const { body } = await world.book('k1', bookingOf([over, wish('c2')], { mode: 'best-subset' }));
    assert.deepEqual(
      body.lines?.map(({ code }) => code),
      ['FLIGHT_ENDED', undefined],
    );
  });
});
