// The report door as it is in production: Google's own client, real signatures, keys of our own.
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { OAuth2Client } from 'google-auth-library';
import { createReportHandler } from '../../../functions/report/handler.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import { parseConfig } from '../../../shared/runtime/config.ts';
import { createHttpFunction } from '../../../shared/runtime/http.ts';
import { createGroupAuthenticator } from '../../../shared/runtime/identity.ts';
import { serve } from '../../../shared/runtime/serve.ts';
import { createConnection } from '../../hostile/connection.ts';
import { reportData } from '../../support/events.ts';
import { logLines } from '../../support/log-lines.ts';
import { seededStore } from '../../support/stores.ts';
import { serveCerts, token } from '../../support/tokens.ts';

const AUDIENCE = 'https://ads.example';
const config = parseConfig({
  GOOGLE_CLOUD_PROJECT: 'demo-andante',
  BIGQUERY_DATASET: 'andante',
  AD_SERVER_AUDIENCE: AUDIENCE,
  AD_SERVER_GROUPS: JSON.stringify({ 'se-a@demo.iam.gserviceaccount.com': 'SE-a' }),
});
const { log, lines } = logLines();
const bus = createMemoryBus();

const good = token(AUDIENCE);
const [header, payload, signature] = good.split('.') as [string, string, string];
const nowS = Math.floor(Date.now() / 1000);
const tampered = Buffer.from(
  JSON.stringify({ ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), email: 'x@y' }),
).toString('base64url');

const refused: { name: string; authorization: string | undefined; status?: number; code?: string }[] = [
  { name: 'no header', authorization: undefined },
  { name: 'an empty header', authorization: '' },
  { name: 'a token without its scheme', authorization: good },
  { name: 'a scheme in small letters', authorization: `bearer ${good}` },
  { name: 'a scheme in capitals', authorization: `BEARER ${good}` },
  { name: 'two spaces', authorization: `Bearer  ${good}` },
  { name: 'a tab', authorization: `Bearer\t${good}` },
  { name: 'two tokens', authorization: `Bearer ${good}, Bearer ${good}` },
  { name: 'two tokens after one scheme', authorization: `Bearer ${good} ${good}` },
  { name: 'another scheme', authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
  { name: 'an emulator’s token', authorization: 'Bearer group:SE-a' },
  { name: 'garbage', authorization: 'Bearer x' },
  { name: 'garbage in three parts', authorization: 'Bearer a.b.c' },
  { name: 'empty parts', authorization: 'Bearer ..' },
  { name: 'four parts', authorization: `Bearer ${good}.x` },
  { name: 'JSON of no object', authorization: `Bearer ${['null', 'null'].map(base64).join('.')}.${signature}` },
  { name: 'a token of 9,000 characters', authorization: `Bearer ${'a'.repeat(9000)}` },
  { name: 'another audience', authorization: bearer({ payload: { aud: 'https://other.example' } }) },
  { name: 'an audience that only begins like ours', authorization: bearer({ payload: { aud: `${AUDIENCE}.evil` } }) },
  { name: 'a list of audiences', authorization: bearer({ payload: { aud: [AUDIENCE, 'https://other.example'] } }) },
  { name: 'no audience', authorization: bearer({ payload: { aud: undefined } }) },
  { name: 'another issuer', authorization: bearer({ payload: { iss: 'https://accounts.example.com' } }) },
  { name: 'the library’s third issuer', authorization: bearer({ payload: { iss: 'googleapis.com' } }) },
  { name: 'an issuer over http', authorization: bearer({ payload: { iss: 'http://accounts.google.com' } }) },
  { name: 'no issuer', authorization: bearer({ payload: { iss: undefined } }) },
  { name: 'an expired token', authorization: bearer({ payload: { iat: nowS - 7200, exp: nowS - 3600 } }) },
  { name: 'no expiry', authorization: bearer({ payload: { exp: undefined } }) },
  { name: 'an expiry that is no number', authorization: bearer({ payload: { exp: 'never' } }) },
  { name: 'an expiry in a year', authorization: bearer({ payload: { exp: nowS + 365 * 86_400 } }) },
  { name: 'a token of tomorrow', authorization: bearer({ payload: { iat: nowS + 40_000, exp: nowS + 43_600 } }) },
  { name: 'alg none, unsigned', authorization: bearer({ header: { alg: 'none' }, signedBy: 'nobody' }) },
  {
    name: 'alg none, with a signature of another',
    authorization: `Bearer ${encode({ alg: 'none', kid: 'key1' })}.${payload}.${signature}`,
  },
  { name: 'the public key as a secret', authorization: bearer({ header: { alg: 'HS256' }, signedBy: 'secret' }) },
  { name: 'another key under our key’s name', authorization: bearer({ signedBy: 'stranger' }) },
  { name: 'another key', authorization: bearer({ header: { kid: 'key2' }, signedBy: 'stranger' }) },
  { name: 'no key id', authorization: bearer({ header: { kid: undefined } }) },
  { name: 'a key id that every object has', authorization: bearer({ header: { kid: 'constructor' } }) },
  { name: 'a tampered payload', authorization: `Bearer ${header}.${tampered}.${signature}` },
  { name: 'a cut signature', authorization: `Bearer ${header}.${payload}.${signature.slice(0, -4)}` },
  { name: 'ES256 over our key', authorization: bearer({ header: { alg: 'ES256' } }) },
  { name: 'an unverified email', authorization: bearer({ payload: { email_verified: false } }) },
  { name: 'an email that says it is verified', authorization: bearer({ payload: { email_verified: 'true' } }) },
  { name: 'no email', authorization: bearer({ payload: { email: undefined } }) },
  { name: 'a list of emails', authorization: bearer({ payload: { email: ['se-a@demo.iam.gserviceaccount.com'] } }) },
  {
    name: 'a stranger',
    authorization: bearer({ payload: { email: 'x@example.com' } }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'an email in capitals',
    authorization: bearer({ payload: { email: 'SE-A@demo.iam.gserviceaccount.com' } }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    name: 'an email that every object has',
    authorization: bearer({ payload: { email: '__proto__' } }),
    status: 403,
    code: 'FORBIDDEN',
  },
];

describe('the report door in production', () => {
  let server: Server;
  let certs: Awaited<ReturnType<typeof serveCerts>>;
  let port = 0;
  before(async () => {
    certs = await serveCerts();
    const endpoints = { oauth2FederatedSignonPemCertsUrl: certs.url };
    const authenticateGroup = createGroupAuthenticator(config, async () => new OAuth2Client({ endpoints }));
    const store = await seededStore();
    serve('tokens-report', () =>
      createHttpFunction('report', createReportHandler({ store, bus, authenticateGroup }), { log, clock: () => 0 }),
    );
    server = getTestServer('tokens-report');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    certs.close();
  });
  beforeEach(() => void (lines.length = 0));

  const { group: _stamped, ...report } = reportData();
  const body = JSON.stringify({ eventId: 'r1', ...(encodeInstants(report) as object) });
  const post = async (authorization: string | undefined, text = body) => {
    const connection = createConnection(port);
    const headers = authorization === undefined ? [] : [['authorization', authorization] as const];
    const answer = await connection.send({ method: 'POST', path: '/v1/reports', headers, body: Buffer.from(text) });
    connection.close();
    return answer;
  };

  for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
    it(`takes the report of an ad server with a token of ${iss}, and stamps its group`, async () => {
      const before = bus.published.length;
      assert.equal((await post(bearer({ payload: { iss } }))).status, 202);
      const message = bus.published[before]?.message as unknown as { source: string; data: { group: string } };
      assert.deepEqual([message.source, message.data.group], ['SE-a', 'SE-a']);
    });
  }

  it('takes no group from a body: the principal’s is the only one', async () => {
    const answer = await post(`Bearer ${good}`, body.replace('{', '{"group":"NO-a",'));
    assert.deepEqual([answer.status, codeOf(answer.body)], [400, 'INVALID_REQUEST']);
  });

  for (const { name, authorization, status = 401, code = 'UNAUTHENTICATED' } of refused) {
    it(`refuses ${name} with ${status}, and says no word of the token`, async () => {
      const before = bus.published.length;
      const { headers, ...answer } = await post(authorization);
      assert.deepEqual([answer.status, codeOf(answer.body)], [status, code]);
      assert.equal(headers['content-type'], 'application/problem+json');
      assert.equal(bus.published.length, before);
      for (const secret of (authorization ?? '').split(/[ .,]+/).filter((part) => part.length > 8))
        assert(![answer.body, JSON.stringify(lines)].some((text) => text.includes(secret)), 'a token is a secret');
    });
  }

  it('fetches the keys once, however many tokens come, and never for what is no token', () => {
    assert.equal(certs.fetched(), 1);
  });

  it('asks to come again when the keys cannot be fetched: a good token is not refused for that', async () => {
    const offline = { getFederatedSignonCertsAsync: () => Promise.reject(new Error('no route')) };
    const client = Object.assign(new OAuth2Client(), offline);
    const authenticate = createGroupAuthenticator(config, async () => client);
    await assert.rejects(async () => authenticate(`Bearer ${good}`), { code: 'IDENTITY_UNAVAILABLE', retryable: true });
    await assert.rejects(async () => authenticate('Bearer x'), { code: 'UNAUTHENTICATED' });
  });
});

function bearer(parts: Parameters<typeof token>[1]): string {
  return `Bearer ${token(AUDIENCE, parts)}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function encode(part: object): string {
  return base64(JSON.stringify(part));
}

function codeOf(body: string): string {
  return (JSON.parse(body) as { code: string }).code;
}
