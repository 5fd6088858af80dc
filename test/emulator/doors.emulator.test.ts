// The doors of the functions, on the real emulators: what is malformed is refused with a code, changes nothing, and does
// not keep the next message waiting.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { createPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import type { PlanWire } from '../../shared/contracts/plan.ts';
import type { AndanteMessage } from '../../shared/contracts/events.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { budgetChanged, campaignCreated, reportData } from '../support/events.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliver, deliverEvent, post, pushOf, tickOf } from '../support/pushes.ts';

const good = encodeInstants(campaignCreated()) as Record<string, unknown> & { data: Record<string, unknown> };
const withData = (own: Record<string, unknown>) => ({ ...good, data: { ...good.data, ...own } });
const order = (own: Record<string, unknown>) =>
  withData({ subcampaigns: [{ ...(good.data['subcampaigns'] as object[])[0], ...own }] });
const deep = `{"type":"andante.campaign-created.v1","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

/** What comes in, and the code it is quarantined under. */
const badPushes: { name: string; push: unknown; code: string }[] = [
  { name: 'an envelope that is none', push: { hello: 1 }, code: 'MALFORMED_ENVELOPE' },
  { name: 'an envelope that is a list', push: [1, 2], code: 'MALFORMED_ENVELOPE' },
  {
    name: 'a message without data',
    push: { message: { attributes: { a: 'b' }, messageId: '1' }, subscription: 's' },
    code: 'BAD_JSON',
  },
  {
    name: 'bad base64',
    push: { message: { data: '!!', messageId: '1', attributes: {} }, subscription: 's' },
    code: 'BAD_BASE64',
  },
  { name: 'bad JSON', push: pushOf('{"type":'), code: 'BAD_JSON' },
  {
    name: 'another function’s event',
    push: pushOf({ ...good, type: 'andante.budget-changed.v1' }),
    code: 'WRONG_TYPE',
  },
  {
    name: 'a version we do not know',
    push: pushOf({ ...good, type: 'andante.campaign-created.v9' }),
    code: 'UNSUPPORTED_VERSION',
  },
  { name: 'an unknown field', push: pushOf(withData({ color: 'red' })), code: 'INVALID_EVENT' },
  {
    name: 'a body that is too large',
    push: pushOf(withData({ campaignId: 'x'.repeat(300_000) })),
    code: 'BODY_TOO_LARGE',
  },
  { name: 'a body that is too deep', push: pushOf(deep), code: 'BODY_TOO_DEEP' },
  {
    name: 'a key that reaches into prototypes',
    push: pushOf(JSON.stringify(good).replace('"currency"', '"__proto__":{"polluted":1},"currency"')),
    code: 'FORBIDDEN_KEY',
  },
  { name: 'negative micros', push: pushOf(withData({ budgetMicros: -1 })), code: 'INVALID_EVENT' },
  { name: 'fractional micros', push: pushOf(withData({ budgetMicros: 1.5 })), code: 'INVALID_EVENT' },
  { name: 'more micros than a number holds', push: pushOf(withData({ budgetMicros: 2 ** 53 })), code: 'INVALID_EVENT' },
  { name: 'an end before the start', push: pushOf(withData({ endAt: '2026-03-01T00:00:00Z' })), code: 'INVALID_EVENT' },
  {
    name: 'a day that no calendar has',
    push: pushOf(withData({ endAt: '2026-02-30T00:00:00Z' })),
    code: 'INVALID_EVENT',
  },
  { name: 'a floor above its cap', push: pushOf(order({ floorMicros: 2, capMicros: 1 })), code: 'INVALID_EVENT' },
  {
    name: 'a tenant that the publisher does not speak for',
    push: pushOf(good, { tenantId: 'somebody-else' }),
    code: 'TENANT_MISMATCH',
  },
];

describe('The doors', function () {
  this.timeout(180_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;
  let store: AllocationStore;

  before(async () => {
    const retry = { minBackoffSeconds: 0, maxBackoffSeconds: 1, maxDeliveryAttempts: 5 };
    stack = await startStack({ projectId: newProject(), tickIntervalMs: TICK_MS, virtualTime: true, retry });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    store = createFirestoreStore(clients.firestore);
    for (const market of ['SE', 'NO']) await persistSupply(store, market, [...supplyDays(3, { market }).values()]);
  });
  after(async () => {
    await clients.close();
    await stack.stop();
  });
  const codes = async () => (await store.quarantined(100)).map(({ document }) => document.code);

  for (const { name, push, code } of badPushes) {
    it(`quarantine ${name} as ${code}, and nothing else changes`, async () => {
      const before = await codes();
      assert.equal(await post(stack, 'campaign-created', push), 204);
      const added = (await codes()).sort();
      for (const known of before) added.splice(added.indexOf(known), 1);
      assert.deepEqual(added, [code]);
      assert.deepEqual(await store.read([refs.campaign('t1', 'c1'), refs.owner('c1')]), [undefined, undefined]);
      assert.equal((await clients.firestore.collection('ledger').get()).size, 0);
    });
  }

  it('let the next good message through', async () => {
    await deliverEvent(stack, campaignCreated());
    const [campaign] = await store.read([refs.campaign('t1', 'c1')]);
    assert.equal(campaign?.status, 'active');
  });

  it('refuse a change by a tenant whose campaign it is not, and leave the campaign as it was', async () => {
    const [before] = await store.read([refs.campaign('t1', 'c1')]);
    await deliverEvent(stack, budgetChanged(1, 1, { tenantId: 't2', eventId: 'foreign' }));
    assert.deepEqual(await store.read([refs.campaign('t1', 'c1'), refs.campaign('t2', 'c1')]), [before, undefined]);
    assert((await codes()).includes('TENANT_MISMATCH'));
  });

  it('quarantine another payload under a known event id, once, as not replayable', async () => {
    const conflict = campaignCreated({ budgetMicros: 5 });
    await deliverEvent(stack, conflict);
    await deliverEvent(stack, conflict);
    const found = (await store.quarantined(100)).filter(({ document }) => document.code === 'EVENT_CONFLICT');
    assert.equal(found.length, 1);
    assert.equal(found[0]?.document.replayable, false);
  });

  it('answer a body that is no JSON with 400, and go on', async () => {
    assert.equal(await post(stack, 'budget-changed', 'not json'), 400);
    await deliverEvent(stack, budgetChanged(90_000_000, 1));
    const [campaign] = await store.read([refs.campaign('t1', 'c1')]);
    assert.equal(campaign?.budgetMicros, 90_000_000);
  });

  it('bring every market up to the same slot when one tick comes through Pub/Sub', async () => {
    const { market: _all, ...tick } = tickOf('', START_MS + TICK_MS);
    await createPubSubBus(clients.pubsub).publish(tick as AndanteMessage);
    for (const market of ['SE', 'NO']) {
      for (let waited = 0; ; waited += 50) {
        const [found] = await store.read([refs.market(market)]);
        if (found?.watermarkSlot === (START_MS + TICK_MS) / TICK_MS) break;
        assert(waited < 20_000, `${market} was not ticked`);
        await delay(50);
      }
    }
  });

  it('send what keeps failing to the dead-letter topic, where nothing is lost', async () => {
    // A document of another program: a programmer error at every attempt.
    await clients.firestore.doc('markets/XX').set({ schemaVersion: 7 });
    const [tick, dead] = [tickOf('XX', START_MS), clients.pubsub.subscription('delivery-tick-dead-letter')];
    const arrived = new Promise<unknown>((done) => {
      dead.on('message', (message: { data: Buffer; ack(): void }) => {
        message.ack();
        done(JSON.parse(message.data.toString()));
      });
      dead.on('error', () => undefined);
    });
    await createPubSubBus(clients.pubsub).publish(tick as AndanteMessage);
    assert.deepEqual(await arrived, tick);
    await clients.firestore.doc('markets/XX').delete();
  });

  describe('of ad servers', () => {
    const authorization = 'Bearer group:g1';
    const readPlan = (headers: Record<string, string> = { authorization }, market = 'SE') =>
      fetch(`${stack.functionsUrl}/v1/markets/${market}/plan`, { headers });
    const send = (body: unknown, headers: Record<string, string> = { authorization }) =>
      fetch(`${stack.functionsUrl}/v1/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const report = (own: object = {}) => {
      const { group: _stamped, ...body } = reportData({
        opportunities: [{ segment: 'casual', surface: 'home', opportunities: 10 }],
      });
      return { eventId: 'r1', ...(encodeInstants(body) as object), ...own };
    };

    it('serve the plan with a tag, and 304 to who has it', async () => {
      const first = await readPlan();
      const plan = (await first.json()) as PlanWire;
      assert.equal(first.status, 200);
      assert.equal(plan.market, 'SE');
      const etag = first.headers.get('etag') as string;
      assert.match(etag, /^"[0-9a-f]{64}"$/);
      assert.equal((await readPlan({ authorization, 'if-none-match': etag })).status, 304);
    });

    it('take a report, stamp it with the group of the token, and file it once', async () => {
      for (let copy = 0; copy < 2; copy++) assert.equal((await send(report())).status, 202);
      for (let waited = 0; ; waited += 50) {
        const [waiting] = await store.waitingReports('SE', 10);
        if ((waiting?.document.report as { group: string } | undefined)?.group === 'g1') break;
        assert(waited < 20_000, 'the report was not filed');
        await delay(50);
      }
      await deliver(stack, 'delivery-tick', pushOf(tickOf('SE', START_MS + 2 * TICK_MS)));
      const [market] = await store.read([refs.market('SE')]);
      assert.deepEqual(
        market?.groups.map(({ group, opportunities }) => ({ group, opportunities })),
        [{ group: 'g1', opportunities: 10 }],
      );
    });

    for (const { name, request, status, code } of [
      { name: 'no token', request: () => send(report(), {}), status: 401, code: 'UNAUTHENTICATED' },
      {
        name: 'a token that is none',
        request: () => send(report(), { authorization: 'Bearer x y' }),
        status: 401,
        code: 'UNAUTHENTICATED',
      },
      {
        name: 'a group in the body',
        request: () => send(report({ group: 'g2' })),
        status: 400,
        code: 'INVALID_REQUEST',
      },
      {
        name: 'a window that ends before it starts',
        request: () => send(report({ windowEndAt: '2026-03-01T00:00:00Z' })),
        status: 400,
        code: 'INVALID_EVENT',
      },
      { name: 'a market nobody knows', request: () => send(report({ market: 'ZZ' })), status: 404, code: 'NOT_FOUND' },
      {
        name: 'a body that is too large',
        request: () => send(`{"x":"${'x'.repeat(300_000)}"}`),
        status: 413,
        code: 'BODY_TOO_LARGE',
      },
      {
        name: 'a report that is read',
        request: () => fetch(`${stack.functionsUrl}/v1/reports`),
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
      },
      {
        name: 'a plan of nowhere',
        request: () => readPlan({ authorization }, 'ZZ'),
        status: 404,
        code: 'NOT_FOUND',
      },
      {
        name: 'a plan for nobody',
        request: () => readPlan({}),
        status: 401,
        code: 'UNAUTHENTICATED',
      },
      {
        name: 'a path that is none',
        request: () => fetch(`${stack.functionsUrl}/v1/markets/SE`),
        status: 404,
        code: 'NOT_FOUND',
      },
      {
        name: 'a path of nothing but slashes',
        request: () => fetch(`${stack.functionsUrl}//`),
        status: 404,
        code: 'NOT_FOUND',
      },
      {
        name: 'a path that does not decode',
        request: () => fetch(`${stack.functionsUrl}/v1/markets/%zz/plan`),
        status: 404,
        code: 'NOT_FOUND',
      },
      {
        name: 'a push that is read',
        request: () => fetch(`${stack.functionsUrl}/campaign-created/projects/p/topics/campaign-created`),
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
      },
      {
        name: 'a path of no function',
        request: () => fetch(`${stack.functionsUrl}/nothing`),
        status: 404,
        code: 'NOT_FOUND',
      },
    ]) {
      it(`answer ${name} with ${status} and ${code}`, async () => {
        const response = await request();
        assert.equal(response.status, status);
        assert.equal(response.headers.get('content-type'), 'application/problem+json');
        assert.equal(((await response.json()) as { code: string }).code, code);
      });
    }
  });
});
