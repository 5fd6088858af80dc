// The edge of HTTP functions: a handler over plain values in, an answer out, errors as problem+json with a code.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework';
import type { LogFields } from '../contracts/log-line.ts';
import { MAX_BODY_BYTES } from '../contracts/decode-message.ts';
import { AndanteError, stackOf, type ErrorCode } from './errors.ts';
import { keepHandling, withHandling } from './handling.ts';
import type { Log } from './log.ts';
import { collectBody } from './request-body.ts';
import { isTraceparent, newTraceparent } from './traceparent.ts';

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

/** The function that the framework calls. Whatever comes of a request, it is one line of the log. */
export function createHttpFunction(
  name: string,
  handle: QuickHttpHandler,
  { log, clock, maxBodyBytes = MAX_BODY_BYTES }: HttpFunctionDeps,
): HttpFunction {
  return (request, response) => {
    const startedAtMs = clock();
    const { executionId } = request;
    const ending: LogFields = { outcome: 'answered' };
    const about = { function: name };
    const handling = { traceparent: requestTraceparent(request.headers), about, ending, executionId };
    const finish = (answer: HttpAnswer) => {
      const { status } = answer;
      const say = () =>
        log[status < 500 ? 'info' : status === 503 ? 'error' : 'critical']('answered', {
          ...ending,
          status,
          ms: Math.max(0, Math.round(clock() - startedAtMs)),
        });
      // A function's time may end with its answer.
      if (!isStream(answer.body)) say();
      return sendAnswer(response, answer)?.then(say);
    };
    const refuse = (error: unknown) => {
      const answer = problemOf(error);
      Object.assign(ending, { outcome: answer.status < 500 ? 'refused' : 'failed', ...toldOf(error) });
      return finish(answer);
    };
    /** What cannot be sent is an error of its own, and no reason that others of the turn get nothing. */
    const send = (answer: HttpAnswer) => {
      try {
        return finish(answer);
      } catch (error) {
        return refuse(error);
      }
    };
    const handleBody = (body: Uint8Array) => {
      const { method, originalUrl, headers } = request;
      return handle({ method, ...urlOf(originalUrl), headers: lowerCase(headers), body });
    };
    /** What there is to do once others had their turn; nothing where its handler calls back. */
    const decide = (body: Uint8Array) => {
      let answer: HttpAnswer | Promise<HttpAnswer>;
      try {
        answer = handleBody(body);
      } catch (error) {
        return () => refuse(error);
      }
      if (!(answer instanceof Promise)) return () => send(answer);
      void answer.then(send, refuse);
      return undefined;
    };
    // Who reads the body calls back from wherever it ended, and others come in between.
    const own: <T>(run: () => T) => T = AsyncLocalStorage.snapshot();
    const inHand = <T>(run: () => T) => own(() => withHandling(handling, run));
    collectBody(
      request,
      maxBodyBytes,
      (body) =>
        inTurn(() => {
          const end = inHand(() => decide(body));
          return end && (() => inHand(end));
        }),
      (error) => inHand(() => refuse(error)),
    );
  };
}

const waiting: (() => (() => unknown) | undefined)[] = [];
/** Nobody waits much longer than this for those who came with him. */
const TURN_MS = 5;

/**
 * Requests that came together are read together, then decided, then answered: going to and fro between the framework's code
 * and a handler's costs a quarter of a quote.
 */
function inTurn(decide: () => (() => unknown) | undefined): void {
  if (waiting.push(decide) === 1) setImmediate(answerAll);
}

function answerAll(): void {
  let startedAtMs = performance.now();
  let ends: ((() => unknown) | undefined)[] = [];
  for (const decide of waiting.splice(0)) {
    ends.push(decide());
    if (performance.now() - startedAtMs < TURN_MS) continue;
    for (const end of ends) end?.();
    ends = [];
    startedAtMs = performance.now();
  }
  for (const end of ends) end?.();
}

/** The caller's span, as Cloud Run tells it, or a trace that begins here. */
export function requestTraceparent({ traceparent }: Request['headers']): string {
  return typeof traceparent === 'string' && isTraceparent(traceparent) ? traceparent : newTraceparent();
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
  if (isStream(body)) return pipeline(Readable.from(keepHandling(body)), response).catch(() => void response.destroy());
  response.end(body);
  return undefined;
}

function isStream(body: HttpAnswer['body']): body is AsyncIterable<string> {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
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

/** What the log is told of a request that was not answered as it was asked for. */
export function toldOf(error: unknown): { code: string; error: string } {
  const { status, code } = describeProblem(error);
  return { code, error: status === 500 ? stackOf(error) : (error as AndanteError).message };
}

/** problem+json (RFC 9457). */
export function problemOf(error: unknown): HttpAnswer {
  const problem = describeProblem(error);
  const { status } = problem;
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...retryAfter(error, status) },
    body: JSON.stringify(problem),
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
