// A hundred thousand hostile requests through the framework's own server, at every door, over memory ports. It needs no
// emulator but the patience that the tests with emulators have.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { createRandom } from '../../emulators/world/random.ts';
import { MAX_PUSH_BYTES } from '../../shared/runtime/envelope.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { bookingId } from '../../shared/store/ledger-key.ts';
import { attack, exchangeOf, requestOf, type Tally } from '../hostile/attack.ts';
import { createConnection, type Wire } from '../hostile/connection.ts';
import { MARKETS, doors as names, openDoors, type Door, type Doors } from '../hostile/doors.ts';
import { judge, type Exchange } from '../hostile/judge.ts';
import { goodRequest } from '../hostile/requests.ts';
import { snapshotOf } from '../support/stores.ts';

const SEED = 'andante';
const REQUESTS = 100_000;
/** Requests to one world: its quarantine is kept in memory. */
const WORLD = 5_000;
const CAMPAIGNS = Array.from({ length: 300 }, (_, index) => `c${index}`);
const BOOKINGS = Array.from({ length: 200 }, (_, index) => bookingId('t1', `k${index}`));

describe('Hostile requests', function () {
  this.timeout(300_000);
  let doors: Doors;
  before(async () => {
    doors = await openDoors();
  });
  after(() => doors.close());
  beforeEach(() => doors.renew());

  let sent = 0;
  const knock = async (door: Door, wire: Wire): Promise<Exchange> => {
    const connection = createConnection(doors.ports[door]);
    const exchange = await exchangeOf(connection, { door, id: `single-${++sent}`, wire });
    connection.close();
    return exchange;
  };
  const letGoodOnesThrough = async () => {
    const random = createRandom(SEED, 'good', sent);
    const about = { campaignId: `good-${sent}`, market: 'SE' };
    for (const door of names) {
      // A tick of this market, and never of all: plans are asked for next.
      const draw = door === 'delivery-tick' ? () => 0.5 : random;
      const exchange = await knock(door, goodRequest(draw, door, about));
      const verdict = await judge(exchange, doors);
      assert.equal(verdict, 'handled', `a good request to ${door}: ${exchange.answer.body}`);
    }
  };
  const everything = async () => ({
    ...(await snapshotOf(doors.world.store, MARKETS, CAMPAIGNS)),
    plans: await doors.world.store.read(MARKETS.map(refs.plan)),
    owners: await doors.world.store.read(CAMPAIGNS.map(refs.owner)),
    waiting: await Promise.all(MARKETS.map((market) => doors.world.store.waitingReports(market, 1e6))),
    undrained: await doors.world.store.undrained(1e6),
    bookings: await doors.world.store.read(BOOKINGS.map(refs.booking)),
    published: doors.world.bus.published.length,
    rows: doors.world.outcomes.rows.length,
  });

  it('are refused or quarantined with a code and change nothing, or were right after all', async () => {
    const total: Tally = { handled: 0, quarantined: 0, refused: 0, unheard: 0 };
    for (let from = 0; from < REQUESTS; from += WORLD) {
      await doors.renew();
      const { tally } = await attack(doors, { seed: SEED, from, to: from + WORLD });
      for (const verdict of Object.keys(tally) as (keyof Tally)[]) total[verdict] += tally[verdict];
      await letGoodOnesThrough();
    }
    console.log(`      ${JSON.stringify(total)}`);
    // Neither all noise nor all harmless.
    for (const [verdict, count] of Object.entries(total)) assert(count > REQUESTS / 100, `${count} ${verdict}`);
  });

  it('that were refused leave everything as it was when they come again', async () => {
    const { refused } = await attack(doors, { seed: `${SEED} again`, from: 0, to: WORLD });
    const before = await everything();
    assert(before.rows > 100 && before.published > 100, 'there is something that could change');
    // A plan may be there by now, or another; a campaign or a booking too.
    const isToStay = ({ door, answer }: Exchange) =>
      door !== 'plan' && door !== 'decision' && answer.status !== 404 && answer.status !== 409;
    for (const { door, wire } of refused.filter(isToStay)) {
      const exchange = await knock(door, wire);
      assert.notEqual(await judge(exchange, doors), 'handled');
    }
    assert.deepEqual(await everything(), before);
  });

  const megabytes = (count: number) => Buffer.alloc(count * 1024 * 1024, ' ');
  const nested = '['.repeat(MAX_PUSH_BYTES / 2) + ']'.repeat(MAX_PUSH_BYTES / 2);
  for (const { name, body, headers = [], code } of [
    { name: 'of 50 MB', body: megabytes(50), code: 'BODY_TOO_LARGE' },
    {
      name: 'of 50 MB in chunks',
      body: Buffer.concat([Buffer.from('3200000\r\n'), megabytes(50), Buffer.from('\r\n0\r\n\r\n')]),
      headers: [['transfer-encoding', 'chunked'] as const],
      code: 'BODY_TOO_LARGE',
    },
    {
      name: 'of 50 MB in a few KB',
      body: gzipSync(megabytes(50)),
      headers: [['content-encoding', 'gzip'] as const],
      code: 'INVALID_REQUEST',
    },
    {
      name: `nested ${MAX_PUSH_BYTES / 2} deep`,
      body: Buffer.from(nested),
      code: /BODY_TOO_LARGE|BODY_TOO_DEEP|MALFORMED_ENVELOPE/,
    },
  ]) {
    it(`with a body ${name} are refused, and the next ones served`, async () => {
      for (const [door, path, who] of [
        ['campaign-created', '/', 'nobody'],
        ['report', '/v1/reports', 'group:g1'],
        ['decision', '/v1/decisions', 'group:g1'],
        ['booking', '/v1/bookings', 'tenant:t1'],
      ] as const) {
        const method = { method: 'POST', path };
        const own = [
          ['authorization', `Bearer ${who}`],
          ['content-type', 'application/json'],
          ['idempotency-key', 'k1'],
        ] as const;
        const { id, answer, ...rest } = await knock(door, { ...method, headers: [...own, ...headers], body });
        assert.notEqual(await judge({ id, answer, ...rest }, doors), 'handled');
        const said = doors.traceOf(id)?.lines.at(-1)?.fields['code'];
        assert.match(String(said), new RegExp(code), `${door}: ${answer.status} ${answer.body}`);
      }
      await letGoodOnesThrough();
    });
  }

  it('can be sent again one by one: a seed and a number say all', () => {
    for (let number = 0; number < 100; number++) assert.deepEqual(requestOf(SEED, number), requestOf(SEED, number));
  });
});
