import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { MAX_PUSH_BYTES } from '../../../shared/runtime/envelope.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { createHttpFunction } from '../../../shared/runtime/http.ts';
import { createPushFunction } from '../../../shared/runtime/push.ts';
import { serve } from '../../../shared/runtime/serve.ts';
import { createConnection, type Wire } from '../../hostile/connection.ts';
import { logLines } from '../../support/log-lines.ts';

/** What the functions were given, and what they do with it. */
const seen: { push: Uint8Array[]; path: string[]; body: Uint8Array[] } = { push: [], path: [], body: [] };
let failure: Error | undefined;
const { log, lines } = logLines();

serve('test-push', () =>
  createPushFunction(
    'test-push',
    async (push) => {
      if (failure) throw failure;
      seen.push.push(push);
    },
    { log, clock: () => 0 },
  ),
);
serve('test-http', () =>
  createHttpFunction(
    'test-http',
    async ({ path, body }) => {
      seen.path.push(path);
      seen.body.push(body);
      return { status: 200, body: 'ok' };
    },
    { log, clock: () => 0 },
  ),
);

describe('a function that is served', () => {
  const servers: Server[] = [];
  const open = async (server: Server) => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const ports = { push: 0, http: 0 };
  before(async () => {
    ports.push = await open(getTestServer('test-push'));
    ports.http = await open(getTestServer('test-http'));
  });
  after(() => servers.forEach((server) => server.close()));
  beforeEach(() => {
    seen.push = [];
    seen.path = [];
    seen.body = [];
    failure = undefined;
    lines.length = 0;
  });

  const send = async (door: keyof typeof ports, wire: Partial<Wire>) => {
    const connection = createConnection(ports[door]);
    const answer = await connection.send({ method: 'POST', path: '/', ...wire });
    connection.close();
    return answer;
  };
  const codeOf = ({ status, headers, body }: Awaited<ReturnType<typeof send>>) => {
    assert.equal(headers['content-type'], 'application/problem+json');
    return [status, (JSON.parse(body) as { code: string }).code];
  };
  const body = Buffer.from('{"a":1}');

  it('says that it could work, to a GET of its health alone, and logs nothing', async () => {
    for (const [name, port] of Object.entries(ports)) {
      for (const path of ['/health', `/test-${name}/health`]) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
        assert.deepEqual(await answer.json(), { status: 'ok', function: `test-${name}` });
      }
    }
    assert.deepEqual([seen.push.length, seen.path.length, lines.length], [0, 0, 0]);
    const posted = await fetch(`http://127.0.0.1:${ports.http}/health`, { method: 'POST', body: '{}' });
    assert.equal(await posted.text(), 'ok');
    assert.equal(await (await fetch(`http://127.0.0.1:${ports.http}/healthy`)).text(), 'ok');
    assert.deepEqual(seen.path, ['/health', '/healthy']);
  });

  it('is not healthy while it cannot be built', async () => {
    let isBroken = true;
    serve('test-broken', () => {
      if (isBroken) throw new AndanteError('INVALID_CONFIG', 'configuration: BIGQUERY_DATASET is missing');
      return (_request, response) => void response.end('built');
    });
    const port = await open(getTestServer('test-broken'));
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 500);
    isBroken = false;
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  });

  it('acknowledges a push with 204 when it is received, whatever its content type and path', async () => {
    for (const type of [
      'application/json',
      'application/cloudevents+json',
      'text/plain',
      'application/json; charset=x',
    ]) {
      const answer = await send('push', {
        path: '/%zz//projects/p/topics/t?',
        headers: [['content-type', type]],
        body,
      });
      assert.deepEqual([answer.status, answer.body], [204, '']);
    }
    assert.deepEqual(
      seen.push.map((push) => Buffer.from(push).toString()),
      Array.from({ length: 4 }, () => '{"a":1}'),
    );
  });

  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    it(`refuses a push by ${method}`, async () => {
      assert.deepEqual(codeOf(await send('push', { method })), [405, 'METHOD_NOT_ALLOWED']);
      assert.deepEqual([seen.push, lines[0]?.['message'], lines[0]?.['code']], [[], 'handled', 'METHOD_NOT_ALLOWED']);
    });
  }

  it('asks for a push again with 503 when it may succeed later, with 500 when only people can help', async () => {
    failure = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered ABORTED');
    assert.deepEqual(codeOf(await send('push', { body })), [503, 'STORE_UNAVAILABLE']);
    failure = new TypeError('secret of the house');
    const answer = await send('push', { body });
    assert.deepEqual(codeOf(answer), [500, 'INTERNAL']);
    assert.doesNotMatch(answer.body, /secret|\bat\b/);
  });

  it('gives a handler the path as it was sent, without its query', async () => {
    const paths = ['/v1/markets/SE/plan?x=%zz', '/favicon.ico', '/%ff', '//x'];
    for (const path of paths) assert.equal((await send('http', { method: 'GET', path })).status, 200);
    assert.deepEqual(seen.path, ['/v1/markets/SE/plan', '/favicon.ico', '/%ff', '//x']);
  });

  it('gives a handler the bytes of a body, in one piece or in chunks', async () => {
    await send('http', { headers: [['content-type', 'application/json']], body: Buffer.from('{"a":') });
    await send('http', {
      headers: [['transfer-encoding', 'chunked']],
      body: Buffer.from('2\r\nab\r\n1\r\nc\r\n0\r\n\r\n'),
    });
    await send('http', {});
    assert.deepEqual(
      seen.body.map((bytes) => Buffer.from(bytes).toString()),
      ['{"a":', 'abc', ''],
    );
  });

  for (const [name, value] of [
    ['expect', '100-continue'],
    ['connection', 'upgrade'],
    ['upgrade', 'websocket'],
  ] as const) {
    it(`hands a body over that comes with ${name}: ${value}`, async () => {
      const headers = [[name, value] as const, ['content-type', 'application/json'] as const];
      const answer = await send('http', { headers, body: Buffer.from('not json') });
      assert.deepEqual([answer.status, Buffer.from(seen.body[0] ?? []).toString()], [200, 'not json']);
    });
  }

  it('keeps no more of a body than shows that it is too large, and answers when it was read', async () => {
    const huge = Buffer.alloc(5 * 1024 * 1024, ' ');
    assert.equal((await send('http', { body: huge })).status, 200);
    assert.equal((await send('push', { body: huge })).status, 204);
    assert.deepEqual([seen.body[0]?.byteLength, seen.push[0]?.byteLength], [256 * 1024 + 1, MAX_PUSH_BYTES + 1]);
  });

  it('unpacks nothing', async () => {
    for (const [door, encoding] of [
      ['http', 'gzip'],
      ['push', 'br'],
      ['push', 'nonsense'],
    ] as const) {
      const answer = await send(door, { headers: [['content-encoding', encoding]], body: gzipSync(body) });
      assert.deepEqual(codeOf(answer), [400, 'INVALID_REQUEST']);
    }
    assert.deepEqual([seen.push, seen.body], [[], []]);
  });

  it('hears that a body ended early', async () => {
    const half = { headers: [['content-length', '100']] as const, body, cutAt: 1000 };
    await send('http', half);
    await send('push', half);
    while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([seen.push, seen.body], [[], []]);
    assert.deepEqual(lines.map(({ severity, message, outcome, code }) => [severity, message, outcome, code]).sort(), [
      ['INFO', 'answered', 'refused', 'INVALID_REQUEST'],
      ['WARNING', 'handled', 'refused', 'INVALID_REQUEST'],
    ]);
  });

  it('leaves other servers of the process alone', async () => {
    const port = await open(
      createServer((request, response) => response.end(`${request.url} ${request.headers['content-length']}`)),
    );
    const connection = createConnection(port);
    assert.equal((await connection.send({ method: 'POST', path: '/x', body })).body, '/x 7');
    connection.close();
  });
});
