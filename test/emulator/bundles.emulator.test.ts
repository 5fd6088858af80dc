// What `npm run build` makes is what runs in the cloud: the framework's own program, one bundle, nothing of ours beside it.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../emulators/free-port.ts';
import { buildFunctions } from '../../functions/build.ts';
import { readTopology } from '../../terraform/topology.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { campaignCreated } from '../support/events.ts';
import { supplyDays } from '../support/markets.ts';
import { pushOf } from '../support/pushes.ts';

// Inside the project, so that the framework is found as it is in a deployment.
const outDir = resolve(import.meta.dirname, '../../node_modules/.cache/andante', `bundles-${process.pid}`);
const framework = resolve(
  import.meta.dirname,
  '../../node_modules/@google-cloud/functions-framework/build/src/main.js',
);

/** Whether something takes connections there; a request would be an event. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => Boolean(socket.destroy()),
    () => false,
  );
}

describe('A bundle', function () {
  this.timeout(60_000);
  let projectId: string;
  let clients: ReturnType<typeof clientsOf>;
  let store: AllocationStore;
  const children: ChildProcess[] = [];

  before(async () => {
    projectId = newProject();
    clients = clientsOf(projectId);
    store = createFirestoreStore(clients.firestore);
    await buildFunctions(outDir);
    await persistSupply(store, 'SE', [...supplyDays(3).values()]);
  });
  after(async () => {
    for (const child of children) child.kill();
    await clients.close();
    await rm(outDir, { recursive: true });
  });

  /** Runs one bundle as Cloud Functions does; returns where it answers. */
  async function serve(name: string): Promise<string> {
    const port = await freePort();
    const env = {
      ...process.env,
      GOOGLE_CLOUD_PROJECT: projectId,
      BIGQUERY_DATASET: 'andante',
      BIGQUERY_EMULATOR_HOST: clients.bigqueryEndpoint,
      VIRTUAL_TIME: 'true',
      LOG_LEVEL: 'warn',
    };
    const child = spawn(process.execPath, [framework, `--target=${name}`, `--port=${port}`], {
      cwd: resolve(outDir, name),
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    children.push(child);
    const ended = once(child, 'exit').then(() => assert.fail(`${name} ended`));
    ended.catch(() => undefined);
    const url = `http://127.0.0.1:${port}`;
    for (;;) {
      const isUp = await Promise.race([ended, listens(port)]);
      if (isUp) return url;
      await delay(50);
    }
  }

  it('of an event function takes a push and commits it', async () => {
    const url = await serve('campaign-created');
    const push = pushOf(encodeInstants(campaignCreated()));
    const answer = await fetch(`${url}/projects/${projectId}/topics/campaign-created`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(push),
    });
    assert.equal(answer.status, 204);
    const [campaign] = await store.read([refs.campaign('t1', 'c1')]);
    assert.equal(campaign?.status, 'active');
  });

  it('of an HTTP function answers', async () => {
    const url = await serve('plan');
    const answer = await fetch(`${url}/v1/markets/SE/plan`, { headers: { authorization: 'Bearer group:g1' } });
    assert.equal(answer.status, 404);
    assert.equal(((await answer.json()) as { code: string }).code, 'NOT_FOUND');
  });

  it('refuses in our words what the framework has pages for', async () => {
    const url = await serve('delivery-tick');
    const json = { 'content-type': 'application/json' };
    for (const [path, init, code] of [
      ['/', {}, 'METHOD_NOT_ALLOWED'],
      ['/favicon.ico', {}, 'METHOD_NOT_ALLOWED'],
      ['/', { method: 'POST' }, 'BAD_JSON'],
      ['/%zz', { method: 'POST', headers: json, body: 'not json' }, 'BAD_JSON'],
      ['/', { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: '{}' }, 'INVALID_REQUEST'],
    ] as const) {
      const answer = await fetch(`${url}${path}`, init);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      assert.equal(((await answer.json()) as { code: string }).code, code);
    }
  });

  it('of every function is made, and stands on its own', async () => {
    const { functions } = await readTopology();
    for (const name of Object.keys(functions)) {
      assert.equal(dirname(resolve(outDir, name, 'index.js')), resolve(outDir, name));
      await serve(name);
    }
  });
});
