// The decision function on the real emulators, in two processes of its own: a plan that a tick published, batches, what is
// decided when the plan goes stale, and the same bytes from both.
import assert from 'node:assert/strict';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { compilePlan } from '../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../shared/auction/decide-opportunity.ts';
import { decodeDecision } from '../../shared/contracts/decode-decision.ts';
import type { Decision } from '../../shared/contracts/decision.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { openPlan } from '../../shared/store/open-plan.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { campaignCreated, deliveryReported } from '../support/events.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliver, deliverEvent, pushOf, tickOf } from '../support/pushes.ts';

const LINES = 100;

describe('Decisions', function () {
  this.timeout(90_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;
  let planBody: string;

  before(async () => {
    stack = await startStack({ projectId: newProject(), tickIntervalMs: TICK_MS, virtualTime: true, workers: 2 });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    const store = createFirestoreStore(clients.firestore);
    await persistSupply(store, 'SE', [...supplyDays(3, { market: 'SE' }).values()]);
    await deliverEvent(stack, campaignCreated());
    // A group that was heard of gets leases.
    const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 10_000 }];
    await deliverEvent(stack, deliveryReported('r1', { opportunities }));
    for (const tick of [1, 2]) await deliver(stack, 'delivery-tick', pushOf(tickOf('SE', START_MS + tick * TICK_MS)));
    const headers = { authorization: 'Bearer group:g1' };
    planBody = await (await fetch(`${stack.functionsUrl}/v1/markets/SE/plan`, { headers })).text();
  });
  after(async () => {
    await clients.close();
    await stack.stop();
  });

  const batchAt = (atMs: number) =>
    Array.from({ length: LINES }, (_, index) =>
      JSON.stringify({
        requestId: `q${index}`,
        market: 'SE',
        segment: 'casual',
        surface: 'home',
        at: formatInstant(atMs + index),
        listener: { id: `l${index}` },
        explain: true,
      }),
    );
  const send = (port: number, body: string, type = 'application/x-ndjson') =>
    fetch(`http://127.0.0.1:${port}/v1/decisions`, {
      method: 'POST',
      headers: { authorization: 'Bearer group:g1', 'content-type': type },
      body,
    });
  const ports = () => stack.workers.map(({ port }) => port);
  const codesOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Decision).awards[0]?.code);

  it('are those of the plan that was published, bit for bit, in every process', async () => {
    const { plan, hash } = openPlan(planBody, 'the plan');
    const compiled = compilePlan(plan, hash, 'g1');
    const lines = batchAt(START_MS + 2 * TICK_MS);
    const expected = lines
      .map((line) => `${JSON.stringify(decideOpportunity(compiled, decodeDecision(line)))}\n`)
      .join('');
    for (const port of ports()) {
      const answer = await send(port, lines.join('\n'));
      assert.deepEqual(
        [answer.status, answer.headers.get('content-type'), answer.headers.get('andante-plan')],
        [200, 'application/x-ndjson', `SE=${hash}`],
      );
      assert.equal(await answer.text(), expected);
    }
    assert(codesOf(expected).includes('WORTH_MOST'), 'the line is shown');
  });

  it('fall back inside the leases when no newer plan is there, and end with them, the same in every process', async () => {
    const { plan } = openPlan(planBody, 'the plan');
    const [line] = plan.lines;
    assert(line && line.fallbackShare > 0);
    const stale = batchAt(plan.validUntilAtMs).join('\n');
    const over = batchAt(Math.max(...line.leases.map(({ spendUntilAtMs }) => spendUntilAtMs))).join('\n');
    const [first, second] = await Promise.all(ports().map(async (port) => (await send(port, stale)).text()));
    assert.equal(first, second);
    const codes = codesOf(first as string);
    assert(!codes.includes('WORTH_MOST'));
    assert.equal(
      codes.filter((code) => code === 'FALLBACK').length > 0,
      plan.validUntilAtMs < Math.max(...line.leases.map(({ spendUntilAtMs }) => spendUntilAtMs)),
    );
    for (const port of ports())
      assert.deepEqual(new Set(codesOf(await (await send(port, over)).text())), new Set(['HOUSE']));
  });

  it('follow the next plan', async () => {
    const tickedAtMs = START_MS + 4 * TICK_MS;
    await deliver(stack, 'delivery-tick', pushOf(tickOf('SE', tickedAtMs)));
    const { planVersion } = openPlan(planBody, 'the plan').plan;
    for (const port of ports()) {
      const [line] = batchAt(tickedAtMs);
      const decision = (await (await send(port, line as string, 'application/json')).json()) as Decision;
      assert(decision.planVersion > planVersion, `version ${decision.planVersion}`);
    }
  });

  const asked = (own: object) => JSON.stringify({ ...(JSON.parse(batchAt(START_MS)[0] as string) as object), ...own });
  const [json, ndjson] = ['application/json', 'application/x-ndjson'];
  for (const { name, body, type = json, status, code } of [
    { name: 'a market nobody knows', body: asked({ market: 'ZZ' }), status: 404, code: 'UNKNOWN_MARKET' },
    { name: 'another plan', body: asked({ planHash: '0'.repeat(64) }), status: 409, code: 'PLAN_MISMATCH' },
    { name: 'a request that is none', body: '{}', status: 400, code: 'INVALID_REQUEST' },
    { name: 'too many lines', body: '{}\n'.repeat(1_001), type: ndjson, status: 413, code: 'BODY_TOO_LARGE' },
  ]) {
    it(`answer ${name} with ${status} and ${code}`, async () => {
      const answer = await send(ports()[0] as number, body, type);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      assert.equal(((await answer.json()) as { code: string }).code, code);
    });
  }
});
