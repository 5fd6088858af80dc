// What `npm run build` makes is what runs in the cloud: the framework's own program, one bundle, nothing of ours beside it.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../emulators/free-port.ts';
import { buildFunctions, type Bundle } from '../../functions/build.ts';
import { readTopology } from '../../terraform/topology.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import { spanIdOf } from '../../shared/runtime/traceparent.ts';
import { assertLogLines } from '../support/assert-log-lines.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { campaignCreated } from '../support/events.ts';
import { TRACEPARENT } from '../support/in-hand.ts';
import { supplyDays } from '../support/markets.ts';
import { pushOf } from '../support/pushes.ts';
import { unzip } from '../support/read-zip.ts';

const root = resolve(import.meta.dirname, '../..');
// Inside the project, so that the framework is found as it is in a deployment.
const outDir = resolve(root, 'node_modules/.cache/andante', `bundles-${process.pid}`);
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
  this.timeout(120_000);
  let projectId: string;
  let clients: ReturnType<typeof clientsOf>;
  let store: AllocationStore;
  let bundles: Bundle[] = [];
  const children: ChildProcess[] = [];

  before(async () => {
    projectId = newProject();
    clients = clientsOf(projectId);
    store = createFirestoreStore(clients.firestore);
    bundles = await buildFunctions(outDir);
    for (const { name, zip } of bundles) await unzip(await readFile(zip), resolve(outDir, 'unpacked', name));
    await persistSupply(store, 'SE', [...supplyDays(3).values()]);
  });
  after(async () => {
    for (const child of children) child.kill();
    await clients.close();
    await rm(outDir, { recursive: true });
  });

  /** Runs what one zip holds as Cloud Functions does; returns where it answers. */
  async function serve(name: string, own: NodeJS.ProcessEnv = {}, said?: string[]): Promise<string> {
    const port = await freePort();
    const env = {
      ...process.env,
      GOOGLE_CLOUD_PROJECT: projectId,
      BIGQUERY_DATASET: 'andante',
      BIGQUERY_EMULATOR_HOST: clients.bigqueryEndpoint,
      VIRTUAL_TIME: 'true',
      LOG_LEVEL: 'warn',
      ...own,
    };
    const child = spawn(process.execPath, [framework, `--target=${name}`, `--port=${port}`], {
      cwd: resolve(outDir, 'unpacked', name),
      env,
      stdio: ['ignore', said ? 'pipe' : 'inherit', 'inherit'],
    });
    child.stdout?.on('data', (data: Buffer) => said?.push(data.toString()));
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

  it('marks each line of its log with the execution that the framework names, whether or not that marks lines too', async () => {
    for (const isMarking of ['true', 'false']) {
      const said: string[] = [];
      const url = await serve('openapi', { LOG_EXECUTION_ID: isMarking, LOG_LEVEL: 'info' }, said);
      for (const id of ['first', 'second']) {
        const headers = { 'function-execution-id': id, traceparent: TRACEPARENT };
        await (await fetch(`${url}/v1/openapi.json`, { headers })).arrayBuffer();
      }
      // The framework says what it serves before.
      const lines = () =>
        said
          .join('')
          .split('\n')
          .filter((line) => /^\{.*\}$/.test(line));
      while (lines().length < 2) await delay(10);
      const found = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
      assertLogLines(found);
      assert.deepEqual(
        found.map((line) => [line['logging.googleapis.com/labels'], line['logging.googleapis.com/spanId']]),
        ['first', 'second'].map((id) => [{ execution_id: id }, spanIdOf(TRACEPARENT)]),
      );
      children.pop()?.kill();
    }
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

  it('of every function is made, and what its zip holds answers its health', async () => {
    const { functions } = await readTopology();
    assert.deepEqual(
      bundles.map(({ name }) => name),
      Object.keys(functions),
    );
    for (const { name } of bundles) {
      const answer = await fetch(`${await serve(name)}/health`);
      assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok', function: name }]);
      children.pop()?.kill();
    }
  });

  it('is the same byte for byte when it is built in another folder, from another one, in another time zone', async () => {
    const elsewhere = await mkdtemp(resolve(tmpdir(), 'andante-build-'));
    try {
      for (const part of ['functions', 'shared', 'terraform', 'package.json', 'package-lock.json', 'tsconfig.json'])
        await cp(resolve(root, part), resolve(elsewhere, part), { recursive: true });
      await symlink(resolve(root, 'node_modules'), resolve(elsewhere, 'node_modules'));
      const built = resolve(elsewhere, 'built');
      const child = spawn(process.execPath, [resolve(elsewhere, 'functions/build.ts'), '--out', built, '--json'], {
        cwd: tmpdir(),
        env: { ...process.env, TZ: 'Pacific/Kiritimati', LANG: 'de_DE.UTF-8' },
        stdio: 'ignore',
      });
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      // The manifest has the hash of every zip.
      for (const file of ['manifest.json', 'sbom.json', ...bundles.map(({ name }) => `${name}.zip`)])
        assert((await readFile(resolve(outDir, file))).equals(await readFile(resolve(built, file))), file);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it('comes with a bill of materials: only what npm has installed, and nothing that only development needs', async () => {
    const bill = JSON.parse(await readFile(resolve(outDir, 'sbom.json'), 'utf8')) as { components: Component[] };
    const libraries = bill.components.filter(({ type }) => type === 'library');
    assert(libraries.length > 50);
    const installed = new Map((await npmBill()).components.map((component) => [component.purl, component]));
    for (const { purl, hashes } of libraries) assert.deepEqual(installed.get(purl)?.hashes, hashes, purl);
    const lock = JSON.parse(await readFile(resolve(root, 'package-lock.json'), 'utf8')) as { packages: object };
    const needed = Object.entries(lock.packages as Record<string, { dev?: boolean; version: string }>)
      .filter(([, { dev }]) => dev !== true)
      .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`);
    for (const { group, name, version } of libraries)
      assert(needed.includes(`${group === undefined ? '' : `${group}/`}${name}@${version}`), name);
    const names = libraries.map(({ name }) => name);
    for (const name of ['functions-framework', 'firestore', 'pubsub', 'bigquery', 'pino']) assert(names.includes(name));
    const manifest = JSON.parse(await readFile(resolve(outDir, 'manifest.json'), 'utf8')) as { functions: Listed[] };
    const openapi = manifest.functions.find(({ name }) => name === 'openapi');
    assert(openapi?.packages.every((name) => !/^@google-cloud\/|^highs@|^esbuild@/.test(name)));
  });
});

interface Component {
  type: string;
  group?: string;
  name: string;
  version: string;
  purl: string;
  hashes: { alg: string; content: string }[];
}

interface Listed {
  name: string;
  packages: string[];
}

/** All that npm has: told to omit what is for development, it omits what both need (ajv, of functions-framework) as well. */
async function npmBill(): Promise<{ components: Component[] }> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const child = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(await text(child.stdout)) as { components: Component[] };
}
