// Every line of the functions' log, end to end: requests and messages of all kinds go through the real functions on the real
// emulators, and each line that comes of it keeps the contract. One trace leads from a booking to the ledger.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { createPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import type { AndanteMessage, ScheduledWire } from '../../shared/contracts/events.ts';
import { encodeInstants, formatInstant } from '../../shared/contracts/instants.ts';
import { traceIdOf } from '../../shared/runtime/traceparent.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { bookingId, ledgerId } from '../../shared/store/ledger-key.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { assertLogLines } from '../support/assert-log-lines.ts';
import { bookingOf, firm, wish } from '../support/booking-world.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { budgetChanged, campaignCreated, reportData, statusChanged } from '../support/events.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliver, deliverEvent, post, pushOf } from '../support/pushes.ts';

type Line = Readonly<Record<string, unknown>>;

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
const LATER_MS = START_MS + 10 * TICK_MS;

describe('The log of the functions', function () {
  this.timeout(120_000);
  let [stack, clients, dir]: [Stack, ReturnType<typeof clientsOf>, string] = [] as never;
  /** Requests and pushes that were sent here. */
  let requests = 0;
  const linesNow = async (): Promise<Line[]> =>
    (await readFile(stack.logFile, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}') && !line.startsWith('{"url"'))
      .map((line) => JSON.parse(line) as Line);
  /** The first lines, at least so many, that are like this. */
  const until = async (like: Line, count = 1): Promise<Line[]> => {
    for (;;) {
      const found = (await linesNow()).filter((line) => Object.entries(like).every(([name, is]) => line[name] === is));
      if (found.length >= count) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const ask = async (path: string, who: string, rest: RequestInit = {}): Promise<number> => {
    requests += 1;
    const own = { authorization: `Bearer ${who}`, 'andante-at': formatInstant(START_MS), ...(rest.headers as object) };
    const response = await fetch(`${stack.functionsUrl}${path}`, { ...rest, headers: own });
    await response.arrayBuffer();
    return response.status;
  };
  const send = (path: string, who: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, who, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k1', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const schedule = (type: string, own: Partial<ScheduledWire> = {}) =>
    createPubSubBus(clients.pubsub).publish({
      ...{ type, source: 'scheduler', tenantId: 'andante', scheduledFor: formatInstant(LATER_MS), ...own },
    } as AndanteMessage);

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'andante-log-'));
    stack = await startStack({
      projectId: newProject(),
      tickIntervalMs: TICK_MS,
      virtualTime: true,
      retry: { minBackoffSeconds: 1 },
      logFile: join(dir, 'functions.log'),
    });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    const store = createFirestoreStore(clients.firestore);
    for (const market of ['SE', 'NO']) await persistSupply(store, market, [...supplyDays(3, { market }).values()]);
  });
  after(async () => {
    await clients.close();
    await stack.stop();
    await rm(dir, { recursive: true });
  });

  it('follows one trace from the request that books, over the bus, to the ledger', async () => {
    const held = bookingOf([wish('b1', 10_000_000)], { hold: firm });
    assert.equal(await send('/v1/bookings', 'tenant:t1', held), 201);
    assert.equal(await send('/v1/bookings/k1/confirm', 'tenant:t1', '', { traceparent }), 200);
    const trace = `projects/${stack.projectId}/traces/${TRACE}`;
    const [created] = await until({ function: 'campaign-created', campaign: 'b1' });
    assert.deepEqual([created?.['outcome'], created?.['logging.googleapis.com/trace']], ['applied', trace]);
    const [confirmed] = await until({ function: 'booking', outcome: 'confirmed' });
    assert.deepEqual(
      [confirmed?.['logging.googleapis.com/trace'], confirmed?.['tenant'], confirmed?.['booking']],
      [trace, 't1', 'k1'],
    );
    assert.notEqual(created?.['logging.googleapis.com/spanId'], confirmed?.['logging.googleapis.com/spanId']);
    const store = createFirestoreStore(clients.firestore);
    const eventId = `booked:${bookingId('t1', 'k1')}:b1`;
    const [entry] = await store.read([refs.ledger(ledgerId({ source: 'andante', tenantId: 't1', eventId }))]);
    assert.equal(traceIdOf(entry?.traceparent ?? ''), TRACE);
    const [first] = await until({ function: 'booking', outcome: 'held' });
    assert.notEqual(first?.['logging.googleapis.com/trace'], trace, 'the request before it is another trace');
  });

  it('carries the trace of a scheduled message to each market that it is fanned out to', async () => {
    await schedule('andante.delivery-tick.v1');
    const ticks = await until({ function: 'delivery-tick', outcome: 'applied' }, 2);
    const [fanned] = await until({ function: 'delivery-tick', outcome: 'fanned-out' });
    assert.deepEqual(new Set(ticks.map(({ market }) => market)), new Set(['SE', 'NO']));
    for (const line of ticks) {
      assert.equal(line['logging.googleapis.com/trace'], fanned?.['logging.googleapis.com/trace']);
      assert.equal(line['lagMs'], 0);
    }
  });

  it('has a line of the contract for every request and every push, and no other', async () => {
    requests = (await linesNow()).filter(({ message }) => message === 'answered').length;
    const quote = {
      ...{ currency: 'USD', budgetMicros: 10_000_000, objective: 'clicks' },
      ...{ startAt: formatInstant(START_MS), endAt: formatInstant(START_MS + 2 * 86_400_000) },
      subcampaigns: wish('q').subcampaigns.map(({ subcampaignId: _id, ...part }) => part),
    };
    await send('/v1/quotes', 'tenant:t1', quote);
    await send('/v1/quotes', 'tenant:t1', [quote, { requestId: 'bad' }, quote]);
    await send('/v1/quotes', 'nobody', quote);
    await send('/v1/quotes', 'tenant:t1', '{');
    await send('/v1/bookings', 'tenant:t1', bookingOf([wish('b2', 1_000_000)]), {
      accept: 'application/x-ndjson',
      'idempotency-key': 'k2',
    });
    await send('/v1/bookings/k3/release', 'tenant:t1', '');
    await ask('/v1/bookings/k1', 'tenant:t1');
    await send('/v1/campaigns/b1/budget?preview=true', 'tenant:t1', { budgetMicros: 11_000_000 });
    await send('/v1/campaigns/b1/budget', 'tenant:t1', { budgetMicros: 11_000_000, budgetVersion: 4 });
    await send('/v1/campaigns/b1/status', 'tenant:t1', { status: 'paused' }, { 'idempotency-key': 'k5' });
    await ask('/v1/campaigns/b1', 'tenant:t1');
    await ask('/v1/markets/SE/plan', 'group:g1');
    await ask('/v1/markets/XX/plan', 'group:g1');
    await ask('/v1/openapi.json', 'nobody');
    const { group: _group, ...report } = reportData();
    await send('/v1/reports', 'group:g1', { eventId: 'r1', ...(encodeInstants(report) as object) });
    const asked = { requestId: 'd1', market: 'SE', at: formatInstant(LATER_MS) };
    await send('/v1/decisions', 'group:g1', asked);
    await send('/v1/decisions', 'group:g1', `${JSON.stringify(asked)}\n{}\n`, {
      'content-type': 'application/x-ndjson',
    });

    await until({ function: 'delivery-reported', event: 'r1' });
    await deliverEvent(stack, campaignCreated({ campaignId: 'c9' }));
    await deliverEvent(stack, budgetChanged(50_000_000, 1, { campaignId: 'c9' }));
    await deliverEvent(stack, statusChanged('paused', 1, { campaignId: 'c9' }));
    await deliver(stack, 'campaign-created', { hello: 1 });
    await deliver(stack, 'campaign-created', pushOf({ type: 'andante.campaign-created.v1', eventId: 'e1' }));
    assert.equal(await post(stack, 'campaign-created', 'no push'), 400);
    await ask('/campaign-created/projects/p/topics/t', 'nobody');
    requests -= 1;
    for (const name of ['supply-refresh', 'reconcile', 'outcome-drain']) {
      const line = { function: name, message: 'handled' };
      await schedule(`andante.${name}.v1`);
      const [first] = await until(line);
      const { markets } = first as { markets?: number };
      if (markets !== undefined) await until(line, 1 + markets);
    }
    await until({ message: 'answered' }, requests);

    const lines = await linesNow();
    assertLogLines(lines);
    const answered = lines.filter(({ message }) => message === 'answered');
    assert.equal(answered.length, requests);
    for (const line of lines) {
      assert.match(String(line['logging.googleapis.com/trace']), /\/traces\/[0-9a-f]{32}$/, JSON.stringify(line));
      assert.equal(typeof line['logging.googleapis.com/labels'], 'object', JSON.stringify(line));
      assert.notEqual(line['severity'], 'CRITICAL', JSON.stringify(line));
    }
    const ends = lines.filter(({ message }) => message === 'handled' || message === 'answered');
    // Each function had something to say, and each kind of end was met.
    assert.deepEqual(new Set(ends.map((line) => line['function'])), new Set(Object.keys(stack.topology.functions)));
    const outcomes = new Set(ends.map(({ outcome }) => outcome));
    for (const outcome of [
      'applied',
      'refused',
      'filed',
      'fanned-out',
      'quarantined',
      'confirmed',
      'previewed',
      'drained',
    ])
      assert(outcomes.has(outcome), outcome);
    const batch = answered.find(({ quotes }) => quotes === 3);
    assert.deepEqual([batch?.['refused'], batch?.['tier'], batch?.['tenant']], [1, 'fast', 't1']);
  });
});
