import assert from 'node:assert/strict';
import {
  MAX_BODY_BYTES,
  MAX_DEPTH,
  decodeMessage,
  decodeReport,
  type MessageName,
} from '../../../shared/contracts/decode-message.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';

type Json = Record<string, unknown>;

function bytes(body: unknown): Uint8Array {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A campaign on the wire with other data. */
function campaign(data: Json = {}, own: Json = {}): Json {
  const wire = encodeInstants(campaignCreated()) as Json;
  return { ...wire, ...own, data: { ...(wire['data'] as Json), ...data } };
}

function subs(...own: Json[]): Json {
  return { subcampaigns: own.map((one) => ({ ...order(), ...one })) };
}

function withText(find: string, replacement: string): string {
  return JSON.stringify(campaign()).replace(find, replacement);
}

const deep = 100_000;

const bad: { name: string; body: unknown; code: string; message?: RegExp; as?: MessageName }[] = [
  { name: 'nothing', body: '', code: 'BAD_JSON' },
  { name: 'no JSON', body: '{"type":', code: 'BAD_JSON' },
  { name: 'JSON with a trailing word', body: '{} x', code: 'BAD_JSON' },
  { name: 'NaN', body: withText('100000000', 'NaN'), code: 'BAD_JSON' },
  { name: 'Infinity', body: withText('100000000', 'Infinity'), code: 'BAD_JSON' },
  { name: 'a null', body: 'null', code: 'WRONG_TYPE' },
  { name: 'a list', body: '[]', code: 'WRONG_TYPE' },
  { name: 'a string', body: '"andante.campaign-created.v1"', code: 'WRONG_TYPE' },
  { name: 'no type', body: { ...campaign(), type: undefined }, code: 'WRONG_TYPE' },
  { name: 'a type that is no string', body: campaign({}, { type: 1 }), code: 'WRONG_TYPE' },
  {
    name: 'the type of another function',
    body: campaign(),
    as: 'budget-changed',
    code: 'WRONG_TYPE',
    message: /andante\.budget-changed\.v1/,
  },
  {
    name: 'a version of tomorrow',
    body: campaign({}, { type: 'andante.campaign-created.v2' }),
    code: 'UNSUPPORTED_VERSION',
  },
  { name: 'a version that is none', body: campaign({}, { type: 'andante.campaign-created.vX' }), code: 'WRONG_TYPE' },
  { name: 'a field nobody knows', body: campaign({ colour: 'red' }), code: 'INVALID_EVENT', message: /colour/ },
  {
    name: 'a field nobody knows in the envelope',
    body: campaign({}, { colour: 'red' }),
    code: 'INVALID_EVENT',
    message: /colour/,
  },
  {
    name: 'a field nobody knows in a part',
    body: campaign(subs({ colour: 'red' })),
    code: 'INVALID_EVENT',
    message: /colour/,
  },
  { name: 'a missing field', body: campaign({ currency: undefined }), code: 'INVALID_EVENT', message: /currency/ },
  {
    name: 'a body of 256 KiB and one byte',
    body: ' '.repeat(MAX_BODY_BYTES + 1),
    code: 'BODY_TOO_LARGE',
    message: /262145/,
  },
  { name: 'lists nested 100,000 deep', body: '['.repeat(deep) + ']'.repeat(deep), code: 'BODY_TOO_DEEP' },
  {
    name: 'objects nested 40,000 deep',
    body: '{"a":'.repeat(40_000) + '1' + '}'.repeat(40_000),
    code: 'BODY_TOO_DEEP',
  },
  { name: 'lists one too deep', body: '['.repeat(MAX_DEPTH + 1) + ']'.repeat(MAX_DEPTH + 1), code: 'BODY_TOO_DEEP' },
  { name: '__proto__ at the top', body: withText('{', '{"__proto__":{"isAdmin":true},'), code: 'FORBIDDEN_KEY' },
  { name: '__proto__ with a plain value', body: withText('{', '{"__proto__":1,'), code: 'FORBIDDEN_KEY' },
  { name: '__proto__ spelled with escapes', body: withText('{', '{"\\u005f_proto__":1,'), code: 'FORBIDDEN_KEY' },
  { name: '__proto__ inside data', body: withText('"data":{', '"data":{"__proto__":{},'), code: 'FORBIDDEN_KEY' },
  {
    name: '__proto__ inside a list',
    body: withText('"subcampaigns":[{', '"subcampaigns":[{"__proto__":{},'),
    code: 'FORBIDDEN_KEY',
  },
  { name: 'a constructor', body: withText('{', '{"constructor":{"prototype":{}},'), code: 'FORBIDDEN_KEY' },
  { name: 'negative money', body: campaign({ budgetMicros: -1 }), code: 'INVALID_EVENT', message: /budgetMicros/ },
  { name: 'half a micro', body: campaign({ budgetMicros: 0.5 }), code: 'INVALID_EVENT' },
  { name: 'no money', body: campaign({ budgetMicros: 0 }), code: 'INVALID_EVENT' },
  { name: 'money as a string', body: campaign({ budgetMicros: '100' }), code: 'INVALID_EVENT' },
  { name: 'money that is null', body: campaign({ budgetMicros: null }), code: 'INVALID_EVENT' },
  { name: '2^53 micros', body: campaign({ budgetMicros: 2 ** 53 }), code: 'INVALID_EVENT' },
  { name: '1e400 micros', body: withText('100000000', '1e400'), code: 'INVALID_EVENT' },
  {
    name: 'an end at the start',
    body: campaign({ endAt: '2026-03-02T00:00:00Z' }),
    code: 'INVALID_EVENT',
    message: /after/,
  },
  {
    name: 'an end before the start',
    body: campaign({ endAt: '2026-03-01T00:00:00Z' }),
    code: 'INVALID_EVENT',
    message: /after/,
  },
  {
    name: 'a flight of 31 days and a millisecond',
    body: campaign({ endAt: '2026-04-02T00:00:00.001Z' }),
    code: 'INVALID_EVENT',
    message: /31 days/,
  },
  {
    name: 'February 30',
    body: campaign({ startAt: '2026-02-30T00:00:00Z' }),
    code: 'INVALID_EVENT',
    message: /\/data\/startAt/,
  },
  { name: 'an instant without a zone', body: campaign({ startAt: '2026-03-02T00:00:00' }), code: 'INVALID_EVENT' },
  { name: 'an instant that is a number', body: campaign({ startAt: START_MS }), code: 'INVALID_EVENT' },
  { name: 'an unknown objective', body: campaign({ objective: 'fame' }), code: 'INVALID_EVENT' },
  { name: 'no subcampaign', body: campaign(subs()), code: 'INVALID_EVENT' },
  {
    name: '51 subcampaigns',
    body: campaign(subs(...Array.from({ length: 51 }, (_, index) => ({ subcampaignId: `s${index}` })))),
    code: 'INVALID_EVENT',
  },
  {
    name: '16 markets',
    body: campaign(
      subs(...Array.from({ length: 16 }, (_, index) => ({ subcampaignId: `s${index}`, market: `M${index}` }))),
    ),
    code: 'INVALID_EVENT',
    message: /15 markets/,
  },
  { name: 'one id twice', body: campaign(subs({}, {})), code: 'INVALID_EVENT', message: /different/ },
  { name: 'one segment twice', body: campaign(subs({ segments: ['a', 'a'] })), code: 'INVALID_EVENT' },
  {
    name: 'a floor above its cap',
    body: campaign(subs({ floorMicros: 2, capMicros: 1 })),
    code: 'INVALID_EVENT',
    message: /floorMicros/,
  },
  {
    name: 'a lock with a floor',
    body: campaign(subs({ lockMicros: 2, floorMicros: 0 })),
    code: 'INVALID_EVENT',
    message: /lock/,
  },
  {
    name: 'a lock with a cap',
    body: campaign(subs({ lockMicros: 2, capMicros: 9 })),
    code: 'INVALID_EVENT',
    message: /lock/,
  },
  {
    name: 'floors that no number holds together',
    body: campaign(subs({ floorMicros: Number.MAX_SAFE_INTEGER }, { subcampaignId: 's2', floorMicros: 1 })),
    code: 'INVALID_EVENT',
    message: /2\^53-1/,
  },
  {
    name: 'a spend curve of even pacing',
    body: campaign(subs({ spendCurve: [{ trafficShare: 0.5, spendShare: 0.5 }] })),
    code: 'INVALID_EVENT',
    message: /spendCurve belongs to custom/,
  },
  {
    name: 'custom pacing without a curve',
    body: campaign(subs({ pacing: 'custom' })),
    code: 'INVALID_EVENT',
    message: /spendCurve belongs to custom/,
  },
  {
    name: 'a spend curve that falls',
    body: campaign(
      subs({
        pacing: 'custom',
        spendCurve: [
          { trafficShare: 0.5, spendShare: 0.5 },
          { trafficShare: 0.6, spendShare: 0.4 },
        ],
      }),
    ),
    code: 'INVALID_EVENT',
    message: /must not fall/,
  },
  {
    name: 'a daily cap below one click',
    body: campaign(subs({ dailyCapMicros: 499_999 })),
    code: 'INVALID_EVENT',
    message: /dailyCapMicros must pay for one click/,
  },
  { name: 'an id with a slash', body: campaign({ campaignId: 'a/b' }), code: 'INVALID_EVENT' },
  { name: 'an id that climbs', body: campaign({ campaignId: '..' }), code: 'INVALID_EVENT' },
  { name: 'an id that is empty', body: campaign({ campaignId: '' }), code: 'INVALID_EVENT' },
  { name: 'an id with a line break at its end', body: campaign({ campaignId: 'c1\n' }), code: 'INVALID_EVENT' },
  {
    name: 'a budget version of zero',
    body: encodeInstants(budgetChanged(1, 0)),
    as: 'budget-changed',
    code: 'INVALID_EVENT',
  },
  {
    name: 'a status nobody can ask for',
    body: encodeInstants(statusChanged('ended' as 'active', 1)),
    as: 'campaign-status-changed',
    code: 'INVALID_EVENT',
  },
  {
    name: 'a window that ends before it begins',
    body: encodeInstants(deliveryReported('r', { windowEndAtMs: START_MS - 1 })),
    as: 'delivery-reported',
    code: 'INVALID_EVENT',
    message: /windowEndAt/,
  },
  {
    name: 'impressions after the window',
    body: encodeInstants(deliveryReported('r', { lines: [line({ hourAtMs: START_MS + DAY_MS })] })),
    as: 'delivery-reported',
    code: 'INVALID_EVENT',
    message: /lines\/0\/hourAt/,
  },
  {
    name: 'more listeners reached than impressions',
    body: encodeInstants(deliveryReported('r', { lines: [line({ impressions: 3, reached: 4 })] })),
    as: 'delivery-reported',
    code: 'INVALID_EVENT',
    message: /lines\/0\/reached/,
  },
  {
    name: 'negative clicks',
    body: encodeInstants(deliveryReported('r', { lines: [line({ clicks: -1 })] })),
    as: 'delivery-reported',
    code: 'INVALID_EVENT',
  },
  {
    name: 'a tick on February 30',
    body: { type: 'andante.delivery-tick.v1', source: 's', tenantId: 't', scheduledFor: '2026-02-30T00:00:00Z' },
    as: 'delivery-tick',
    code: 'INVALID_EVENT',
  },
];

describe('decoding a message', () => {
  for (const { name, body, code, message = /./, as = 'campaign-created' } of bad) {
    it(`refuses ${name} as ${code}`, () => {
      assert.throws(() => decodeMessage(as, bytes(body)), { name: 'AndanteError', code, permanent: true, message });
    });
  }

  it('names an unknown field in whole characters', () => {
    const body = { ...(encodeInstants(campaignCreated()) as object), [`${'x'.repeat(63)}🎵`]: 1 };
    assert.throws(
      () => decodeMessage('campaign-created', bytes(body)),
      ({ message }: Error) => message.includes('xxx') && message.isWellFormed(),
    );
  });

  it('refuses bytes that are no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    assert.throws(() => decodeMessage('campaign-created', body), {
      code: 'BAD_JSON',
      message: 'the body must be JSON in UTF-8',
    });
  });

  it('leaves no trace on prototypes', () => {
    for (const { body, as = 'campaign-created' } of bad) assert.throws(() => decodeMessage(as, bytes(body)));
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  });

  it('never repeats the payload in a refusal', () => {
    const secret = 'hunter2'.repeat(5);
    for (const body of [campaign({ currency: secret }), campaign({}, { type: secret }), `{"a":"${secret}`]) {
      assert.throws(
        () => decodeMessage('campaign-created', bytes(body)),
        (error: Error) => !error.message.includes('hunter2'),
      );
    }
  });

  it('takes every event, and the largest numbers', () => {
    const events = [
      {
        name: 'campaign-created',
        event: campaignCreated({ budgetMicros: Number.MAX_SAFE_INTEGER, endAtMs: START_MS + 31 * DAY_MS }),
      },
      { name: 'budget-changed', event: budgetChanged(1, Number.MAX_SAFE_INTEGER) },
      { name: 'campaign-status-changed', event: statusChanged('paused', 1) },
      { name: 'delivery-reported', event: deliveryReported('r', { lines: [line()] }) },
    ] as const;
    for (const { name, event } of events) assert.deepEqual(decodeMessage(name, bytes(encodeInstants(event))), event);
  });

  it('takes a tick with and without its time', () => {
    const tick = { type: 'andante.delivery-tick.v1', source: 'scheduler', tenantId: 'andante' };
    assert.deepEqual(decodeMessage('delivery-tick', bytes(tick)), tick);
    const timed = { ...tick, scheduledFor: '2026-03-02T00:00:00Z' };
    assert.deepEqual(decodeMessage('delivery-tick', bytes(timed)), { ...tick, scheduledForMs: START_MS });
  });

  it('checks what an ad server posts as the event that it becomes', () => {
    const { group: _group, ...data } = deliveryReported('r', { lines: [line()] }).data;
    const body = { eventId: 'r', ...(encodeInstants(data) as Json) };
    assert.deepEqual(decodeReport(bytes(body)), body);
    assert.throws(() => decodeReport(bytes({ ...body, group: 'g2' })), { code: 'INVALID_REQUEST', message: /group/ });
    assert.throws(() => decodeReport(bytes({ ...body, windowEndAt: '2026-02-30T00:00:00Z' })), {
      code: 'INVALID_EVENT',
    });
    assert.throws(() => decodeReport(bytes('[')), { code: 'BAD_JSON' });
  });
});
