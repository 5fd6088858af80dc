// GET /v1/openapi.json: the description of the API that the others are. No secret is in it, so nobody has to say who asks.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { isHad, takesGzip } from '../../shared/runtime/conditional-request.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import { endWith } from '../../shared/runtime/handling.ts';
import type { HttpHandler } from '../../shared/runtime/http.ts';

/** A deployment changes it, and nothing else: an hour late is early enough. */
const MAX_AGE_SECONDS = 3600;

/** @param document OpenAPI, as plain JSON */
export function createOpenApiHandler(document: object): HttpHandler {
  const body = JSON.stringify(document);
  const gzip = gzipSync(body);
  const common = {
    etag: `"${createHash('sha256').update(body).digest('hex')}"`,
    'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
    vary: 'accept-encoding',
  };
  return async ({ method, path, headers }) => {
    if (path !== '/v1/openapi.json') throw new AndanteError('NOT_FOUND', 'expected /v1/openapi.json');
    if (method !== 'GET') throw new AndanteError('METHOD_NOT_ALLOWED', 'the description is read with GET');
    if (isHad(headers['if-none-match'], common.etag)) {
      endWith({ outcome: 'unchanged' });
      return { status: 304, headers: common };
    }
    const isGzip = takesGzip(headers['accept-encoding']);
    return {
      status: 200,
      headers: { ...common, 'content-type': 'application/json', ...(isGzip ? { 'content-encoding': 'gzip' } : {}) },
      body: isGzip ? gzip : body,
    };
  };
}
