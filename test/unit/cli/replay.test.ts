import assert from 'node:assert/strict';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import { quarantineRef, quarantinedDocument } from '../../../shared/store/quarantine.ts';
import type { AllocationStore } from '../../../shared/store/allocation-store.ts';
import { budgetChanged } from '../../support/events.ts';
import { START_MS } from '../../support/instants.ts';
import { createCommandLine } from './command-line.ts';

const wire = encodeInstants(budgetChanged(50_000_000, 1)) as Record<string, unknown>;

async function quarantine(
  store: AllocationStore,
  own: Partial<Parameters<typeof quarantinedDocument>[0]> = {},
): Promise<string> {
  const document = quarantinedDocument({
    functionName: 'budget-changed',
    code: 'UNKNOWN_MARKET',
    message: 'why',
    text: JSON.stringify(wire),
    eventId: 'budget:c1:1',
    tenantId: 't1',
    nowMs: START_MS,
    replayable: true,
    ...own,
  });
  await store.create(quarantineRef(document), document);
  return quarantineRef(document).path.slice('quarantine/'.length);
}

describe('replay quarantine', () => {
  it('publishes the body under its own eventId, marked as a replay, and keeps the document', async () => {
    const { run, bus, ports } = createCommandLine();
    const id = await quarantine(ports.store);
    const { exit, stdout } = await run(['replay', 'quarantine']);
    assert.equal(exit, 0);
    assert.deepEqual(
      bus.published.map(({ message }) => message),
      [wire],
    );
    assert.deepEqual(bus.published[0]?.attributes, { replayOf: id, type: 'andante.budget-changed.v1', tenantId: 't1' });
    assert.match(stdout, /1 replayed; their quarantine documents stay/);
    assert.equal((await ports.store.quarantined(10)).length, 1);
  });

  it('keeps what cannot be right, and says why', async () => {
    const { run, bus, ports } = createCommandLine();
    await quarantine(ports.store, { text: '1', code: 'EVENT_CONFLICT', replayable: false });
    await quarantine(ports.store, { text: '2', replayable: false });
    await quarantine(ports.store, { code: 'TENANT_MISMATCH' });
    await quarantine(ports.store, { text: `${JSON.stringify(wire)} `, code: 'EVENT_TOO_OLD' });
    await quarantine(ports.store, { text: '{"type":', code: 'BAD_JSON' });
    await quarantine(ports.store, { text: '3', functionName: 'gone' });
    const { exit, stdout } = await run(['replay', 'quarantine']);
    assert.equal(exit, 1);
    assert.equal(bus.published.length, 0);
    for (const reason of [
      /belongs to another payload/,
      /not kept whole/,
      /its tenant is in doubt/,
      /older than 60 days/,
      /refused again: BAD_JSON/,
      /no function of this version is called gone/,
    ]) {
      assert.match(stdout, reason);
    }
  });

  it('replays one document, or as many as asked for', async () => {
    const { run, bus, ports } = createCommandLine();
    const ids = await Promise.all(
      [1, 2, 3].map((version) =>
        quarantine(ports.store, {
          text: JSON.stringify({ ...wire, eventId: `budget:c1:${version}` }),
          eventId: `budget:c1:${version}`,
        }),
      ),
    );
    assert.equal((await run(['replay', 'quarantine', '--id', ids[1] ?? ''])).exit, 0);
    assert.deepEqual(
      bus.published.map(({ attributes }) => attributes['replayOf']),
      [ids[1]],
    );
    assert.equal((await run(['replay', 'quarantine', '--limit', '2'])).exit, 0);
    assert.equal(bus.published.length, 3);
  });

  it('publishes nothing in a dry run', async () => {
    const { run, bus, ports } = createCommandLine();
    await quarantine(ports.store);
    const { exit, json } = await run(['replay', 'quarantine', '--dry-run', '--json']);
    assert.equal(exit, 0);
    assert.equal((json()['replayed'] as unknown[]).length, 1);
    assert.equal(bus.published.length, 0);
  });

  it('answers 1 when there is nothing to replay', async () => {
    const { run } = createCommandLine();
    assert.match((await run(['replay', 'quarantine'])).stdout, /the quarantine is empty/);
    const { exit, stdout } = await run(['replay', 'quarantine', '--id', '0123456789abcdef0123']);
    assert.equal(exit, 1);
    assert.match(stdout, /has no document 0123456789abcdef0123/);
  });
});

describe('replay dead-letters', () => {
  const body = `${JSON.stringify(wire)}  `;
  const attributes = {
    type: 'andante.budget-changed.v1',
    tenantId: 't1',
    CloudPubSubDeadLetterSourceDeliveryCount: '100',
  };

  it('publishes body and attributes as they were to the original topic, then acknowledges', async () => {
    const { run, deadLetters } = createCommandLine();
    deadLetters.add('budget-changed', { messageId: 'm7', body, attributes });
    const { exit, json } = await run(['replay', 'dead-letters', '--json']);
    assert.equal(exit, 0);
    assert.deepEqual(deadLetters.republished, [
      {
        topic: 'budget-changed',
        body,
        attributes: { type: 'andante.budget-changed.v1', tenantId: 't1', replayOf: 'm7' },
      },
    ]);
    assert.deepEqual(deadLetters.waiting('budget-changed'), []);
    assert.deepEqual(json()['replayed'], [
      { topic: 'budget-changed', deadLetterId: 'm7', eventId: 'budget:c1:1', messageId: '1' },
    ]);
  });

  it('replays a body that is no event too: its function decides', async () => {
    const { run, deadLetters } = createCommandLine();
    deadLetters.add('delivery-tick', { messageId: 'm1', body: 'no JSON' });
    assert.equal((await run(['replay', 'dead-letters', '--function', 'delivery-tick'])).exit, 0);
    assert.equal(deadLetters.republished[0]?.body, 'no JSON');
  });

  it('takes one function only, and no more than asked for', async () => {
    const { run, deadLetters } = createCommandLine();
    for (const messageId of ['m1', 'm2', 'm3']) deadLetters.add('budget-changed', { messageId, body });
    deadLetters.add('campaign-created', { messageId: 'm4', body });
    assert.equal((await run(['replay', 'dead-letters', '--function', 'budget-changed', '--limit', '2'])).exit, 0);
    assert.deepEqual(deadLetters.waiting('budget-changed'), ['m3']);
    assert.deepEqual(deadLetters.waiting('campaign-created'), ['m4']);
  });

  it('gives everything back in a dry run', async () => {
    const { run, deadLetters } = createCommandLine();
    deadLetters.add('budget-changed', { messageId: 'm1', body });
    for (let round = 0; round < 2; round++) {
      const { exit, stdout } = await run(['replay', 'dead-letters', '--dry-run']);
      assert.equal(exit, 0);
      assert.match(stdout, /1 would be replayed; all were given back/);
    }
    assert.deepEqual(deadLetters.republished, []);
  });

  it('keeps what could not be published, and acknowledges what could', async () => {
    const { run, deadLetters, ports } = createCommandLine();
    for (const messageId of ['m1', 'm2']) deadLetters.add('budget-changed', { messageId, body });
    ports.deadLetters = {
      ...deadLetters,
      republish: async (topic, letter, own) => {
        if (letter.messageId === 'm2') throw new Error('the bus is away');
        return deadLetters.republish(topic, letter, own);
      },
    };
    const { exit, stderr } = await run(['replay', 'dead-letters']);
    assert.equal(exit, 3);
    assert.match(stderr, /the bus is away/);
    assert.deepEqual(deadLetters.waiting('budget-changed'), ['m2']);
    assert.equal((await deadLetters.pull('budget-changed', 10)).length, 1);
  });

  it('answers 1 when none waits', async () => {
    assert.equal((await createCommandLine().run(['replay', 'dead-letters'])).exit, 1);
  });
});
