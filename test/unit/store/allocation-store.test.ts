import assert from 'node:assert/strict';
import { AlreadyExists, refs } from '../../../shared/store/allocation-store.ts';

describe('the addresses of documents', () => {
  const addresses = [
    [refs.ledger('0a'), 'ledger', 'ledger/0a'],
    [refs.campaign('t1', 'c1'), 'campaign', 'tenants/t1/campaigns/c1'],
    [refs.owner('c1'), 'owner', 'owners/c1'],
    [refs.market('SE'), 'market', 'markets/SE'],
    [refs.page('SE', 'p00'), 'page', 'markets/SE/book/p00'],
    [refs.supply('SE', '2026-03-02'), 'supply', 'markets/SE/supply/2026-03-02'],
    [refs.plan('SE'), 'plan', 'plans/SE'],
    [refs.quarantine('0a'), 'quarantine', 'quarantine/0a'],
  ] as const;
  for (const [ref, kind, path] of addresses) {
    it(`are ${path} for a document of kind ${kind}`, () => assert.deepEqual(ref, { kind, path }));
  }
});

describe('a creation of what exists', () => {
  it('is an error by its own name', () => assert.equal(new AlreadyExists('x').name, 'AlreadyExists'));
});
