// An operation of the HTTP API, as its description is made of it.
import type { TSchema } from 'typebox';

/** Media types by name; `lines` is what one line of `application/x-ndjson` holds. */
export type ApiContent = Record<string, { schema: TSchema; example?: unknown } | { lines: TSchema; example?: unknown }>;

export interface ApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description: string;
  schema: TSchema;
  example?: unknown;
  /** Headers and queries are optional, but for the idempotency key; this one may be left out all the same. */
  isOptional?: true;
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

/** One JSON value. */
export const json = (schema: TSchema, example?: unknown): ApiContent => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});
