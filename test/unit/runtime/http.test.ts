import assert from 'node:assert/strict';
import { AndanteError, type ErrorCode } from '../../../shared/runtime/errors.ts';
import {
  createHttpFunction,
  type HttpAnswer,
  type HttpRequest,
  type QuickHttpHandler,
} from '../../../shared/runtime/http.ts';
import { logLines } from '../../support/log-lines.ts';

/** Calls the function as the framework does and says what it answered. */
async function call(handle: QuickHttpHandler, headers: Record<string, string> = {}) {
  const { log, lines } = logLines();
  const own: Record<string, string> = {};
  const answered: { status?: number; headers: object; body?: string } = { headers: own };
  const request = { method: 'POST', originalUrl: '/v1/x?a=b', headers, rawBody: Buffer.from('{}') };
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
  it('answers at once what its handler need not wait for, and what it refuses', () => {
    const { log } = logLines();
    for (const handle of [() => ({ status: 200 }), () => assert.fail('no handler')]) {
      let ends = 0;
      const request = { method: 'POST', originalUrl: '/', headers: {}, rawBody: Buffer.from('') };
      const response = { setHeader() {}, end: () => ends++ };
      void createHttpFunction('report', handle, { log, clock: () => 0 })(request as never, response as never);
      assert.equal(ends, 1);
    }
  });

  it('passes plain values in and the answer out', async () => {
    let seen: HttpRequest | undefined;
    const answer: HttpAnswer = {
      status: 202,
      headers: { 'content-type': 'application/json' },
      body: '{}',
      about: { market: 'SE' },
    };
    const { lines, ...answered } = await call(
      async (request) => {
        seen = request;
        return answer;
      },
      { Authorization: 'Bearer x', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    );
    assert.deepEqual(answered, { status: 202, headers: { 'content-type': 'application/json' }, body: '{}' });
    assert.deepEqual(
      [seen?.method, seen?.path, seen?.headers['authorization'], Buffer.from(seen?.body ?? []).toString()],
      ['POST', '/v1/x', 'Bearer x', '{}'],
    );
    assert.deepEqual([lines[0]?.['severity'], lines[0]?.['status'], lines[0]?.['market']], ['INFO', 202, 'SE']);
    assert.match(String(lines[0]?.['logging.googleapis.com/trace']), /0af7651916cd43dd8448eb211c80319c$/);
  });

  for (const { code, status } of refusals) {
    it(`answers ${code} with ${status} and problem+json`, async () => {
      const { lines: _lines, ...answered } = await call(() => Promise.reject(new AndanteError(code, 'expected this')));
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
    assert.deepEqual([lines[0]?.['severity'], lines[1]?.['severity']], ['CRITICAL', 'ERROR']);
    assert.match(String(lines[0]?.['error']), /secret of the house/);
  });

  it('hides what only people can mend', async () => {
    const { status, body } = await call(() =>
      Promise.reject(new AndanteError('STORED_DOCUMENT_INVALID', 'markets/SE')),
    );
    assert.deepEqual(
      [status, JSON.parse(body ?? '')],
      [500, { status: 500, code: 'STORED_DOCUMENT_INVALID', detail: 'the error is in the log' }],
    );
  });

  it('ends an answer without a body', async () => {
    const { status, body } = await call(async () => ({ status: 304 }));
    assert.deepEqual([status, body], [304, undefined]);
  });
});
