// Bookings through the real functions on the real emulators: over HTTP, the bus and the Scheduler's messages.
import assert from 'node:assert/strict';
import { startStack, type Stack } from '../../emulators/stack.ts';
import type { BookingAnswer, BookingRequestWire } from '../../shared/contracts/bookings.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { bookingOf, firm, wish, wishes } from '../support/booking-world.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliver, pushOf, tickOf } from '../support/pushes.ts';

/** What SE can sell over the two days of every flight here; a tenant holds no more than a quarter of it. */
const ALL_MICROS = 2_000_000_000;

describe('Bookings on the emulators', function () {
  this.timeout(120_000);
  let [stack, clients]: [Stack, ReturnType<typeof clientsOf>] = [] as never;
  let store: AllocationStore;

  before(async () => {
    stack = await startStack({
      projectId: newProject(),
      tickIntervalMs: TICK_MS,
      virtualTime: true,
      retry: { minBackoffSeconds: 1 },
      workers: 2,
    });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    store = createFirestoreStore(clients.firestore);
  });
  after(async () => {
    await clients.close();
    await stack.stop();
  });

  const open = async (market: string) => persistSupply(store, market, [...supplyDays(2, { market }).values()]);
  const send = (path: string, tenant: string, rest: RequestInit = {}, atMs = START_MS) =>
    fetch(`${stack.functionsUrl}/v1/bookings${path}`, {
      ...rest,
      headers: {
        authorization: `Bearer tenant:${tenant}`,
        'andante-at': formatInstant(atMs),
        ...(rest.headers as Record<string, string> | undefined),
      },
    });
  const ask = async (...request: Parameters<typeof send>) => {
    const response = await send(...request);
    return { status: response.status, body: (await response.json()) as BookingAnswer & { code?: string } };
  };
  const post = (key: string, body: BookingRequestWire, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'idempotency-key': key, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const bookOf = async (market: string) => {
    const [found] = await store.read([refs.market(market)]);
    const pages = await store.read((found?.pages ?? []).map(({ page }) => refs.page(market, page)));
    return {
      entries: pages.flatMap((page) => page?.entries.map(({ campaignId }) => campaignId) ?? []).sort(),
      holds: pages.flatMap((page) => page?.holds?.map(({ campaignId }) => campaignId) ?? []),
    };
  };
  /** Until the bus has brought all that was published. */
  const applied = async (market: string, count: number) => {
    for (;;) {
      const book = await bookOf(market);
      if (book.entries.length >= count && book.holds.length === 0) return book;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const inMarket = (market: string, campaigns: BookingRequestWire['campaigns']) =>
    campaigns.map((one) => ({ ...one, subcampaigns: one.subcampaigns.map((part) => ({ ...part, market })) }));

  it('are held, confirmed and applied, each campaign once, and told as they get on', async () => {
    await open('B1');
    const request = bookingOf(inMarket('B1', wishes(30, 10_000_000)), { hold: firm });
    const response = await send('', 't1', post('k1', request, { accept: 'application/x-ndjson' }));
    assert.deepEqual([response.status, response.headers.get('location')], [201, '/v1/bookings/k1']);
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as BookingAnswer);
    assert.deepEqual(
      lines.map(({ progress }) => progress.held),
      [0, 0, 25, 30, 30, 30],
    );
    assert.deepEqual([lines.at(-1)?.status, lines.at(-1)?.lines?.length], ['held', 30]);
    const answers = await Promise.all([0, 1, 2].map(() => ask('/k1/confirm', 't1', { method: 'POST' })));
    for (const { status, body } of answers) assert.deepEqual([status, body.status], [200, 'confirmed']);
    const book = await applied('B1', 30);
    assert.equal(new Set(book.entries).size, 30);
    assert.equal((await ask('/k1', 't2')).status, 404);
  });

  it('that race for the last listeners: one wins, the other is told why and what would fit', async () => {
    for (let round = 0; round < 5; round++) {
      const market = `R${round}`;
      await open(market);
      const race = await Promise.all(
        ['a', 'b'].map(async (name) => {
          const campaigns = inMarket(market, wishes(5, (0.6 * ALL_MICROS) / 5, `r${round}-${name}`));
          return ask('', name, post(market, bookingOf(campaigns)));
        }),
      );
      assert.deepEqual(race.map(({ body }) => body.status).sort(), ['confirmed', 'refused']);
      const refused = race.find(({ body }) => body.status === 'refused')?.body.lines ?? [];
      assert(refused.every(({ code, reason }) => code && reason));
      assert(refused.some(({ counterOffers }) => counterOffers?.length));
      assert.equal((await applied(market, 5)).entries.length, 5);
    }
  });

  it('that are copies of one, at two processes at once, are one', async () => {
    await open('C1');
    const request = bookingOf(inMarket('C1', wishes(30, 10_000_000, 'copy')));
    const copies = await Promise.all([0, 1].map(() => ask('', 't1', post('copies', request))));
    for (const { status, body } of copies) {
      // A copy that loses its turn too often is told to come again.
      if (status < 300) assert.equal(body.status, 'confirmed');
      else assert.equal(status, 503);
    }
    assert.equal((await ask('', 't1', post('copies', request))).body.status, 'confirmed');
    assert.equal(new Set((await applied('C1', 30)).entries).size, 30);
  });

  it('that run out free their supply at the next tick and their ids at the next drain', async () => {
    await open('E1');
    const [one] = inMarket('E1', [wish('late', ALL_MICROS / 5)]);
    assert(one);
    assert.equal((await ask('', 't1', post('late', bookingOf([one], { hold: firm })))).body.status, 'held');
    const untilMs = START_MS + firm.seconds * 1000;
    await deliver(stack, 'delivery-tick', pushOf(tickOf('E1', untilMs)));
    assert.deepEqual((await bookOf('E1')).holds, []);
    const confirm = await ask('/late/confirm', 't1', { method: 'POST' }, untilMs);
    assert.deepEqual([confirm.status, confirm.body.code], [409, 'HOLD_EXPIRED']);
    const drain = { type: 'andante.outcome-drain.v1', source: 'scheduler', tenantId: 'andante' } as const;
    await deliver(stack, 'outcome-drain', pushOf({ ...drain, scheduledFor: formatInstant(untilMs) }));
    assert.deepEqual(await store.read([refs.owner('late')]), [undefined]);
    assert.equal((await ask('', 't2', post('again', bookingOf([one])))).body.status, 'confirmed');
  });
});
