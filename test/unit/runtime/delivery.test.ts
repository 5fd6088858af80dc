import assert from 'node:assert/strict';
import sinon from 'sinon';
import { MAX_EVENT_AGE_MS, createReceiver, type Handled, type Handler } from '../../../shared/runtime/delivery.ts';
import { currentTrace, endWith } from '../../../shared/runtime/handling.ts';
import { isTraceparent, spanIdOf, traceIdOf } from '../../../shared/runtime/traceparent.ts';
import { assertLogLines } from '../../support/assert-log-lines.ts';
import { TRACEPARENT } from '../../support/in-hand.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { MAX_PUSH_BYTES } from '../../../shared/runtime/envelope.ts';
import { cloudEvent, convertedPush, push } from '../../support/envelopes.ts';
import { budgetChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';

const event = budgetChanged(1, 1);
const NOW_MS = START_MS + 1000;

function receiver(answer: () => Promise<Handled> = async () => ({ outcome: 'applied' }), virtualTime = false) {
  const store = createMemoryStore();
  const { log, lines } = logLines();
  const handle = sinon.fake(answer);
  const receive = createReceiver('budget-changed', handle as Handler<'budget-changed'>, {
    store,
    log,
    clock: () => NOW_MS,
    virtualTime,
  });
  const quarantined = async () => (await store.quarantined(100)).map(({ document }) => document);
  return { receive, handle, lines, quarantined, store };
}

describe('receiving a message', () => {
  for (const [name, input] of [
    ['a push', push(event)],
    ['a CloudEvent', cloudEvent(event)],
    ['a converted push', convertedPush(event)],
  ] as const) {
    it(`hands the event of ${name} to the handler, with its times`, async () => {
      const { receive, handle, lines, quarantined } = receiver();
      await receive(input);
      assert.deepEqual(handle.args, [[event, { publishedAtMs: START_MS, nowMs: START_MS }]]);
      assert.deepEqual(
        [lines[0]?.['message'], lines[0]?.['outcome'], lines[0]?.['campaign']],
        ['handled', 'applied', 'c1'],
      );
      assert.deepEqual(await quarantined(), []);
    });
  }

  it('takes the event’s own time under virtual time, and the clock’s where the envelope has none', async () => {
    const virtual = receiver(undefined, true);
    await virtual.receive(push({ ...event, occurredAtMs: START_MS + DAY_MS }));
    assert.deepEqual((virtual.handle.args as unknown[][])[0]?.[1], {
      publishedAtMs: START_MS,
      nowMs: START_MS + DAY_MS,
    });
    const untimed = receiver();
    await untimed.receive(push(event, { publishTime: 'never' }));
    assert.deepEqual((untimed.handle.args as unknown[][])[0]?.[1], { publishedAtMs: NOW_MS, nowMs: NOW_MS });
  });

  it('quarantines what can never be applied, and acknowledges', async () => {
    const { receive, handle, lines, quarantined } = receiver();
    const body = { ...event, data: { ...event.data, budgetMicros: -1 } };
    await receive(push(body));
    assert.equal(handle.callCount, 0);
    const [document, ...none] = await quarantined();
    assert(document && none.length === 0);
    const { functionName, code, eventId, tenantId, replayable, quarantinedAtMs } = document;
    assert.deepEqual(
      { functionName, code, eventId, tenantId, replayable, quarantinedAtMs },
      {
        functionName: 'budget-changed',
        code: 'INVALID_EVENT',
        eventId: event.eventId,
        tenantId: 't1',
        replayable: true,
        quarantinedAtMs: NOW_MS,
      },
    );
    assert.equal((JSON.parse(document.body) as { eventId: string }).eventId, event.eventId);
    assert.deepEqual(
      [lines.length, lines[0]?.['severity'], lines[0]?.['message'], lines[0]?.['outcome'], lines[0]?.['code']],
      [1, 'WARNING', 'handled', 'quarantined', 'INVALID_EVENT'],
    );
  });

  it('the same refusal again is the same document, another payload another one', async () => {
    const { receive, quarantined } = receiver();
    for (const version of [-1, -1, -2])
      await receive(push({ ...event, data: { ...event.data, budgetVersion: version } }));
    assert.equal((await quarantined()).length, 2);
  });

  for (const { name, input, code } of [
    { name: 'no envelope', input: { hello: 1 }, code: 'MALFORMED_ENVELOPE' },
    { name: 'undefined', input: undefined, code: 'MALFORMED_ENVELOPE' },
    { name: 'an envelope that turns in circles', input: circular(), code: 'MALFORMED_ENVELOPE' },
    { name: 'no base64', input: push('', { data: '!' }), code: 'BAD_BASE64' },
  ]) {
    it(`quarantines ${name}, never to be replayed`, async () => {
      const { receive, quarantined } = receiver();
      await receive(input);
      assert.deepEqual(
        (await quarantined()).map((document) => [document.code, document.replayable]),
        [[code, false]],
      );
    });
  }

  it('names the event of a refusal however long its id is, and nothing that is no id', async () => {
    const { receive, quarantined } = receiver();
    for (const eventId of ['e'.repeat(128), 'e'.repeat(129), 'a b'])
      await receive(push({ ...event, eventId, data: {} }));
    const named = (await quarantined()).map(({ eventId }) => eventId).filter((eventId) => eventId !== undefined);
    assert.deepEqual(named, ['e'.repeat(128)]);
  });

  it('quarantines bytes that are no text', async () => {
    const { receive, quarantined } = receiver();
    await receive(push('', { data: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') }));
    assert.equal((await quarantined())[0]?.code, 'BAD_JSON');
  });

  it('keeps 64 KiB of a body, cut at a character; what was cut is not replayable', async () => {
    const { receive, quarantined } = receiver();
    await receive(push(`["${'é'.repeat(40_000)}"]`));
    const [document] = await quarantined();
    assert(document && Buffer.byteLength(document.body) <= 64 * 1024 && document.body.length > 32_000);
    assert.match(document.body, /^\["é+$/);
    assert.equal(document.replayable, false);
  });

  it('takes a push as its bytes, and keeps those of one that is none as they came', async () => {
    const { receive, handle, quarantined } = receiver();
    await receive(Buffer.from(JSON.stringify(push(event))));
    assert.equal(handle.callCount, 1);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const text of [deep, '{ "hello": 1 }']) await receive(Buffer.from(text));
    assert.deepEqual(
      (await quarantined()).map(({ code, body, replayable }) => [code, body, replayable]).sort(),
      [
        ['MALFORMED_ENVELOPE', deep.slice(0, 64 * 1024), false],
        ['MALFORMED_ENVELOPE', '{ "hello": 1 }', false],
      ].sort(),
    );
  });

  it('quarantines a push that is too large to be looked into', async () => {
    const { receive, handle, quarantined } = receiver();
    const text = JSON.stringify(push(event));
    await receive(Buffer.from(text.padEnd(MAX_PUSH_BYTES)));
    assert.equal(handle.callCount, 1);
    await receive(Buffer.from(text.padEnd(MAX_PUSH_BYTES + 1)));
    const [document, ...none] = await quarantined();
    assert.deepEqual([handle.callCount, document?.code, document?.replayable, none], [1, 'BODY_TOO_LARGE', false, []]);
  });

  it('rejects bytes that are no JSON: nobody waits for their acknowledgement', async () => {
    const { receive, lines, quarantined } = receiver();
    for (const bytes of [[], [0xff, 0xfe], [...Buffer.from('not json')], [...Buffer.from('{"message":')]])
      await assert.rejects(receive(Uint8Array.from(bytes)), { code: 'BAD_JSON' });
    assert.deepEqual(await quarantined(), []);
    assert.deepEqual(
      lines.map(({ severity, message, outcome, code }) => [severity, message, outcome, code]),
      Array(4).fill(['WARNING', 'handled', 'refused', 'BAD_JSON']),
    );
  });

  it('rejects what may succeed later and quarantines nothing', async () => {
    const failure = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered ABORTED');
    const { receive, lines, quarantined } = receiver(() => Promise.reject(failure));
    await assert.rejects(receive(push(event)), failure);
    assert.deepEqual(await quarantined(), []);
    assert.deepEqual(
      lines.map(({ severity, outcome, code, attempts }) => [severity, outcome, code, attempts]),
      [['WARNING', 'retried', 'STORE_UNAVAILABLE', 2]],
    );
  });

  for (const failure of [
    new TypeError('x is not a function'),
    new AndanteError('STORED_DOCUMENT_INVALID', 'markets/SE is invalid'),
  ]) {
    it(`says a ${failure.name} aloud as CRITICAL and rejects`, async () => {
      const { receive, lines, quarantined } = receiver(() => Promise.reject(failure));
      await assert.rejects(receive(push(event)), failure);
      assert.deepEqual(await quarantined(), []);
      assert.deepEqual(
        lines.map((line) => [line['severity'], line['message'], line['outcome'], line['event']]),
        [['CRITICAL', 'handled', 'failed', event.eventId]],
      );
    });
  }

  it('rejects when the quarantine itself cannot be written: nothing is acknowledged without a trace', async () => {
    const { log, lines } = logLines();
    const store = { ...createMemoryStore(), create: () => Promise.reject(new AndanteError('STORE_UNAVAILABLE', 'no')) };
    const receive = createReceiver('budget-changed', async () => ({ outcome: 'applied' }), {
      store,
      log,
      clock: () => NOW_MS,
      virtualTime: false,
    });
    await assert.rejects(receive({ hello: 1 }), { code: 'STORE_UNAVAILABLE' });
    assert.deepEqual(
      lines.map(({ outcome, code }) => [outcome, code]),
      [['retried', 'STORE_UNAVAILABLE']],
    );
  });

  it('quarantines a permanent refusal of the handler; a conflict can never be replayed', async () => {
    const { receive, quarantined } = receiver(() => Promise.reject(new AndanteError('EVENT_CONFLICT', 'used')));
    await receive(push(event));
    assert.deepEqual(
      (await quarantined()).map(({ code, replayable }) => [code, replayable]),
      [['EVENT_CONFLICT', false]],
    );
  });

  it('says on its one line what the handler knew before it failed', async () => {
    const { receive, lines } = receiver(() => {
      endWith({ undrained: 3, oldestMs: 5 });
      return Promise.reject(new AndanteError('OUTCOMES_UNAVAILABLE', 'away'));
    });
    await assert.rejects(receive(push(event)));
    const { severity: _severity, time: _time, ...line } = lines[0] ?? {};
    assert.deepEqual(
      [line, lines.length],
      [
        {
          message: 'handled',
          ...{ function: 'budget-changed', event: event.eventId, tenant: 't1', campaign: 'c1' },
          ...{ outcome: 'retried', code: 'OUTCOMES_UNAVAILABLE', error: 'away', undrained: 3, oldestMs: 5 },
          ...{ attempts: 2, ms: 0 },
          'logging.googleapis.com/trace': line['logging.googleapis.com/trace'],
          'logging.googleapis.com/spanId': line['logging.googleapis.com/spanId'],
        },
        1,
      ],
    );
    assertLogLines(lines);
  });

  it('goes on with its publisher’s trace in a span of each attempt’s own, and begins the same trace for each where there is none', async () => {
    const seen: string[] = [];
    const { receive, lines } = receiver(async () => {
      seen.push(currentTrace().traceparent as string);
      return { outcome: 'applied' };
    });
    const deliver = (deliveryAttempt: number, traceparent?: string, messageId = 'm1') => {
      const attributes = traceparent === undefined ? {} : { traceparent };
      return receive({ ...push(event, { attributes, messageId }), deliveryAttempt });
    };
    await deliver(1, TRACEPARENT);
    await deliver(2, TRACEPARENT);
    await deliver(1);
    await deliver(2);
    await deliver(1, 'rubbish');
    await deliver(1, undefined, 'm2');
    for (const traceparent of seen) assert(isTraceparent(traceparent), traceparent);
    const spans = seen.map(spanIdOf);
    const [first, second, ...begun] = seen.map(traceIdOf);
    assert.deepEqual([first, second], [traceIdOf(TRACEPARENT), traceIdOf(TRACEPARENT)]);
    assert(spans[0] !== spans[1] && spans[0] !== spanIdOf(TRACEPARENT));
    assert.deepEqual(
      [new Set(begun.slice(0, 3)).size, new Set(begun).size, begun.includes(first as string)],
      [1, 2, false],
    );
    assert.deepEqual(
      lines.map((line) => line['logging.googleapis.com/spanId']),
      spans,
    );
  });

  it('refuses a body that speaks for another tenant than its message', async () => {
    const { receive, handle, quarantined } = receiver();
    await receive(push(event, { attributes: { tenantId: 't2' } }));
    assert.deepEqual([handle.callCount, (await quarantined())[0]?.code], [0, 'TENANT_MISMATCH']);
    await receive(push(event, { attributes: { tenantId: 't1' } }));
    assert.equal(handle.callCount, 1);
  });

  it('refuses events of more than 60 days before they were published, unless time is virtual', async () => {
    const old = { ...event, occurredAtMs: START_MS - MAX_EVENT_AGE_MS - 1 };
    const { receive, handle, quarantined } = receiver();
    await receive(push(old));
    assert.deepEqual([handle.callCount, (await quarantined())[0]?.code], [0, 'EVENT_TOO_OLD']);
    await receive(push({ ...old, occurredAtMs: START_MS - MAX_EVENT_AGE_MS }));
    assert.equal(handle.callCount, 1);
    const virtual = receiver(undefined, true);
    await virtual.receive(push(old));
    assert.equal(virtual.handle.callCount, 1);
  });
});

function circular(): unknown {
  const input: { self?: unknown } = {};
  input.self = input;
  return input;
}
