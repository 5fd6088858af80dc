import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { validateHeaderValue } from 'node:http';
import sinon from 'sinon';
import { AndanteError, type ErrorCode } from '../../../shared/runtime/errors.ts';
import {
  createHttpFunction,
  type HttpAnswer,
  type HttpRequest,
  type QuickHttpHandler,
} from '../../../shared/runtime/http.ts';
import { describeAs, endWith } from '../../../shared/runtime/handling.ts';
import { assertLogLines } from '../../support/assert-log-lines.ts';
import { logLines } from '../../support/log-lines.ts';

/** Calls the function as the framework does and says what it answered. */
async function call(handle: QuickHttpHandler, headers: Record<string, string> = {}) {
  const { log, lines } = logLines();
  const own: Record<string, string> = {};
  const answered: { status?: number; headers: object; body?: string } = { headers: own };
  const request = { method: 'POST', originalUrl: '/v1/x?a=b', headers, rawBody: Buffer.from('{}'), executionId: 'x1' };
  await new Promise<void>((resolve) => {
    const response = {
      set statusCode(status: number) {
        answered.status = status;
      },
      setHeader(name: string, value: string) {
        own[name] = value;
      },
      end(body?: string) {
        if (body !== undefined) answered.body = body;
        resolve();
      },
    };
    void createHttpFunction('report', handle, { log, clock: () => 0 })(request as never, response as never);
  });
  assertLogLines(lines);
  return { ...answered, lines };
}

const refusals: { code: ErrorCode; status: number }[] = [
  { code: 'UNAUTHENTICATED', status: 401 },
  { code: 'FORBIDDEN', status: 403 },
  { code: 'NOT_FOUND', status: 404 },
  { code: 'UNKNOWN_MARKET', status: 404 },
  { code: 'METHOD_NOT_ALLOWED', status: 405 },
  { code: 'PLAN_MISMATCH', status: 409 },
  { code: 'BODY_TOO_LARGE', status: 413 },
  { code: 'INVALID_REQUEST', status: 400 },
  { code: 'INVALID_EVENT', status: 400 },
  { code: 'BAD_JSON', status: 400 },
  { code: 'STORE_UNAVAILABLE', status: 503 },
  { code: 'BUS_UNAVAILABLE', status: 503 },
];

describe('an HTTP function', () => {
  it('decides requests that came together before it answers the first, and none waits for long', async () => {
    const { log } = logLines();
    const done: string[] = [];
    const ask = (name: string, handle: QuickHttpHandler) =>
      new Promise<void>((resolve) => {
        const request = { method: 'POST', originalUrl: `/${name}`, headers: {}, rawBody: Buffer.from('') };
        const end = () => resolve(void done.push(`${name} ends`));
        const decide: QuickHttpHandler = (asked) => {
          done.push(`${name} is decided`);
          return handle(asked);
        };
        const answer = createHttpFunction('report', decide, { log, clock: () => 0 });
        void answer(request as never, { setHeader() {}, end } as never);
      });
    const answer = { status: 200 };
    let nowMs = 0;
    const now = sinon.stub(performance, 'now').callsFake(() => nowMs);
    const slow = () => {
      nowMs += 5;
      return answer;
    };
    await Promise.all([
      ask('later', () => Promise.resolve(answer)),
      ask('refused', () => assert.fail('no handler')),
      ask('slow', slow),
      ask('next', () => answer),
      ask('last', () => answer),
    ]).finally(() => now.restore());
    assert.deepEqual(
      done.filter((what) => !what.startsWith('later')),
      [
        'refused is decided',
        'slow is decided',
        'refused ends',
        'slow ends',
        'next is decided',
        'last is decided',
        'next ends',
        'last ends',
      ],
    );
    assert(done.includes('later ends'));
  });

  it('keeps what others keep beside the calls of each request, however they come together', async () => {
    const { log } = logLines();
    const beside = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const ask = (name: string) =>
      new Promise<void>((resolve) => {
        const request = { method: 'POST', originalUrl: '/', headers: {}, rawBody: Buffer.from('') };
        const handle = () => {
          seen.push(beside.getStore());
          return { status: 200 };
        };
        const end = () => resolve(void seen.push(beside.getStore()));
        const answer = createHttpFunction('report', handle, { log, clock: () => 0 });
        beside.run(name, () => void answer(request as never, { setHeader() {}, end } as never));
      });
    await Promise.all(['a', 'b'].map(ask));
    assert.deepEqual(seen, ['a', 'b', 'a', 'b']);
  });

  it('answers 500 for what cannot be sent, and those that came with it as they are', async () => {
    const { log } = logLines();
    const statuses: (number | undefined)[] = [];
    const ask = (headers: Record<string, string>) =>
      new Promise<void>((resolve) => {
        const request = { method: 'POST', originalUrl: '/', headers: {}, rawBody: Buffer.from('') };
        const response = {
          statusCode: 0,
          setHeader: validateHeaderValue,
          end: () => resolve(void statuses.push(response.statusCode)),
        };
        const answer = createHttpFunction('report', () => ({ status: 200, headers }), { log, clock: () => 0 });
        void answer(request as never, response as never);
      });
    await Promise.all([ask({ 'x-a': 'two\nlines' }), ask({ 'x-a': 'one' })]);
    assert.deepEqual(statuses, [500, 200]);
  });

  it('passes plain values in and the answer out', async () => {
    let seen: HttpRequest | undefined;
    const answer: HttpAnswer = {
      status: 202,
      headers: { 'content-type': 'application/json' },
      body: '{}',
    };
    const { lines, ...answered } = await call(
      async (request) => {
        seen = request;
        describeAs({ market: 'SE' });
        endWith({ outcome: 'held' });
        return answer;
      },
      { Authorization: 'Bearer x', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    );
    assert.deepEqual(answered, { status: 202, headers: { 'content-type': 'application/json' }, body: '{}' });
    assert.deepEqual(
      [seen?.method, seen?.path, seen?.headers['authorization'], Buffer.from(seen?.body ?? []).toString()],
      ['POST', '/v1/x', 'Bearer x', '{}'],
    );
    const { time: _time, ...line } = lines[0] ?? {};
    assert.deepEqual(line, {
      severity: 'INFO',
      message: 'answered',
      ...{ function: 'report', market: 'SE', outcome: 'held', status: 202, ms: 0 },
      'logging.googleapis.com/trace': 'projects/demo-andante/traces/0af7651916cd43dd8448eb211c80319c',
      'logging.googleapis.com/spanId': 'b7ad6b7169203331',
      'logging.googleapis.com/labels': { execution_id: 'x1' },
    });
    assert.equal(lines.length, 1);
  });

  for (const { code, status } of refusals) {
    it(`answers ${code} with ${status} and problem+json`, async () => {
      const { lines, ...answered } = await call(() => {
        describeAs({ tenant: 't1' });
        endWith({ outcome: 'held' });
        return Promise.reject(new AndanteError(code, 'expected this'));
      });
      const outcome = status === 503 ? 'failed' : 'refused';
      assert.deepEqual(
        lines.map((line) => [line['severity'], line['outcome'], line['tenant'], line['code'], line['error']]),
        [[status === 503 ? 'ERROR' : 'INFO', outcome, 't1', code, 'expected this']],
      );
      const retry = status === 503 ? { 'retry-after': '1' } : {};
      assert.deepEqual(answered.headers, { 'content-type': 'application/problem+json', ...retry });
      assert.deepEqual(
        [answered.status, JSON.parse(answered.body ?? '')],
        [status, { status, code, detail: 'expected this' }],
      );
    });
  }

  it('says nothing of what it did not expect, but to the log', async () => {
    const { lines, status, body } = await call(() => Promise.reject(new TypeError('secret of the house')));
    assert.deepEqual(
      [status, JSON.parse(body ?? '')],
      [500, { status: 500, code: 'INTERNAL', detail: 'the error is in the log' }],
    );
    assert.deepEqual(
      lines.map(({ severity, message, outcome }) => [severity, message, outcome]),
      [['CRITICAL', 'answered', 'failed']],
    );
    assert.match(String(lines[0]?.['error']), /secret of the house/);
  });

  it('hides what only people can mend', async () => {
    const { status, body, lines } = await call(() =>
      Promise.reject(new AndanteError('STORED_DOCUMENT_INVALID', 'markets/SE')),
    );
    assert.match(String(lines[0]?.['error']), /markets\/SE/);
    assert.equal(lines[0]?.['severity'], 'CRITICAL');
    assert.deepEqual(
      [status, JSON.parse(body ?? '')],
      [500, { status: 500, code: 'STORED_DOCUMENT_INVALID', detail: 'the error is in the log' }],
    );
  });

  it('begins a trace where the caller names none, another for each request', async () => {
    const traces: unknown[] = [];
    for (const traceparent of [undefined, '', '00-a', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'é'.repeat(9)]) {
      const { lines } = await call(async () => ({ status: 200 }), traceparent === undefined ? {} : { traceparent });
      traces.push(lines[0]?.['logging.googleapis.com/trace']);
    }
    assert.equal(new Set(traces).size, 5);
    for (const trace of traces) assert.match(String(trace), /^projects\/demo-andante\/traces\/(?!0{32})[0-9a-f]{32}$/);
  });

  it('ends an answer without a body', async () => {
    const { status, body } = await call(async () => ({ status: 304 }));
    assert.deepEqual([status, body], [304, undefined]);
  });
});
