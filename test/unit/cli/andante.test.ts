import assert from 'node:assert/strict';
import { commands } from '../../../shared/cli/andante.ts';
import { createCommandLine } from './command-line.ts';

const stack = {
  projectId: 'demo-stack',
  dataset: 'andante',
  firestoreHost: '127.0.0.1:1',
  pubsubHost: '127.0.0.1:2',
  bigqueryEndpoint: 'http://127.0.0.1:3',
  functionsUrl: 'http://127.0.0.1:4',
  tickIntervalMs: 300_000,
  pid: 1,
};

describe('command line', () => {
  it('names every command and every exit code in its help', async () => {
    const { run, state } = createCommandLine();
    const { exit, stdout } = await run(['--help']);
    assert.equal(exit, 0);
    for (const { name } of commands) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    for (const code of [0, 1, 2, 3, 4]) assert.match(stdout, new RegExp(`^  ${code}  `, 'm'));
    assert.equal(state.opened, 0);
  });

  it('explains each command with its forms and options', async () => {
    const { run } = createCommandLine();
    for (const command of commands) {
      const { exit, stdout } = await run([command.name, '--help']);
      assert.equal(exit, 0);
      for (const form of command.usage) assert.ok(stdout.includes(form), form);
      for (const option of Object.keys(command.options)) assert.ok(stdout.includes(`--${option}`), option);
    }
  });

  it('answers a wrong command line with 2 and names what was probably meant', async () => {
    const { run } = createCommandLine();
    const cases: [string[], RegExp][] = [
      [[], /publish one event/],
      [['reconcil'], /did you mean reconcile\?/],
      [['zzzzzzzz'], /there is no command zzzzzzzz\. Commands: preview, publish/],
      [['tick', '--markt', 'SE'], /no option --markt; did you mean --market\?/],
      [['tick', '--market'], /market/],
      [['tick', 'SE'], /takes options only/],
      [['tick', '--at', '2026-02-30T00:00:00Z'], /--at is an instant that exists/],
      [['inspect'], /inspect shows a campaign, a market, a ledger$/m],
      [['inspect', 'markt', 'SE'], /did you mean market\?/],
      [['inspect', 'campaign', 'c1'], /<tenant>\/<campaign>/],
      [['inspect', 'ledger', '--id', 'xyz'], /20 hexadecimal digits/],
      [['inspect', 'ledger', 'a/b'], /<source>\/<tenant>\/<eventId>/],
      [['inspect', 'market', 'SE', '--id', '0'], /--id belongs to inspect ledger/],
      [['replay', 'quarantin'], /did you mean quarantine\?/],
      [['replay', 'quarantine', '--limit', '0'], /--limit is a number from 1 to 10000/],
      [['replay', 'dead-letters', '--function', 'delivery-tik'], /did you mean delivery-tick\?/],
      [['reconcile', '--market', 'SE', '--campaign', 't1/c1'], /not both/],
      [['publish'], /takes one file/],
      [['publish', 'missing.json'], /missing\.json cannot be read/],
    ];
    for (const [argv, message] of cases) {
      const { exit, stderr, stdout } = await run(argv);
      assert.equal(exit, 2, argv.join(' '));
      assert.match(stderr, message);
      assert.equal(stdout, '');
    }
  });

  it('prints an error as JSON too when asked to', async () => {
    const { exit, json } = await createCommandLine().run(['inspect', 'campaign', 'c1', '--json']);
    assert.equal(exit, 2);
    assert.equal((json()['error'] as { code: string }).code, 'USAGE');
  });

  it('says which variables or which command are missing when it cannot connect', async () => {
    const { run, state } = createCommandLine();
    const { exit, stderr } = await run(['inspect', 'market', 'SE'], { env: {} });
    assert.equal(exit, 3);
    assert.match(stderr, /INVALID_CONFIG: .*npm start.*GOOGLE_CLOUD_PROJECT.*BIGQUERY_DATASET.*BIGQUERY_EMULATOR_HOST/);
    assert.equal(state.opened, 0);
  });

  it('names the variable that half an environment lacks, and does not mix it with the stack', async () => {
    const { run } = createCommandLine({ stack: JSON.stringify(stack) });
    const { exit, stderr } = await run(['inspect', 'market', 'SE'], { env: { GOOGLE_CLOUD_PROJECT: 'demo-andante' } });
    assert.equal(exit, 3);
    assert.match(stderr, /BIGQUERY_DATASET/);
    assert.doesNotMatch(stderr, /demo-stack/);
  });

  it('talks to the running stack when the environment names nothing', async () => {
    const { run, state } = createCommandLine({ stack: JSON.stringify(stack) });
    const { stderr } = await run(['inspect', 'market', 'SE'], { env: {} });
    assert.match(stderr, /project demo-stack, dataset andante: the local stack/);
    assert.deepEqual([state.opened, state.closed], [1, 1]);
  });

  it('does not trust the file of a stack that has ended, or that lacks an address', async () => {
    const { pubsubHost: _host, ...partial } = stack;
    for (const file of [{ ...stack, pid: 2 }, partial, 'no object']) {
      const { exit, stderr } = await createCommandLine({ stack: JSON.stringify(file) }).run(['reconcile'], { env: {} });
      assert.equal(exit, 3);
      assert.match(stderr, /run npm start/);
    }
  });

  it('says when only some of the services are emulators', async () => {
    const env = {
      GOOGLE_CLOUD_PROJECT: 'demo-andante',
      BIGQUERY_DATASET: 'andante',
      FIRESTORE_EMULATOR_HOST: '127.0.0.1:1',
    };
    const { stderr } = await createCommandLine().run(['inspect', 'market', 'SE'], { env });
    assert.match(stderr, /an emulator of Firestore, but Google Cloud itself for the others/);
  });
});
