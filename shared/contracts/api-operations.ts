// Every path of the HTTP API: who may call it, what it takes, what it answers, and how it refuses.
import Type, { type TSchema } from 'typebox';
import * as examples from './api-examples.ts';
import { BookingAnswer, BookingRequest } from './bookings.ts';
import { Decision, DecisionRequest } from './decision.ts';
import { ReportBody } from './events.ts';
import { Plan } from './plan.ts';
import { Refusal } from './problem.ts';
import { MAX_QUOTES, QuoteAnswer, QuoteRequest } from './quotes.ts';
import { EventId, Id, MarketId, closed, listOf } from './scalars.ts';

/** Media types by name; `lines` is what one line of `application/x-ndjson` holds. */
export type ApiContent = Record<string, { schema: TSchema; example?: unknown } | { lines: TSchema; example?: unknown }>;

export interface ApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description: string;
  schema: TSchema;
  example?: unknown;
}

export interface ApiAnswer {
  description: string;
  content?: ApiContent;
  /** By name, with what each says. */
  headers?: Record<string, string>;
}

export interface ApiOperation {
  path: string;
  method: 'get' | 'post';
  operationId: string;
  tag: 'quotes' | 'bookings' | 'campaigns' | 'serving' | 'description';
  summary: string;
  description?: string;
  caller: 'tenant' | 'adServer' | 'anybody';
  parameters?: readonly ApiParameter[];
  request?: { description: string; content: ApiContent };
  answers: Record<string, ApiAnswer>;
  /** Statuses of problem+json. */
  refusals: readonly number[];
}

const json = (schema: TSchema, example?: unknown): ApiContent => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

const flag = Type.Boolean();

const idempotencyKey: ApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Of this tenant and this request. The same key with the same body answers what the first came to; with another body it is refused.',
  schema: Id,
  example: examples.BOOKING_KEY,
};

/** Refusals of whatever a tenant asks. */
const ofTenants = [400, 401, 403, 429, 500, 503] as const;
const ofAdServers = [400, 401, 403, 500, 503] as const;

const quoting: ApiOperation = {
  path: '/v1/quotes',
  method: 'post',
  operationId: 'quote',
  tag: 'quotes',
  summary: 'What a campaign would get, and what it would cost',
  description:
    'One request, or a batch as an array or as lines: answers come in order, as they are made, and a request that is refused has its refusal in its place. ' +
    'Nothing is held and nothing is stored: the same request of the same state of its markets has the same `quoteId`.',
  caller: 'tenant',
  parameters: [
    {
      name: 'exact',
      in: 'query',
      description:
        'What is available is found as a booking would find it, not by bounds that never promise more than is there. Slower.',
      schema: flag,
    },
  ],
  request: {
    description: `One request, or up to ${MAX_QUOTES}.`,
    content: {
      'application/json': {
        schema: Type.Union([QuoteRequest, listOf(QuoteRequest, MAX_QUOTES, 1)]),
        example: examples.quoteRequest,
      },
      'application/x-ndjson': { lines: QuoteRequest },
    },
  },
  answers: {
    200: {
      description: 'The quote, or quotes and refusals in the order of the requests.',
      content: {
        'application/json': {
          schema: Type.Union([QuoteAnswer, Type.Array(Type.Union([QuoteAnswer, Refusal]))]),
        },
        'application/x-ndjson': { lines: Type.Union([QuoteAnswer, Refusal]) },
      },
    },
  },
  refusals: [...ofTenants, 404, 413],
};

const bookingAnswer = (description: string): Record<string, ApiAnswer> => ({
  200: { description, content: json(BookingAnswer) },
});

/** How far it has got, or the whole, or why it went no further. */
const bookingLine = Type.Union([
  closed({ status: BookingAnswer.properties.status, progress: BookingAnswer.properties.progress }),
  BookingAnswer,
  Refusal,
]);

const booked = (description: string): ApiAnswer => ({
  description,
  content: { ...json(BookingAnswer), 'application/x-ndjson': { lines: bookingLine } },
  headers: { Location: 'Where the booking is read.' },
});

const bookingPath: ApiParameter = {
  name: 'key',
  in: 'path',
  description: 'The idempotency key of the booking.',
  schema: Id,
  example: examples.BOOKING_KEY,
};

const booking: readonly ApiOperation[] = [
  {
    path: '/v1/bookings',
    method: 'post',
    operationId: 'book',
    tag: 'bookings',
    summary: 'Book campaigns, or hold their supply',
    description:
      'Up to 1,000 campaigns are decided together, against each other and against all that is sold and firmly held: all or nothing, the subset that is worth most, or every budget scaled down. ' +
      'A refused campaign has its reason and what would be accepted. With `hold`, what is accepted is kept until it is confirmed, released or expired; without, it is confirmed in this call. ' +
      'Asked for as `application/x-ndjson`, the answer comes as lines: how far it has got, and last the whole.',
    caller: 'tenant',
    parameters: [idempotencyKey],
    request: { description: 'What is to be booked.', content: json(BookingRequest, examples.bookingRequest) },
    answers: {
      200: booked('What the booking of this key came to when it came first, as it is now.'),
      201: booked('What the booking came to; a refusal of campaigns is an answer, too.'),
    },
    refusals: [...ofTenants, 409, 413],
  },
  {
    path: '/v1/bookings/{key}',
    method: 'get',
    operationId: 'readBooking',
    tag: 'bookings',
    summary: 'How far a booking is, and what it came to',
    caller: 'tenant',
    parameters: [bookingPath],
    answers: bookingAnswer('The booking as it is now.'),
    refusals: [...ofTenants, 404],
  },
  {
    path: '/v1/bookings/{key}/confirm',
    method: 'post',
    operationId: 'confirmBooking',
    tag: 'bookings',
    summary: 'Confirm what is held',
    description:
      'A firm hold cannot be refused before it expires. A soft one is decided now: what others took meanwhile is refused. Confirmed again, it answers the same.',
    caller: 'tenant',
    parameters: [bookingPath],
    answers: bookingAnswer('The confirmed booking; its campaigns are created in the background.'),
    refusals: [...ofTenants, 404, 409],
  },
  {
    path: '/v1/bookings/{key}/release',
    method: 'post',
    operationId: 'releaseBooking',
    tag: 'bookings',
    summary: 'Let go of what is held',
    caller: 'tenant',
    parameters: [bookingPath],
    answers: bookingAnswer('The released booking; its supply is free again.'),
    refusals: [...ofTenants, 404, 409],
  },
];

const serving: readonly ApiOperation[] = [
  {
    path: '/v1/markets/{market}/plan',
    method: 'get',
    operationId: 'readPlan',
    tag: 'serving',
    summary: 'The plan of a market, for its ad servers',
    caller: 'adServer',
    parameters: [
      { name: 'market', in: 'path', description: 'The market.', schema: MarketId, example: 'SE' },
      { name: 'If-None-Match', in: 'header', description: 'Tags of plans that the caller has.', schema: Type.String() },
    ],
    answers: {
      200: {
        description: 'The plan, as its bytes were hashed. Packed with gzip where that is accepted.',
        content: json(Plan),
        headers: {
          ETag: 'The hash of the plan.',
          'Cache-Control': 'Until when it is fresh, and until when it may be used.',
        },
      },
      304: { description: 'The caller has it.', headers: { ETag: 'The hash of the plan.' } },
    },
    refusals: [...ofAdServers, 404],
  },
  {
    path: '/v1/decisions',
    method: 'post',
    operationId: 'decide',
    tag: 'serving',
    summary: 'Who is shown at an opportunity',
    caller: 'adServer',
    request: {
      description: 'One request, or up to 1,000 as lines.',
      content: {
        'application/json': { schema: DecisionRequest, example: examples.decisionRequest },
        'application/x-ndjson': { lines: DecisionRequest },
      },
    },
    answers: {
      200: {
        description: 'The decision, or a line for each request.',
        content: { ...json(Decision), 'application/x-ndjson': { lines: Type.Union([Decision, Refusal]) } },
        headers: { 'Andante-Plan': 'Each market’s plan by its hash: `SE=0a1b...`.' },
      },
    },
    refusals: [...ofAdServers, 404, 409, 413],
  },
  {
    path: '/v1/reports',
    method: 'post',
    operationId: 'report',
    tag: 'serving',
    summary: 'What an ad-server group served',
    caller: 'adServer',
    request: {
      description: 'The aggregate of a window of at most an hour.',
      content: json(ReportBody, examples.reportBody),
    },
    answers: {
      202: {
        description: 'Taken: the next tick counts it. The same `eventId` again changes nothing.',
        content: json(closed({ eventId: EventId }), { eventId: examples.reportBody.eventId }),
      },
    },
    refusals: [...ofAdServers, 404, 413],
  },
];

const description: ApiOperation = {
  path: '/v1/openapi.json',
  method: 'get',
  operationId: 'readOpenApi',
  tag: 'description',
  summary: 'This description',
  caller: 'anybody',
  parameters: [
    { name: 'If-None-Match', in: 'header', description: 'Tags that the caller has.', schema: Type.String() },
  ],
  answers: {
    200: {
      description: 'OpenAPI 3.1.',
      content: json(Type.Unsafe<Record<string, unknown>>({ type: 'object' })),
      headers: { ETag: 'The hash of the description.' },
    },
    304: { description: 'The caller has it.', headers: { ETag: 'The hash of the description.' } },
  },
  refusals: [500],
};

/** In the order in which they are described. */
export const operations: readonly ApiOperation[] = [quoting, ...booking, ...serving, description];
