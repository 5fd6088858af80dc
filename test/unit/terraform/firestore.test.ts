// What the database is told of fields is told from what the code stores and asks for: a missing index fails a query in production
// alone, a missing exemption costs at every write, and the emulator shows neither.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from '@cdktn/hcl2json';
import { documents } from '../../../shared/contracts/documents.ts';
import { refs, type Ref } from '../../../shared/store/allocation-store.ts';
import { topologyDir } from '../../../terraform/topology.ts';
import { read } from '../../style/source-tree.ts';

interface Locals {
  collections: string[];
  queried_fields: Record<string, { collection: string; field: string }>;
  expiring_collections: string[];
}

describe('The fields of Firestore', () => {
  const locals = readLocals();

  it('are indexed in no collection by themselves: every collection that the code writes is named', async () => {
    const { collections } = await locals;
    const stored = Object.keys(refs).map(collectionOf);
    assert.deepEqual([...collections].sort(), [...new Set(stored)].sort());
  });

  it('have an index where a query asks for them, and only there', async () => {
    const { queried_fields: fields } = await locals;
    const code = await read('shared/store/firestore-store.ts');
    const asked = [...code.matchAll(/collection\('(\w+)'\)\s*\.where\('(\w+)', '==', /g)].map(
      ([, collection, field]) => `${collection}.${field}`,
    );
    assert.deepEqual(Object.keys(fields).sort(), asked.sort());
    for (const [name, { collection, field }] of Object.entries(fields)) assert.equal(name, `${collection}.${field}`);
    assert.equal([...code.matchAll(/\.where\(/g)].length, asked.length, 'a query of another form');
    assert.doesNotMatch(code, /\.orderBy\((?!FieldPath\.documentId\(\))/, 'another order needs a composite index');
  });

  it('expire where the documents say when', async () => {
    const { expiring_collections: expiring } = await locals;
    const stored = Object.entries(documents).flatMap(([kind, { properties }]) =>
      'expireAtMs' in properties ? [collectionOf(kind)] : [],
    );
    assert.deepEqual([...expiring].sort(), stored.sort());
  });
});

/** The collection that documents of a kind are in: `book` for `markets/a/book/b`. */
function collectionOf(kind: string): string {
  const ref = refs[kind as keyof typeof refs] as (...ids: string[]) => Ref;
  return ref('a', 'b').path.split('/').at(-2) as string;
}

async function readLocals(): Promise<Locals> {
  const file = 'firestore.tf';
  const { locals } = (await parse(file, await readFile(resolve(topologyDir, file), 'utf8'))) as { locals: [Locals] };
  return locals[0];
}
