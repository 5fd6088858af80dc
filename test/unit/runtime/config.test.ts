import assert from 'node:assert/strict';
import { parseConfig } from '../../../shared/runtime/config.ts';

const env = { GOOGLE_CLOUD_PROJECT: 'demo-andante', BIGQUERY_DATASET: 'andante' };
const local = {
  FIRESTORE_EMULATOR_HOST: '127.0.0.1:8080',
  PUBSUB_EMULATOR_HOST: 'localhost:8085',
  BIGQUERY_EMULATOR_HOST: 'http://127.0.0.1:9050',
};

const wrong = [
  { name: 'no project', env: { BIGQUERY_DATASET: 'andante' }, message: /GOOGLE_CLOUD_PROJECT/ },
  { name: 'an empty dataset', env: { ...env, BIGQUERY_DATASET: '' }, message: /BIGQUERY_DATASET/ },
  {
    name: 'a project id that is none',
    env: { ...env, GOOGLE_CLOUD_PROJECT: 'Demo_1' },
    message: /GOOGLE_CLOUD_PROJECT/,
  },
  { name: 'a tick of milliseconds', env: { ...env, TICK_INTERVAL_MS: '999' }, message: /TICK_INTERVAL_MS/ },
  { name: 'a tick in words', env: { ...env, TICK_INTERVAL_MS: '5 minutes' }, message: /TICK_INTERVAL_MS/ },
  { name: 'a log level nobody knows', env: { ...env, LOG_LEVEL: 'loud' }, message: /LOG_LEVEL/ },
  { name: 'virtual time that is maybe', env: { ...env, ...local, VIRTUAL_TIME: '1' }, message: /VIRTUAL_TIME/ },
  {
    name: 'virtual time in production',
    env: { ...env, VIRTUAL_TIME: 'true' },
    message: /VIRTUAL_TIME is for emulators on this machine/,
  },
  {
    name: 'virtual time with one emulator',
    env: { ...env, FIRESTORE_EMULATOR_HOST: 'localhost:1', VIRTUAL_TIME: 'true' },
    message: /VIRTUAL_TIME is for/,
  },
  {
    name: 'virtual time on another machine',
    env: { ...env, ...local, PUBSUB_EMULATOR_HOST: '10.0.0.1:8085', VIRTUAL_TIME: 'true' },
    message: /VIRTUAL_TIME is for/,
  },
  {
    name: 'virtual time on a name that only begins like ours',
    env: { ...env, ...local, PUBSUB_EMULATOR_HOST: '127.0.0.1.example.com:80', VIRTUAL_TIME: 'true' },
    message: /VIRTUAL_TIME is for/,
  },
  {
    name: 'virtual time with a real dataset',
    env: { ...env, ...local, BIGQUERY_EMULATOR_HOST: undefined, VIRTUAL_TIME: 'true' },
    message: /BIGQUERY_EMULATOR_HOST must be loopback/,
  },
  {
    name: 'virtual time with a dataset on another machine',
    env: { ...env, ...local, BIGQUERY_EMULATOR_HOST: 'https://bigquery.googleapis.com', VIRTUAL_TIME: 'true' },
    message: /VIRTUAL_TIME is for/,
  },
  {
    name: 'virtual time with a dataset whose URL only begins like ours',
    env: { ...env, ...local, BIGQUERY_EMULATOR_HOST: 'http://localhost.example.com:9050', VIRTUAL_TIME: 'true' },
    message: /VIRTUAL_TIME is for/,
  },
  { name: 'groups that are a list', env: { ...env, AD_SERVER_GROUPS: '["g1"]' }, message: /AD_SERVER_GROUPS/ },
  { name: 'an empty list of groups', env: { ...env, AD_SERVER_GROUPS: '[]' }, message: /AD_SERVER_GROUPS/ },
  { name: 'groups that are a text', env: { ...env, AD_SERVER_GROUPS: '"g1"' }, message: /AD_SERVER_GROUPS/ },
  { name: 'groups that are an empty text', env: { ...env, AD_SERVER_GROUPS: '""' }, message: /AD_SERVER_GROUPS/ },
  { name: 'groups that are a number', env: { ...env, AD_SERVER_GROUPS: '7' }, message: /AD_SERVER_GROUPS/ },
  { name: 'groups that are no JSON', env: { ...env, AD_SERVER_GROUPS: '{' }, message: /AD_SERVER_GROUPS/ },
  { name: 'groups that are null', env: { ...env, AD_SERVER_GROUPS: 'null' }, message: /AD_SERVER_GROUPS/ },
  { name: 'a group with a bad name', env: { ...env, AD_SERVER_GROUPS: '{"a@b":"g 1"}' }, message: /AD_SERVER_GROUPS/ },
  { name: 'an audience without TLS', env: { ...env, AD_SERVER_AUDIENCE: 'http://x' }, message: /AD_SERVER_AUDIENCE/ },
  {
    name: 'tenants that are no JSON',
    env: { ...env, TENANTS: '{' },
    message: /TENANTS must be a JSON object from emails/,
  },
  { name: 'tenants that are a list', env: { ...env, TENANTS: '[]' }, message: /TENANTS must be a JSON object/ },
  { name: 'tenants that are null', env: { ...env, TENANTS: 'null' }, message: /TENANTS must be a JSON object/ },
  {
    name: 'a tenant without an email',
    env: { ...env, TENANTS: '{"ann":{"tenantId":"a"}}' },
    message: /from emails to/,
  },
  { name: 'a tenant without an id', env: { ...env, TENANTS: '{"a@b":{}}' }, message: /TENANTS .*a@b .*tenantId/ },
  { name: 'a tenant with a bad id', env: { ...env, TENANTS: '{"a@b":{"tenantId":"a/b"}}' }, message: /a@b\/tenantId/ },
  {
    name: 'a tenant with what nobody knows',
    env: { ...env, TENANTS: '{"a@b":{"tenantId":"a","rate":1}}' },
    message: /TENANTS .*a@b must NOT have additional/,
  },
  {
    name: 'a tenant that may ask for nothing',
    env: { ...env, TENANTS: '{"a@b":{"tenantId":"a","requestsPerMinute":0}}' },
    message: /a@b\/requestsPerMinute must be >= 1/,
  },
  {
    name: 'a tenant that may hold more than there is',
    env: { ...env, TENANTS: '{"a@b":{"tenantId":"a","heldShare":1.1}}' },
    message: /a@b\/heldShare must be <= 1/,
  },
  {
    name: 'a tenant that is the platform',
    env: { ...env, TENANTS: '{"a@b":{"tenantId":"andante"}}' },
    message: /TENANTS: a@b must not speak for andante itself/,
  },
  {
    name: 'a tenant that is the canary of the platform',
    env: { ...env, TENANTS: '{"a@b":{"tenantId":"andante-canary"}}' },
    message: /TENANTS: a@b must not speak for andante-canary itself/,
  },
  {
    name: 'two limits of one tenant',
    env: { ...env, TENANTS: '{"a@b":{"tenantId":"a"},"c@b":{"tenantId":"a","heldShare":0.1}}' },
    message: /TENANTS: c@b must have the limits of the other emails of a/,
  },
  { name: 'an audience of bookings without TLS', env: { ...env, BOOKING_AUDIENCE: 'x' }, message: /BOOKING_AUDIENCE/ },
];

describe('parsing the configuration', () => {
  it('reads what is set and defaults the rest, frozen', () => {
    const config = parseConfig({
      ...env,
      PATH: '/bin',
      AD_SERVER_GROUPS: '{"a@demo.example":"g1"}',
      AD_SERVER_AUDIENCE: 'https://ads.example',
      TENANTS: '{"a@b":{"tenantId":"a"},"__proto__@b":{"tenantId":"p","requestsPerMinute":5,"heldShare":0}}',
      BOOKING_AUDIENCE: 'https://booking.example',
    });
    assert.deepEqual(
      [config.projectId, config.dataset, config.tickIntervalMs, config.virtualTime, config.logLevel, config.isLocal],
      ['demo-andante', 'andante', 60_000, false, 'info', false],
    );
    assert.deepEqual([...config.adServerGroups], [['a@demo.example', 'g1']]);
    assert.deepEqual(
      [...config.tenants],
      [
        ['a@b', { tenantId: 'a', requestsPerMinute: 6_000, heldShare: 0.25 }],
        ['__proto__@b', { tenantId: 'p', requestsPerMinute: 5, heldShare: 0 }],
      ],
    );
    assert.equal(config.bookingAudience, 'https://booking.example');
    assert(Object.isFrozen(config));
  });

  it('allows virtual time where everything is an emulator on this machine', () => {
    for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1', 'http://127.0.0.1:1']) {
      const config = parseConfig({
        ...env,
        FIRESTORE_EMULATOR_HOST: host,
        PUBSUB_EMULATOR_HOST: host,
        BIGQUERY_EMULATOR_HOST: host,
        VIRTUAL_TIME: 'true',
        TICK_INTERVAL_MS: '300000',
      });
      assert.deepEqual([config.virtualTime, config.isLocal, config.tickIntervalMs], [true, true, 300_000]);
    }
  });

  for (const { name, env: given, message } of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parseConfig(given), { code: 'INVALID_CONFIG', message });
    });
  }

  it('names every problem in one error', () => {
    const all = { TICK_INTERVAL_MS: 'x', LOG_LEVEL: 'x', AD_SERVER_GROUPS: 'x', TENANTS: 'x', VIRTUAL_TIME: 'true' };
    assert.throws(
      () => parseConfig(all),
      ({ message }: Error) =>
        ['GOOGLE_CLOUD_PROJECT', 'BIGQUERY_DATASET', ...Object.keys(all)].every((name) => message.includes(name)),
    );
  });
});
