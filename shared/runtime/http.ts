// The edge of HTTP functions: a handler over plain values in, an answer out, errors as problem+json with a code.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpFunction, Response } from '@google-cloud/functions-framework';
import { MAX_BODY_BYTES } from '../contracts/decode-message.ts';
import { AndanteError, type ErrorCode } from './errors.ts';
import type { Log, LogFields } from './log.ts';
import { collectBody } from './request-body.ts';

export interface HttpRequest {
  method: string;
  /** Path without query. */
  path: string;
  /** Absent: none. */
  query?: URLSearchParams;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  /** Whole, or piece by piece as it is made. */
  body?: string | Uint8Array | AsyncIterable<string>;
  /** Fields of the log line. */
  about?: LogFields;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

/** Answers at once what needs not wait: on this framework each promise costs microseconds. */
export type QuickHttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNKNOWN_MARKET: 404,
  METHOD_NOT_ALLOWED: 405,
  PLAN_MISMATCH: 409,
  EVENT_CONFLICT: 409,
  HOLD_EXPIRED: 409,
  BOOKING_CLOSED: 409,
  BOOKING_BUSY: 409,
  TOO_MANY_REQUESTS: 429,
  BODY_TOO_LARGE: 413,
};

export interface HttpFunctionDeps {
  log: Log;
  clock: () => number;
  /** The largest body it takes. */
  maxBodyBytes?: number;
}

/** The function that the framework calls. */
export function createHttpFunction(
  name: string,
  handle: QuickHttpHandler,
  { log, clock, maxBodyBytes = MAX_BODY_BYTES }: HttpFunctionDeps,
): HttpFunction {
  return (request, response) => {
    const startedAtMs = clock();
    const finish = (answer: HttpAnswer) => {
      const traceparent = request.headers['traceparent'];
      const trace = typeof traceparent === 'string' ? { traceparent } : {};
      log[answer.status < 500 ? 'info' : 'error']('answered', {
        function: name,
        ...trace,
        ...answer.about,
        status: answer.status,
        ms: clock() - startedAtMs,
      });
      return sendAnswer(response, answer);
    };
    const refuse = (error: unknown) => {
      if (!(error instanceof AndanteError))
        log.critical('failed', {
          function: name,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      return finish(problemOf(error));
    };
    const handleBody = (body: Uint8Array) => {
      const { method, originalUrl, headers } = request;
      return handle({ method, ...urlOf(originalUrl), headers: lowerCase(headers), body });
    };
    const answerBody = (body: Uint8Array) => {
      let answer: HttpAnswer | Promise<HttpAnswer>;
      try {
        answer = handleBody(body);
      } catch (error) {
        return refuse(error);
      }
      return answer instanceof Promise ? answer.then(finish, refuse) : finish(answer);
    };
    collectBody(request, maxBodyBytes, answerBody, refuse);
  };
}

function urlOf(url: string): Pick<HttpRequest, 'path' | 'query'> {
  const end = url.indexOf('?');
  return end < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, end), query: new URLSearchParams(url.slice(end + 1)) };
}

/** A stream whose reader is gone, or that fails in the middle, ends the connection: its status is sent already. */
export function sendAnswer(response: Response, { status, headers, body }: HttpAnswer): Promise<void> | undefined {
  response.statusCode = status;
  for (const name in headers) response.setHeader(name, headers[name] as string);
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array))
    return pipeline(Readable.from(body), response).catch(() => void response.destroy());
  response.end(body);
  return undefined;
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
    headers: { 'content-type': 'application/problem+json', ...retryAfter(error, status) },
    body: JSON.stringify(problem),
    about: { code },
  };
}

function retryAfter(error: unknown, status: number): Record<string, string> {
  const asked = error instanceof AndanteError ? error.retryAfterSeconds : undefined;
  const seconds = asked ?? (status === 503 ? 1 : undefined);
  return seconds === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}

function lowerCase(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  const one: Record<string, string | undefined> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    one[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return one;
}
