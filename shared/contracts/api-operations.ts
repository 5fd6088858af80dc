// Every path of the HTTP API: who may call it, what it takes, what it answers, and how it refuses. Here those for whoever books.
import Type from 'typebox';
import * as examples from './api-examples.ts';
import { json, type ApiAnswer, type ApiOperation, type ApiParameter } from './api-operation.ts';
import { servingOperations } from './api-serving-operations.ts';
import { BookingAnswer, BookingRequest } from './bookings.ts';
import {
  BudgetChange,
  CampaignAnswer,
  ChangeAnswer,
  HistoryAnswer,
  MAX_HISTORY,
  PreviewAnswer,
  StatusChange,
} from './campaign-api.ts';
import { Refusal } from './problem.ts';
import { MAX_QUOTES, QuoteAnswer, QuoteRequest } from './quotes.ts';
import { Id, closed, listOf } from './scalars.ts';

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
          example: examples.quoteAnswer,
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
  content: { ...json(BookingAnswer, examples.bookingAnswer), 'application/x-ndjson': { lines: bookingLine } },
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

const campaignPath: ApiParameter = {
  name: 'id',
  in: 'path',
  description: 'The campaign.',
  schema: Id,
  example: examples.CAMPAIGN_ID,
};

const change = {
  method: 'post',
  tag: 'campaigns',
  description:
    'Decided at once; a refusal is an answer, too. Without a version it comes after all that came before it. With `preview` nothing is written, and no key is needed: ' +
    'the answer says what the change would do to this campaign, and to every other one that it displaces or relieves, without saying whose they are.',
  caller: 'tenant',
  parameters: [
    campaignPath,
    {
      name: 'preview',
      in: 'query',
      description: 'Only say what the change would come to.',
      schema: flag,
    },
    {
      ...idempotencyKey,
      description:
        'Needed of a change that is no preview. Of this tenant and this request: the same again answers what the first came to, another body is refused.',
      isOptional: true,
    },
  ],
  answers: {
    200: {
      description: 'What the change came to, or would come to.',
      content: json(Type.Union([PreviewAnswer, ChangeAnswer]), examples.changeAnswer),
      headers: { 'Idempotent-Replayed': '`true`: the answer is that of an earlier request.' },
    },
  },
  refusals: [...ofTenants, 404, 409, 413],
} as const satisfies Partial<ApiOperation>;

const campaigns: readonly ApiOperation[] = [
  {
    path: '/v1/campaigns/{id}',
    method: 'get',
    operationId: 'readCampaign',
    tag: 'campaigns',
    summary: 'What a campaign is, what it was delivered beside its forecast, and why they differ',
    caller: 'tenant',
    parameters: [campaignPath],
    answers: { 200: { description: 'The campaign as it is now.', content: json(CampaignAnswer) } },
    refusals: [...ofTenants, 404],
  },
  {
    path: '/v1/campaigns/{id}/outcomes',
    method: 'get',
    operationId: 'readOutcomes',
    tag: 'campaigns',
    summary: 'All that was decided of a campaign, oldest first',
    caller: 'tenant',
    parameters: [
      campaignPath,
      {
        name: 'limit',
        in: 'query',
        description: 'Outcomes of a page.',
        schema: Type.Integer({ minimum: 1, maximum: MAX_HISTORY }),
      },
      {
        name: 'after',
        in: 'query',
        description: 'What the page before said.',
        schema: Type.String({ maxLength: 200 }),
      },
    ],
    answers: { 200: { description: 'A page, and where to go on.', content: json(HistoryAnswer) } },
    refusals: [...ofTenants, 404],
  },
  {
    ...change,
    path: '/v1/campaigns/{id}/budget',
    operationId: 'changeBudget',
    summary: 'Raise or cut a budget in mid-flight',
    request: {
      description: 'The whole budget, not the difference.',
      content: json(BudgetChange, examples.budgetChange),
    },
  },
  {
    ...change,
    path: '/v1/campaigns/{id}/status',
    operationId: 'changeStatus',
    summary: 'Pause, resume, complete or cancel a campaign',
    request: { description: 'What it is to be.', content: json(StatusChange, examples.statusChange) },
  },
];

/** In the order in which they are described. */
export const operations: readonly ApiOperation[] = [quoting, ...booking, ...campaigns, ...servingOperations];
