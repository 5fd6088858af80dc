// Where Google's emulators are on this machine: in the gcloud SDK, in firebase-tools' cache, or in a container image, in
// that order. Where they are nowhere, the error says what to install.
import { execFile } from 'node:child_process';
import { access, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

export type EmulatorKind = 'firestore' | 'pubsub';

/** How to run an emulator: a jar under a java, or Google's image under a container engine. */
export type Found =
  | { kind: 'jar'; from: 'sdk' | 'firebase'; jar: string; java: string }
  | { kind: 'container'; engine: 'docker' | 'podman'; image: string };

/** What finding may ask of the machine. */
export interface Machine {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** Names in a folder; empty when there is none. */
  list(folder: string): Promise<string[]>;
  /** The real path of a file, or undefined. */
  resolve(path: string): Promise<string | undefined>;
  /** What a command prints, or undefined when it fails or is not there. */
  run(command: string, args: readonly string[]): Promise<string | undefined>;
}

const IMAGE = 'gcr.io/google.com/cloudsdktool/google-cloud-cli:emulators';

/** What the emulators of today's SDK are compiled for; a later one says so itself when it starts. */
const OLDEST_JAVA = 11;

const jars = {
  firestore: {
    folder: 'cloud-firestore-emulator',
    pattern: /^cloud-firestore-emulator.*\.jar$/,
    cached: /^cloud-firestore-emulator-v([\d.]+)\.jar$/,
  },
  pubsub: {
    folder: join('pubsub-emulator', 'lib'),
    pattern: /^cloud-pubsub-emulator-.*\.jar$/,
    cached: /^pubsub-emulator-([\d.]+)$/,
  },
} as const;

/** @throws Error that says what to install */
export async function findEmulator(kind: EmulatorKind, machine: Machine = thisMachine): Promise<Found> {
  const sdkJar = await findInSdk(kind, machine);
  if (sdkJar !== undefined) return { kind: 'jar', from: 'sdk', jar: sdkJar, java: await findJava(machine) };
  const cachedJar = await findInFirebaseCache(kind, machine);
  if (cachedJar !== undefined) return { kind: 'jar', from: 'firebase', jar: cachedJar, java: await findJava(machine) };
  for (const engine of ['docker', 'podman'] as const) {
    if (await machine.run(engine, ['info'])) return { kind: 'container', engine, image: IMAGE };
  }
  throw new Error(installAdvice(kind));
}

async function findInSdk(kind: EmulatorKind, machine: Machine): Promise<string | undefined> {
  for (const folder of (machine.env['PATH'] ?? '').split(delimiter)) {
    const gcloud = await machine.resolve(join(folder, 'gcloud'));
    const jar = gcloud && (await jarIn(kind, dirname(dirname(gcloud)), machine));
    if (jar) return jar;
    if (!gcloud) continue;
    // A wrapper, not a link: only gcloud itself knows its root, and takes a second to say it.
    const root = await machine.run(gcloud, ['info', '--format=value(installation.sdk_root)']);
    return root === undefined ? undefined : jarIn(kind, root.trim(), machine);
  }
  return undefined;
}

async function jarIn(kind: EmulatorKind, sdkRoot: string, machine: Machine): Promise<string | undefined> {
  const folder = join(sdkRoot, 'platform', jars[kind].folder);
  const name = (await machine.list(folder)).find((candidate) => jars[kind].pattern.test(candidate));
  return name === undefined ? undefined : join(folder, name);
}

async function findInFirebaseCache(kind: EmulatorKind, machine: Machine): Promise<string | undefined> {
  const cache = machine.env['FIREBASE_EMULATORS_PATH'] ?? join(machine.home, '.cache', 'firebase', 'emulators');
  const [newest] = (await machine.list(cache))
    .flatMap((name) => {
      const version = jars[kind].cached.exec(name)?.[1];
      return version === undefined ? [] : [{ name, version }];
    })
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
  if (!newest) return undefined;
  if (kind === 'firestore') return join(cache, newest.name);
  const lib = join(cache, newest.name, 'pubsub-emulator', 'lib');
  const jar = (await machine.list(lib)).find((name) => jars.pubsub.pattern.test(name));
  return jar === undefined ? undefined : join(lib, jar);
}

async function findJava(machine: Machine): Promise<string> {
  const home = machine.env['JAVA_HOME'];
  const java = home ? join(home, 'bin', 'java') : 'java';
  const where = home ? `JAVA_HOME is ${home}` : 'it is the first `java` on the PATH';
  const printed = await machine.run(java, ['-version']);
  const version = /version "(?:1\.)?(\d+)/.exec(printed ?? '')?.[1];
  if (printed !== undefined && Number(version ?? OLDEST_JAVA) >= OLDEST_JAVA) return java;
  const problem = printed === undefined ? 'there is no `java` that runs' : `the one found is Java ${version}`;
  throw new Error(
    `Google's emulators need Java ${OLDEST_JAVA} or newer, and ${problem} (${where}). Install one, for example with \`sudo apt-get install default-jre-headless\` or \`brew install openjdk\`.`,
  );
}

function installAdvice(kind: EmulatorKind): string {
  const { name, component, apt, variable } = advice[kind];
  return [
    `The ${name} emulator was not found: not in a gcloud SDK on the PATH, not in firebase-tools' cache, and neither docker nor podman answers.`,
    'Install it in one of these ways, then run the same command again:',
    `  gcloud components install ${component}`,
    `  sudo apt-get install ${apt}   (where gcloud came from apt)`,
    `  npx firebase-tools setup:emulators:${kind}`,
    `  docker pull ${IMAGE}   (no Java needed)`,
    `All but the last need Java ${OLDEST_JAVA} or newer.`,
    `Or set ${variable} to the host:port of one that runs already.`,
  ].join('\n');
}

const advice = {
  firestore: {
    name: 'Firestore',
    component: 'cloud-firestore-emulator',
    apt: 'google-cloud-cli-firestore-emulator',
    variable: 'FIRESTORE_EMULATOR_HOST',
  },
  pubsub: {
    name: 'Pub/Sub',
    component: 'pubsub-emulator',
    apt: 'google-cloud-cli-pubsub-emulator',
    variable: 'PUBSUB_EMULATOR_HOST',
  },
} as const;

const execute = promisify(execFile);

const thisMachine: Machine = {
  env: process.env,
  home: homedir(),
  list: (folder) => readdir(folder).catch(() => []),
  resolve: (path) =>
    access(path)
      .then(() => realpath(path))
      .catch(() => undefined),
  run: (command, args) =>
    execute(command, args, { timeout: 15_000 })
      .then(({ stdout, stderr }) => stdout || stderr || ' ')
      .catch(() => undefined),
};
