// The body of a request, of which no more is kept than can be right.
import type { Request } from '@google-cloud/functions-framework';
import { AndanteError } from './errors.ts';

/**
 * Reads a body to its end and keeps at most `maxBytes + 1` of it, so that who looks at the length sees that it is too
 * much, and who sent it gets an answer.
 * @throws AndanteError INVALID_REQUEST a body that is packed, or that ends before its end
 */
export function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => collectBody(request, maxBytes, resolve, reject));
}

/** The same without a promise: on this framework each costs microseconds. */
export function collectBody(
  request: Request,
  maxBytes: number,
  onBody: (body: Uint8Array) => unknown,
  onError: (error: unknown) => unknown,
): void {
  if (request.rawBody) {
    onBody(request.rawBody);
    return;
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    onError(new AndanteError('INVALID_REQUEST', 'a body must not be compressed'));
    return;
  }
  const chunks: Uint8Array[] = [];
  let missing = maxBytes + 1;
  // By events: an iterator over the request costs as much as all the rest of refusing it.
  request.on('data', (chunk: Uint8Array) => {
    if (missing > 0) chunks.push(chunk.subarray(0, missing));
    missing -= chunk.byteLength;
  });
  request.on('end', () => onBody(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)));
  request.on('error', (cause) => onError(new AndanteError('INVALID_REQUEST', 'the body ended early', { cause })));
}
