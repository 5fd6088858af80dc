import assert from 'node:assert/strict';
import { parseConfig } from '../../../shared/runtime/config.ts';
import { createGroupAuthenticator } from '../../../shared/runtime/identity.ts';

const env = { GOOGLE_CLOUD_PROJECT: 'demo-andante', BIGQUERY_DATASET: 'andante' };
const local = parseConfig({
  ...env,
  FIRESTORE_EMULATOR_HOST: 'localhost:1',
  PUBSUB_EMULATOR_HOST: 'localhost:2',
  BIGQUERY_EMULATOR_HOST: 'http://localhost:3',
});
const production = parseConfig({ ...env, REPORT_AUDIENCE: 'https://report.example' });

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
      await assert.rejects(createGroupAuthenticator(local)(header), { code: 'UNAUTHENTICATED' });
    });
  }

  it('takes no emulator token in production', async () => {
    await assert.rejects(createGroupAuthenticator(production)('Bearer group:g1'), {
      code: 'UNAUTHENTICATED',
      message: 'the token does not verify',
    });
    await assert.rejects(createGroupAuthenticator(production)(undefined), {
      code: 'UNAUTHENTICATED',
      message: /Bearer TOKEN/,
    });
  });

  it('cannot be made in production without an audience: a token for anybody would do', () => {
    assert.throws(() => createGroupAuthenticator(parseConfig(env)), {
      code: 'INVALID_CONFIG',
      message: /REPORT_AUDIENCE/,
    });
  });
});
