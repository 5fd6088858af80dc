import assert from 'node:assert/strict';
import sinon from 'sinon';
import { createFunctionsClient } from '../../../emulators/world/functions-client.ts';

const REPORT = {
  eventId: 'report:SE-a:0:0',
  market: 'SE',
  windowStartAt: '2026-01-05T00:00:00Z',
  windowEndAt: '2026-01-05T00:05:00Z',
  lines: [],
  opportunities: [],
  sample: [],
  closings: [],
};
const PLAN = {
  schemaVersion: 1,
  market: 'SE',
  planVersion: 4,
  slot: 9,
  publishedAt: '2026-01-05T00:00:00Z',
  lines: [],
};

/** A client whose calls are answered by these, one after the other; the last one for ever. */
function clientOf(...answers: (Response | Error)[]) {
  const fetch = sinon.fake(async (_url: string, _init: RequestInit) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Response) return answer.clone();
    throw answer ?? new Error('no answer left');
  });
  const pause = sinon.fake(async (_waitMs: number) => {});
  return {
    client: createFunctionsClient({ functionsUrl: 'http://functions', group: 'SE-a', fetch, pause }),
    fetch,
    pause,
  };
}

describe('functions client', () => {
  it('says who it is and decodes the plan', async () => {
    const { client, fetch } = clientOf(new Response(JSON.stringify(PLAN), { status: 200, headers: { etag: '"4"' } }));
    const pulled = await client.pullPlan('SE');
    assert.equal(pulled?.plan.slot, 9);
    assert.equal(pulled.hash, '4');
    assert.equal(pulled.plan.publishedAtMs, Date.UTC(2026, 0, 5));
    const [url, init] = fetch.firstCall.args;
    assert.equal(url, 'http://functions/v1/markets/SE/plan');
    assert.equal(new Headers(init.headers).get('authorization'), 'Bearer group:SE-a');
  });

  it('sends the tag it knows and keeps its plan on 304', async () => {
    const { client, fetch } = clientOf(
      new Response(JSON.stringify(PLAN), { status: 200, headers: { etag: '"4"' } }),
      new Response(null, { status: 304 }),
    );
    const first = await client.pullPlan('SE');
    assert.equal(await client.pullPlan('SE'), first);
    assert.equal(new Headers(fetch.secondCall.args[1].headers).get('if-none-match'), '"4"');
  });

  it('takes 404 as a market that has no plan yet', async () => {
    assert.equal(await clientOf(new Response('', { status: 404 })).client.pullPlan('SE'), undefined);
  });

  it('repeats a report under the same event id until it is accepted', async () => {
    const { client, fetch, pause } = clientOf(
      new TypeError('connection refused'),
      new Response('', { status: 503 }),
      new Response('', { status: 429 }),
      new Response('', { status: 202 }),
    );
    assert.equal(await client.postReport(REPORT), 3);
    const bodies = fetch.getCalls().map((call) => call.args[1].body);
    assert.deepEqual(new Set(bodies), new Set([JSON.stringify(REPORT)]));
    assert.deepEqual(
      pause.getCalls().map((call) => call.args[0]),
      [50, 100, 200],
    );
  });

  it('gives up after a bounded number of attempts, naming the group', async () => {
    const { client, fetch } = clientOf(new TypeError('connection refused'));
    await assert.rejects(client.postReport(REPORT), /group SE-a: no answer from .*\/v1\/reports in 10 attempts/);
    assert.equal(fetch.callCount, 10);
    await assert.rejects(
      clientOf(new Response('busy', { status: 503 })).client.postReport(REPORT),
      /unexpected answer 503 busy/,
    );
  });

  it('does not repeat what can never be right', async () => {
    const { client, fetch } = clientOf(new Response('bad lines', { status: 400 }));
    await assert.rejects(
      client.postReport(REPORT),
      /group SE-a, report report:SE-a:0:0: unexpected answer 400 bad lines/,
    );
    assert.equal(fetch.callCount, 1);
    await assert.rejects(
      clientOf(new Response('', { status: 401 })).client.pullPlan('SE'),
      /plan of SE: unexpected answer 401/,
    );
  });
});
