// Hostile requests for each door: valid ones with changed bodies, envelopes and transport, and bytes that mean nothing.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Random } from '../../emulators/world/random.ts';
import type { DecisionRequestWire } from '../../shared/contracts/decision.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../support/events.ts';
import { HOUR_MS, START_MS, TICK_MS } from '../support/instants.ts';
import { apiRequest, goodApiRequest, hostileQueries, isApiDoor, type ApiDoor } from './api-requests.ts';
import type { Wire } from './connection.ts';
import type { Door } from './doors.ts';
import { hostileValue, mutate, pick } from './mutate.ts';
import { Raw, toText } from './json-text.ts';

/** What a request is about. */
export interface About {
  campaignId: string;
  market: string;
}

/** A request that is right, for the door it knocks at. */
export function goodRequest(random: Random, door: Door, about: About): Wire {
  if (door === 'plan') return planRequest(random, about.market);
  if (isApiDoor(door)) return goodApiRequest(random, door, about, (body) => Buffer.from(toText(body)));
  if (door === 'decision' && random() < 0.5) return decisionRequest(batchOf(random, about, 0), 'application/x-ndjson');
  const body = Buffer.from(toText(validBody(random, door, about)));
  if (door === 'decision') return decisionRequest(body);
  return door === 'report' ? reportRequest(body) : pushRequest(Buffer.from(toText(envelopeOf(body))), door);
}

/** A request with something wrong in it, most of the time. */
export function hostileRequest(random: Random, door: Door): Wire {
  // One of a few hundred campaigns, so that much is there already.
  const about = { campaignId: `c${Math.floor(random() * 300)}`, market: pick(random, ['SE', 'NO']) };
  if (door === 'plan') return changeTransport(random, goodRequest(random, door, about));
  if (isApiDoor(door)) return hostileApiRequest(random, door, about);
  const kind = random();
  if (kind < 0.03) return changeTransport(random, goodRequest(random, door, about));
  if (kind < 0.08) return withBody(random, door, randomBytes(random));
  if (door === 'decision' && random() < 0.5)
    return maybeChanged(random, decisionRequest(batchOf(random, about, 0.5), 'application/x-ndjson'));
  const text = toText(mutate(random, validBody(random, door, about)));
  const body = random() < 0.05 ? changeBytes(random, Buffer.from(text)) : Buffer.from(text);
  if (door === 'report') return maybeChanged(random, reportRequest(body));
  if (door === 'decision') return maybeChanged(random, decisionRequest(body));
  const envelope = random() < 0.3 ? hostileEnvelope(random, body) : envelopeOf(body);
  const bytes = Buffer.from(toText(envelope));
  return maybeChanged(random, pushRequest(random() < 0.02 ? changeBytes(random, bytes) : bytes, door));
}

function hostileApiRequest(random: Random, door: ApiDoor, about: About): Wire {
  const wire = apiRequest(random, door, about, (body) => {
    const kind = random();
    if (kind < 0.05) return randomBytes(random);
    const text = Buffer.from(toText(kind < 0.3 ? body : mutate(random, body)));
    return kind < 0.1 ? changeBytes(random, text) : text;
  });
  const odd = random() < 0.1 ? { ...wire, path: `${wire.path}${pick(random, hostileQueries)}` } : wire;
  // Without a body there is little else that can be wrong.
  return random() < (wire.body ? 0.04 : 0.4) ? changeTransport(random, odd) : odd;
}

function maybeChanged(random: Random, wire: Wire): Wire {
  return random() < 0.04 ? changeTransport(random, wire) : wire;
}

function withBody(random: Random, door: Door, body: Buffer): Wire {
  if (door === 'report') return reportRequest(body);
  if (door === 'decision')
    return decisionRequest(body, pick(random, ['application/json', 'application/x-ndjson', 'text/plain']));
  return pushRequest(random() < 0.5 ? body : Buffer.from(toText(envelopeOf(body))), door);
}

const JSON_TYPE = ['content-type', 'application/json'] as const;

function pushRequest(body: Buffer, door: Door): Wire {
  return { method: 'POST', path: `/projects/demo-andante/topics/${door}`, headers: [JSON_TYPE], body };
}

function reportRequest(body: Buffer): Wire {
  return { method: 'POST', path: '/v1/reports', headers: [JSON_TYPE, ['authorization', 'Bearer group:g1']], body };
}

function decisionRequest(body: Buffer, type = 'application/json'): Wire {
  const headers = [['content-type', type] as const, ['authorization', 'Bearer group:g1'] as const];
  return { method: 'POST', path: '/v1/decisions', headers, body };
}

/** Lines of a batch, this share of them with something wrong. */
function batchOf(random: Random, about: About, wrongShare: number): Buffer {
  const lines = Array.from({ length: 1 + Math.floor(random() * 20) }, () => {
    const valid = validBody(random, 'decision', about);
    return toText(random() < wrongShare ? mutate(random, valid) : valid);
  });
  return Buffer.from(lines.join(random() < 0.1 ? '\r\n' : '\n'));
}

function planRequest(random: Random, market: string): Wire {
  const token = ['authorization', 'Bearer group:g1'] as const;
  const headers = random() < 0.5 ? [token] : [token, ['accept-encoding', 'gzip'] as const];
  return { method: 'GET', path: `/v1/markets/${market}/plan`, headers };
}

/** The wire form of something valid. */
function validBody(random: Random, door: Door, about: About): object {
  const { campaignId, market } = about;
  const eventId = `e${Math.floor(random() * 1e9)}`;
  const version = 1 + Math.floor(random() * 5);
  switch (door) {
    case 'campaign-created':
      return encodeInstants(campaignCreated(orderOf(random, about), { eventId })) as object;
    case 'budget-changed':
      return encodeInstants(budgetChanged(1 + Math.floor(random() * 1e8), version, { campaignId, eventId })) as object;
    case 'campaign-status-changed': {
      const status = pick(random, ['active', 'paused', 'cancelled', 'completed'] as const);
      return encodeInstants(statusChanged(status, version, { campaignId, eventId })) as object;
    }
    case 'delivery-reported':
      return encodeInstants(deliveryReported(eventId, reportOf(random, about))) as object;
    case 'decision':
      return decisionOf(random, about);
    case 'report': {
      const { group: _stamped, ...report } = deliveryReported(eventId, reportOf(random, about)).data;
      return { eventId, ...(encodeInstants(report) as object) };
    }
    default: {
      const scheduledFor = new Date(START_MS + Math.floor(random() * 3 - 1) * TICK_MS).toISOString();
      // Fanning out is rare, and a drain takes no market.
      const own = door === 'outcome-drain' || random() < 0.05 ? {} : { market };
      return { type: `andante.${door}.v1`, source: 'scheduler', tenantId: 'andante', scheduledFor, ...own };
    }
  }
}

function orderOf(random: Random, { campaignId, market }: About) {
  const count = random() < 0.8 ? 1 : 1 + Math.floor(random() * 12);
  const subcampaigns = Array.from({ length: count }, (_, index) =>
    order({ subcampaignId: `s${index + 1}`, market: index === 0 ? market : pick(random, ['SE', 'NO']) }),
  );
  const ifShort = pick(random, ['refuse', 'scale-down'] as const);
  return { campaignId, ifShort, budgetMicros: 1 + Math.floor(random() * 2e7), subcampaigns };
}

function reportOf(random: Random, { campaignId, market }: About) {
  const size = random() < 0.9 ? 3 : 60;
  return {
    market,
    group: pick(random, ['g1', 'g2']),
    windowEndAtMs: START_MS + HOUR_MS,
    lines: Array.from({ length: Math.floor(random() * size) }, () => line({ campaignId })),
    opportunities: [{ segment: 'casual', surface: 'home', opportunities: 10 }],
    sample: [{ segment: 'casual', surface: 'home', responseMultiplier: 1 }],
    closings:
      random() < 0.3 ? [{ campaignId, subcampaignId: 's1', grantedMicros: 100_000, chargedMicros: 100_000 }] : [],
  };
}

function decisionOf(random: Random, { campaignId, market }: About): DecisionRequestWire {
  const count = () => Math.floor(random() * 4);
  const some = <T>(build: () => T): T[] => Array.from({ length: count() }, build);
  return {
    requestId: `q${Math.floor(random() * 1e9)}`,
    market,
    segment: 'casual',
    surface: 'home',
    at: new Date(START_MS + Math.floor(random() * HOUR_MS)).toISOString(),
    listener: {
      id: `l${Math.floor(random() * 1e6)}`,
      responseMultiplier: random() * 3,
      age: Math.floor(random() * 90),
      seen: some(() => ({ campaignId, subcampaignId: 's1', today: count(), flight: count() })),
      releaseIds: some(() => `r${count()}`),
      artistIds: some(() => `a${count()}`),
      fullScreens: count(),
    },
    slots: 1 + count(),
    offers: some(() => ({ offerId: `o${count()}`, buyer: 'b1', cpmMicros: Math.floor(random() * 2e7) })),
    spent: some(() => ({ campaignId, subcampaignId: 's1' })),
    ...(random() < 0.5 ? { explain: true } : {}),
  };
}

function envelopeOf(body: string | Buffer) {
  const data = Buffer.from(body).toString('base64');
  const message = { data, attributes: {}, messageId: '1', publishTime: '2026-03-02T00:00:00Z' };
  return { message, subscription: 'projects/demo-andante/subscriptions/s', deliveryAttempt: 1 };
}

function hostileEnvelope(random: Random, body: Buffer): unknown {
  const envelope = envelopeOf(body);
  const { message } = envelope;
  const { data } = message;
  const withData = (changed: unknown) => ({ ...envelope, message: { ...message, data: changed } });
  return pick<() => unknown>(random, [
    () => mutate(random, envelope),
    () => mutate(random, { specversion: '1.0', id: '1', type: 'x', source: 'y', data: envelope }),
    () => ({ specversion: '1.0', id: '1', type: 'x', source: 'y', data: envelope }),
    () => withData(data.replaceAll('+', '-').replaceAll('/', '_')),
    () => withData(`${data.slice(0, 10)}\n${data.slice(10)}`),
    () => withData(`${data}${'='.repeat(1 + Math.floor(random() * 2000))}`),
    () => withData(data.slice(0, -1 - Math.floor(random() * 3))),
    () => withData(hostileValue(random)),
    () => ({ ...envelope, message: { ...message, attributes: hostileValue(random) } }),
    () => ({ ...envelope, message: { ...message, attributes: { tenantId: pick(random, ['t1', 't2', '', 5]) } } }),
    () => ({ ...envelope, message: { ...message, attributes: { traceparent: hostileValue(random) } } }),
    () => ({ ...envelope, message: { ...message, publishTime: hostileValue(random) } }),
    () => ({ ...envelope, deliveryAttempt: hostileValue(random), extra: hostileValue(random) }),
    () => new Raw(body.toString()),
    () => new Raw(`\ufeff${toText(envelope)}`),
    () => hostileValue(random),
  ])();
}

/** Bytes that JSON and UTF-8 trip over. */
function changeBytes(random: Random, bytes: Buffer): Buffer {
  const at = Math.floor(random() * bytes.byteLength);
  return pick<() => Buffer>(random, [
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), bytes.subarray(at)]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([0]), bytes.subarray(at)]),
    () => Buffer.from(bytes.toString(), 'utf16le'),
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes, bytes]),
    () => Buffer.concat([bytes, Buffer.from('}]garbage')]),
    () => Buffer.alloc(0),
  ])();
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
}

const methods = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'POST', 'TRACE', 'PROPFIND', 'BREW'];
const paths = [
  '/',
  '//',
  '//x/y',
  '/%',
  '/%zz',
  '/%ff',
  '/%00',
  '/favicon.ico',
  '/robots.txt',
  '/../../etc/passwd',
  '/v1/markets/../plan',
  '/v1/markets/SE/plan/',
  '/v1/markets/SE%2Fplan',
  '/v1/markets/%53%45/plan',
  '/v1/reports?a[b][c]=1&__proto__[x]=1',
  '/v1/bookings/%6b1',
  '/v1/bookings/../bookings',
  '/v1/campaigns/__proto__/constructor',
  '/v1/campaigns/%2e%2e/outcomes',
  'http://elsewhere/v1/reports',
  '*',
  `/v1/markets/${'S'.repeat(33)}/plan`,
  `/${'a/'.repeat(2000)}`,
  `/?${'a=1&'.repeat(2000)}`,
];
const contentTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/cloudevents+json',
  'application/json; charset=utf-16',
  'application/json; charset=nonsense',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/jsön',
  '',
];
const tokens = [
  '',
  'Bearer',
  'Bearer ',
  'bearer group:g1',
  'Bearer  group:g1',
  'Basic Zzox',
  'Bearer group:g1, x',
  'Bearer tenant:',
  'Bearer tenant:andante',
  'Bearer tenant:../t1',
  'x',
];

/** The same request with something odd about how it travels. */
function changeTransport(random: Random, wire: Wire): Wire {
  const { headers = [], body = Buffer.alloc(0) } = wire;
  const add = (...more: (readonly [string, string])[]) => ({ ...wire, headers: [...headers, ...more] });
  const replace = (name: string, value: string) => ({
    ...wire,
    headers: [...headers.filter(([own]) => own !== name), [name, value] as const],
  });
  const encoded = (encoding: string, bytes: Uint8Array) => ({ ...add(['content-encoding', encoding]), body: bytes });
  return pick<() => Wire>(random, [
    () => ({ ...wire, method: pick(random, methods) }),
    () => ({ ...wire, path: pick(random, paths) }),
    () => ({ ...wire, path: pick(random, paths) }),
    () => replace('content-type', pick(random, contentTypes)),
    () => replace('authorization', pick(random, tokens)),
    () => replace('idempotency-key', pick(random, ['', ' ', '../k1', 'k'.repeat(65), '__proto__', 'k1, k2'])),
    () => ({ method: pick(random, methods), path: wire.path, headers }),
    () => encoded('gzip', gzipSync(body)),
    () => encoded('gzip', body),
    () => encoded('br', brotliCompressSync(body)),
    () => encoded('nonsense', body),
    () => ({ ...add(['transfer-encoding', 'chunked']), body: chunked(random, Buffer.from(body)) }),
    () => ({ ...add(['transfer-encoding', 'chunked']), body: Buffer.concat([Buffer.from('no chunk'), body]) }),
    () => add(['content-length', String(Math.floor(random() * body.byteLength))]),
    () => ({ ...add(['content-length', String(body.byteLength + 10)]), cutAt: 10_000_000 }),
    () => ({ ...wire, cutAt: Math.floor(random() * (200 + body.byteLength)) }),
    () => add(['content-length', pick(random, ['-1', 'x', '1e3', '99999999999999999999'])]),
    () => add(['expect', '100-continue']),
    () => add(['connection', 'upgrade'], ['upgrade', 'websocket']),
    () => add(['traceparent', pick(random, ['x', '00-'.repeat(1000), '\x80\xff', `00-${'0'.repeat(32)}-`])]),
    () => add(['ce-id', '1'], ['ce-type', 'x'], ['ce-source', 'y'], ['ce-specversion', '1.0']),
    () => add(['if-none-match', pick(random, ['*', '"', '"x"'.repeat(500)])], ['accept-encoding', 'gzip;q=0, x']),
    () => add(['x-filler', 'x'.repeat(pick(random, [1000, 15_000, 20_000]))]),
    () => add(['x-cloud-trace-context', '1/2;o=1'.repeat(10)], ['function-execution-id', '"}']),
  ])();
}

function chunked(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.byteLength;) {
    const size = Math.min(body.byteLength - at, 1 + Math.floor(random() * 500));
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
