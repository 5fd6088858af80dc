// Google's own Firestore and Pub/Sub emulators, started as jars (killing the gcloud wrapper leaves Java running) or, where
// FIRESTORE_EMULATOR_HOST or PUBSUB_EMULATOR_HOST is set, the ones that run already.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { findEmulator, type EmulatorKind, type Found } from './find.ts';
import { freePort } from './free-port.ts';
import { supervise, type Supervised } from './supervise.ts';

const START_TIMEOUT_MS = 30_000;

export interface GoogleEmulator {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** Whether it is ours to stop. */
  isOurs: boolean;
  stop(): Promise<void>;
}

const settings = {
  firestore: { name: 'Firestore emulator', variable: 'FIRESTORE_EMULATOR_HOST' },
  pubsub: { name: 'Pub/Sub emulator', variable: 'PUBSUB_EMULATOR_HOST' },
} as const;

/** @throws Error that names the mend: nothing installed, a host that does not answer, an emulator that does not start */
export async function startGoogleEmulator(kind: EmulatorKind, env: Readonly<Record<string, string | undefined>> = process.env): Promise<GoogleEmulator> {
  const { name, variable } = settings[kind];
  const running = env[variable];
  if (running !== undefined && running !== '') {
    if (!(await answers(running))) {
      throw new Error(`${variable} is set to ${running}, but nothing answers there: start that ${name}, or unset ${variable} to have one started`);
    }
    return { host: running, isOurs: false, stop: async () => undefined };
  }
  const found = await findEmulator(kind);
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const program = await supervise({ name, ...commandOf(kind, found, port) });
  await untilReady(name, host, program);
  return { host, isOurs: true, stop: () => program.stop() };
}

function commandOf(kind: EmulatorKind, found: Found, port: number): { command: string; args: string[] } {
  if (found.kind === 'container') {
    const listen = `--host-port=0.0.0.0:${port}`;
    const emulator = kind === 'firestore' ? ['firestore', 'start', listen, '--database-mode=firestore-native'] : ['pubsub', 'start', listen];
    return { command: found.engine, args: ['run', '--rm', '--init', '-p', `127.0.0.1:${port}:${port}`, found.image, 'gcloud', 'emulators', ...emulator] };
  }
  // A small heap and one collector thread: two cores also run the functions.
  const java = ['-XX:+UseSerialGC', '-Xms256m', '-Xmx2g', '-Xshare:auto'];
  if (kind === 'pubsub') return { command: 'java', args: [...java, '-jar', found.jar, '--host=127.0.0.1', `--port=${port}`] };
  const main = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';
  const args = ['start', '--host=127.0.0.1', `--port=${port}`, '--database-mode=firestore-native'];
  return { command: 'java', args: [...java, '-Duser.language=en', '-cp', found.jar, main, ...args] };
}

async function untilReady(name: string, host: string, program: Supervised): Promise<void> {
  let hasExited = false;
  void program.exited.then(() => (hasExited = true));
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline && !hasExited; ) {
    const isUp = await fetch(`http://${host}/`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.body?.cancel().then(() => true) ?? true,
      () => false,
    );
    if (isUp) return;
    await delay(25);
  }
  await program.stop();
  throw new Error(`The ${name} did not answer on ${host} ${hasExited ? 'and ended' : `within ${START_TIMEOUT_MS / 1000} s`}. Its last lines:\n${program.lastLines().join('\n')}`);
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
  const response = await fetch(`http://${host}/emulator/v1/projects/${projectId}/databases/(default)/documents`, { method: 'DELETE' });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the Firestore emulator answered ${response.status} to clearing ${projectId}`);
}
