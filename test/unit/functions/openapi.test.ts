import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { createOpenApiHandler } from '../../../functions/openapi/handler.ts';
import { described } from '../../support/api-answers.ts';

const document = { openapi: '3.1.1', paths: { '/v1/x': {} } };
const door = described(createOpenApiHandler(document));
const request = { method: 'GET', path: '/v1/openapi.json', headers: {}, body: Buffer.alloc(0) };

describe('the door of the API’s description', () => {
  it('answers it to anybody, with a tag and for how long it is fresh', async () => {
    const { status, headers, body } = await door(request);
    assert.deepEqual([status, JSON.parse(body as string)], [200, document]);
    assert.match(headers?.['etag'] ?? '', /^"[0-9a-f]{64}"$/);
    assert.deepEqual(
      [headers?.['content-type'], headers?.['cache-control'], headers?.['vary']],
      ['application/json', 'public, max-age=3600', 'accept-encoding'],
    );
  });

  it('answers 304 and nothing else to who has it, and all of it to who has another', async () => {
    const etag = (await door(request)).headers?.['etag'] ?? '';
    const had = await door({ ...request, headers: { 'if-none-match': `"x", W/${etag}` } });
    assert.deepEqual([had.status, had.body, had.headers?.['etag']], [304, undefined, etag]);
    assert.equal((await door({ ...request, headers: { 'if-none-match': '"x"' } })).status, 200);
    const other = createOpenApiHandler({ ...document, paths: {} });
    assert.notEqual((await other(request)).headers?.['etag'], etag);
  });

  it('packs it for who takes gzip', async () => {
    const { body, headers } = await door({ ...request, headers: { 'accept-encoding': 'gzip' } });
    assert.equal(headers?.['content-encoding'], 'gzip');
    assert.deepEqual(JSON.parse(gunzipSync(body as Uint8Array).toString()), document);
  });

  for (const { own, code } of [
    { own: { method: 'POST' }, code: 'METHOD_NOT_ALLOWED' },
    { own: { method: 'HEAD' }, code: 'METHOD_NOT_ALLOWED' },
    { own: { path: '/v1/openapi.json/' }, code: 'NOT_FOUND' },
    { own: { path: '/v1/openapi.json/x' }, code: 'NOT_FOUND' },
  ]) {
    it(`refuses ${JSON.stringify(own)} with ${code}`, async () => {
      await assert.rejects(door({ ...request, ...own }), { code });
    });
  }
});
