// Where Google's emulators are on this machine: in the gcloud SDK, in firebase-tools' cache, or in a container image, in
// that order. Where they are nowhere, the error says what to install.
import { execFile } from 'node:child_process';
import { access, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

export type EmulatorKind = 'firestore' | 'pubsub';

/** How to run an emulator: a jar under java, or Google's image under a container engine. */
export type Found = { kind: 'jar'; jar: string } | { kind: 'container'; engine: string; image: string };

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

const jars = {
  firestore: { folder: 'cloud-firestore-emulator', pattern: /^cloud-firestore-emulator.*\.jar$/, cached: /^cloud-firestore-emulator-v([\d.]+)\.jar$/ },
  pubsub: { folder: join('pubsub-emulator', 'lib'), pattern: /^cloud-pubsub-emulator-.*\.jar$/, cached: /^pubsub-emulator-([\d.]+)$/ },
} as const;

/** @throws Error that says what to install */
export async function findEmulator(kind: EmulatorKind, machine: Machine = thisMachine): Promise<Found> {
  const jar = (await findInSdk(kind, machine)) ?? (await findInFirebaseCache(kind, machine));
  if (jar !== undefined) {
    await checkJava(machine);
    return { kind: 'jar', jar };
  }
  for (const engine of ['docker', 'podman']) {
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
  const cache = join(machine.home, '.cache', 'firebase', 'emulators');
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

async function checkJava(machine: Machine): Promise<void> {
  if ((await machine.run('java', ['-version'])) !== undefined) return;
  throw new Error('Google’s emulators need Java 11 or newer, and there is no `java` on the PATH: install it, for example with `apt-get install default-jre-headless` or `brew install openjdk`');
}

function installAdvice(kind: EmulatorKind): string {
  const [component, name] = kind === 'firestore' ? ['cloud-firestore-emulator', 'Firestore'] : ['pubsub-emulator', 'Pub/Sub'];
  return [
    `The ${name} emulator was not found: not in a gcloud SDK on the PATH, not in ~/.cache/firebase/emulators, and no container engine answers.`,
    'Install one of these, then run the same command again:',
    `  gcloud components install ${component}                      (with the gcloud SDK: https://cloud.google.com/sdk/docs/install)`,
    `  apt-get install google-cloud-cli-${kind === 'firestore' ? 'firestore' : 'pubsub'}-emulator                 (where the SDK came from apt)`,
    `  npx firebase-tools setup:emulators:${kind}                        (into firebase-tools’ cache; needs Java 11 or newer)`,
    `  docker pull ${IMAGE}`,
    `Or point ${kind === 'firestore' ? 'FIRESTORE_EMULATOR_HOST' : 'PUBSUB_EMULATOR_HOST'} at one that runs already.`,
  ].join('\n');
}

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
