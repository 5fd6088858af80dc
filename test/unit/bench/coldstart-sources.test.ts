import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { bareSource, clientsOf } from '../../bench/coldstart-sources.ts';

const rootOf = (name: string) => resolve(import.meta.dirname, '../../../functions', name, 'index.ts');

describe('the bare function of the cold start', () => {
  it('has the Google clients that its counterpart imports, no more', async () => {
    assert.deepEqual(await clientsOf(rootOf('plan')), ['@google-cloud/firestore']);
    const all = ['@google-cloud/firestore', '@google-cloud/bigquery', '@google-cloud/pubsub'];
    assert.deepEqual(await clientsOf(rootOf('delivery-tick')), all);
  }).timeout(30_000);

  it('imports each of them, makes each of them, and registers under the same name', () => {
    const source = bareSource('delivery-reported', ['@google-cloud/firestore'], false);
    assert.match(source, /^import \{ Firestore \} from '@google-cloud\/firestore';$/m);
    assert.match(source, /new Firestore\(/);
    assert.match(source, /^cloudEvent\("delivery-reported", /m);
    assert.match(bareSource('plan', [], true), /^http\("plan", /m);
  });
});
