import assert from 'node:assert/strict';
import { bigQuerySchemas, type Column } from '../../../shared/contracts/bigquery-schema.ts';
import { DeliveryReportedEvent } from '../../../shared/contracts/events.ts';
import { documents } from '../../../shared/contracts/documents.ts';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  items?: Schema;
  anyOf?: Schema[];
}

/** Every property of a schema with its path. */
function properties(schema: Schema, path: string): { path: string; schema: Schema }[] {
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, own]) => [
      { path: `${path}.${name}`, schema: own },
      ...properties(own, `${path}.${name}`),
    ]),
    ...(schema.items ? properties(schema.items, path) : []),
    ...(schema.anyOf ?? []).flatMap((one) => properties(one, path)),
  ];
}

function columns(own: readonly Column[], path: string): { path: string; type: string }[] {
  return own.flatMap(({ name, type, fields }) => [
    { path: `${path}.${name}`, type },
    ...columns(fields ?? [], `${path}.${name}`),
  ]);
}

const isOfListener = (path: string) => /listener/i.test(path);
const isIdentity = (path: string) => /(^|[._])(listener_?id|user|device|visitor|person|request_?id)/i.test(path);

describe('what is stored of listeners', () => {
  const stored = [
    ...Object.entries(documents).flatMap(([kind, schema]) => properties(schema as Schema, kind)),
    ...properties(DeliveryReportedEvent, 'delivery-reported'),
  ];

  it('is counts alone: under the name of a listener no document and no report has text of its own', () => {
    const own = stored.filter(({ path }) => isOfListener(path));
    assert(own.length >= 10);
    // Which audience a histogram is of, and in which place.
    const named = own.filter(({ schema }) => schema.type === 'string').map(({ path }) => path);
    assert.deepEqual(named, ['supply.listeners.segment', 'supply.listeners.surface']);
    assert.deepEqual(
      stored.filter(({ path }) => isIdentity(path)).map(({ path }) => path),
      [],
    );
  });

  it('is counts alone in every column of every table', () => {
    const all = Object.entries(bigQuerySchemas()).flatMap(([table, own]) => columns(own, table));
    const own = all.filter(({ path }) => isOfListener(path));
    assert(own.length > 0);
    assert.deepEqual(
      own.filter(({ type }) => type === 'STRING').map(({ path }) => path),
      [],
    );
    assert.deepEqual(
      all.filter(({ path }) => isIdentity(path)).map(({ path }) => path),
      [],
    );
  });
});
