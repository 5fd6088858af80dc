// The paths of the HTTP API for ad servers, and for whoever reads what the API is.
import Type from 'typebox';
import * as examples from './api-examples.ts';
import { json, type ApiOperation } from './api-operation.ts';
import { Decision, DecisionRequest } from './decision.ts';
import { ReportBody } from './events.ts';
import { Plan } from './plan.ts';
import { Refusal } from './problem.ts';
import { EventId, MarketId, closed } from './scalars.ts';

const ofAdServers = [400, 401, 403, 500, 503] as const;

/** Plans, decisions and reports, and the description itself. */
export const servingOperations: readonly ApiOperation[] = [
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
        content: {
          ...json(Decision, examples.decision),
          'application/x-ndjson': { lines: Type.Union([Decision, Refusal]) },
        },
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
  {
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
  },
];
