import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../emulators/free-port.ts';
import { clearFirestore, startGoogleEmulator, type GoogleEmulator } from '../../emulators/google-emulators.ts';
import { processesLeftWith, processesWith } from '../support/processes.ts';

const launcher = resolve(import.meta.dirname, '../../emulators/google-emulators.ts');
/** As it stands on the emulator's command line. */
const portOf = (host: string) => `--port=${host.split(':')[1]}`;
/** Emulators that others run must not be taken for ours. */
const { FIRESTORE_EMULATOR_HOST: _firestore, PUBSUB_EMULATOR_HOST: _pubsub, ...env } = process.env;

describe('Google’s emulators', () => {
  for (const kind of ['firestore', 'pubsub'] as const) {
    it(`start ${kind}, answer, and leave no process when stopped`, async () => {
      const emulator = await startGoogleEmulator(kind, env);
      assert.equal(emulator.isOurs, true);
      assert.match(emulator.host, /^127\.0\.0\.1:\d+$/);
      assert.equal((await fetch(`http://${emulator.host}/`)).status, 200);
      assert.notDeepEqual(await processesWith(portOf(emulator.host)), []);
      await emulator.stop();
      assert.deepEqual(await processesLeftWith(portOf(emulator.host), 1_000), []);
    });
  }

  it('leave no process when the program that started them is killed', async () => {
    const script = `
      import { startGoogleEmulator } from ${JSON.stringify(launcher)};
      const emulators = await Promise.all([startGoogleEmulator('firestore'), startGoogleEmulator('pubsub')]);
      console.log(JSON.stringify(emulators.map(({ host }) => host)));
      setInterval(() => undefined, 1e6);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const hosts = JSON.parse(line) as string[];
    assert.equal(hosts.length, 2);
    for (const host of hosts) assert.notDeepEqual(await processesWith(portOf(host)), []);
    parent.kill('SIGKILL');
    for (const host of hosts) assert.deepEqual(await processesLeftWith(portOf(host)), [], host);
  });

  for (const [kind, variable] of [
    ['firestore', 'FIRESTORE_EMULATOR_HOST'],
    ['pubsub', 'PUBSUB_EMULATOR_HOST'],
  ] as const) {
    it(`name ${variable} when nothing answers where it points`, async () => {
      const nowhere = `127.0.0.1:${await freePort()}`;
      await assert.rejects(startGoogleEmulator(kind, { ...env, [variable]: nowhere }), (error: Error) => {
        assert.ok(error.message.startsWith(`${variable} is set to ${nowhere}`), error.message);
        return true;
      });
    });
  }

  it('are found where a variable says, and not stopped then', async () => {
    const ours = await startGoogleEmulator('pubsub', env);
    try {
      const theirs = await startGoogleEmulator('pubsub', { ...env, PUBSUB_EMULATOR_HOST: ours.host });
      assert.equal(theirs.host, ours.host);
      assert.equal(theirs.isOurs, false);
      await theirs.stop();
      assert.equal((await fetch(`http://${ours.host}/`)).status, 200);
    } finally {
      await ours.stop();
    }
  });
});

describe('clearing Firestore', () => {
  let emulator: GoogleEmulator;
  before(async () => {
    emulator = await startGoogleEmulator('firestore', env);
  });
  after(() => emulator.stop());

  it('empties one project and leaves the others', async () => {
    const documentsOf = (projectId: string) =>
      `http://${emulator.host}/v1/projects/${projectId}/databases/(default)/documents/things`;
    const headers = { authorization: 'Bearer owner', 'content-type': 'application/json' };
    const idsOf = async (projectId: string) => {
      const { documents = [] } = (await (await fetch(documentsOf(projectId), { headers })).json()) as {
        documents?: { name: string }[];
      };
      return documents.map(({ name }) => name.split('/').at(-1));
    };
    for (const projectId of ['demo-one', 'demo-two']) {
      const body = JSON.stringify({ fields: { isHere: { booleanValue: true } } });
      await fetch(`${documentsOf(projectId)}?documentId=first`, { method: 'POST', headers, body });
      assert.deepEqual(await idsOf(projectId), ['first']);
    }
    await clearFirestore(emulator.host, 'demo-one');
    assert.deepEqual(await idsOf('demo-one'), []);
    assert.deepEqual(await idsOf('demo-two'), ['first']);
  });
});
