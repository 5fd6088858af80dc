// Google's own Firestore and Pub/Sub emulators, started as jars (killing the gcloud wrapper leaves Java running) or, where
// FIRESTORE_EMULATOR_HOST or PUBSUB_EMULATOR_HOST is set, the ones that run already.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { findEmulator, type EmulatorKind, type Found } from './find.ts';
import { freePort } from './free-port.ts';
import { supervise, type Supervised } from './supervise.ts';

const START_TIMEOUT_MS = 30_000;
/** A container may have to fetch more than a gigabyte first. */
const CONTAINER_START_TIMEOUT_MS = 600_000;
const PORT_ATTEMPTS = 3;

export interface GoogleEmulator {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** Under what name the emulator reaches a server on 127.0.0.1 here: where it is to push to. */
  callbackHost: string;
  /** Whether it is ours to stop. */
  isOurs: boolean;
  stop(): Promise<void>;
}

const settings = {
  firestore: { name: 'Firestore emulator', variable: 'FIRESTORE_EMULATOR_HOST' },
  pubsub: { name: 'Pub/Sub emulator', variable: 'PUBSUB_EMULATOR_HOST' },
} as const;

/** @throws Error that names the mend: nothing installed, a host that does not answer, an emulator that does not start */
export async function startGoogleEmulator(
  kind: EmulatorKind,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<GoogleEmulator> {
  const { name, variable } = settings[kind];
  const running = env[variable];
  if (running !== undefined && running !== '') {
    if (!(await answers(running))) {
      throw new Error(
        `${variable} is set to ${running}, but nothing answers there: start that ${name}, or unset ${variable} to have one started`,
      );
    }
    return { host: running, callbackHost: '127.0.0.1', isOurs: false, stop: async () => undefined };
  }
  const found = await findEmulator(kind);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    const { callbackHost, ...program } = emulatorCommand(kind, found, port);
    const emulator = await supervise({ name, ...program });
    const timeoutMs = found.kind === 'container' ? CONTAINER_START_TIMEOUT_MS : START_TIMEOUT_MS;
    const failure = await untilReady(host, emulator, timeoutMs);
    if (failure === undefined) return { host, callbackHost, isOurs: true, stop: () => emulator.stop() };
    await emulator.stop();
    const printed = emulator.lastLines().join('\n');
    // Somebody took the port between our asking and its binding.
    if (attempt < PORT_ATTEMPTS && /already in use|BindException|Failed to bind/i.test(printed)) continue;
    const hint = printed.includes('UnsupportedClassVersionError') ? ' It needs a newer Java.' : '';
    throw new Error(`The ${name} did not answer on ${host}: ${failure}.${hint} Its last lines:\n${printed}`);
  }
}

/** What to run so that the emulator listens on 127.0.0.1:`port`, and under what name it reaches this machine. */
export function emulatorCommand(
  kind: EmulatorKind,
  found: Found,
  port: number,
  platform: NodeJS.Platform = process.platform,
): { command: string; args: string[]; callbackHost: string } {
  if (found.kind === 'container') return containerCommand(kind, found, port, platform);
  // Measured on two cores: with the first compiler tier only, Firestore starts in 0.67 s instead of 0.90 s and does 1.3
  // times the transactions of its first minute, because the second tier competes with it for the cores.
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Duser.language=en'];
  const heap = kind === 'firestore' ? '-Xmx2g' : '-Xmx1g';
  const java = [...flags, heap];
  const at = ['--host=127.0.0.1', `--port=${port}`];
  return { command: found.java, args: [...java, ...program(kind, found), ...at], callbackHost: '127.0.0.1' };
}

function program(kind: EmulatorKind, { from, jar }: Found & { kind: 'jar' }): string[] {
  // The SDK's Firestore jar names no main class; the one firebase-tools downloads does, and takes no `start`.
  if (kind === 'pubsub' || from === 'firebase') return ['-jar', jar];
  const main = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';
  return ['-cp', jar, main, 'start', '--database-mode=firestore-native'];
}

function containerCommand(
  kind: EmulatorKind,
  { engine, image }: Found & { kind: 'container' },
  port: number,
  platform: NodeJS.Platform,
): { command: string; args: string[]; callbackHost: string } {
  // On Linux a container can share our network, so that Pub/Sub pushes to 127.0.0.1; elsewhere there is a machine between.
  const isShared = platform === 'linux';
  const network = isShared ? ['--network=host'] : ['-p', `127.0.0.1:${port}:${port}`];
  const listen = `--host-port=${isShared ? '127.0.0.1' : '0.0.0.0'}:${port}`;
  const emulator =
    kind === 'firestore'
      ? ['gcloud', 'emulators', 'firestore', 'start', listen, '--database-mode=firestore-native']
      : ['gcloud', 'beta', 'emulators', 'pubsub', 'start', listen]; // there is no GA track
  const gateway = engine === 'docker' ? 'host.docker.internal' : 'host.containers.internal';
  return {
    command: engine,
    args: ['run', '--rm', '--init', ...network, image, ...emulator],
    callbackHost: isShared ? '127.0.0.1' : gateway,
  };
}

/** Undefined when it answers, otherwise what happened instead. */
async function untilReady(host: string, emulator: Supervised, timeoutMs: number): Promise<string | undefined> {
  let hasExited = false;
  void emulator.exited.then(() => (hasExited = true));
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    if (hasExited) return 'it ended';
    const isUp = await fetch(`http://${host}/`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.body?.cancel().then(() => true) ?? true,
      () => false,
    );
    // Whoever took the port may answer in its stead.
    if (isUp && !hasExited) return undefined;
    await delay(25);
  }
  return `no answer within ${timeoutMs / 1000} s`;
}

function answers(host: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${host}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2_000 });
    const done = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}

/** Empties a project's database on the emulator. */
export async function clearFirestore(host: string, projectId: string): Promise<void> {
  const response = await fetch(`http://${host}/emulator/v1/projects/${projectId}/databases/(default)/documents`, {
    method: 'DELETE',
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the Firestore emulator answered ${response.status} to clearing ${projectId}`);
}
