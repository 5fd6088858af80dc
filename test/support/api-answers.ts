// Whether answers over HTTP are what the API's description says they are: status, media type, and every field.
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../shared/contracts/openapi.ts';

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

/** The operation of a request: its place in the description. */
function operationOf(method: string, path: string): { template: string; operation: Operation } {
  for (const [template, methods] of Object.entries(document.paths)) {
    const pattern = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    const operation = methods[method.toLowerCase()];
    if (operation && new RegExp(`^${pattern}$`).test(path)) return { template, operation };
  }
  return assert.fail(`${method} ${path} is not described`);
}

/** Says which operation it was. @throws AssertionError naming what is not as described */
export function assertDescribed({ method, path, status, contentType, body }: Exchange): string {
  const what = `${method} ${path}: ${status}`;
  const { template, operation } = operationOf(method, path);
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
  const { template, operation } = operationOf(method, path);
  const media = operation.requestBody?.content[type];
  assert(media, `${method} ${path} takes no ${type}`);
  check(['paths', template, method.toLowerCase(), 'requestBody', 'content', type], media, body, `${method} ${path}`);
}

function check(place: readonly string[], { schema }: Media, body: string, what: string): void {
  const isLines = schema.contentSchema !== undefined;
  const validate = validatorAt(...place, 'schema', ...(isLines ? ['contentSchema'] : []));
  const texts = isLines ? body.split('\n').filter((line) => line !== '') : [body];
  for (const text of texts)
    assert(validate(JSON.parse(text)), `${what} ${ajv.errorsText(validate.errors)}: ${text.slice(0, 2000)}`);
}
