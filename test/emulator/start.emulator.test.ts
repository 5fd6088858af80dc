// `npm start` as a newcomer meets it: what it prints, how it ends, and that nothing stays behind.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { DayReport } from '../../emulators/day-report.ts';
import { readTopology } from '../../terraform/topology.ts';
import { processesLeftWith } from '../support/processes.ts';

const script = resolve(import.meta.dirname, '../../emulators/start.ts');
/** Without the emulators of this test run: each start brings up its own. */
const { FIRESTORE_EMULATOR_HOST: _firestore, PUBSUB_EMULATOR_HOST: _pubsub, ...env } = process.env;

interface Started {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
}

const started: ChildProcess[] = [];

function start(args: string[], own: NodeJS.ProcessEnv = {}): Started {
  return watch(
    spawn(process.execPath, [script, ...args], { env: { ...env, ...own }, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

function watch(child: ChildProcess): Started {
  started.push(child);
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data: Buffer) => (texts.stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (texts.stderr += data.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, ended };
}

interface Places {
  projectId: string;
  firestoreHost: string;
  pubsubHost: string;
  bigqueryEndpoint: string;
  functionsUrl: string;
  topics: string[];
  subscriptions: string[];
  dataset: string;
  tables: string[];
}

/** The JSON object that `--idle` ends its start with. */
async function placesOf(run: Started): Promise<Places> {
  const { child } = run;
  while (!run.stdout().includes('\n')) {
    await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, 'data'),
      once(child, 'close').then(() => assert.fail(run.stderr())),
    ]);
  }
  return JSON.parse(run.stdout().trim().split('\n').at(-1) as string) as Places;
}

const portOf = (address: string) => new URL(address.startsWith('http') ? address : `http://${address}`).port;

/** No program that was told these ports is left. */
async function assertNothingLeft({ firestoreHost, pubsubHost, functionsUrl }: Places): Promise<void> {
  for (const address of [firestoreHost, pubsubHost])
    assert.deepEqual(await processesLeftWith(`--port=${portOf(address)}`), []);
  assert.deepEqual(await processesLeftWith(`--port ${portOf(functionsUrl)}`), []);
}

describe('npm start', function () {
  this.timeout(240_000);
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  it('plays a day, prints a line for each campaign and the totals, and exits 0 because every invariant held', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'andante-'));
    const file = join(folder, 'out', 'report.json');
    const run = start([
      '--once',
      '--seed',
      '3',
      '--markets',
      '2',
      '--campaigns',
      '8',
      '--tick-doubled',
      '0.1',
      '--tick-late',
      '0.05',
      '--tick-missing',
      '0.05',
      '--report',
      file,
    ]);
    assert.equal(await run.ended, 0, run.stderr() + run.stdout());
    const report = JSON.parse(await readFile(file, 'utf8')) as DayReport;
    await rm(folder, { recursive: true });
    assert.deepEqual(report.violations, []);
    assert.equal(report.totals.campaigns, 8);
    assert(report.totals.clicks > 0 && report.totals.billedMicros > 0 && report.totals.outcomes > 0);
    assert(report.totals.duplicatesAbsorbed > 0 && report.totals.quarantined >= 2);
    assert.equal(report.totals.overspendMicros, 0);
    assert(report.totals.quotes > 0 && report.totals.bookedOverHttp > 0);
    assert.match(run.stdout(), /over HTTP \d+ quotes and \d+ bookings, of which \d+ campaigns came/);
    for (const line of report.campaigns) assert(run.stdout().includes(line.campaignId), line.campaignId);
    assert.match(run.stdout(), /every invariant held/);
    assert.match(run.stderr(), /100%/);
  });

  it('idles, says where everything is, stands beside another one, and leaves nothing behind when interrupted', async () => {
    const [first, second] = [start(['--idle']), start(['--idle'])];
    const [one, two] = await Promise.all([placesOf(first), placesOf(second)]);
    for (const places of [one, two]) {
      assert.equal((await fetch(`${places.functionsUrl}/v1/markets/SE/plan`)).status, 401);
      assert.deepEqual([places.dataset, places.tables], ['andante', Object.keys((await readTopology()).tables)]);
      assert(places.topics.includes('budget-changed') && places.subscriptions.includes('budget-changed-dead-letter'));
    }
    assert.notEqual(one.functionsUrl, two.functionsUrl);
    first.child.kill('SIGINT');
    second.child.kill('SIGTERM');
    assert.deepEqual(await Promise.all([first.ended, second.ended]), [0, 0]);
    await assertNothingLeft(one);
    await assertNothingLeft(two);
  });

  it('leaves nothing behind when it is killed', async () => {
    const run = start(['--idle']);
    const places = await placesOf(run);
    run.child.kill('SIGKILL');
    await run.ended;
    await assertNothingLeft(places);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`leaves nothing behind when npm gets ${signal}`, async () => {
      const child = spawn('npm', ['start', '--silent', '--', '--idle'], {
        env,
        cwd: resolve(import.meta.dirname, '../..'),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const run = watch(child);
      const places = await placesOf(run);
      child.kill(signal);
      await once(child, 'exit');
      await assertNothingLeft(places);
    });
  }

  it('says what to install when there are no emulators', async () => {
    // Java and node are found, gcloud, docker and firebase's cache are not.
    const run = start(['--idle'], { PATH: dirname(process.execPath), HOME: '/nonexistent' });
    assert.equal(await run.ended, 1);
    assert.match(run.stderr(), /gcloud components install/);
    assert.doesNotMatch(run.stderr(), /\n {4}at /, 'no stack trace');
  });

  it('names a port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const run = start(['--idle', '--port', String(port)]);
    assert.equal(await run.ended, 1);
    server.close();
    assert.match(run.stderr(), new RegExp(`port ${port} is taken`, 'i'));
    assert.doesNotMatch(run.stderr(), /\n {4}at /, 'no stack trace');
  });

  for (const { args, says } of [
    { args: ['--once', '--idle'], says: /--idle stays up and --once does not/ },
    { args: ['--markets', 'many'], says: /--markets takes a whole number from 1 to 15, not many/ },
    { args: ['--frobnicate'], says: /--frobnicate/ },
    { args: ['--traffic', '/nonexistent.csv'], says: /nonexistent\.csv/ },
  ]) {
    it(`refuses ${args.join(' ')} in one sentence, before anything starts`, async () => {
      const run = start(args);
      assert.notEqual(await run.ended, 0);
      assert.match(run.stderr(), says);
      assert.doesNotMatch(run.stderr(), /\n {4}at |Firestore {2,}/);
    });
  }

  it('explains its options', async () => {
    const run = start(['--help']);
    assert.equal(await run.ended, 0);
    assert.match(run.stdout(), /--traffic FILE/);
  });
});
