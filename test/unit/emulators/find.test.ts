import assert from 'node:assert/strict';
import { findEmulator, type Machine } from '../../../emulators/find.ts';
import { emulatorCommand } from '../../../emulators/google-emulators.ts';

interface Pretended {
  env?: Record<string, string>;
  /** Folder to the names in it. */
  folders?: Record<string, string[]>;
  /** Path to its real path. */
  links?: Record<string, string>;
  /** Command line to what it prints. */
  commands?: Record<string, string>;
}

function machineWith({ env = {}, folders = {}, links = {}, commands = {} }: Pretended): Machine & { ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    env: { PATH: '/first:/usr/bin', ...env },
    home: '/home/ada',
    list: async (folder) => folders[folder] ?? [],
    resolve: async (path) => links[path],
    run: async (command, args) => {
      const line = [command, ...args].join(' ');
      ran.push(line);
      return commands[line];
    },
  };
}

const sdk = {
  links: { '/usr/bin/gcloud': '/opt/sdk/bin/gcloud' },
  folders: {
    '/opt/sdk/platform/cloud-firestore-emulator': ['cloud_firestore_emulator', 'cloud-firestore-emulator.jar'],
    '/opt/sdk/platform/pubsub-emulator/lib': ['cloud-pubsub-emulator-0.8.20-all.jar'],
  },
};
const cache = {
  '/home/ada/.cache/firebase/emulators': [
    'cloud-firestore-emulator-v1.9.0.jar',
    'cloud-firestore-emulator-v1.19.8.jar',
    'pubsub-emulator-0.7.1',
    'pubsub-emulator-0.8.14.zip',
    'pubsub-emulator-0.8.14',
  ],
  '/home/ada/.cache/firebase/emulators/pubsub-emulator-0.8.14/pubsub-emulator/lib': [
    'cloud-pubsub-emulator-0.8.14-all.jar',
  ],
};
const java17 = { 'java -version': 'openjdk version "17.0.15" 2025-04-15' };

describe('finding an emulator', () => {
  it('takes the jars beside the gcloud that the PATH leads to, without asking gcloud', async () => {
    const machine = machineWith({ ...sdk, commands: java17 });
    assert.deepEqual(await findEmulator('firestore', machine), {
      kind: 'jar',
      from: 'sdk',
      jar: '/opt/sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar',
      java: 'java',
    });
    assert.deepEqual(await findEmulator('pubsub', machine), {
      kind: 'jar',
      from: 'sdk',
      jar: '/opt/sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar',
      java: 'java',
    });
    assert.deepEqual(machine.ran, ['java -version', 'java -version']);
  });

  it('asks gcloud for its root when gcloud is a wrapper', async () => {
    const machine = machineWith({
      folders: sdk.folders,
      links: { '/usr/bin/gcloud': '/usr/bin/snap' },
      commands: { ...java17, '/usr/bin/snap info --format=value(installation.sdk_root)': '/opt/sdk\n' },
    });
    const found = await findEmulator('pubsub', machine);
    assert.equal(found.kind === 'jar' && found.from, 'sdk');
  });

  it('prefers the SDK to the cache', async () => {
    const machine = machineWith({ links: sdk.links, folders: { ...sdk.folders, ...cache }, commands: java17 });
    const found = await findEmulator('firestore', machine);
    assert.equal(found.kind === 'jar' && found.from, 'sdk');
  });

  it('takes the newest version in firebase-tools’ cache, 1.19 being newer than 1.9', async () => {
    const machine = machineWith({ folders: cache, commands: java17 });
    assert.deepEqual(await findEmulator('firestore', machine), {
      kind: 'jar',
      from: 'firebase',
      jar: '/home/ada/.cache/firebase/emulators/cloud-firestore-emulator-v1.19.8.jar',
      java: 'java',
    });
    assert.deepEqual(await findEmulator('pubsub', machine), {
      kind: 'jar',
      from: 'firebase',
      jar: '/home/ada/.cache/firebase/emulators/pubsub-emulator-0.8.14/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.14-all.jar',
      java: 'java',
    });
  });

  it('looks for that cache where FIREBASE_EMULATORS_PATH says', async () => {
    const machine = machineWith({
      env: { FIREBASE_EMULATORS_PATH: '/elsewhere' },
      folders: { ...cache, '/elsewhere': ['cloud-firestore-emulator-v1.20.0.jar'] },
      commands: java17,
    });
    const found = await findEmulator('firestore', machine);
    assert.equal(found.kind === 'jar' && found.jar, '/elsewhere/cloud-firestore-emulator-v1.20.0.jar');
  });

  for (const engine of ['docker', 'podman'] as const) {
    it(`takes a container when there is no jar and ${engine} answers, and needs no Java for it`, async () => {
      const machine = machineWith({ commands: { [`${engine} info`]: 'Server Version: 28' } });
      assert.deepEqual(await findEmulator('pubsub', machine), {
        kind: 'container',
        engine,
        image: 'gcr.io/google.com/cloudsdktool/google-cloud-cli:emulators',
      });
      assert.equal(machine.ran.includes('java -version'), false);
    });
  }

  const nothing = [
    {
      kind: 'firestore',
      says: [
        'gcloud components install cloud-firestore-emulator',
        'apt-get install google-cloud-cli-firestore-emulator',
        'npx firebase-tools setup:emulators:firestore',
        'google-cloud-cli:emulators',
        'Java 11',
        'FIRESTORE_EMULATOR_HOST',
      ],
    },
    {
      kind: 'pubsub',
      says: [
        'gcloud components install pubsub-emulator',
        'apt-get install google-cloud-cli-pubsub-emulator',
        'npx firebase-tools setup:emulators:pubsub',
        'google-cloud-cli:emulators',
        'Java 11',
        'PUBSUB_EMULATOR_HOST',
      ],
    },
  ] as const;
  for (const { kind, says } of nothing) {
    it(`says what to install when the ${kind} emulator is nowhere`, async () => {
      await assert.rejects(findEmulator(kind, machineWith({})), (error: Error) => {
        for (const words of says) assert.ok(error.message.includes(words), `${words} is not in: ${error.message}`);
        return true;
      });
    });
  }
});

describe('finding a Java for a jar', () => {
  it('takes the one JAVA_HOME names', async () => {
    const commands = { '/jdk/bin/java -version': 'openjdk version "21" 2023-09-19' };
    const found = await findEmulator('firestore', machineWith({ ...sdk, env: { JAVA_HOME: '/jdk' }, commands }));
    assert.equal(found.kind === 'jar' && found.java, '/jdk/bin/java');
  });

  const refused = [
    {
      name: 'no Java',
      commands: {},
      message: /need Java 11 or newer, and there is no `java` that runs.*apt-get install/,
    },
    {
      name: 'Java 8',
      commands: { 'java -version': 'openjdk version "1.8.0_402"' },
      message: /need Java 11 or newer, and the one found is Java 8/,
    },
  ];
  for (const { name, commands, message } of refused) {
    it(`refuses ${name} with an error of its own`, async () => {
      await assert.rejects(findEmulator('pubsub', machineWith({ ...sdk, commands })), { message });
    });
  }
});

describe('the command line of an emulator', () => {
  const jar = { kind: 'jar', jar: '/x.jar', java: '/jdk/bin/java' } as const;
  const container = { kind: 'container', engine: 'docker', image: 'image' } as const;

  it('names the main class of the SDK’s Firestore jar, which names none itself', () => {
    const { command, args } = emulatorCommand('firestore', { ...jar, from: 'sdk' }, 4000);
    assert.equal(command, '/jdk/bin/java');
    assert.match(args.join(' '), /-cp \/x\.jar \S+CloudFirestore start .*--host=127\.0\.0\.1 --port=4000$/);
  });

  it('runs the jars of firebase-tools by their own main class', () => {
    for (const kind of ['firestore', 'pubsub'] as const) {
      const { args } = emulatorCommand(kind, { ...jar, from: 'firebase' }, 4000);
      assert.deepEqual(args.slice(-4), ['-jar', '/x.jar', '--host=127.0.0.1', '--port=4000']);
    }
  });

  it('shares the network with a container on Linux, so that Pub/Sub can push to 127.0.0.1', () => {
    const { command, args, callbackHost } = emulatorCommand('pubsub', container, 4000, 'linux');
    assert.equal(command, 'docker');
    assert.match(
      args.join(' '),
      /^run --rm --init --network=host image gcloud beta emulators pubsub start --host-port=127\.0\.0\.1:4000$/,
    );
    assert.equal(callbackHost, '127.0.0.1');
  });

  it('publishes the port on 127.0.0.1 elsewhere, and says under what name the container reaches us', () => {
    const { args, callbackHost } = emulatorCommand('firestore', container, 4000, 'darwin');
    assert.ok(args.includes('127.0.0.1:4000:4000') && args.includes('--host-port=0.0.0.0:4000'), args.join(' '));
    assert.equal(callbackHost, 'host.docker.internal');
  });
});
