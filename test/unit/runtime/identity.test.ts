import assert from 'node:assert/strict';
import { OAuth2Client } from 'google-auth-library';
import { parseConfig } from '../../../shared/runtime/config.ts';
import { createGroupAuthenticator, createTenantAuthenticator } from '../../../shared/runtime/identity.ts';
import { CERTS, token } from '../../support/tokens.ts';

const env = { GOOGLE_CLOUD_PROJECT: 'demo-andante', BIGQUERY_DATASET: 'andante' };
const local = parseConfig({
  ...env,
  FIRESTORE_EMULATOR_HOST: 'localhost:1',
  PUBSUB_EMULATOR_HOST: 'localhost:2',
  BIGQUERY_EMULATOR_HOST: 'http://localhost:3',
});
const production = parseConfig({ ...env, AD_SERVER_AUDIENCE: 'https://ads.example' });

describe('authenticating a group', () => {
  it('takes the group that the token names, on emulators of this machine', async () => {
    assert.equal(await createGroupAuthenticator(local)('Bearer group:SE-a.1'), 'SE-a.1');
  });

  for (const header of [
    undefined,
    '',
    'group:g1',
    'Basic Zm9v',
    'Bearer ',
    'Bearer g1',
    'Bearer group:',
    'Bearer group:-g',
    `Bearer group:${'g'.repeat(33)}`,
    'Bearer group:g1\n',
  ]) {
    it(`refuses ${JSON.stringify(header)?.slice(0, 40) ?? 'no header'}`, async () => {
      await assert.rejects(async () => createGroupAuthenticator(local)(header), { code: 'UNAUTHENTICATED' });
    });
  }

  it('takes no emulator token in production', async () => {
    await assert.rejects(async () => createGroupAuthenticator(production)('Bearer group:g1'), {
      code: 'UNAUTHENTICATED',
      message: 'the token does not verify',
    });
    await assert.rejects(async () => createGroupAuthenticator(production)(undefined), {
      code: 'UNAUTHENTICATED',
      message: /Bearer TOKEN/,
    });
  });

  it('trusts a name alone nowhere but where every emulator is on this machine, whatever else is set', async () => {
    const here = ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080', 'http://127.0.0.1:8080'];
    const elsewhere = [
      ...[undefined, '', ' ', '0.0.0.0:8080', '10.0.0.1:8080', '169.254.169.254', 'firestore.googleapis.com:443'],
      ...['localhost.example.com:80', '127.0.0.1.example.com', 'http://localhost@example.com', 'example.com#localhost'],
      ...[
        'http://127.0.0.1:80@example.com',
        'localhost:80/../x',
        'LOCALHOST.',
        'localhost:80\n',
        '[::2]:80',
        '128.0.0.1',
      ],
    ];
    const hosts = [...here, ...elsewhere];
    const others = [
      {},
      { VIRTUAL_TIME: 'false', LOG_LEVEL: 'debug' },
      { NODE_ENV: 'test', FUNCTIONS_EMULATOR: 'true', EMULATOR: '1', isLocal: 'true', K_SERVICE: '' },
    ];
    const counts = { local: 0, production: 0, refused: 0 };
    for (const FIRESTORE_EMULATOR_HOST of hosts)
      for (const PUBSUB_EMULATOR_HOST of hosts)
        for (const BIGQUERY_EMULATOR_HOST of hosts)
          for (const other of others) {
            const three = { FIRESTORE_EMULATOR_HOST, PUBSUB_EMULATOR_HOST, BIGQUERY_EMULATOR_HOST };
            const all = { ...env, AD_SERVER_AUDIENCE: 'https://ads.example', ...other, ...three };
            const isAllHere = Object.values(three).every((host) => host !== undefined && here.includes(host));
            const what = await trusts(all);
            assert.equal(what === 'local', isAllHere, JSON.stringify(all));
            counts[what]++;
          }
    assert.equal(counts.local, here.length ** 3 * others.length);
    assert(counts.production > 1_000 && counts.refused > 1_000, JSON.stringify(counts));
  });

  it('cannot be made in production without an audience: a token for anybody would do', () => {
    assert.throws(() => createGroupAuthenticator(parseConfig(env)), {
      code: 'INVALID_CONFIG',
      message: /AD_SERVER_AUDIENCE/,
    });
  });
});

describe('authenticating a tenant', () => {
  const AUDIENCE = 'https://booking.example';
  const TENANTS = JSON.stringify({
    'se-a@demo.iam.gserviceaccount.com': { tenantId: 'aurora-records', requestsPerMinute: 60 },
    'ann@aurora.example': { tenantId: 'aurora-records', requestsPerMinute: 60 },
    'bo@bluebird.example': { tenantId: 'bluebird', heldShare: 0.5 },
  });
  const booking = parseConfig({
    ...env,
    BOOKING_AUDIENCE: AUDIENCE,
    TENANTS,
    AD_SERVER_AUDIENCE: 'https://ads.example',
  });
  const openClient = async () =>
    Object.assign(new OAuth2Client(), {
      getFederatedSignonCertsAsync: () => Promise.resolve({ certs: CERTS, format: 'PEM' }),
    }) as OAuth2Client;
  const authenticate = createTenantAuthenticator(booking, openClient);
  const aurora = { tenantId: 'aurora-records', requestsPerMinute: 60, heldShare: 0.25 };

  it('knows it by the email of its token, with the limits of TENANTS and defaults for the rest', async () => {
    assert.deepEqual(await authenticate(`Bearer ${token(AUDIENCE)}`), aurora);
    const ann = token(AUDIENCE, { payload: { email: 'ann@aurora.example' } });
    assert.deepEqual(await authenticate(`Bearer ${ann}`), aurora);
    const bo = token(AUDIENCE, { payload: { email: 'bo@bluebird.example' } });
    assert.deepEqual(await authenticate(`Bearer ${bo}`), {
      tenantId: 'bluebird',
      requestsPerMinute: 6_000,
      heldShare: 0.5,
    });
  });

  it('checks the signature of a token once a minute, and takes none after its end', async () => {
    const startMs = Date.now();
    let nowMs = startMs;
    let checks = 0;
    const client = await openClient();
    const check = client.verifySignedJwtWithCertsAsync.bind(client);
    client.verifySignedJwtWithCertsAsync = (...args) => {
      checks++;
      return check(...args);
    };
    const authenticate = createTenantAuthenticator(
      booking,
      async () => client,
      () => nowMs,
    );
    const bearer = `Bearer ${token(AUDIENCE)}`;
    assert.deepEqual(await authenticate(bearer), aurora);
    nowMs = startMs + 59_999;
    // No promise any more.
    assert.deepEqual(authenticate(bearer), aurora);
    assert.equal(checks, 1);
    await authenticate(`Bearer ${token(AUDIENCE, { payload: { email: 'bo@bluebird.example' } })}`);
    assert.equal(checks, 2);
    nowMs = startMs + 60_000;
    assert.deepEqual(await authenticate(bearer), aurora);
    assert.equal(checks, 3);

    const ends = `Bearer ${token(AUDIENCE, { payload: { exp: Math.floor(startMs / 1000) + 30 } })}`;
    assert.deepEqual(await authenticate(ends), aurora);
    assert.equal(checks, 4);
    nowMs = startMs + 31_000;
    await authenticate(ends);
    assert.equal(checks, 5, 'a token is looked at again once it ended');
  });

  it('remembers nobody whom it refused', async () => {
    const stranger = `Bearer ${token(AUDIENCE, { payload: { email: 'se-b@demo.iam.gserviceaccount.com' } })}`;
    await assert.rejects(async () => authenticate(stranger), { code: 'FORBIDDEN' });
    await assert.rejects(async () => authenticate(stranger), { code: 'FORBIDDEN' });
  });

  it('takes no token of the ad servers’ audience, of another signer, or of a stranger', async () => {
    const stranger = token(AUDIENCE, { payload: { email: 'se-b@demo.iam.gserviceaccount.com' } });
    const refused = [
      { bearer: token('https://ads.example'), code: 'UNAUTHENTICATED' },
      { bearer: token(AUDIENCE, { signedBy: 'stranger' }), code: 'UNAUTHENTICATED' },
      { bearer: token(AUDIENCE, { payload: { email_verified: false } }), code: 'UNAUTHENTICATED' },
      { bearer: 'tenant:aurora-records', code: 'UNAUTHENTICATED' },
      { bearer: stranger, code: 'FORBIDDEN', message: 'this caller is no tenant: add it to TENANTS' },
    ];
    for (const { bearer, ...error } of refused)
      await assert.rejects(async () => authenticate(`Bearer ${bearer}`), error);
    await assert.rejects(async () => createGroupAuthenticator(booking, openClient)(`Bearer ${token(AUDIENCE)}`), {
      code: 'UNAUTHENTICATED',
    });
  });

  it('takes any name on emulators, with the limits that TENANTS gives it', async () => {
    const here = { ...env, FIRESTORE_EMULATOR_HOST: 'localhost:1', PUBSUB_EMULATOR_HOST: 'localhost:2' };
    const config = parseConfig({ ...here, BIGQUERY_EMULATOR_HOST: 'http://localhost:3', TENANTS });
    const authenticateHere = createTenantAuthenticator(config);
    assert.deepEqual(await authenticateHere('Bearer tenant:aurora-records'), aurora);
    assert.deepEqual(await authenticateHere('Bearer tenant:c.1'), {
      tenantId: 'c.1',
      requestsPerMinute: 1_000_000,
      heldShare: 0.25,
    });
  });

  for (const header of [
    undefined,
    'tenant:a',
    'Bearer tenant:',
    'Bearer group:a',
    'Bearer tenant:-a',
    'Bearer tenant:andante',
    'Bearer tenant:andante-canary',
    `Bearer tenant:${'a'.repeat(65)}`,
    'Bearer tenant:a\n',
  ]) {
    it(`refuses ${JSON.stringify(header)?.slice(0, 40) ?? 'no header'} on emulators`, async () => {
      await assert.rejects(async () => createTenantAuthenticator(local)(header), { code: 'UNAUTHENTICATED' });
    });
  }

  it('cannot be made in production without an audience', () => {
    assert.throws(() => createTenantAuthenticator(production), { code: 'INVALID_CONFIG', message: /BOOKING_AUDIENCE/ });
  });
});

/** Whether this environment takes a group's name for a token: in production it never does, or is not taken itself. */
async function trusts(all: Record<string, string | undefined>): Promise<'local' | 'production' | 'refused'> {
  try {
    await createGroupAuthenticator(parseConfig(all))('Bearer group:g1');
    return 'local';
  } catch (error) {
    const { code } = error as { code: string };
    assert.match(code, /^(UNAUTHENTICATED|INVALID_CONFIG)$/);
    return code === 'UNAUTHENTICATED' ? 'production' : 'refused';
  }
}
