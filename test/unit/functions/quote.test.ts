import assert from 'node:assert/strict';
import { createQuoteHandler } from '../../../functions/quote/handler.ts';
import { decodeWire } from '../../../shared/contracts/decode-body.ts';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import {
  MAX_QUOTES_BYTES,
  type QuoteAnswer,
  type QuoteRequestWire,
  type TrackRecord,
} from '../../../shared/contracts/quotes.ts';
import * as validators from '../../../shared/contracts/validators.generated.js';
import { openQuoteMarket } from '../../../shared/quoting/quote-market.ts';
import { quoteRequest } from '../../../shared/quoting/quote-request.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import type { HttpAnswer } from '../../../shared/runtime/http.ts';
import type { Tenant } from '../../../shared/runtime/identity.ts';
import { createRateLimit } from '../../../shared/runtime/rate-limit.ts';
import { createMarketSnapshots } from '../../../shared/store/market-snapshots.ts';
import { described } from '../../support/api-answers.ts';
import { inHand } from '../../support/in-hand.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { supplyDays, view } from '../../support/markets.ts';
import { seededStore } from '../../support/stores.ts';

const DAYS = 3;
const RECORD: TrackRecord = { quotes: 12, brier: 0.1 };

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

interface Own {
  tenant?: Partial<Tenant>;
  /** Called with each market that a quote needs. */
  onMarket?: (market: string) => void;
}

/** The door over a memory store with supply in SE and NO. */
async function world({ tenant = {}, onMarket = () => undefined }: Own = {}) {
  const store = await seededStore({ markets: ['SE', 'NO'], days: DAYS });
  const { log, lines } = logLines();
  const state = { nowMs: START_MS };
  const clock = () => state.nowMs;
  const own = createMarketSnapshots({
    store,
    open: openQuoteMarket,
    clock,
    onProblem: (_, error) => lines.push({ error }),
  });
  const wanted: (boolean | undefined)[] = [];
  const door = described(
    createQuoteHandler({
      async snapshotOf(market, want) {
        wanted.push(want.isExact);
        onMarket(market);
        return own(market, want);
      },
      trackRecords: async () => () => RECORD,
      timeOf: async (headers) => {
        if (headers['andante-at'] === 'never') throw new AndanteError('INVALID_REQUEST', 'andante-at is an instant');
        return state.nowMs;
      },
      async authenticateTenant(authorization) {
        if (authorization === undefined) throw new AndanteError('UNAUTHENTICATED', 'expected a token');
        return { tenantId: authorization, requestsPerMinute: 6_000, heldShare: 0.25, ...tenant };
      },
      limit: createRateLimit({ clock }),
      log,
    }),
  );
  const send = (body: string | Uint8Array, own: { type?: string; query?: string; headers?: object } = {}) =>
    door({
      method: 'POST',
      path: '/v1/quotes',
      query: new URLSearchParams(own.query ?? ''),
      headers: { authorization: 't1', 'content-type': own.type ?? 'application/json', ...own.headers },
      body: Buffer.from(body),
    });
  const one = (own: Partial<QuoteRequestWire> = {}, query = '') => send(JSON.stringify(asked(own)), { query });
  return { door, send, one, state, wanted, lines };
}

const NDJSON = 'application/x-ndjson';
const away = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered UNAVAILABLE');

type Line = Partial<QuoteAnswer> & { error?: { code: string; message: string } };

async function textOf({ body }: HttpAnswer): Promise<string> {
  if (typeof body === 'string') return body;
  let text = '';
  for await (const some of body as AsyncIterable<string>) text += some;
  return text;
}
const linesOf = async (answer: HttpAnswer) =>
  (await textOf(answer))
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const ndjson = (requests: readonly object[]) => requests.map((request) => JSON.stringify(request)).join('\n');

/** What the pure core says. */
function expected(own: Partial<QuoteRequestWire> = {}, isExact = false): QuoteAnswer {
  const request = decodeWire<QuoteRequestWire>(validators.quoteRequest, asked(own));
  const market = openQuoteMarket(view({ supply: supplyDays(DAYS) }), START_MS);
  const context = { nowMs: START_MS, isExact, trackRecordOf: () => RECORD };
  return quoteRequest(request, new Map([['SE', market]]), context);
}

describe('the quote door', () => {
  it('answers one request by the market in memory', async () => {
    const { one, wanted } = await world();
    const { answer, ending } = await inHand(() => one());
    assert.deepEqual(
      [answer.status, answer.headers, ending],
      [200, { 'content-type': 'application/json' }, { quotes: 1, tier: 'fast' }],
    );
    assert.deepEqual(JSON.parse(await textOf(answer)), JSON.parse(JSON.stringify(expected())));
    assert.deepEqual(wanted, [false]);
  });

  for (const { query, isExact } of [
    { query: 'exact=true', isExact: true },
    { query: 'exact=false', isExact: false },
    { query: 'trace=1', isExact: false },
  ]) {
    it(`takes ?${query} for ${isExact ? 'an exact' : 'a quick'} quote`, async () => {
      const { one, wanted } = await world();
      const { tier } = JSON.parse(await textOf(await one({}, query))) as QuoteAnswer;
      assert.deepEqual([tier, wanted], [isExact ? 'exact' : 'fast', [isExact]]);
    });
  }

  it('answers a batch of lines with lines, in order, as it would alone', async () => {
    const { send, one } = await world();
    const requests = Array.from({ length: 50 }, (_, index) => ({
      requestId: `q${index}`,
      budgetMicros: (1 + index) * 10_000_000,
    }));
    const { answer, ending } = await inHand(() => send(ndjson(requests.map(asked)), { type: NDJSON }));
    assert.deepEqual(
      [answer.status, answer.headers, ending],
      [200, { 'content-type': NDJSON }, { quotes: 50, tier: 'fast' }],
    );
    const alone = await Promise.all(requests.map(async (own) => `${await textOf(await one(own))}\n`));
    assert.equal(await textOf(answer), alone.join(''));
  });

  it('answers a JSON array with a JSON array', async () => {
    for (const length of [1, 16, 17, 40]) {
      const { send } = await world();
      const requests = Array.from({ length }, (_, index) => asked({ requestId: `q${index}` }));
      const answer = await send(JSON.stringify(requests));
      assert.deepEqual(answer.headers, { 'content-type': 'application/json' });
      const answers = JSON.parse(await textOf(answer)) as Line[];
      assert.deepEqual(
        answers.map(({ requestId, quoteId }) => [requestId, typeof quoteId]),
        requests.map(({ requestId }) => [requestId, 'string']),
      );
    }
  });

  it('says what is wrong with a request in its place, by its id where it has one, and the others go on', async () => {
    const { send } = await world();
    const wrong = [
      asked(),
      { requestId: 'q2', color: 'red' },
      asked({ requestId: 'q3', endAt: formatInstant(START_MS) }),
      asked({ requestId: 'q4', goal: { kind: 'reach', amount: 10 } }),
      { ...asked({ requestId: 'q5' }), startAt: '2026-02-30T00:00:00Z' },
      [],
      null,
      { ...asked(), requestId: '../q6' },
      asked({ requestId: 'q7' }),
    ];
    const expectedCodes = [
      ['q1', undefined],
      ['q2', 'INVALID_REQUEST'],
      ['q3', 'INVALID_REQUEST'],
      ['q4', 'INVALID_REQUEST'],
      ['q5', 'INVALID_REQUEST'],
      [undefined, 'INVALID_REQUEST'],
      [undefined, 'INVALID_REQUEST'],
      [undefined, 'INVALID_REQUEST'],
      ['q7', undefined],
    ];
    const codes = (answers: readonly Line[]) => answers.map(({ requestId, error }) => [requestId, error?.code]);
    assert.deepEqual(codes(JSON.parse(await textOf(await send(JSON.stringify(wrong)))) as Line[]), expectedCodes);
    const text = `${wrong.map((one) => JSON.stringify(one)).join('\n')}\n{"requestId":\n\n`;
    const answers = await linesOf(await send(text, { type: NDJSON }));
    assert.deepEqual(codes(answers), [...expectedCodes, [undefined, 'BAD_JSON'], [undefined, 'BAD_JSON']]);
    assert.deepEqual(answers[2]?.error, { code: 'INVALID_REQUEST', message: '/endAt must be after /startAt' });
  });

  it('offers nothing in a market that nobody knows, and says so', async () => {
    const { one } = await world();
    const [part] = asked().subcampaigns;
    const answer = await one({ subcampaigns: [{ ...part, market: 'ZZ' } as never] });
    const { available } = JSON.parse(await textOf(answer)) as QuoteAnswer;
    assert.deepEqual([answer.status, available.impressions.high], [200, 0]);
  });

  it('refuses what needs a market that cannot be read, and quotes the others', async () => {
    const onMarket = (market: string) => {
      if (market === 'NO') throw away;
    };
    const { send, one } = await world({ onMarket });
    const inNorway = { subcampaigns: [{ ...asked().subcampaigns[0], market: 'NO' } as never] };
    const answers = await linesOf(await send(ndjson([asked(), asked(inNorway)]), { type: NDJSON }));
    assert.deepEqual(
      answers.map(({ error }) => error?.code),
      [undefined, 'STORE_UNAVAILABLE'],
    );
    await assert.rejects(one(inNorway), away);
  });

  it('says nothing of what only the log may know', async () => {
    const onMarket = () => {
      throw new TypeError('secret');
    };
    const { send, lines } = await world({ onMarket });
    const [answer] = await linesOf(await send(ndjson([asked()]), { type: NDJSON }));
    assert.deepEqual(answer, { requestId: 'q1', error: { code: 'INTERNAL', message: 'the error is in the log' } });
    assert.match(JSON.stringify(lines), /CRITICAL.*secret/);
  });

  it('lets others go on between the turns of a batch', async () => {
    for (const [query, most] of [
      ['', 16],
      ['exact=true', 1],
    ] as const) {
      const { send } = await world();
      const answer = await send(ndjson(Array.from({ length: 20 }, () => asked())), { type: NDJSON, query });
      let turns = 0;
      let next: NodeJS.Immediate;
      const turn = () => {
        turns++;
        next = setImmediate(turn);
      };
      turn();
      const seen: number[] = [];
      for await (const some of answer.body as AsyncIterable<string>) {
        assert(some.split('\n').length - 1 <= most);
        seen.push(turns);
      }
      clearImmediate(next!);
      assert.equal(new Set(seen).size, Math.ceil(20 / most));
    }
  });

  it('computes no further once nobody reads', async () => {
    let markets = 0;
    const { send } = await world({ onMarket: () => markets++ });
    const answer = await send(ndjson(Array.from({ length: 100 }, () => asked())), { type: NDJSON });
    for await (const _some of answer.body as AsyncIterable<string>) break;
    await new Promise((resolve) => void setImmediate(resolve));
    assert.equal(markets, 1);
  });

  it('refuses on virtual time a time that is none', async () => {
    const { send } = await world();
    const headers = { 'andante-at': 'never' };
    await assert.rejects(send(JSON.stringify(asked()), { headers }), { code: 'INVALID_REQUEST' });
    const [answer] = await linesOf(await send(ndjson([asked()]), { type: NDJSON, headers }));
    assert.deepEqual(answer?.error?.code, 'INVALID_REQUEST');
  });

  describe('limits a tenant', () => {
    it('by quotes, not by requests', async () => {
      const { send, one, state } = await world({ tenant: { requestsPerMinute: 60 } });
      await send(ndjson(Array.from({ length: 50 }, () => asked())), { type: NDJSON });
      for (let count = 0; count < 10; count++) await one();
      await assert.rejects(one(), { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 1 });
      await assert.rejects(send(JSON.stringify([asked(), asked(), asked()])), { retryAfterSeconds: 3 });
      state.nowMs += 1_000;
      await one();
    });

    it('that sends what is no request, too', async () => {
      const { send } = await world({ tenant: { requestsPerMinute: 3 } });
      for (let count = 0; count < 3; count++) await assert.rejects(send('{'), { code: 'BAD_JSON' });
      await assert.rejects(send('{'), { code: 'TOO_MANY_REQUESTS' });
    });

    it('and not the others', async () => {
      const { send, one } = await world({ tenant: { requestsPerMinute: 1 } });
      await one();
      await assert.rejects(one(), { code: 'TOO_MANY_REQUESTS' });
      await send(JSON.stringify(asked()), { headers: { authorization: 't2' } });
    });
  });

  const text = JSON.stringify(asked());
  for (const { name, own = {}, body = text, type, query, headers, code, message } of [
    { name: 'another path', own: { path: '/v1/quotes/1' }, code: 'NOT_FOUND', message: 'expected /v1/quotes' },
    { name: 'GET', own: { method: 'GET' }, code: 'METHOD_NOT_ALLOWED', message: 'a quote is asked for with POST' },
    { name: 'nobody', headers: { authorization: undefined }, code: 'UNAUTHENTICATED', message: 'expected a token' },
    {
      name: 'another content type',
      type: 'text/plain',
      code: 'INVALID_REQUEST',
      message:
        'the content-type is application/json for one request or an array of them, application/x-ndjson for a batch of lines',
    },
    {
      name: 'a doubtful exactness',
      query: 'exact=yes',
      code: 'INVALID_REQUEST',
      message: 'exact is true or false, and false when left out',
    },
    { name: 'what is no JSON', body: '{', code: 'BAD_JSON', message: 'the body must be JSON in UTF-8' },
    { name: 'an empty body', body: '', code: 'BAD_JSON', message: 'the body must be JSON in UTF-8' },
    {
      name: 'an empty array',
      body: '[]',
      code: 'INVALID_REQUEST',
      message: 'a batch has at least one request',
    },
    {
      name: 'no lines',
      body: '',
      type: NDJSON,
      code: 'INVALID_REQUEST',
      message: 'a batch has at least one line',
    },
    {
      name: 'an array of too many',
      body: `[${'{},'.repeat(1_000)}{}]`,
      code: 'BODY_TOO_LARGE',
      message: 'a batch has at most 1000 requests',
    },
    {
      name: 'too many lines',
      body: '{}\n'.repeat(1_001),
      type: NDJSON,
      code: 'BODY_TOO_LARGE',
      message: 'a batch has at most 1000 lines',
    },
    {
      name: 'too many bytes',
      body: ' '.repeat(MAX_QUOTES_BYTES + 1),
      code: 'BODY_TOO_LARGE',
      message: `a body has at most ${MAX_QUOTES_BYTES} bytes, this one has at least ${MAX_QUOTES_BYTES + 1}`,
    },
    {
      name: 'a request with a field that nobody knows',
      body: text.replace('{', '{"__proto__":{},'),
      code: 'INVALID_REQUEST',
      message: 'the body must NOT have additional properties (__proto__)',
    },
    {
      name: 'a request without a budget or a goal',
      body: JSON.stringify({ ...asked(), budgetMicros: undefined }),
      code: 'INVALID_REQUEST',
      message: '/budgetMicros or /goal must be there',
    },
  ]) {
    it(`refuses ${name} with ${code}`, async () => {
      const { door } = await world();
      const request = {
        method: 'POST',
        path: '/v1/quotes',
        query: new URLSearchParams(query ?? ''),
        headers: { authorization: 't1', 'content-type': type ?? 'application/json', ...headers },
        body: Buffer.from(body),
        ...own,
      };
      await assert.rejects(door(request), { name: 'AndanteError', code, message });
    });
  }
});
