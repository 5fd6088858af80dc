// Whether answers over HTTP are what the API's description says they are: status, media type, and every field.
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../shared/contracts/openapi.ts';
import {
  problemOf,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
  type QuickHttpHandler,
} from '../../shared/runtime/http.ts';

export interface Exchange {
  method: string;
  /** Without its query. */
  path: string;
  status: number;
  contentType: string | undefined;
  body: string;
}

interface Media {
  schema: { contentSchema?: object };
}
interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { $ref?: string; content?: Record<string, Media> }>;
}

const document = openApiDocument() as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, { content: Record<string, Media> }> };
};
// A description has words that are no schema's.
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(document, 'api');

const validators = new Map<string, ValidateFunction>();

/** A check of what stands at this place of the description. */
function validatorAt(...place: readonly string[]): ValidateFunction {
  const pointer = place
    .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
    .map(encodeURIComponent)
    .join('/');
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` });
  validators.set(pointer, known);
  return known;
}

/** The operation of a request and its place in the description, where it has one. */
function operationOf(method: string, path: string): { template: string; operation: Operation } | undefined {
  for (const [template, methods] of Object.entries(document.paths)) {
    const pattern = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    const operation = methods[method.toLowerCase()];
    if (operation && new RegExp(`^${pattern}$`).test(path)) return { template, operation };
  }
  return undefined;
}

/** Says which operation it was. @throws AssertionError naming what is not as described */
export function assertDescribed({ method, path, status, contentType, body }: Exchange): string {
  const what = `${method} ${path}: ${status}`;
  const found = operationOf(method, path);
  assert(found, `${method} ${path} is not described`);
  const { template, operation } = found;
  const answer = operation.responses[status];
  assert(answer, `${what} is not described`);
  const place = answer.$ref
    ? answer.$ref.slice(2).split('/')
    : ['paths', template, method.toLowerCase(), 'responses', String(status)];
  const [, , name = ''] = place;
  const content = answer.$ref ? document.components.responses[name]?.content : answer.content;
  if (!content) {
    assert.equal(body, '', what);
    return operation.operationId;
  }
  const [type = ''] = (contentType ?? '').split(';', 1);
  const media = content[type];
  assert(media, `${what} as ${type} is not described`);
  check([...place, 'content', type], media, body, what);
  return operation.operationId;
}

/** @throws AssertionError naming what of a body that is sent is not as described */
export function assertSendable(method: string, path: string, type: string, body: string): void {
  const found = operationOf(method, path);
  assert(found, `${method} ${path} is not described`);
  const { template, operation } = found;
  const media = operation.requestBody?.content[type];
  assert(media, `${method} ${path} takes no ${type}`);
  check(['paths', template, method.toLowerCase(), 'requestBody', 'content', type], media, body, `${method} ${path}`);
}

/** The same handler, and whatever it answers or throws must be as described, but to requests that are none of the API's. */
export function described(handle: QuickHttpHandler): HttpHandler {
  return async (request) => {
    try {
      const answer = await handle(request);
      const { body = '' } = answer;
      if (typeof body === 'string' || body instanceof Uint8Array) assertAnswer(request, answer, body);
      else answer.body = watched(request, answer, body);
      return answer;
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) assertAnswer(request, problemOf(error));
      throw error;
    }
  };
}

async function* watched(request: HttpRequest, answer: HttpAnswer, body: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const piece of body) {
    text += piece;
    yield piece;
  }
  assertAnswer(request, answer, text);
}

function assertAnswer(
  { method, path }: HttpRequest,
  { status, headers = {}, body: own }: HttpAnswer,
  body = own as string | Uint8Array,
): void {
  if (!operationOf(method, path)) return;
  const isPacked = headers['content-encoding'] === 'gzip';
  const text = isPacked ? gunzipSync(body).toString() : body.toString();
  assertDescribed({ method, path, status, contentType: headers['content-type'], body: text });
}

function check(place: readonly string[], { schema }: Media, body: string, what: string): void {
  const isLines = schema.contentSchema !== undefined;
  const validate = validatorAt(...place, 'schema', ...(isLines ? ['contentSchema'] : []));
  const texts = isLines ? body.split('\n').filter((line) => line !== '') : [body];
  for (const text of texts)
    assert(validate(JSON.parse(text)), `${what} ${ajv.errorsText(validate.errors)}: ${text.slice(0, 2000)}`);
}
