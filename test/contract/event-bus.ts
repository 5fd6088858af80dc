// What every event bus promises.
import assert from 'node:assert/strict';
import type { EventBus } from '../../shared/bus/event-bus.ts';
import type { BudgetChangedWire } from '../../shared/contracts/events.ts';

export interface OpenedBus {
  bus: EventBus;
  /** The next message of a topic, once it is there. */
  next(topic: string): Promise<{ body: unknown; attributes: Record<string, string> }>;
}

const change: BudgetChangedWire = {
  type: 'andante.budget-changed.v1',
  eventId: 'e1',
  source: 'test',
  tenantId: 't1',
  occurredAt: '2026-03-02T00:00:00Z',
  data: { campaignId: 'c1', budgetMicros: 1, budgetVersion: 1 },
};

export function eventBusContract(open: () => Promise<OpenedBus>): void {
  let opened: OpenedBus;
  beforeEach(async () => {
    opened = await open();
  });

  it('publishes a message on the topic of its type, with its type and tenant as attributes', async () => {
    const messageId = await opened.bus.publish(change, { traceparent: '00-1' });
    assert.notEqual(messageId, '');
    const { body, attributes } = await opened.next('budget-changed');
    assert.deepEqual(body, change);
    assert.deepEqual(attributes, { type: 'andante.budget-changed.v1', tenantId: 't1', traceparent: '00-1' });
  });

  it('lets nobody overwrite what the attributes say of the message', async () => {
    await opened.bus.publish(change, { tenantId: 'somebody-else' });
    assert.equal((await opened.next('budget-changed')).attributes['tenantId'], 't1');
  });

  it('gives every message an id of its own', async () => {
    const ids = await Promise.all([opened.bus.publish(change), opened.bus.publish(change)]);
    assert.notEqual(ids[0], ids[1]);
  });
}
