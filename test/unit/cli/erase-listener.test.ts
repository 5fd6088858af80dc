import assert from 'node:assert/strict';
import type { AllocationStore } from '../../../shared/store/allocation-store.ts';
import { quarantineRef, quarantinedDocument } from '../../../shared/store/quarantine.ts';
import { START_MS } from '../../support/instants.ts';
import { createCommandLine } from './command-line.ts';

const HASH = 'a3f5c9d2e1b80476';

async function quarantine(store: AllocationStore, text: string, eventId = 'r1'): Promise<void> {
  const document = quarantinedDocument({
    ...{ functionName: 'delivery-reported', code: 'INVALID_EVENT', message: `not ${text.slice(0, 40)}`, text, eventId },
    ...{ tenantId: 't1', nowMs: START_MS, replayable: true },
  });
  await store.create(quarantineRef(document), document);
}

describe('erase-listener', () => {
  it('blanks the hash in bodies and messages, leaves the rest, and finds nothing the second time', async () => {
    const { run, ports } = createCommandLine();
    await quarantine(ports.store, `{"listener":"${HASH}","again":"${HASH}"}`, `of-${HASH}`);
    for (let index = 0; index < 120; index++) await quarantine(ports.store, `{"other":${index}}`, `r${index}`);
    const { exit, stdout } = await run(['erase-listener', HASH]);
    assert.equal(exit, 0);
    assert.match(stdout, /1 of 121 blanked/);
    const all = await ports.store.quarantined(200);
    assert(!JSON.stringify(all).includes(HASH));
    const changed = all.filter(({ document }) => document.body.includes('[erased]'));
    assert.deepEqual(
      changed.map(({ document }) => [document.body, document.replayable, document.eventId]),
      [['{"listener":"[erased]","again":"[erased]"}', false, undefined]],
    );
    assert.equal(all.filter(({ document }) => document.replayable).length, 120);
    assert.equal((await run(['erase-listener', HASH])).exit, 1);
  });

  it('changes nothing in a dry run', async () => {
    const { run, ports } = createCommandLine();
    await quarantine(ports.store, `{"listener":"${HASH}"}`);
    const before = await ports.store.quarantined(10);
    assert.match((await run(['erase-listener', HASH, '--dry-run'])).stdout, /1 of 1 would be blanked/);
    assert.deepEqual(await ports.store.quarantined(10), before);
  });

  for (const argv of [[], ['short'], [HASH, HASH], [`${HASH}"`], ['x'.repeat(65)]]) {
    it(`refuses ${JSON.stringify(argv)}`, async () => {
      const { exit, stderr } = await createCommandLine().run(['erase-listener', ...argv]);
      assert.equal(exit, 2);
      assert.match(stderr, /takes one hash/);
    });
  }
});
