import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApiDocument } from '../../../shared/contracts/openapi.ts';
import { AndanteError, type ErrorCode } from '../../../shared/runtime/errors.ts';
import { describeProblem } from '../../../shared/runtime/http.ts';
import { readTopology } from '../../../terraform/topology.ts';
import { assertDescribed, assertSendable } from '../../support/api-answers.ts';

interface Media {
  example?: unknown;
}
interface Operation {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { $ref?: string; content?: Record<string, Media> }>;
}
interface Document extends Record<string, unknown> {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, { enum?: string[]; properties?: Record<string, { enum?: string[] }> }>;
    responses: Record<string, { description: string }>;
  };
}

const open = () => openApiDocument() as unknown as Document;
const operations = Object.entries(open().paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);
/** A path with something in the place of its parameters. */
const filled = (path: string) => path.replaceAll(/\{\w+\}/g, 'x');

describe('the description of the API', () => {
  it('is OpenAPI 3.1', async () => {
    const validator = new Validator();
    assert.deepEqual(await validator.validate(openApiDocument()), { valid: true });
    assert.equal(validator.version, '3.1');
  });

  it('is not taken for OpenAPI when it is none: the validator would say so', async () => {
    const broken = open();
    (broken.paths['/v1/quotes'] as Record<string, unknown>)['post'] = { responses: [] };
    assert.equal((await new Validator().validate(broken)).valid, false);
  });

  it('points only at what it has, and has nothing that nobody points at', () => {
    const pointers = new Set(
      [...JSON.stringify(open()).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, own]) => own),
    );
    const { schemas, responses } = open().components;
    const all = [
      ...Object.keys(schemas).map((name) => `schemas/${name}`),
      ...Object.keys(responses).map((name) => `responses/${name}`),
    ];
    assert.deepEqual([...pointers].sort(), all.sort());
  });

  it('has every path of every function that is called over HTTP, and no other', async () => {
    const { functions } = await readTopology();
    const paths = Object.values(functions).flatMap(({ trigger }) => (trigger.kind === 'http' ? [trigger.path] : []));
    const isBelow = (path: string, root: string) => path === root || path.startsWith(`${root}/`);
    for (const root of paths)
      assert(
        operations.some(({ path }) => isBelow(path, root)),
        root,
      );
    for (const { path } of operations)
      assert(
        paths.some((root) => isBelow(path, root)),
        path,
      );
  });

  it('gives every operation a name of its own, and every parameter of a path its meaning', () => {
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
    for (const { path, parameters = [] } of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      assert.deepEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        inPath,
        path,
      );
    }
  });

  it('lets nobody in without a token but to read it', () => {
    const isOpen = operations.filter(({ security }) => security.length === 0).map(({ operationId }) => operationId);
    assert.deepEqual(isOpen, ['readOpenApi']);
  });

  it('says each code under the status with which it is answered', () => {
    const codes = open().components.schemas['Problem']?.properties?.['code']?.enum ?? [];
    for (const [name, { description }] of Object.entries(open().components.responses)) {
      const named = [...description.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code as string);
      assert(named.length > 0, name);
      for (const code of named) {
        assert(codes.includes(code), code);
        const error = code === 'INTERNAL' ? new Error() : new AndanteError(code as ErrorCode, 'x');
        const { status } = describeProblem(error);
        assertDescribed({
          method: 'POST',
          path: '/v1/bookings/k/confirm',
          status: status === 413 ? 400 : status,
          contentType: 'application/problem+json',
          body: JSON.stringify({ status, code, detail: 'x' }),
        });
        assert(refusalName(status) === name, `${code} is answered with ${status}`);
      }
    }
  });

  it('has examples that are what it says', () => {
    let examples = 0;
    for (const { path, method, requestBody, responses } of operations) {
      for (const [type, { example }] of Object.entries(requestBody?.content ?? {})) {
        if (example === undefined) continue;
        assertSendable(method, filled(path), type, JSON.stringify(example));
        examples++;
      }
      for (const [status, { content = {} }] of Object.entries(responses))
        for (const [contentType, { example }] of Object.entries(content)) {
          if (example === undefined) continue;
          const body = JSON.stringify(example);
          assertDescribed({ method, path: filled(path), status: Number(status), contentType, body });
          examples++;
        }
    }
    assert(examples >= 5, `${examples} examples`);
  });

  for (const { name, exchange, message } of [
    { name: 'a path that is not there', exchange: { path: '/v1/other' }, message: /is not described/ },
    { name: 'a method that is not there', exchange: { method: 'PUT' }, message: /is not described/ },
    { name: 'a status that is not there', exchange: { status: 418 }, message: /418 is not described/ },
    { name: 'another media type', exchange: { contentType: 'text/html' }, message: /as text\/html is not described/ },
    { name: 'a field too many', exchange: { body: '{"eventId":"r1","x":1}' }, message: /additional properties/ },
    { name: 'a field too few', exchange: { body: '{}' }, message: /eventId/ },
  ]) {
    it(`would not let ${name} pass for an answer`, () => {
      const answer = {
        method: 'POST',
        path: '/v1/reports',
        status: 202,
        contentType: 'application/json; charset=utf-8',
        body: '{"eventId":"r1"}',
      };
      assert.equal(assertDescribed(answer), 'report');
      assert.throws(() => assertDescribed({ ...answer, ...exchange }), { name: 'AssertionError', message });
    });
  }
});

/** The refusal that operations point at for a status. */
function refusalName(status: number): string | undefined {
  const pointer = operations.map(({ responses }) => responses[status]?.$ref).find((ref) => ref !== undefined);
  return pointer?.split('/').at(-1);
}
