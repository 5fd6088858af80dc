// The deployment over fake programs: what is called, in which order, with what, and what is said of it.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { deploy } from '../../../functions/deploy.ts';

/** What a fake program does: exits with this, having said that. */
interface Fake {
  exit?: number;
  stdout?: string;
  stderr?: string;
}

type Fakes = Record<string, Fake | undefined>;

const plan = (changes: [string, string[]][]) =>
  JSON.stringify({
    format_version: '1.2',
    resource_changes: changes.map(([address, actions]) => ({
      address,
      type: address.split('.')[0],
      change: { actions, before: null },
    })),
  });

/** By program and first argument (terraform's after -chdir). */
const working: Fakes = {
  'terraform version': { stdout: '{"terraform_version": "1.11.4"}' },
  'terraform init': {},
  'terraform plan': {},
  'terraform show': { stdout: plan([['google_pubsub_topic.topic["a"]', ['create']]]) },
  'terraform apply': { stdout: 'Apply complete!' },
  'git status': {},
  'git rev-parse': { stdout: 'abc1234\n' },
  'gcloud auth': { stdout: 'ya29.secret' },
};

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

describe('npm run deploy', function () {
  this.timeout(20_000);
  let root: string;
  let made = 0;
  before(async () => void (root = await mkdtemp(resolve(tmpdir(), 'andante-deploy-'))));
  after(() => rm(root, { recursive: true }));

  /** A project with these programs on PATH, and no others; smoke answers `smokeExit`. */
  async function run(args: string[], { fakes = working, smokeExit = 0 }: { fakes?: Fakes; smokeExit?: number } = {}) {
    const dir = resolve(root, String(made++));
    const bin = resolve(dir, 'bin');
    await mkdir(bin, { recursive: true });
    await mkdir(resolve(dir, 'terraform/environments'), { recursive: true });
    await mkdir(resolve(dir, 'shared/cli'), { recursive: true });
    await writeFile(resolve(dir, 'terraform/environments/staging.tfvars'), 'project_id = "andante-staging"\n');
    await writeFile(resolve(dir, 'terraform/environments/staging.gcs.tfbackend'), 'bucket = "state-of-staging"\n');
    await writeFile(resolve(dir, 'terraform/topology.json'), '{"dataset": "andante"}');
    const calls = resolve(dir, 'calls');
    await writeFile(calls, '');
    await writeFile(
      resolve(dir, 'shared/cli/andante.ts'),
      `import { appendFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(calls)}, ['andante', ...process.argv.slice(2), process.env.GOOGLE_CLOUD_PROJECT, process.env.BIGQUERY_DATASET].join(' ') + '\\n');
       process.exitCode = ${smokeExit};`,
    );
    await symlink(process.execPath, resolve(bin, 'node'));
    for (const program of new Set(Object.keys(fakes).map((key) => key.split(' ')[0] as string))) {
      const path = resolve(bin, program);
      const answers = Object.entries(fakes).filter(([key]) => key.startsWith(`${program} `));
      const branches = answers.map(([key, fake]) => {
        const { exit = 0, stdout = '', stderr = '' } = fake ?? {};
        const texts = [`printf %s ${quoted(stdout)}`, `printf %s ${quoted(stderr)} >&2`, `exit ${exit}`];
        return `  ${key.split(' ')[1] as string}) ${texts.join('; ')};;`;
      });
      await writeFile(
        path,
        `#!/bin/sh
echo "${program} $*" >> ${quoted(calls)}
for argument; do case "$argument" in -*) ;; *) break;; esac; done
case "$argument" in
${branches.join('\n')}
esac
exit 99
`,
      );
      await chmod(path, 0o755);
    }
    let stdout = '';
    let stderr = '';
    const exit = await deploy(args, {
      stdout: (line) => (stdout += `${line}\n`),
      stderr: (line) => (stderr += `${line}\n`),
      root: dir,
      env: { PATH: bin },
      build: async (outDir, onBundle) => {
        const bundle = {
          name: 'plan',
          file: '',
          bytes: 1,
          zip: `${outDir}/plan.zip`,
          zipBytes: 2048,
          sha256: 'ab'.repeat(32),
        };
        const one = { ...bundle, packages: [] };
        onBundle?.(one);
        return [one];
      },
    });
    const called = (await readFile(calls, 'utf8')).split('\n').filter((line) => line !== '');
    return { exit, stdout, stderr, called, dir };
  }

  const without = (...names: string[]): Fakes =>
    Object.fromEntries(Object.entries(working).filter(([key]) => !names.some((name) => key.startsWith(name))));

  it('plans: explains all nine steps, builds, shows what would change, and changes nothing', async () => {
    const { exit, stdout, called, dir } = await run(['--plan', '--environment', 'staging']);
    assert.equal(exit, 0, stdout);
    for (let step = 1; step <= 9; step++) assert.match(stdout, new RegExp(`^${step} of 9: [a-z]+\\. [A-Z].*\\.$`, 'm'));
    assert.match(stdout, /plan +2 KiB {2}sha256 abab/);
    assert.match(stdout, /1 created:\n {4}google_pubsub_topic\.topic\["a"\]/);
    assert.match(stdout, /skipped: not with --plan/);
    assert.match(stdout, /Nothing was changed\. Next: npm run deploy -- --environment staging/);
    assert.doesNotMatch(stdout, /ya29/);
    const file = resolve(dir, 'dist/staging.tfplan');
    assert.deepEqual(
      called.filter((call) => call.startsWith('terraform -chdir')),
      [
        'terraform -chdir=terraform init -no-color -input=false -reconfigure -backend-config=environments/staging.gcs.tfbackend',
        `terraform -chdir=terraform plan -no-color -input=false -lock-timeout=120s -var-file=environments/staging.tfvars -out=${file}`,
        `terraform -chdir=terraform show -no-color -json ${file}`,
      ],
    );
  });

  it('hands a project and a region on, to Terraform and to the canary', async () => {
    const args = ['--environment', 'staging', '--project', 'other-project', '--region', 'europe-west4'];
    const { exit, called, stdout } = await run(args);
    assert.equal(exit, 0, stdout);
    assert(called.some((call) => call.includes('-var project_id=other-project -var region=europe-west4')));
    assert.equal(called.at(-1), 'andante smoke --timeout 300 other-project andante');
  });

  it('applies the plan that it showed, and then sends the canary through it', async () => {
    const { exit, called, stdout, dir } = await run(['--environment', 'staging']);
    assert.equal(exit, 0, stdout);
    assert.deepEqual(called.slice(-2), [
      `terraform -chdir=terraform apply -no-color -input=false -lock-timeout=120s ${resolve(dir, 'dist/staging.tfplan')}`,
      'andante smoke --timeout 300 andante-staging andante',
    ]);
    assert.match(stdout, /Apply complete!/);
    assert.match(stdout, /staging runs this commit/);
  });

  it('explains every step where Terraform is missing, builds all the same, and answers 3', async () => {
    for (const args of [
      ['--plan', '--environment', 'staging'],
      ['--environment', 'staging'],
    ]) {
      const { exit, stdout } = await run(args, { fakes: without('terraform') });
      assert.equal(exit, 3);
      assert.match(stdout, /terraform is not on PATH\n.*to mend it: install Terraform 1\.9 or later: https:/);
      for (const line of ['init', 'plan', 'summary', 'apply', 'smoke'])
        assert.match(stdout, new RegExp(`of 9: ${line}\\.`));
      assert.match(stdout, /done: 1 bundles/);
      assert.match(stdout, /skipped: it needs tools/);
      assert.match(stdout, /Nothing was changed\. Could not be done here: tools\./);
    }
  });

  const cases: { name: string; fakes: Fakes; exit: number; says: RegExp }[] = [
    {
      name: 'an old Terraform',
      fakes: { ...working, 'terraform version': { stdout: '{"terraform_version": "1.8.9"}' } },
      exit: 3,
      says: /terraform is 1\.8\.9/,
    },
    {
      name: 'a registry that cannot be reached',
      fakes: {
        ...working,
        'terraform init': {
          exit: 1,
          stderr: 'Error: Failed to query available provider packages\nCould not connect to registry.terraform.io',
        },
      },
      exit: 3,
      says: /the provider could not be fetched\n {4}Error: Failed[\s\S]*to mend it: allow https to registry\.terraform\.io/,
    },
    {
      name: 'no credentials at all',
      fakes: {
        ...working,
        'terraform init': { exit: 1, stderr: 'Error: google: could not find default credentials.' },
      },
      exit: 3,
      says: /to mend it: gcloud auth application-default login/,
    },
    {
      name: 'a state that cannot be opened',
      fakes: {
        ...working,
        'terraform init': {
          exit: 1,
          stderr: "Error: Failed to get existing workspaces: storage: bucket doesn't exist",
        },
      },
      exit: 3,
      says: /gcloud storage buckets create gs:\/\/state-of-staging/,
    },
    {
      name: 'a plan that fails',
      fakes: { ...working, 'terraform plan': { exit: 1, stderr: 'Error: Invalid value for variable' } },
      exit: 3,
      says: /Terraform could not plan\n {4}Error: Invalid value for variable/,
    },
    {
      name: 'a plan that cannot be read',
      fakes: { ...working, 'terraform show': { stdout: '{"format_version":"9.0"}' } },
      exit: 3,
      says: /a plan of format 1 is expected, not 9\.0/,
    },
    {
      name: 'a tree with changes',
      fakes: { ...working, 'git status': { stdout: ' M functions/build.ts\n?? x\n' } },
      exit: 3,
      says: /undone: 2 files are not as in commit abc1234\n.*commit or stash/,
    },
    {
      name: 'no git',
      fakes: without('git'),
      exit: 3,
      says: /git knows no commit here/,
    },
    {
      name: 'a plan that destroys a table',
      fakes: {
        ...working,
        'terraform show': { stdout: plan([['google_bigquery_table.table["outcomes"]', ['delete', 'create']]]) },
      },
      exit: 1,
      says: /refused: 1 destroyed and made anew:[\s\S]*data would be lost with google_bigquery_table\.table\["outcomes"\][\s\S]*--allow-data-loss/,
    },
  ];
  for (const { name, fakes, exit, says } of cases) {
    it(`applies nothing with ${name}, and says what to do`, async () => {
      const ran = await run(['--environment', 'staging'], { fakes });
      assert.equal(ran.exit, exit, ran.stdout);
      assert.match(ran.stdout, says);
      assert.match(ran.stdout, /Nothing was changed/);
      assert(!ran.called.some((call) => call.includes(' apply ') || call.startsWith('andante')));
    });
  }

  it('plans with changes in the tree and without credentials that it can see, and says so', async () => {
    const fakes = { ...without('gcloud'), 'git status': { stdout: ' M x\n' } };
    const { exit, stdout } = await run(['--plan', '--environment', 'staging'], { fakes });
    assert.equal(exit, 0, stdout);
    assert.match(stdout, /warned: 1 files are not as in commit/);
    assert.match(stdout, /warned: gcloud is not on PATH\n.*gcloud auth application-default login/);
  });

  it('applies a plan that destroys data where that is said', async () => {
    const fakes = { ...working, 'terraform show': { stdout: plan([['google_firestore_database.state', ['delete']]]) } };
    const { exit, called } = await run(['--environment', 'staging', '--allow-data-loss'], { fakes });
    assert.equal(exit, 0);
    assert(called.some((call) => call.includes(' apply ')));
  });

  it('answers 4 where it stopped on the way, or the canary stuck', async () => {
    const fakes = { ...working, 'terraform apply': { exit: 1, stderr: 'Error: quota exceeded' } };
    const stopped = await run(['--environment', 'staging'], { fakes });
    assert.equal(stopped.exit, 4);
    assert.match(stopped.stdout, /failed: Terraform stopped on the way\n {4}Error: quota exceeded/);
    assert.doesNotMatch(stopped.stdout, /Nothing was changed/);
    assert(!stopped.called.some((call) => call.startsWith('andante')));
    const stuck = await run(['--environment', 'staging'], { smokeExit: 1 });
    assert.equal(stuck.exit, 4);
    assert.match(stuck.stdout, /failed: the canary stuck.*\n.*GOOGLE_CLOUD_PROJECT=andante-staging/);
  });

  it('prints one object for programs, and the explanations beside it', async () => {
    const { exit, stdout, stderr } = await run(['--plan', '--environment', 'staging', '--json']);
    assert.equal(exit, 0);
    const report = JSON.parse(stdout) as { verdict: string; steps: { step: string; state: string }[]; summary: object };
    assert.equal(report.verdict, 'done');
    assert.deepEqual(report.steps.at(-1), { step: 'smoke', state: 'skipped', seen: 'not with --plan' });
    assert.deepEqual(Object.keys(report.summary), ['created', 'changed', 'replaced', 'destroyed', 'losesData']);
    assert.match(stderr, /9 of 9: smoke/);
  });

  it('refuses a command line that it does not understand, and names the environments', async () => {
    for (const [args, says] of [
      [[], /--environment is one of staging, not nothing/],
      [['--environment', 'prod'], /one of staging, not prod/],
      [['--environment', 'staging', '--project', 'P!'], /--project is the id of a project/],
      [['--environment', 'staging', '--region', 'eur3'], /--region is one region/],
      [['--environment', 'staging', '--force'], /--force/],
    ] as const) {
      const { exit, stderr, called } = await run([...args]);
      assert.equal(exit, 2);
      assert.match(stderr, says);
      assert.deepEqual(called, []);
    }
    const help = await run(['--help']);
    assert.equal(help.exit, 0);
    assert.match(help.stdout, /--allow-data-loss/);
  });
});
