// The whole stack on this machine: Google's Firestore and Pub/Sub emulators, BigQuery over DuckDB, and every function behind
// one gateway, each a process of its own, none of which outlives us.
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PubSub } from '@google-cloud/pubsub';
import { readTopology, type Topology } from '../terraform/topology.ts';
import { startDoor, type Door } from './door.ts';
import { freePort } from './free-port.ts';
import { startGoogleEmulator } from './google-emulators.ts';
import { provision, type ProvisionOptions } from './provision.ts';
import { supervise, type Supervised } from './supervise.ts';

export interface StackOptions {
  tickIntervalMs: number;
  /** Events happen when they say. */
  virtualTime: boolean;
  /** A project of its own where emulators are shared. */
  projectId?: string;
  /** The gateway's port; a free one when it is 0. */
  port?: number;
  retry?: ProvisionOptions['retry'];
  /** Processes that run the functions; 1 when absent. Several take turns behind one door. */
  workers?: number;
  /** Where the functions' log goes. */
  logFile?: string;
  /** Called with what is being started and how long it took. */
  onStep?: (step: string, ms: number) => void;
  /** Called with lines of the functions' log that a person should see. */
  onAlarm?: (line: string) => void;
}

export interface Stack {
  projectId: string;
  firestoreHost: string;
  pubsubHost: string;
  bigqueryEndpoint: string;
  functionsUrl: string;
  topology: Topology;
  logFile: string;
  /** The environment under which clients and functions find this stack. */
  env: Record<string, string>;
  /** The processes that run the functions. */
  workers: readonly Worker[];
  /** What stands before several workers. */
  door: Door | undefined;
  stop(): Promise<void>;
}

/** One process that runs all functions. */
export interface Worker {
  /** Where it listens on this machine. */
  port: number;
  /** Kills it as a crash would. */
  crash(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

// Google's auth library otherwise looks for a metadata server, in this process too.
process.env['METADATA_SERVER_DETECTION'] ??= 'none';

/** Where the stack keeps its log and says where it runs. */
export const cacheDir = resolve(import.meta.dirname, '../node_modules/.cache/andante');

/** Starts everything or, when one part fails, stops what had started and throws that part's error. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const running: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    for (const part of running.splice(0).reverse()) await part.stop();
  };
  try {
    return await assemble(options, running, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function assemble(
  options: StackOptions,
  running: { stop(): Promise<void> }[],
  stopAll: () => Promise<void>,
): Promise<Stack> {
  const step = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const startedAtMs = performance.now();
    const result = await work;
    options.onStep?.(name, performance.now() - startedAtMs);
    return result;
  };
  const started = async <T extends { stop(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    const up = await part;
    running.push(up);
    return up;
  };
  // First: a port that is taken is said before anything starts.
  const port = await freePort(options.port);
  const topology = await readTopology();
  const [firestore, pubsub, bigquery] = await settled([
    step('Firestore', started(startGoogleEmulator('firestore'))),
    step('Pub/Sub', started(startGoogleEmulator('pubsub'))),
    step('BigQuery', started(startBigQueryProcess())),
  ] as const);

  // Emulators that were there before us may hold another stack's state.
  const projectId =
    options.projectId ?? (firestore.isOurs && pubsub.isOurs ? 'demo-andante' : `demo-andante-${process.pid}`);
  const env = {
    GOOGLE_CLOUD_PROJECT: projectId,
    BIGQUERY_DATASET: topology.dataset,
    TICK_INTERVAL_MS: String(options.tickIntervalMs),
    VIRTUAL_TIME: String(options.virtualTime),
    FIRESTORE_EMULATOR_HOST: firestore.host,
    PUBSUB_EMULATOR_HOST: pubsub.host,
    BIGQUERY_EMULATOR_HOST: bigquery.endpoint,
    METADATA_SERVER_DETECTION: 'none',
  };
  const functionsUrl = `http://127.0.0.1:${port}`;
  const logFile = options.logFile ?? resolve(cacheDir, `functions-${process.pid}.log`);
  await mkdir(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  running.push({ stop: async () => void log.end() });
  const count = options.workers ?? 1;
  const ports = count === 1 ? [port] : await Promise.all(Array.from({ length: count }, () => freePort()));
  const workers = await Promise.all(
    ports.map((own) => started(functionsProcess({ port: own, env, log, onAlarm: options.onAlarm }))),
  );
  const door = count === 1 ? undefined : await startDoor({ port, workerPorts: ports });
  if (door) running.push({ stop: () => door.close() });
  await settled([
    step('Functions', settled(workers.map((worker) => worker.start()))),
    // The emulator may know this machine by another name.
    step(
      'Topics, tables',
      provision({
        projectId,
        topology,
        functionsUrl: `http://${pubsub.callbackHost}:${port}`,
        pubsubHost: pubsub.host,
        bigqueryEndpoint: bigquery.endpoint,
        ...(options.retry ? { retry: options.retry } : {}),
      }),
    ),
  ] as const);
  if (!pubsub.isOurs) running.push({ stop: () => removeTopics(projectId, pubsub.host) });
  return {
    projectId,
    firestoreHost: firestore.host,
    pubsubHost: pubsub.host,
    bigqueryEndpoint: bigquery.endpoint,
    functionsUrl,
    topology,
    logFile,
    env,
    workers,
    door,
    stop: stopAll,
  };
}

/** All results, or the first error once everybody is done: what started beside it is known and can be stopped. */
async function settled<T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

async function startBigQueryProcess(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const { ready, onLine } = firstJsonLine();
  // Its SQL translator is 23 MB of WebAssembly: optimised for the few statements of a start, it took 4 of their 5 seconds.
  const args = ['--liftoff-only', scriptAt('bigquery/main.ts'), '--port', '0'];
  const program = await superviseNode('BigQuery emulator', args, {}, onLine);
  const { endpoint } = (await Promise.race([ready, failure('BigQuery emulator', program)])) as { endpoint: string };
  return { endpoint, stop: () => program.stop() };
}

interface FunctionsOptions {
  port: number;
  env: Record<string, string>;
  log: WriteStream;
  onAlarm: ((line: string) => void) | undefined;
}

async function functionsProcess({ port, env, log, onAlarm }: FunctionsOptions) {
  let program: Supervised | undefined;
  const start = async () => {
    const { ready, onLine } = firstJsonLine();
    program = await superviseNode('functions', [scriptAt('gateway.ts'), '--port', String(port)], env, (line) => {
      onLine(line);
      log.write(`${line}\n`);
      if (/"severity":"(ERROR|CRITICAL)"/.test(line)) onAlarm?.(line);
    });
    await Promise.race([ready, failure('functions', program)]);
  };
  return {
    port,
    start,
    crash: async () => {
      program?.kill9();
      await program?.exited;
    },
    stop: async () => {
      await program?.stop();
    },
  };
}

/** Runs node with `args`: its own flags, a script, and what the script takes. */
function superviseNode(
  name: string,
  args: string[],
  env: Record<string, string>,
  onLine: (line: string) => void,
): Promise<Supervised> {
  return supervise({
    name,
    command: process.execPath,
    args,
    env,
    onLine,
  });
}

function scriptAt(path: string): string {
  return resolve(import.meta.dirname, path);
}

/** The first line that is JSON says where a program listens. */
function firstJsonLine(): { ready: Promise<unknown>; onLine: (line: string) => void } {
  const { promise, resolve: found } = Promise.withResolvers<unknown>();
  return {
    ready: promise,
    onLine: (line) => {
      if (line.startsWith('{')) found(JSON.parse(line));
    },
  };
}

async function failure(name: string, program: Supervised): Promise<never> {
  await program.exited;
  throw new Error(`The ${name} ended before it was ready. Its last lines:\n${program.lastLines().join('\n')}`);
}

/** On a Pub/Sub emulator that is not ours, what we subscribed would push to a dead port for ever. */
async function removeTopics(projectId: string, apiEndpoint: string): Promise<void> {
  const client = new PubSub({ projectId, apiEndpoint, emulatorMode: true });
  try {
    const [subscriptions] = await client.getSubscriptions();
    await Promise.allSettled(subscriptions.map((subscription) => subscription.delete()));
    const [topics] = await client.getTopics();
    await Promise.allSettled(topics.map((topic) => topic.delete()));
  } finally {
    await client.close();
  }
}
