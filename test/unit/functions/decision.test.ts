import assert from 'node:assert/strict';
import { createDecider } from '../../../functions/decision/decider.ts';
import { createDecisionHandler } from '../../../functions/decision/handler.ts';
import { compilePlan } from '../../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../../shared/auction/decide-opportunity.ts';
import { decodeDecision } from '../../../shared/contracts/decode-decision.ts';
import type { Decision, DecisionRequestWire } from '../../../shared/contracts/decision.ts';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { createHttpFunction, type HttpAnswer } from '../../../shared/runtime/http.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { openPlan } from '../../../shared/store/open-plan.ts';
import { described } from '../../support/api-answers.ts';
import { inHand } from '../../support/in-hand.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { planLine, planOf, storedPlan } from '../../support/plans.ts';

function asked(own: Partial<DecisionRequestWire> = {}): DecisionRequestWire {
  return {
    requestId: 'q1',
    market: 'SE',
    segment: 'casual',
    surface: 'home',
    at: formatInstant(START_MS),
    listener: { id: 'l1' },
    ...own,
  };
}

const artists = ['a1', 'a2', 'a3'].map((artistId, index) =>
  planLine({ campaignId: `c${index + 1}`, artistId, price: index / 200, fallbackShare: 0.25 }),
);

/** The door over a memory store with a plan of SE, and what can happen to both. */
async function world({ virtualTime = false, plans = [{ lines: artists }] as Partial<Plan>[] } = {}) {
  const memory = createMemoryStore();
  const state: { nowMs: number; reads: number; error?: Error } = { nowMs: START_MS, reads: 0 };
  const { log, lines } = logLines();
  const store: Pick<typeof memory, 'read'> = {
    async read(wanted) {
      state.reads++;
      if (state.error) throw state.error;
      return memory.read(wanted);
    },
  };
  const publish = (own: Partial<Plan>) => {
    const stored = storedPlan(own);
    return memory.transact(async (transaction) => transaction.set(refs.plan(stored.market), stored));
  };
  for (const own of plans) await publish(own);
  const door = described(
    createDecisionHandler({
      store,
      authenticateGroup: async (authorization) => authorization ?? 'g1',
      log,
      clock: () => state.nowMs,
      tickIntervalMs: TICK_MS,
      virtualTime,
    }),
  );
  const send = (type: string, body: string | Uint8Array, group = 'g1') =>
    door({
      method: 'POST',
      path: '/v1/decisions',
      headers: { 'content-type': type, authorization: group },
      body: Buffer.from(body),
    });
  const one = (own: Partial<DecisionRequestWire> = {}, group?: string) =>
    send('application/json', JSON.stringify(asked(own)), group);
  const batch = (texts: readonly (string | Partial<DecisionRequestWire>)[], group?: string) =>
    send(
      'application/x-ndjson',
      texts.map((text) => (typeof text === 'string' ? text : JSON.stringify(asked(text)))).join('\n'),
      group,
    );
  return { door, send, one, batch, publish, state, lines };
}

type Line = Partial<Decision> & { error?: { code: string; message: string } };

const linesOf = ({ body }: HttpAnswer) =>
  (body as string)
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const decisionOf = ({ body }: HttpAnswer) => JSON.parse(body as string) as Decision;
const codesOf = (answer: HttpAnswer) => linesOf(answer).map(({ error, awards }) => error?.code ?? awards?.[0]?.code);

const away = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered UNAVAILABLE');

describe('the decision door', () => {
  it('answers one request by the plan, and says by which', async () => {
    const { one, state } = await world();
    const answer = await one();
    const { hash } = storedPlan({ lines: artists });
    const decision = decideOpportunity(
      compilePlan(planOf({ lines: artists }), hash, 'g1'),
      decodeDecision(JSON.stringify(asked())),
    );
    assert.equal(decision.awards[0]?.code, 'WORTH_MOST');
    assert.deepEqual(
      [answer.status, answer.headers, answer.body],
      [200, { 'content-type': 'application/json', 'andante-plan': `SE=${hash}` }, JSON.stringify(decision)],
    );
    assert.equal(state.reads, 1);
  });

  it('answers each line of a batch with a line, in order, as it would alone', async () => {
    const { one, batch, state } = await world();
    const requests = Array.from({ length: 50 }, (_, index) => ({
      requestId: `q${index}`,
      listener: { id: `l${index}`, artistIds: [`a${index % 4}`] },
      slots: 1 + (index % 3),
      ...(index % 2 === 0 ? { explain: true as const } : {}),
    }));
    const { answer, ending } = await inHand(() => batch(requests));
    const alone = await Promise.all(requests.map((own) => one(own)));
    assert.deepEqual(
      [answer.status, answer.headers?.['content-type'], ending],
      [200, 'application/x-ndjson', { decisions: 50, refused: 0 }],
    );
    assert.equal(answer.body, alone.map(({ body }) => `${body as string}\n`).join(''));
    assert.equal(new Set(linesOf(answer).map(({ awards }) => awards?.[0]?.campaignId)).size, 3, 'draws differ');
    assert.equal(state.reads, 1);
  });

  it('says what is wrong with a line in its place, by its id where it has one, and the others go on', async () => {
    const { batch } = await world();
    const { answer, ending } = await inHand(() =>
      batch([
        {},
        'no json',
        '{"requestId":"q2","color":"red"}',
        '',
        { requestId: 'q3', market: 'XX' },
        { requestId: 'q4', planHash: '0'.repeat(64) },
        { requestId: 'q5', offers: [{ offerId: 'o', buyer: 'b', cpmMicros: -1 }] },
        { requestId: 'q6', at: '2026-02-30T00:00:00Z' },
        { requestId: 'q7' },
      ]),
    );
    assert.equal(answer.status, 200);
    assert.deepEqual(ending, { decisions: 9, refused: 7 });
    assert.deepEqual(
      linesOf(answer).map(({ requestId, error }) => [requestId, error?.code]),
      [
        ['q1', undefined],
        [undefined, 'BAD_JSON'],
        ['q2', 'INVALID_REQUEST'],
        [undefined, 'BAD_JSON'],
        ['q3', 'UNKNOWN_MARKET'],
        ['q4', 'PLAN_MISMATCH'],
        ['q5', 'INVALID_REQUEST'],
        ['q6', 'INVALID_REQUEST'],
        ['q7', undefined],
      ],
    );
    assert.match(linesOf(answer)[5]?.error?.message ?? '', /^the plan of SE here is version 1, of another hash$/);
  });

  it('answers a line however lines end, and ignores what kind of text the type says it is', async () => {
    const { send } = await world();
    const text = JSON.stringify(asked());
    const plain = await send('application/x-ndjson', `${text}\n${text}\n`);
    const windows = await send('Application/X-NDJSON; charset=utf-8', `${text}\r\n${text}\r\n`);
    assert.equal(windows.body, plain.body);
    assert.equal((await send('application/json;charset=utf-8', text)).status, 200);
  });

  const refused: {
    name: string;
    send: (here: Awaited<ReturnType<typeof world>>) => Promise<unknown>;
    code: string;
    message?: RegExp;
  }[] = [
    {
      name: 'another method',
      send: ({ door }) => door({ method: 'GET', path: '/v1/decisions', headers: {}, body: Buffer.alloc(0) }),
      code: 'METHOD_NOT_ALLOWED',
    },
    {
      name: 'another type',
      send: ({ send }) => send('text/plain', '{}'),
      code: 'INVALID_REQUEST',
      message: /x-ndjson/,
    },
    { name: 'no type', send: ({ send }) => send('', '{}'), code: 'INVALID_REQUEST', message: /x-ndjson/ },
    { name: 'no body', send: ({ send }) => send('application/json', ''), code: 'BAD_JSON' },
    { name: 'no line', send: ({ send }) => send('application/x-ndjson', ''), code: 'INVALID_REQUEST' },
    {
      name: 'a line too many',
      send: ({ send }) => send('application/x-ndjson', '{}\n'.repeat(1_001)),
      code: 'BODY_TOO_LARGE',
    },
    {
      name: 'a byte too many',
      send: ({ send }) => send('application/x-ndjson', ' '.repeat(256 * 1024 + 1)),
      code: 'BODY_TOO_LARGE',
    },
    {
      name: 'bytes that are no text',
      send: ({ send }) => send('application/x-ndjson', Buffer.from([0x7b, 0xff, 0x0a])),
      code: 'BAD_JSON',
    },
    { name: 'a wrong field', send: ({ one }) => one({ slots: 9 }), code: 'INVALID_REQUEST', message: /^\/slots/ },
    { name: 'a market that is not there', send: ({ one }) => one({ market: 'XX' }), code: 'UNKNOWN_MARKET' },
    {
      name: 'a plan that is not this one',
      send: ({ one }) => one({ planHash: '0'.repeat(64) }),
      code: 'PLAN_MISMATCH',
      message: /version 1/,
    },
  ];
  for (const { name, send, code, message = /./ } of refused) {
    it(`refuses ${name} as ${code}`, async () => {
      await assert.rejects(send(await world()), { code, message });
    });
  }

  it('decides nothing for a stranger', async () => {
    const here = await world();
    const { log } = logLines();
    const door = createDecisionHandler({
      store: createMemoryStore(),
      authenticateGroup: () => Promise.reject(new AndanteError('UNAUTHENTICATED', 'no')),
      log,
      clock: () => START_MS,
      tickIntervalMs: TICK_MS,
      virtualTime: false,
    });
    const request = { method: 'POST', path: '/v1/decisions', headers: { 'content-type': 'application/json' } };
    await assert.rejects(door({ ...request, body: Buffer.from(JSON.stringify(asked())) }), { code: 'UNAUTHENTICATED' });
    assert.equal(here.state.reads, 0);
  });

  it('decides by the leases of the group that asks', async () => {
    const { one } = await world();
    const { awards, explanation } = decisionOf(await one({ explain: true }, 'g2'));
    assert.deepEqual(awards, [{ code: 'HOUSE' }]);
    assert.deepEqual(new Set(explanation?.candidates.map(({ code }) => code)), new Set(['NO_LEASE']));
    assert.equal(decisionOf(await one({}, 'g1')).awards[0]?.code, 'WORTH_MOST');
  });

  it('is replayed bit for bit from the plan’s bytes and the request’s', async () => {
    const { one } = await world();
    for (const group of ['g1', 'g2']) {
      for (const atMs of [START_MS, START_MS + 3 * TICK_MS]) {
        const own = { explain: true as const, at: formatInstant(atMs), slots: 3 };
        const { body } = storedPlan({ lines: artists });
        const { plan, hash } = openPlan(body, 'the plan');
        const replayed = decideOpportunity(compilePlan(plan, hash, group), decodeDecision(JSON.stringify(asked(own))));
        const answer = await one(own, group);
        assert.equal(answer.body, JSON.stringify(replayed));
        assert.equal(decisionOf(answer).explanation?.planHash, hash);
      }
    }
  });

  it('says which plan it was for each market of a batch, and refuses the 33rd', async () => {
    const markets = Array.from({ length: 33 }, (_, index) => `M${index}`);
    const plans = markets.map((market) => ({ market }));
    const { batch, state } = await world({ plans });
    const answer = await batch(markets.flatMap((market) => [{ market }, { market }]));
    assert.deepEqual(
      codesOf(answer),
      markets.flatMap((_, index) => Array<string>(2).fill(index < 32 ? 'WORTH_MOST' : 'INVALID_REQUEST')),
    );
    assert.equal(
      answer.headers?.['andante-plan'],
      plans
        .slice(0, 32)
        .map((own) => `${own.market}=${storedPlan(own).hash}`)
        .join(', '),
    );
    assert.equal(state.reads, 32);
  });

  it('takes up another plan an interval after the last, or at once when a request names it', async () => {
    const { one, publish, state } = await world();
    const versionOf = async (own: Partial<DecisionRequestWire> = {}) => decisionOf(await one(own)).planVersion;
    assert.equal(await versionOf(), 1);
    await publish({ lines: artists, planVersion: 2 });
    state.nowMs += TICK_MS - 1;
    assert.equal(await versionOf(), 1);
    state.nowMs += 1;
    assert.equal(await versionOf(), 2);
    await publish({ lines: artists, planVersion: 3 });
    state.nowMs += 1_000;
    assert.equal(await versionOf({ planHash: storedPlan({ lines: artists, planVersion: 3 }).hash }), 3);
    await assert.rejects(one({ planHash: storedPlan({ lines: artists, planVersion: 2 }).hash }), {
      code: 'PLAN_MISMATCH',
      message: /version 3/,
    });
    assert.equal(state.reads, 3);
  });

  it('goes on by the plan it has when the store is away, stale as it may become, and says so in the log', async () => {
    const { one, state, lines } = await world();
    assert.equal(decisionOf(await one()).awards[0]?.code, 'WORTH_MOST');
    state.error = away;
    const seen = new Set<string | undefined>();
    for (let tick = 1; tick <= 4; tick++) {
      state.nowMs = START_MS + tick * TICK_MS;
      for (let index = 0; index < 40; index++) {
        const at = formatInstant(state.nowMs);
        const { awards } = decisionOf(await one({ at, listener: { id: `l${index}` } }));
        if (tick < 3) assert.equal(awards[0]?.code, 'WORTH_MOST');
        else seen.add(awards[0]?.code);
      }
    }
    assert.deepEqual(seen, new Set(['FALLBACK', 'HOUSE']));
    assert.equal(state.reads, 5);
    assert.deepEqual(
      lines.map(({ severity, message, market }) => [severity, message, market]),
      Array<string[]>(4).fill(['WARNING', 'no newer plan', 'SE']),
    );
  });

  it('leaves a lease alone that has ended, stale plan or not', async () => {
    const { one } = await world();
    const { awards, explanation } = decisionOf(await one({ at: formatInstant(START_MS + 6 * TICK_MS), explain: true }));
    assert.deepEqual([awards, explanation?.isFallback], [[{ code: 'HOUSE' }], true]);
  });

  it('is unavailable without any plan, for one request and for each line', async () => {
    const { one, batch, state } = await world();
    state.error = away;
    await assert.rejects(one(), away);
    assert.deepEqual(codesOf(await batch([{}, 'x', {}])), ['STORE_UNAVAILABLE', 'BAD_JSON', 'STORE_UNAVAILABLE']);
    assert.equal(state.reads, 1);
  });

  it('stays on the last good plan when the stored one is broken, and cries for people', async () => {
    const { one, publish, state, lines } = await world();
    await one();
    await publish({ lines: artists, schemaVersion: 2 as never });
    state.nowMs += TICK_MS;
    assert.equal(decisionOf(await one()).planVersion, 1);
    assert.deepEqual(
      lines.map(({ severity, error }) => [severity, error]),
      [['CRITICAL', 'AndanteError: plans/SE/schemaVersion must be equal to constant']],
    );
  });

  it('tells the log, not the caller, what only people can mend', async () => {
    const broken = await world({ plans: [{ schemaVersion: 2 as never }] });
    await assert.rejects(broken.one(), { code: 'STORED_DOCUMENT_INVALID' });
    assert.deepEqual(linesOf(await broken.batch([{}])), [
      { requestId: 'q1', error: { code: 'STORED_DOCUMENT_INVALID', message: 'the error is in the log' } },
    ]);
    const strange = await world();
    strange.state.error = new TypeError('x is not a function');
    assert.deepEqual(linesOf(await strange.batch([{}, {}])), [
      { requestId: 'q1', error: { code: 'INTERNAL', message: 'the error is in the log' } },
      { requestId: 'q1', error: { code: 'INTERNAL', message: 'the error is in the log' } },
    ]);
    const critical = strange.lines.filter(({ severity }) => severity === 'CRITICAL');
    assert.match(String(critical.at(-1)?.['error']), /^TypeError: x is not a function\n +at /);
  });

  it('takes a request of any time: one of the past by the plan, one far ahead by its fallback, and reads nothing for it', async () => {
    const { one, state } = await world();
    for (const at of ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-03-02T00:00:00+00:00']) {
      const { explanation } = decisionOf(await one({ at, explain: true }));
      assert.equal(explanation?.isFallback, at.startsWith('9999'));
    }
    assert.equal(state.reads, 1);
  });

  it('reads no plan more often than once an interval, however its own clock jumps', async () => {
    const { one, state } = await world();
    for (const jumpMs of [0, 1e11, 1e11, -1e11, -1e11]) {
      state.nowMs = START_MS + jumpMs;
      for (let index = 0; index < 5; index++) assert.equal((await one()).status, 200);
    }
    assert.equal(state.reads, 3);
  });

  it('goes by the time of requests where time is virtual', async () => {
    const { one, publish, state } = await world({ virtualTime: true });
    assert.equal(decisionOf(await one()).planVersion, 1);
    await publish({ lines: artists, planVersion: 2 });
    state.nowMs += TICK_MS;
    assert.equal(decisionOf(await one()).planVersion, 1);
    assert.equal(decisionOf(await one({ at: formatInstant(START_MS + TICK_MS) })).planVersion, 2);
  });

  it('writes one line of log for a batch', async () => {
    const { door, lines: ofDoor } = await world();
    const { log, lines } = logLines();
    const answered: unknown[] = [];
    const rawBody = Buffer.from(`${JSON.stringify(asked())}\n`.repeat(100));
    const headers = { 'content-type': 'application/x-ndjson', authorization: 'g1' };
    const request = { method: 'POST', originalUrl: '/v1/decisions', headers, rawBody };
    await new Promise<void>((resolve) => {
      const end = (body: unknown) => resolve(void answered.push(body));
      const response = { setHeader: () => response, end };
      void createHttpFunction('decision', door, { log, clock: () => 0 })(request as never, response as never);
    });
    assert.deepEqual([lines.length, ofDoor.length, answered.length], [1, 0, 1]);
    assert.deepEqual([lines[0]?.['decisions'], lines[0]?.['refused'], lines[0]?.['status']], [100, 0, 200]);
  });
});

describe('who decides', () => {
  it('compiles a plan once for each group, and forgets the oldest of more than six', async () => {
    const { hash } = storedPlan();
    let compiled = 0;
    const open = {
      hash,
      get plan() {
        compiled++;
        return planOf();
      },
    };
    const decide = createDecider({ planOf: async () => open, clock: () => START_MS, virtualTime: false });
    const ask = async (group: string) => decide(group, [JSON.stringify(asked()), JSON.stringify(asked())]);
    for (const group of ['g1', 'g1', 'g2', 'g1']) await ask(group);
    assert.equal(compiled, 2);
    for (const group of ['g3', 'g4', 'g5', 'g6', 'g7']) await ask(group);
    assert.equal(compiled, 7);
    for (const group of ['g2', 'g7']) await ask(group);
    assert.equal(compiled, 7);
    await ask('g1');
    assert.equal(compiled, 8);
  });
});
