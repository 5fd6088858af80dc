import assert from 'node:assert/strict';
import { decodeMessage } from '../../../shared/contracts/decode-message.ts';
import type { BusinessEvent } from '../../../shared/contracts/events.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { createMemoryReader } from '../../../shared/outcomes/memory-reader.ts';
import { toRows } from '../../../shared/outcomes/to-rows.ts';
import type { RecordedEvent } from '../../../shared/outcomes/outcome-reader.ts';
import { eventOfRows } from '../../../shared/reconcile/event-of-rows.ts';
import type { AllocationStore } from '../../../shared/store/allocation-store.ts';
import {
  budgetChanged,
  campaignCreated,
  deliveryReported,
  line,
  order,
  rebalanced,
  statusChanged,
} from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';
import { createCommandLine } from '../cli/command-line.ts';

/** What the rows of all that a store did say of one event. */
async function rowsOf(store: AllocationStore, eventId: string): Promise<RecordedEvent[]> {
  const log = createMemoryLog();
  for (const { ref, document } of await store.undrained(100))
    await log.append(toRows(ref.path.slice('ledger/'.length), document, START_MS));
  const reader = createMemoryReader(log);
  const rows = [
    ...(await reader.recordedSince('2026-01-01', 'campaigns')),
    ...(await reader.recordedSince('2026-01-01', 'reports')),
  ];
  return rows.filter((row) => row.eventId === eventId);
}

describe('an event made anew from its rows', () => {
  const created = campaignCreated({
    subcampaigns: [
      order({ floorMicros: 1_000_000, capMicros: 90_000_000, pacing: 'asap', perListenerDay: 2 } as object),
    ],
  });
  const report = deliveryReported('r1', {
    lines: [line({ clicks: 2, reached: 7 })],
    opportunities: [{ segment: 'casual', surface: 'home', opportunities: 50 }],
    sample: [{ segment: 'casual', surface: 'home', responseMultiplier: 1.5 }],
  });
  const changes: { name: string; event: Exclude<BusinessEvent, { type: 'andante.delivery-reported.v1' }> }[] = [
    { name: 'a campaign', event: created },
    { name: 'a raise', event: budgetChanged(150_000_000, 1) },
    { name: 'a raise that was refused', event: budgetChanged(10 ** 13, 1) },
    { name: 'a pause', event: statusChanged('paused', 1) },
  ];
  for (const { name, event } of changes) {
    it(`is ${name} as it was published`, async () => {
      const store = await seededStore();
      for (const one of event === created ? [created] : [created, event]) await persist(store, one);
      assert.deepEqual(eventOfRows(await rowsOf(store, event.eventId)), event);
    });
  }

  it('is a report with the same money, and no closings', async () => {
    const store = await seededStore();
    await persist(store, created);
    await tick(store, START_MS + TICK_MS);
    await file(store, report);
    await tick(store, START_MS + 2 * TICK_MS);
    const again = eventOfRows(await rowsOf(store, 'r1'));
    assert(again?.type === 'andante.delivery-reported.v1');
    const [only] = again.data.lines;
    assert.equal(only?.clickMicros, 1_000_000);
    const { clickMicros: _told, ...rest } = only;
    assert.deepEqual({ ...again, data: { ...again.data, lines: [rest] } }, report);
    // It is one that the function takes.
    decodeMessage('delivery-reported', Buffer.from(JSON.stringify(encodeInstants(again))));
  });

  it('is none for what comes again by itself, what is not an event, and nothing', async () => {
    const store = await seededStore();
    await persist(store, created);
    await persist(store, rebalanced({ source: 'andante' }));
    assert.equal(eventOfRows(await rowsOf(store, 'rebalance:c1')), undefined);
    assert.equal(eventOfRows([]), undefined);
  });
});

describe('replay rows', () => {
  it('says so where nothing is lost, with exit code 1', async () => {
    const { run, bus } = createCommandLine();
    const { exit, stdout } = await run(['replay', 'rows', '--since', '2026-03-01']);
    assert.deepEqual([exit, bus.published.length], [1, 0]);
    assert.match(stdout, /every row has its ledger entry/);
  });

  it('publishes campaigns before their changes, reports only where they are asked for, and nothing in a dry run', async () => {
    const lost = await seededStore();
    await persist(lost, campaignCreated());
    await persist(lost, budgetChanged(120_000_000, 1));
    await file(lost, deliveryReported('r1', { lines: [line()] }));
    await tick(lost, START_MS + TICK_MS);
    const { run, bus, log } = createCommandLine();
    for (const { ref, document } of await lost.undrained(100))
      await log.append(toRows(ref.path.slice('ledger/'.length), document, START_MS));
    const topics = () => bus.published.map(({ topic }) => topic);
    await run(['replay', 'rows', '--since', '2026-03-01', '--dry-run']);
    assert.deepEqual(topics(), []);
    await run(['replay', 'rows', '--since', '2026-03-01']);
    assert.deepEqual(topics(), ['campaign-created', 'budget-changed']);
    const { json } = await run(['replay', 'rows', '--since', '2026-03-01', '--reports', '--json']);
    assert.equal((json()['replayed'] as unknown[]).length, 3);
    assert.equal((await run(['replay', 'rows', '--since', '2026-03-03', '--reports'])).exit, 1);
  });

  const refused: { name: string; argv: string[]; message: RegExp }[] = [
    { name: 'no day', argv: ['rows'], message: /needs a day that exists/ },
    { name: 'a day that is none', argv: ['rows', '--since', '2026-02-31x'], message: /needs a day that exists/ },
    { name: 'a month that is none', argv: ['rows', '--since', '2026-13-01'], message: /needs a day that exists/ },
    { name: 'an id', argv: ['rows', '--since', '2026-01-01', '--id', 'x'], message: /not --id or --function/ },
    {
      name: 'a day for dead letters',
      argv: ['dead-letters', '--since', '2026-01-01'],
      message: /belong to replay rows/,
    },
    { name: 'reports of the quarantine', argv: ['quarantine', '--reports'], message: /belong to replay rows/ },
  ];
  for (const { name, argv, message } of refused) {
    it(`refuses ${name}`, async () => {
      const { exit, stderr } = await createCommandLine().run(['replay', ...argv]);
      assert.equal(exit, 2);
      assert.match(stderr, message);
    });
  }
});
