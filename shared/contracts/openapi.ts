// The description of the HTTP API in OpenAPI 3.1: made from the contracts, written by `npm run generate`, served at
// /v1/openapi.json.
import type { TSchema } from 'typebox';
import type { ApiAnswer, ApiContent, ApiOperation, ApiParameter } from './api-operation.ts';
import { operations } from './api-operations.ts';
import { BookingAnswer, BookingRequest, CampaignOrder } from './bookings.ts';
import {
  BudgetChange,
  CampaignAnswer,
  ChangeAnswer,
  HistoryAnswer,
  PreviewAnswer,
  StatusChange,
} from './campaign-api.ts';
import { Award, Decision, DecisionRequest } from './decision.ts';
import { ReportBody } from './events.ts';
import { QuotePart, SubcampaignOrder } from './orders.ts';
import { Plan } from './plan.ts';
import { Problem, Refusal } from './problem.ts';
import { QuoteAnswer, QuoteRequest } from './quotes.ts';
import { Currency, Id, Instant, MarketId } from './scalars.ts';

type Json = Record<string, unknown>;

/** Schemas that have a name of their own. */
const named: Record<string, { schema: TSchema; description: string }> = {
  Id: { schema: Id, description: 'Of a campaign, a part of one, a segment, a surface, or a key.' },
  MarketId: { schema: MarketId, description: 'A country, or another key of a market.' },
  Currency: { schema: Currency, description: 'ISO 4217.' },
  Instant: { schema: Instant, description: 'RFC 3339, to the millisecond. An end is not in its flight.' },
  Problem: { schema: Problem, description: 'Why a request is refused (RFC 9457). The README explains each code.' },
  Refusal: { schema: Refusal, description: 'Why one request of a batch is refused, where its answer would stand.' },
  QuotePart: { schema: QuotePart, description: 'Whom a part is for. Without a price the rate card’s counts.' },
  QuoteRequest: {
    schema: QuoteRequest,
    description: 'Either `budgetMicros`, or a `goal` of which the budget is to be found.',
  },
  QuoteAnswer: {
    schema: QuoteAnswer,
    description:
      '`matched` is all supply of the audience in the flight, `possible` what is free or can be moved for it, `available` what can be had without hurting anyone. ' +
      '`forecast` is `core/delivery-forecast.json` of the Ad Context Protocol, its points a curve over budgets. `trackRecord` says how such quotes turned out so far. ' +
      '`contention` names cells that are full, never whose they are.',
  },
  SubcampaignOrder: {
    schema: SubcampaignOrder,
    description: 'Whom a part is for, how it is served, and what it costs.',
  },
  CampaignOrder: { schema: CampaignOrder, description: 'A campaign of 1 to 50 parts in 1 to 15 markets.' },
  BookingRequest: {
    schema: BookingRequest,
    description: 'Without `hold` what is accepted is confirmed in the same call.',
  },
  BookingAnswer: { schema: BookingAnswer, description: '`lines` come in the order of the request.' },
  CampaignAnswer: {
    schema: CampaignAnswer,
    description: 'A campaign, its money, and its delivery beside its forecast.',
  },
  HistoryAnswer: {
    schema: HistoryAnswer,
    description: 'A page of what was decided. `after` is where the next one begins.',
  },
  BudgetChange: { schema: BudgetChange, description: 'The budget is to be this.' },
  StatusChange: { schema: StatusChange, description: 'The campaign is to be this.' },
  ChangeAnswer: { schema: ChangeAnswer, description: '`superseded`: a newer version has been decided.' },
  PreviewAnswer: { schema: PreviewAnswer, description: 'What a change would come to: nothing was written.' },
  Plan: { schema: Plan, description: 'The allocation of a market, enough for an ad server to decide alone.' },
  DecisionRequest: { schema: DecisionRequest, description: 'One opportunity.' },
  Award: { schema: Award, description: 'Who a slot goes to: a line, an offer, or the house where it names neither.' },
  Decision: { schema: Decision, description: 'One award for each slot.' },
  Report: { schema: ReportBody, description: 'What a group served in a window of at most an hour.' },
};

/** How requests are refused, by status; the codes of each. */
const refusals: Record<number, { name: string; description: string; codes: readonly Problem['code'][] }> = {
  400: {
    name: 'Invalid',
    description: 'The request is not what the contract says.',
    codes: ['INVALID_REQUEST', 'BAD_JSON', 'BODY_TOO_DEEP', 'FORBIDDEN_KEY'],
  },
  401: { name: 'Unauthenticated', description: 'No token, or one that does not verify.', codes: ['UNAUTHENTICATED'] },
  403: { name: 'Forbidden', description: 'The token’s owner may not do this.', codes: ['FORBIDDEN'] },
  404: {
    name: 'NotFound',
    description: 'There is no such thing, or it is another tenant’s.',
    codes: ['NOT_FOUND', 'UNKNOWN_MARKET'],
  },
  409: {
    name: 'Conflict',
    description:
      'It contradicts what is: another body under the same key, a booking that is over, another plan. Some say when to come again.',
    codes: ['EVENT_CONFLICT', 'HOLD_EXPIRED', 'BOOKING_CLOSED', 'BOOKING_BUSY', 'PLAN_MISMATCH'],
  },
  413: { name: 'TooLarge', description: 'More than is taken at once.', codes: ['BODY_TOO_LARGE'] },
  429: { name: 'TooManyRequests', description: 'Above the tenant’s rate.', codes: ['TOO_MANY_REQUESTS'] },
  500: {
    name: 'Failed',
    description: 'The error is in the log.',
    codes: ['INTERNAL', 'STORED_DOCUMENT_INVALID', 'OUTCOME_ROW_INVALID', 'INVALID_CONFIG'],
  },
  503: {
    name: 'Unavailable',
    description: 'The same request may succeed later.',
    codes: ['STORE_UNAVAILABLE', 'BUS_UNAVAILABLE', 'OUTCOMES_UNAVAILABLE', 'IDENTITY_UNAVAILABLE'],
  },
};

/** Statuses whose refusals may say when to come again. */
const MAY_RETRY = [409, 429, 503];

/** The document, as plain JSON. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Andante',
      version: '1',
      description:
        'Quotes, bookings and campaigns for whoever books; plans, decisions and reports for ad servers. Money is integer micros of the currency: a million is one euro. Instants are RFC 3339.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'quotes', description: 'What campaigns would get. A quote holds nothing.' },
      { name: 'bookings', description: 'Many campaigns at once: hold, confirm, release.' },
      { name: 'campaigns', description: 'What became of them, and changes in mid-flight.' },
      { name: 'serving', description: 'For ad servers.' },
      { name: 'description', description: 'This document.' },
    ],
    paths: paths(),
    components: {
      schemas: Object.fromEntries(
        Object.entries(named).map(([name, { schema, description }]) => [name, { description, ...plain(schema, name) }]),
      ),
      responses: Object.fromEntries(
        Object.entries(refusals).map(([status, own]) => [own.name, refusal(Number(status))]),
      ),
      securitySchemes: {
        tenant: bearer('Whoever pays: an OIDC token for `BOOKING_AUDIENCE`. On emulators `tenant:NAME` is one.'),
        adServer: bearer(
          'An ad-server group: an OIDC token for `AD_SERVER_AUDIENCE`. On emulators `group:NAME` is one.',
        ),
      },
    },
  };
}

function bearer(description: string): Json {
  return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description };
}

function paths(): Json {
  const all: Record<string, Json> = {};
  for (const operation of operations) (all[operation.path] ??= {})[operation.method] = operationObject(operation);
  return all;
}

function operationObject(operation: ApiOperation): Json {
  const { operationId, tag, summary, description, caller, parameters, request, answers } = operation;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: caller === 'anybody' ? [] : [{ [caller]: [] }],
    ...(parameters
      ? {
          parameters: parameters.map(parameterObject),
        }
      : {}),
    ...(request
      ? { requestBody: { description: request.description, required: true, content: content(request.content) } }
      : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerObject(answer)])),
      ...Object.fromEntries(
        operation.refusals.map((status) => [status, { $ref: `#/components/responses/${refusals[status]?.name}` }]),
      ),
    },
  };
}

function parameterObject({ schema, isOptional, ...parameter }: ApiParameter): Json {
  const isNeeded = parameter.in === 'path' || parameter.name === 'Idempotency-Key';
  return { ...parameter, required: isNeeded && !isOptional, schema: plain(schema) };
}

function answerObject({ description, content: own, headers }: ApiAnswer): Json {
  return {
    description,
    ...(headers
      ? {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]),
          ),
        }
      : {}),
    ...(own ? { content: content(own) } : {}),
  };
}

/** OpenAPI 3.1 has no word for lines: they are a text whose content is said in the words of JSON Schema. */
function content(own: ApiContent): Json {
  return Object.fromEntries(
    Object.entries(own).map(([type, { example, ...media }]) => [
      type,
      {
        schema:
          'lines' in media
            ? { type: 'string', contentMediaType: type, contentSchema: plain(media.lines) }
            : plain(media.schema),
        ...(example === undefined ? {} : { example }),
      },
    ]),
  );
}

function refusal(status: number): Json {
  const { description, codes } = refusals[status] as (typeof refusals)[number];
  return {
    description: `${description} ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    ...(MAY_RETRY.includes(status)
      ? { headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } } }
      : {}),
    content: {
      'application/problem+json': { schema: plain(Problem), example: { status, code: codes[0], detail: description } },
    },
  };
}

/** By what they say: a schema that was made optional is another object. */
const nameOf = new Map(Object.entries(named).map(([name, { schema }]) => [JSON.stringify(schema), name]));

/** A schema as JSON, with named ones by reference, but for the one that is being described. */
function plain(schema: TSchema, own?: string): Json {
  return walk(JSON.parse(JSON.stringify(schema)), own) as Json;
}

function walk(value: unknown, own?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item));
  if (typeof value !== 'object' || value === null) return value;
  const name = nameOf.get(JSON.stringify(value));
  if (name !== undefined && name !== own) return { $ref: `#/components/schemas/${name}` };
  // A list of all values says how long they are.
  const isList = 'enum' in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(isList && key === 'maxLength'))
      .map(([key, item]) => [key, walk(item)]),
  );
}
