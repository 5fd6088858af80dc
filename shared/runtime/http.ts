// The edge of HTTP functions: a handler over plain values in, an answer out, errors as problem+json with a code.
import type { HttpFunction, Response } from '@google-cloud/functions-framework';
import { MAX_BODY_BYTES } from '../contracts/decode-message.ts';
import { AndanteError, type ErrorCode } from './errors.ts';
import type { Log, LogFields } from './log.ts';
import { readBody } from './request-body.ts';

export interface HttpRequest {
  method: string;
  /** Path without query. */
  path: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Fields of the log line. */
  about?: LogFields;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNKNOWN_MARKET: 404,
  METHOD_NOT_ALLOWED: 405,
  PLAN_MISMATCH: 409,
  BODY_TOO_LARGE: 413,
};

/** The function that the framework calls. */
export function createHttpFunction(
  name: string,
  handle: HttpHandler,
  { log, clock }: { log: Log; clock: () => number },
): HttpFunction {
  return async (request, response) => {
    const startedAtMs = clock();
    const answer = await readBody(request, MAX_BODY_BYTES)
      .then((body) =>
        handle({
          method: request.method,
          path: request.originalUrl.split('?', 1)[0] as string,
          headers: lowerCase(request.headers),
          body,
        }),
      )
      .catch((error: unknown) => {
        if (!(error instanceof AndanteError))
          log.critical('failed', {
            function: name,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          });
        return problemOf(error);
      });
    const traceparent = request.headers['traceparent'];
    const trace = typeof traceparent === 'string' ? { traceparent } : {};
    log[answer.status < 500 ? 'info' : 'error']('answered', {
      function: name,
      ...trace,
      ...answer.about,
      status: answer.status,
      ms: clock() - startedAtMs,
    });
    sendAnswer(response, answer);
  };
}

export function sendAnswer(response: Response, { status, headers, body }: HttpAnswer): void {
  response.status(status).set(headers ?? {});
  if (body === undefined) response.end();
  else response.end(body);
}

/** What an answer may say of an error. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
}

/** The status and the code that README explains, and no word of what only the log may know. */
export function describeProblem(error: unknown): Problem {
  const known = error instanceof AndanteError ? error : undefined;
  const code = known?.code ?? 'INTERNAL';
  const status = known
    ? (statuses[known.code] ??
      (known.permanent || known.code === 'INVALID_REQUEST' ? 400 : known.retryable ? 503 : 500))
    : 500;
  return { status, code, detail: known && status !== 500 ? known.message : 'the error is in the log' };
}

/** problem+json (RFC 9457). */
export function problemOf(error: unknown): HttpAnswer {
  const problem = describeProblem(error);
  const { status, code } = problem;
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...(status === 503 ? { 'retry-after': '1' } : {}) },
    body: JSON.stringify(problem),
    about: { code },
  };
}

function lowerCase(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]),
  );
}
