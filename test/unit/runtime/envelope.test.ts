import assert from 'node:assert/strict';
import { readEnvelope } from '../../../shared/runtime/envelope.ts';
import { START_MS } from '../../support/instants.ts';
import { cloudEvent, convertedPush, push } from '../../support/envelopes.ts';

const sent = { attributes: { tenantId: 't1' } };

const shapes = [
  { name: 'a push as it was posted', input: push({ a: 1 }, sent), attempt: 2 },
  { name: 'a CloudEvent', input: cloudEvent({ a: 1 }, sent), attempt: 2 },
  { name: 'a push that the framework converted', input: convertedPush({ a: 1 }, sent), attempt: undefined },
];

/** Times that Pub/Sub never writes: no state may carry them. */
const untimed = ['never', '1969-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', '', 5, null];

const malformed: { name: string; input: unknown; code?: string }[] = [
  { name: 'nothing', input: undefined },
  { name: 'null', input: null },
  { name: 'a string', input: 'hello' },
  { name: 'a list', input: [{ message: {} }] },
  { name: 'an object without a message', input: { hello: 1 } },
  { name: 'a message that is a list', input: { message: [] } },
  { name: 'a message that is null', input: { data: { message: null } } },
  { name: 'data that is an object', input: { message: { data: {} } } },
  { name: 'data that is a number', input: { message: { data: 5 } } },
  { name: 'data that is no base64', input: { message: { data: 'not base64!' } }, code: 'BAD_BASE64' },
  { name: 'data of an impossible length', input: { message: { data: 'AAAAA' } }, code: 'BAD_BASE64' },
  { name: 'data with padding inside', input: { message: { data: 'AA==AAAA' } }, code: 'BAD_BASE64' },
];

describe('reading an envelope', () => {
  for (const { name, input, attempt } of shapes) {
    it(`takes ${name}`, () => {
      const { bytes, ...rest } = readEnvelope(input);
      assert.equal(Buffer.from(bytes).toString(), '{"a":1}');
      assert.deepEqual(rest, {
        attributes: { tenantId: 't1' },
        messageId: '1',
        publishedAtMs: START_MS,
        deliveryAttempt: attempt,
      });
    });
  }

  for (const { name, input, code = 'MALFORMED_ENVELOPE' } of malformed) {
    it(`refuses ${name}`, () => {
      assert.throws(() => readEnvelope(input), { code, message: /message/ });
    });
  }

  for (const publishTime of untimed) {
    it(`does not take ${JSON.stringify(publishTime)} for the time of publishing`, () => {
      const { publishedAtMs } = readEnvelope({ message: { publishTime } });
      assert.equal(publishedAtMs, undefined);
    });
  }

  it('takes long data and long padding in no time', () => {
    const from = performance.now();
    readEnvelope({ message: { data: 'A'.repeat(400_000) } });
    assert.throws(() => readEnvelope({ message: { data: `${'='.repeat(400_000)}A` } }), { code: 'BAD_BASE64' });
    assert(performance.now() - from < 1000);
  });

  it('takes a message of attributes only, with an empty body', () => {
    const message = readEnvelope({ message: { attributes: { a: 'b', n: 5 }, publish_time: 'never', message_id: '7' } });
    assert.deepEqual(
      [message.bytes.byteLength, message.attributes, message.publishedAtMs, message.messageId],
      [0, { a: 'b' }, undefined, '7'],
    );
  });
});
