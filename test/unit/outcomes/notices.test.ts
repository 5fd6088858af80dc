import assert from 'node:assert/strict';
import type { EventBus } from '../../../shared/bus/event-bus.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import type { LifecycleOutcome } from '../../../shared/contracts/lifecycle-outcomes.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { drain, record, type RecordDeps } from '../../../shared/outcomes/record.ts';
import { toNotices } from '../../../shared/outcomes/to-notices.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { newLedgerEntry } from '../../../shared/store/persist-campaign-event.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { newTraceparent } from '../../../shared/runtime/traceparent.ts';
import { TRACEPARENT, inHand } from '../../support/in-hand.ts';
import { logLines } from '../../support/log-lines.ts';
import { assertNotices, assertOutcomes } from '../../support/outcome-validator.ts';
import { seededStore } from '../../support/stores.ts';

const about = { tenantId: 't1', campaignId: 'c1' };
const ended = {
  ...{ spentMicros: 60, inFlightMicros: 0, leasedMicros: 0, overrunMicros: 0 },
  ...{ impressions: 1, clicks: 1, conversions: 0 },
};
/** One of each, behind an outcome that nobody is told of. */
const outcomes: LifecycleOutcome[] = [
  { type: 'campaign-settling', ...about, endAtMs: START_MS },
  {
    type: 'campaign-final',
    ...about,
    currency: 'EUR',
    requestedMicros: 100,
    budgetMicros: 100,
    billedMicros: 60,
    refundMicros: 40,
    overrunMicros: 0,
    deliveredShare: 0.6,
    ...{ impressions: 1, clicks: 1, conversions: 0 },
  },
  { type: 'campaign-refunded', ...about, currency: 'EUR', refundMicros: 40, escrowMicros: 0 },
  {
    type: 'make-good-offered',
    ...about,
    currency: 'EUR',
    shortMicros: 40,
    clicks: 2,
    subcampaigns: [{ subcampaignId: 's1', market: 'SE', shortMicros: 40, clicks: 2 }],
    validUntilAtMs: START_MS + 14 * DAY_MS,
  },
  {
    type: 'spend-at-risk',
    ...about,
    subcampaignId: 's1',
    market: 'SE',
    fullSpendPpm: 100_000,
    beforePpm: 900_000,
    remainingMicros: 40,
    reason: 'supply',
  },
];
const entry = newLedgerEntry(
  { source: 'scheduler', tenantId: 'andante', eventId: 'tick:SE:1', type: 'andante.delivery-tick.v1', occurredAtMs: 0 },
  {
    hash: '0'.repeat(64),
    nowMs: START_MS,
    outcomes: [
      {
        type: 'subcampaign-ended',
        ...about,
        market: 'SE',
        subcampaignId: 's1',
        budgetMicros: 100,
        billedMicros: 60,
        ...ended,
      },
      ...outcomes,
    ],
    result: 'applied',
  },
);

/** A bus that does not take the messages that `isRefused` says. */
function busThatRefuses(isRefused: (published: number) => boolean): EventBus & { taken: unknown[] } {
  const taken: unknown[] = [];
  let asked = 0;
  return {
    taken,
    publish: (message) => {
      if (isRefused(asked++)) return Promise.reject(new AndanteError('BUS_UNAVAILABLE', 'no'));
      taken.push(message);
      return Promise.resolve('1');
    },
  };
}

async function owed(own: Partial<RecordDeps> = {}) {
  const store = await seededStore();
  const ref = refs.ledger('abc');
  await store.create(ref, entry);
  const bus = createMemoryBus();
  const { log, lines } = logLines();
  const deps = { store, outcomes: createMemoryLog(), bus, log, clock: () => START_MS, ...own };
  return { deps, bus, lines, written: [{ ref, entry }] };
}

describe('what booking flows are told', () => {
  it('is an event for each lifecycle outcome and none for the others, named after its row', () => {
    assertOutcomes(entry.outcomes);
    const notices = toNotices('abc', entry);
    assertNotices(notices);
    assert.deepEqual(
      notices.map(({ eventId, data }) => [eventId, data.kind]),
      [
        ['notice:abc:1', 'settling'],
        ['notice:abc:2', 'final'],
        ['notice:abc:3', 'refunded'],
        ['notice:abc:4', 'make-good-offered'],
        ['notice:abc:5', 'spend-at-risk'],
      ],
    );
    assert.deepEqual(notices[2], {
      type: 'andante.campaign-notified.v1',
      eventId: 'notice:abc:3',
      source: 'andante',
      tenantId: 't1',
      occurredAt: '1970-01-01T00:00:00.000Z',
      data: { campaignId: 'c1', kind: 'refunded', currency: 'EUR', refundMicros: 40, escrowMicros: 0 },
    });
  });

  it('says instants in RFC 3339', () => {
    const data = toNotices('abc', entry).map((notice) => notice.data);
    assert(data[0]?.kind === 'settling' && data[3]?.kind === 'make-good-offered');
    assert.deepEqual([data[0].endAt, data[3].validUntilAt], ['2026-03-02T00:00:00.000Z', '2026-03-16T00:00:00.000Z']);
  });

  it('is nothing where nothing of a campaign’s life was decided', () => {
    assert.deepEqual(toNotices('abc', { ...entry, outcomes: entry.outcomes.slice(0, 1) }), []);
  });

  it('is published on its topic before the entry is marked', async () => {
    const { deps, bus, written } = await owed();
    assert.equal(await record(deps, written), true);
    assert.deepEqual(
      new Set(bus.published.map(({ topic, attributes }) => [topic, attributes['tenantId']].join())),
      new Set(['campaign-notified,t1']),
    );
    assert.equal(bus.published.length, outcomes.length);
    assert.deepEqual(await deps.store.undrained(10), []);
  });

  it('is not lost with a bus that fails: the entry stays undrained, and the drain publishes the same events', async () => {
    for (const isRefused of [() => true, (asked: number) => asked === outcomes.length - 1]) {
      const bus = busThatRefuses(isRefused);
      const { deps, lines, written } = await owed({ bus });
      assert.equal(await record(deps, written), false);
      assert.equal(lines[0]?.['severity'], 'WARNING');
      assert.equal((await deps.store.undrained(10)).length, 1);
      const healed = createMemoryBus();
      assert.deepEqual(await drain({ ...deps, bus: healed }, START_MS), { drained: 1, refused: 0 });
      assert.deepEqual(
        healed.published.map(({ message }) => message),
        toNotices('abc', entry),
      );
      assert.deepEqual(await drain({ ...deps, bus: busThatRefuses(() => true) }, START_MS), { drained: 0, refused: 0 });
    }
  });

  it('is published in the trace of what was decided, by whichever drain', async () => {
    const { deps, bus } = await owed();
    await deps.store.create(refs.ledger('def'), { ...entry, traceparent: newTraceparent(), eventId: 'other' });
    const [traced] = await deps.store.read([refs.ledger('def')]);
    await inHand(() => drain(deps, START_MS));
    const traces = Map.groupBy(bus.published, ({ attributes }) => attributes['traceparent']);
    // Of an entry without a trace it is the drain's own.
    assert.deepEqual(new Set(traces.keys()), new Set([traced?.traceparent, TRACEPARENT]));
  });

  it('makes a drain fail while the bus does, to be called again', async () => {
    const { deps } = await owed({ bus: busThatRefuses(() => true) });
    await assert.rejects(drain(deps, START_MS), { code: 'BUS_UNAVAILABLE' });
    assert.equal((await deps.store.undrained(10)).length, 1);
  });

  it('is told again under the same ids when the mark fails', async () => {
    const { deps, bus, written } = await owed();
    const store = { ...deps.store, markDrained: () => Promise.reject(new AndanteError('STORE_UNAVAILABLE', 'no')) };
    assert.equal(await record({ ...deps, store }, written), false);
    await drain(deps, START_MS);
    const ids = bus.published.map(({ message }) => ('eventId' in message ? message.eventId : ''));
    assert.deepEqual([ids.length, new Set(ids).size], [2 * outcomes.length, outcomes.length]);
  });

  it('is told also where BigQuery refuses the rows for good', async () => {
    const refusing = { append: () => Promise.reject(new AndanteError('OUTCOME_ROW_INVALID', 'no')) };
    const { deps, bus, written } = await owed({ outcomes: refusing });
    assert.equal(await record(deps, written), false);
    assert.deepEqual(await drain(deps, START_MS), { drained: 0, refused: 1 });
    assert.equal(bus.published.length, outcomes.length);
    assert.equal((await deps.store.undrained(10)).length, 1);
  });

  it('waits while BigQuery is away: what was decided is recorded before it is told', async () => {
    const away = { append: () => Promise.reject(new AndanteError('OUTCOMES_UNAVAILABLE', 'no')) };
    const { deps, bus, written } = await owed({ outcomes: away });
    assert.equal(await record(deps, written), false);
    assert.equal(bus.published.length, 0);
  });
});
