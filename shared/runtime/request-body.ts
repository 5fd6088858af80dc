// The body of a request, of which no more is kept than can be right.
import type { Request } from '@google-cloud/functions-framework';
import { AndanteError } from './errors.ts';

/**
 * Reads a body to its end and keeps at most `maxBytes + 1` of it, so that who looks at the length sees that it is too
 * much, and who sent it gets an answer.
 * @throws AndanteError INVALID_REQUEST a body that is packed, or that ends before its end
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.rawBody) return request.rawBody;
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new AndanteError('INVALID_REQUEST', 'a body must not be compressed');
  const chunks: Uint8Array[] = [];
  let missing = maxBytes + 1;
  // By events: an iterator over the request costs as much as all the rest of refusing it.
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Uint8Array) => {
      if (missing > 0) chunks.push(chunk.subarray(0, missing));
      missing -= chunk.byteLength;
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', (cause) => reject(new AndanteError('INVALID_REQUEST', 'the body ended early', { cause })));
  });
}
