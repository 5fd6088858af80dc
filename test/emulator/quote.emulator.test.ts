// The quote function on the real emulators, in two processes of its own: quotes of the supply and the book that are stored,
// the same from both, and another one once a campaign has been booked.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import type { QuoteAnswer, QuoteRequestWire } from '../../shared/contracts/quotes.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { campaignCreated } from '../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliverEvent } from '../support/pushes.ts';

/** For longer than a market is not looked at again, on a busy machine. */
const LOOK_AGAIN_MS = 3_000;

function asked(own: Partial<QuoteRequestWire> = {}): QuoteRequestWire {
  return {
    requestId: 'q1',
    currency: 'EUR',
    startAt: formatInstant(START_MS),
    endAt: formatInstant(START_MS + 2 * DAY_MS),
    objective: 'clicks',
    budgetMicros: 100_000_000,
    subcampaigns: [{ market: 'SE', segments: ['casual'], surfaces: ['home'], clickPriceMicros: 500_000 }],
    ...own,
  };
}

describe('Quotes', function () {
  this.timeout(90_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;

  before(async () => {
    stack = await startStack({ projectId: newProject(), tickIntervalMs: TICK_MS, virtualTime: true, workers: 2 });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    const store = createFirestoreStore(clients.firestore);
    await persistSupply(store, 'SE', [...supplyDays(3, { market: 'SE' }).values()]);
  });
  after(async () => {
    await clients.close();
    await stack.stop();
  });

  const send = (body: unknown, { port = 0, query = '', type = 'application/json', token = 'tenant:t9' } = {}) =>
    fetch(`http://127.0.0.1:${stack.workers[port]?.port}/v1/quotes${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': type,
        'andante-at': formatInstant(START_MS),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const quoteOf = async (own?: Parameters<typeof send>[1]) => {
    const answer = await send(asked(), own);
    assert.equal(answer.status, 200);
    return (await answer.json()) as QuoteAnswer;
  };
  const availableOf = ({ parts }: QuoteAnswer) => parts.reduce((sum, { availableMicros }) => sum + availableMicros, 0);

  it('are the same from every process', async () => {
    const [first, second] = await Promise.all([0, 1].map((port) => quoteOf({ port })));
    assert.deepEqual(first, second);
    assert(availableOf(first as QuoteAnswer) > 0);
    assert.equal((first as QuoteAnswer).trackRecord.quotes, 0);
  });

  it('see what is booked: an exact one at once, a quick one when the market is looked at again', async () => {
    const [before, exactBefore] = [await quoteOf(), await quoteOf({ query: '?exact=true' })];
    assert(availableOf(before) <= availableOf(exactBefore));
    const budgetMicros = 1_000_000_000;
    await deliverEvent(stack, campaignCreated({ budgetMicros }));
    const exact = await quoteOf({ query: '?exact=true' });
    assert.deepEqual([exact.tier, availableOf(exactBefore) - availableOf(exact)], ['exact', budgetMicros]);
    for (const port of [0, 1]) {
      await quoteOf({ port });
      await sleep(LOOK_AGAIN_MS);
      const after = await quoteOf({ port });
      assert.equal(after.tier, 'fast');
      assert.notEqual(after.quoteId, before.quoteId);
      assert(availableOf(after) <= availableOf(exact), `${availableOf(after)} of ${availableOf(exact)}`);
    }
  });

  it('of a batch come in order, each as it would alone, with what is wrong in its place', async () => {
    const requests = Array.from({ length: 100 }, (_, index) =>
      index === 50 ? { requestId: 'q50' } : asked({ requestId: `q${index}`, budgetMicros: (index + 1) * 1_000_000 }),
    );
    const lines = requests.map((request) => JSON.stringify(request)).join('\n');
    const answer = await send(lines, { type: 'application/x-ndjson' });
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/x-ndjson']);
    const answers = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Partial<QuoteAnswer> & { error?: { code: string } });
    assert.deepEqual(
      answers.map(({ requestId, budgetMicros, error }) => [requestId, budgetMicros ?? error?.code]),
      requests.map(({ requestId }, index) => [requestId, index === 50 ? 'INVALID_REQUEST' : (index + 1) * 1_000_000]),
    );
    const array = (await (await send(requests)).json()) as object[];
    assert.deepEqual(array, answers);
  });

  for (const { name, own, body = asked(), status, code } of [
    { name: 'nobody', own: { token: 'group:g1' }, status: 401, code: 'UNAUTHENTICATED' },
    { name: 'text', own: { type: 'text/plain' }, status: 400, code: 'INVALID_REQUEST' },
    { name: 'too many', own: {}, body: Array.from({ length: 1_001 }, () => ({})), status: 413, code: 'BODY_TOO_LARGE' },
    { name: 'a request that is none', own: {}, body: {}, status: 400, code: 'INVALID_REQUEST' },
  ]) {
    it(`answer ${name} with ${status} and ${code}`, async () => {
      const answer = await send(body, own);
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [status, 'application/problem+json']);
      assert.equal(((await answer.json()) as { code: string }).code, code);
    });
  }
});
