// A request's JSON body: bounded, unzipped, and with integers that a JavaScript number cannot hold kept as text.
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ApiError } from './api-error.ts';

const BODY_BYTES_LIMIT = 10 * 1024 * 1024;
const LONG_INTEGER = /[:[,]\s*-?\d{16,}/;
const unzip = promisify(gunzip);

/** Reads the body as a JSON object, `{}` when it is empty; throws `parseError` or `uploadTooLarge`. */
export async function readJsonBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const bytes = await readBytes(request);
  const text = await decode(bytes, request.headers['content-encoding']);
  if (text.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = parseExactly(text);
  } catch {
    throw new ApiError('parseError', 'Parse Error: the request body is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ApiError('parseError', 'Parse Error: the request body must be a JSON object');
  }
  return parsed as Record<string, unknown>;
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What comes after the limit is read and dropped, so that the client gets to see the answer.
    if (size <= BODY_BYTES_LIMIT) chunks.push(chunk);
  }
  if (size > BODY_BYTES_LIMIT) throw tooLarge();
  return Buffer.concat(chunks);
}

async function decode(bytes: Buffer, encoding: string | undefined): Promise<string> {
  if (encoding !== 'gzip') return bytes.toString('utf8');
  try {
    return (await unzip(bytes, { maxOutputLength: BODY_BYTES_LIMIT })).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new ApiError('parseError', 'Parse Error: the request body is not valid gzip');
  }
}

function tooLarge(): ApiError {
  return new ApiError('uploadTooLarge', `Request payload size exceeds the limit: ${BODY_BYTES_LIMIT} bytes.`);
}

// The reviver is slow, so it only runs on bodies that may hold such an integer.
function parseExactly(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  const revive = (_key: string, value: unknown, context?: { source?: string }) => {
    const isInexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isInexact && context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
  };
  return JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]);
}
