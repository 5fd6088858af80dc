import assert from 'node:assert/strict';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { persist } from '../../support/persisting.ts';
import { bookingOf, bookingWorld, firm, part, wish, wishes } from '../../support/booking-world.ts';

/** What SE can sell over the two days of every flight here. */
const MARKET_MICROS = 2_000_000_000;

describe('POST /v1/bookings', () => {
  it('books at once what fits, and publishes each campaign', async () => {
    const world = await bookingWorld({}, undefined, true);
    const { status, headers, body } = await world.book('k1', bookingOf(wishes(3, 500_000_000)));
    assert.deepEqual([status, headers['location'], body.status], [201, '/v1/bookings/k1', 'confirmed']);
    assert.deepEqual(body.progress, { campaigns: 3, held: 3, refused: 0, applied: 3 });
    assert.deepEqual(
      body.lines?.map(({ campaignId, result, budgetMicros }) => [campaignId, result, budgetMicros]),
      [0, 1, 2].map((index) => [`c${index}`, 'accepted', 500_000_000]),
    );
    assert(body.lines?.every(({ fullSpendProbability }) => (fullSpendProbability as number) > 0.5));
    assert.equal((await world.holdsOf()).length, 3);
    await world.deliver();
    assert.equal((await world.holdsOf()).length, 0);
    assert.deepEqual(
      (await world.entriesOf()).map(({ campaignId, budgetMicros }) => [campaignId, budgetMicros]),
      [0, 1, 2].map((index) => [`c${index}`, 500_000_000]),
    );
    assert.deepEqual(await world.ownerOf('c1'), { schemaVersion: 1, campaignId: 'c1', tenantId: 't1' });
  });

  it('refuses all of what does not fit together, says why and what would, and holds nothing', async () => {
    const world = await bookingWorld();
    const { status, body } = await world.book('k1', bookingOf(wishes(3, 900_000_000)));
    assert.deepEqual([status, body.status, body.progress.refused], [201, 'refused', 3]);
    assert(body.reason);
    for (const line of body.lines ?? []) {
      assert.deepEqual([line.result, line.budgetMicros], ['refused', 0]);
      assert(line.reason);
    }
    const contended = body.lines?.filter(({ code }) => code === 'CONTENDED') ?? [];
    assert(contended.length > 0 && contended.every(({ counterOffers }) => counterOffers?.length));
    assert.deepEqual(await world.holdsOf(), []);
    assert.equal(await world.ownerOf('c0'), undefined);
    await world.deliver();
    assert.deepEqual(await world.entriesOf(), []);
  });

  it('takes what is worth most where the best subset is asked for', async () => {
    const world = await bookingWorld();
    const campaigns = [wish('dear', 900_000_000, { weight: 9 }), wish('a', 1_500_000_000), wish('b', 1_000_000_000)];
    const { body } = await world.book('k1', bookingOf(campaigns, { mode: 'best-subset' }));
    assert.deepEqual([body.status, body.progress.held, body.progress.refused], ['confirmed', 2, 1]);
    assert.deepEqual(
      body.lines?.map(({ result }) => result),
      ['accepted', 'refused', 'accepted'],
    );
    await world.deliver();
    assert.deepEqual(
      (await world.entriesOf()).map(({ campaignId }) => campaignId),
      ['dear', 'b'],
    );
  });

  it('gives everybody the same share where a scale-down is asked for', async () => {
    const world = await bookingWorld();
    const { body } = await world.book('k1', bookingOf(wishes(4, 1_000_000_000), { mode: 'scale-down' }));
    assert.deepEqual(
      body.lines?.map(({ result, code }) => [result, code]),
      Array(4).fill(['scaled', 'SCALED_DOWN']),
    );
    assert(Math.abs((body.factor ?? 0) - 0.5) < 0.01, String(body.factor));
    const sold = (body.lines ?? []).reduce((sum, { budgetMicros }) => sum + budgetMicros, 0);
    assert(sold <= MARKET_MICROS && sold > 0.99 * MARKET_MICROS, String(sold));
  });

  it('answers the same again for the same key, and 409 for another body under it', async () => {
    const world = await bookingWorld();
    const request = bookingOf([wish('c1'), wish('c2')], { hold: firm });
    const first = await world.book('k1', request);
    // The same instants and fields, written otherwise.
    const again = structuredClone(request);
    const respelled = {
      ...again,
      campaigns: again.campaigns.map((one) => ({ ...one, startAt: '2026-03-02T01:00:00+01:00' })),
    };
    const second = await world.book('k1', respelled);
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.deepEqual(second.body, first.body);
    assert.equal((await world.holdsOf()).length, 2);
    const other = await world.book('k1', bookingOf([wish('c1')], { hold: firm }));
    assert.deepEqual([other.status, other.body.code], [409, 'EVENT_CONFLICT']);
    assert.equal((await world.holdsOf()).length, 2);
  });

  it("keeps what tenants book apart: a key is its tenant's own, and a campaign id is one tenant's", async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf([wish('c1')], { hold: firm }), 't1');
    const other = await world.book(
      'k1',
      bookingOf([wish('c1'), wish('c2')], { hold: firm, mode: 'best-subset' }),
      't2',
    );
    assert.deepEqual(
      other.body.lines?.map(({ result, code }) => [result, code]),
      [
        ['refused', 'CAMPAIGN_EXISTS'],
        ['accepted', undefined],
      ],
    );
    for (const answer of [
      await world.look('k2', 't2'),
      await world.confirm('k2', 't2'),
      await world.release('k2', 't2'),
    ])
      assert.deepEqual([answer.status, answer.body.code], [404, 'NOT_FOUND']);
    await world.release('k1', 't2');
    assert.equal((await world.look('k1', 't1')).body.status, 'held');
    assert.deepEqual(
      (await world.holdsOf()).map(({ tenantId }) => tenantId),
      ['t1'],
    );
  });

  it('refuses ids of campaigns that exist, whoever has them', async () => {
    const world = await bookingWorld();
    await persist(world.store, campaignCreated());
    await persist(world.store, campaignCreated({ campaignId: 'c2' }, { tenantId: 't2' }));
    const { body } = await world.book('k1', bookingOf([wish('c1'), wish('c2'), wish('c3')], { mode: 'best-subset' }));
    assert.deepEqual(
      body.lines?.map(({ code }) => code),
      ['CAMPAIGN_EXISTS', 'CAMPAIGN_EXISTS', undefined],
    );
  });

  it('lets no event create a campaign whose id is held', async () => {
    const world = await bookingWorld();
    await world.book('k1', bookingOf([wish('c1')], { hold: firm }));
    const { entry } = await persist(world.store, campaignCreated());
    assert.deepEqual(
      entry.outcomes.map((outcome) => 'code' in outcome && outcome.code),
      ['CAMPAIGN_EXISTS'],
    );
    await assert.rejects(persist(world.store, campaignCreated({}, { tenantId: 't2' })), { code: 'TENANT_MISMATCH' });
  });

  const wrong: [string, (request: Record<string, unknown>) => void, RegExp][] = [
    ['no campaigns', (request) => (request['campaigns'] = []), /campaigns/],
    ['an unknown mode', (request) => (request['mode'] = 'most'), /mode/],
    ['a field nobody knows', (request) => (request['tenantId'] = 't2'), /tenantId/],
    ['an id twice', (request) => (request['campaigns'] = [wish('c1'), wish('c1')]), /\/campaigns\/1\/campaignId/],
    [
      'a flight that ends before it starts',
      (request) => (request['campaigns'] = [wish('c0'), wish('c1', 1, { endAt: formatInstant(START_MS) })]),
      /\/campaigns\/1\/endAt must be after/,
    ],
    [
      'a flight of two months',
      (request) => (request['campaigns'] = [wish('c1', 1, { endAt: formatInstant(START_MS + 60 * DAY_MS) })]),
      /\/campaigns\/0: a flight has at most 31 days/,
    ],
    [
      'a lock beside a floor',
      (request) =>
        (request['campaigns'] = [wish('c1', 1, { subcampaigns: [part({ lockMicros: 1, floorMicros: 1 })] })]),
      /\/campaigns\/0\/subcampaigns\/0 has a lock/,
    ],
    [
      'a day that no calendar has',
      (request) => (request['campaigns'] = [wish('c1', 1, { startAt: '2026-02-30T00:00:00Z' })]),
      /startAt/,
    ],
    ['a hold of a year', (request) => (request['hold'] = { kind: 'firm', seconds: 31_536_000 }), /seconds/],
    ['a firm hold that is not sure', (request) => (request['hold'] = { ...firm, probability: 0.5 }), /probability/],
    [
      'a soft hold that is not said how likely',
      (request) => (request['hold'] = { kind: 'soft', seconds: 60 }),
      /probability/,
    ],
  ];
  for (const [name, change, expected] of wrong) {
    it(`refuses ${name}, and stores nothing`, async () => {
      const world = await bookingWorld();
      const request = bookingOf([wish('c1')]) as unknown as Record<string, unknown>;
      change(request);
      const { status, body } = await world.book('k1', request as never);
      assert.deepEqual([status, body.code], [400, 'INVALID_REQUEST']);
      assert.match(body.detail ?? '', expected);
      assert.equal((await world.look('k1')).status, 404);
    });
  }

  it('refuses a request without a key of its own, and methods it does not take', async () => {
    const world = await bookingWorld();
    for (const headers of [{}, { 'idempotency-key': 'a b' }, { 'idempotency-key': 'k'.repeat(65) }]) {
      const { status, body } = await world.ask('POST', '/v1/bookings', { headers, body: bookingOf([wish('c1')]) });
      assert.deepEqual([status, body.code], [400, 'INVALID_REQUEST']);
      assert.match(body.detail ?? '', /Idempotency-Key/);
    }
    for (const [method, path, status] of [
      ['GET', '/v1/bookings', 405],
      ['DELETE', '/v1/bookings/k1', 405],
      ['GET', '/v1/bookings/k1/confirm', 405],
      ['POST', '/v1/bookings/k1/cancel', 404],
      ['GET', '/v1/bookings/', 404],
      ['GET', '/v1/bookings/a%2Fb', 404],
      ['POST', '/v1/bookings/k1/confirm/now', 404],
    ] as const)
      assert.equal((await world.ask(method, path)).status, status, `${method} ${path}`);
  });

  it('counts its campaigns as requests, and says when there is room again', async () => {
    const world = await bookingWorld();
    world.tenants['t1'] = { requestsPerMinute: 4 };
    assert.equal((await world.book('k1', bookingOf(wishes(3, 1_000_000)))).status, 201);
    const { status, headers, body } = await world.book('k2', bookingOf(wishes(3, 1_000_000, 'd')));
    assert.deepEqual([status, body.code], [429, 'TOO_MANY_REQUESTS']);
    assert(Number(headers['retry-after']) >= 1);
    assert.equal((await world.look('k1')).status, 200);
  });

  it('streams its progress as lines and ends with the answer', async () => {
    const world = await bookingWorld();
    const { status, headers, body } = await world.send('POST', '/v1/bookings', {
      headers: { 'idempotency-key': 'k1', accept: 'application/x-ndjson' },
      body: bookingOf(wishes(60, 10_000_000), { hold: firm }),
    });
    const lines: Record<string, unknown>[] = [];
    for await (const text of body as AsyncIterable<string>) lines.push(JSON.parse(text) as Record<string, unknown>);
    assert.deepEqual([status, headers?.['content-type']], [201, 'application/x-ndjson']);
    const held = lines.map(({ progress }) => (progress as { held: number }).held);
    assert.deepEqual(held, [0, 0, 25, 50, 60, 60, 60]);
    assert.deepEqual(lines.at(-1), (await world.look('k1')).body);
  });

  it('says in the last line what went wrong', async () => {
    const world = await bookingWorld({}, (store) => ({
      ...store,
      transact: async (...given) => {
        if ((await store.openBookings(1)).length > 0) throw new Error('the disk is full');
        return store.transact(...given);
      },
    }));
    const { body } = await world.send('POST', '/v1/bookings', {
      headers: { 'idempotency-key': 'k1', accept: 'application/x-ndjson' },
      body: bookingOf(wishes(60, 10_000_000)),
    });
    const lines: string[] = [];
    for await (const text of body as AsyncIterable<string>) lines.push(text);
    assert.deepEqual(JSON.parse(lines.at(-1) as string), {
      error: { code: 'INTERNAL', message: 'the error is in the log' },
    });
    assert(world.lines.some(({ error }) => String(error).includes('the disk is full')));
  });
});
