// POST /v1/bookings: campaigns decided together and held, or booked at once. GET /v1/bookings/KEY: how far that is. POST
// /v1/bookings/KEY/confirm and /release: what becomes of what is held.
import { decideBooking } from '../../shared/campaign/decide-booking.ts';
import { checkBooking } from '../../shared/contracts/check-booking.ts';
import { MAX_BOOKING_BYTES, type BookingAnswer, type BookingRequestWire } from '../../shared/contracts/bookings.ts';
import { decodeBody } from '../../shared/contracts/decode-body.ts';
import type { Booking } from '../../shared/contracts/documents.ts';
import { bookingRequest } from '../../shared/contracts/validators.generated.js';
import { advanceBooking, type DecidingAgain } from '../../shared/outcomes/advance-booking.ts';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import { AndanteError, stackOf } from '../../shared/runtime/errors.ts';
import { describeAs, endWith } from '../../shared/runtime/handling.ts';
import {
  describeProblem,
  toldOf,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from '../../shared/runtime/http.ts';
import type { AuthenticateTenant, Tenant } from '../../shared/runtime/identity.ts';
import type { RateLimit } from '../../shared/runtime/rate-limit.ts';
import { createRequestTime, type RequestTimeDeps } from '../../shared/runtime/request-time.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { bookingId } from '../../shared/store/ledger-key.ts';
import { supplyOf, type Snapshot } from '../../shared/store/market-views.ts';
import { openBooking, type DecideBooking, type Staging } from '../../shared/store/persist-booking.ts';
import { confirmBooking, releaseBooking } from '../../shared/store/persist-booking-end.ts';
import { answerOf } from './answer.ts';

export interface BookingDeps
  extends RecordDeps, Omit<RequestTimeDeps, 'store' | 'clock'>, Pick<DecidingAgain, 'sleep'> {
  /** Tests and simulations decide without quotes. */
  decide?: DecideBooking;
  authenticateTenant: AuthenticateTenant;
  limit: RateLimit;
}

const PATH = '/v1/bookings';

export function createBookingHandler(deps: BookingDeps): HttpHandler {
  const book = createBook(deps);
  const { authenticateTenant, limit } = deps;
  return async (request) => {
    const tenant = await authenticateTenant(request.headers['authorization']);
    const [key, action, ...more] = request.path.slice(PATH.length + 1).split('/');
    if (more.length > 0) throw nothing();
    if (request.path === PATH) {
      if (request.method !== 'POST') throw new AndanteError('METHOD_NOT_ALLOWED', 'campaigns are booked with POST');
      return book(tenant, request);
    }
    limit(tenant);
    if (!key || !isKey(key)) throw nothing();
    describeAs({ booking: key });
    switch (action) {
      case undefined:
        if (request.method !== 'GET') throw new AndanteError('METHOD_NOT_ALLOWED', 'a booking is looked at with GET');
        return show(deps, tenant, key);
      case 'confirm':
      case 'release':
        if (request.method !== 'POST')
          throw new AndanteError('METHOD_NOT_ALLOWED', `a booking is ${action}d with POST`);
        return change(deps, { tenant, key, action }, request);
      default:
        throw nothing();
    }
  };
}

function createBook(deps: BookingDeps) {
  const { store, clock, limit, sleep, decide = decideBooking } = deps;
  const requestTime = createRequestTime(deps);
  const kept = new Map<string, Snapshot>();
  return async (tenant: Tenant, { headers, body }: HttpRequest): Promise<HttpAnswer> => {
    const key = headers['idempotency-key'];
    if (key === undefined || !isKey(key))
      throw new AndanteError(
        'INVALID_REQUEST',
        'expected an Idempotency-Key header: up to 64 letters, digits, . _ or -',
      );
    describeAs({ booking: key });
    const request = decodeBody<BookingRequestWire>(bookingRequest, body, MAX_BOOKING_BYTES);
    checkBooking(request);
    limit(tenant, request.campaigns.length);
    const deciding = { order: { ...tenant, key, request }, decide, sleep };
    const markets = new Set(request.campaigns.flatMap(({ subcampaigns }) => subcampaigns.map(({ market }) => market)));
    const staging = stagingAt(await requestTime(headers, markets), clock, kept);
    const { booking, written, isNew } = await openBooking(store, deciding, staging);
    await record(deps, written);
    const steps = advance(deps, booking, staging, deciding);
    for (const [market, view] of staging.views) kept.set(market, supplyOf(view));
    endWith({ outcome: booking.status, campaigns: booking.campaigns });
    const sent = { status: isNew ? 201 : 200, headers: { location: `${PATH}/${key}` } };
    if (!takesLines(headers['accept'])) {
      const last = await lastOf(steps, booking);
      endWith({ outcome: last.status });
      const answer = await answerTo(deps, last);
      return { ...sent, ...json(answer), headers: { ...sent.headers, ...json(answer).headers } };
    }
    return {
      ...sent,
      headers: { ...sent.headers, 'content-type': 'application/x-ndjson' },
      body: lines(deps, booking, steps),
    };
  };
}

async function show(deps: BookingDeps, { tenantId }: Tenant, key: string): Promise<HttpAnswer> {
  const [booking] = await deps.store.read([refs.booking(bookingId(tenantId, key))]);
  if (!booking) throw nothing();
  endWith({ outcome: booking.status });
  return { status: 200, ...json(await answerTo(deps, booking)) };
}

async function change(
  deps: BookingDeps,
  { tenant: { tenantId }, key, action }: { tenant: Tenant; key: string; action: 'confirm' | 'release' },
  { headers }: HttpRequest,
): Promise<HttpAnswer> {
  const { store, clock } = deps;
  const id = bookingId(tenantId, key);
  const [known] = await store.read([refs.booking(id)]);
  if (!known) throw nothing();
  const [part] = await store.read([refs.bookingPart(id, 0)]);
  const markets = new Set(part?.lines.flatMap(({ order }) => order.subcampaigns.map(({ market }) => market)));
  const staging = stagingAt(await createRequestTime(deps)(headers, markets), clock);
  const changed = await (action === 'confirm' ? confirmBooking : releaseBooking)(store, id, staging.nowMs);
  const booking = await lastOf(advance(deps, changed, staging), changed);
  endWith({ outcome: booking.status });
  return { status: 200, ...json(await answerTo(deps, booking)) };
}

function stagingAt(nowMs: number, clock: () => number, kept?: ReadonlyMap<string, Snapshot>): Staging {
  const startedAtMs = clock();
  return { nowMs, time: () => nowMs + clock() - startedAtMs, views: new Map(kept) };
}

/** A booking that stands is brought on by outcome-drain where we cannot. */
async function* advance(deps: BookingDeps, booking: Booking, staging: Staging, deciding?: DecidingAgain) {
  let last = booking;
  try {
    for await (const step of advanceBooking(deps, booking, staging, deciding)) yield (last = step);
  } catch (error) {
    if (last.status === 'staging') throw error;
    const isPassing = error instanceof AndanteError && error.retryable;
    deps.log[isPassing ? 'warn' : 'critical']('a booking was not brought on: outcome-drain will', {
      error: isPassing ? error.message : stackOf(error),
    });
  }
}

async function lastOf(steps: AsyncIterable<Booking>, booking: Booking): Promise<Booking> {
  let last = booking;
  for await (const step of steps) last = step;
  return last;
}

/** Progress, a line for each step, and the answer or what went wrong as the last. */
async function* lines(deps: BookingDeps, booking: Booking, steps: AsyncIterable<Booking>): AsyncGenerator<string> {
  let last = booking;
  const told = ({ status, campaigns, held, refused, applied }: Booking) =>
    `${JSON.stringify({ status, progress: { campaigns, held, refused, applied } })}\n`;
  try {
    yield told(booking);
    for await (const step of steps) {
      endWith({ outcome: step.status });
      yield told((last = step));
    }
    yield `${JSON.stringify(await answerTo(deps, last))}\n`;
  } catch (error) {
    if (!(error instanceof AndanteError)) deps.log.critical('failed', { error: stackOf(error) });
    const { code, detail: message } = describeProblem(error);
    endWith({ outcome: 'failed', ...toldOf(error) });
    yield `${JSON.stringify({ error: { code, message } })}\n`;
  }
}

async function answerTo({ store }: BookingDeps, booking: Booking): Promise<BookingAnswer> {
  const { status, parts: count } = booking;
  if (status === 'staging') return answerOf(booking, []);
  const id = bookingId(booking.tenantId, booking.key);
  const parts = await store.read(Array.from({ length: count }, (_, part) => refs.bookingPart(id, part)));
  return answerOf(
    booking,
    parts.flatMap((part) => part ?? []),
  );
}

function json(answer: BookingAnswer): Pick<HttpAnswer, 'headers' | 'body'> {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
}

function isKey(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

function takesLines(accept: string | undefined): boolean {
  return (accept ?? '')
    .split(',')
    .some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === 'application/x-ndjson');
}

function nothing(): AndanteError {
  return new AndanteError('NOT_FOUND', 'this tenant has no booking of this key');
}
