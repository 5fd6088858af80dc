// The steps of a deployment, each with what it is for and what to do where it cannot be done.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { buildFunctions } from './build.ts';
import { describePlan, summarizePlan, type PlanSummary } from './plan-summary.ts';
import { runTool, type Ran } from './run-tool.ts';

export interface Deployment {
  /** Only plan, and explain what would follow. */
  isPlan: boolean;
  environment: string;
  /** Where they are not what the environment's variables say. */
  project: string | undefined;
  region: string | undefined;
  allowDataLoss: boolean;
  /** The project's folder. */
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  build: typeof buildFunctions;
  /** A line for people who wait. */
  progress: (line: string) => void;
}

/** What a step came to. All but `done` say what was wrong and what to do; `warned` keeps nothing back. */
export type StepResult =
  | { state: 'done'; seen: string; summary?: PlanSummary }
  | { state: 'warned' | 'undone' | 'refused' | 'failed'; seen: string; mend: string };

export interface Step {
  name: string;
  /** In plain words: what it does, and why. */
  explanation: string;
  /** Steps without whose end it cannot be done. */
  needs: readonly string[];
  /** Whether `--plan` leaves it out. */
  appliesOnly?: boolean;
  run: () => Promise<StepResult>;
}

export function deploySteps(deployment: Deployment): Step[] {
  const { environment, root } = deployment;
  const plan = resolve(root, 'dist', `${environment}.tfplan`);
  return [
    {
      name: 'tools',
      explanation: 'Looks for Node 24 and Terraform 1.9 or later: the first builds, the second creates what runs.',
      needs: [],
      run: () => checkTools(deployment),
    },
    {
      name: 'tree',
      explanation: 'Looks whether everything is committed: what is deployed can then be found again by its commit.',
      needs: [],
      run: () => checkTree(deployment),
    },
    {
      name: 'credentials',
      explanation: 'Looks for credentials of Google Cloud that Terraform can use. They are not shown or kept.',
      needs: [],
      run: () => checkCredentials(deployment),
    },
    {
      name: 'build',
      explanation:
        'Bundles every function into dist/. The hash of a bundle names it: what did not change is not deployed anew.',
      needs: [],
      run: () => build(deployment),
    },
    {
      name: 'init',
      explanation: `Fetches Terraform’s provider and opens the state of ${environment}, which knows what was created before.`,
      needs: ['tools'],
      run: () => init(deployment),
    },
    {
      name: 'plan',
      explanation: `Compares what is there with terraform/*.tf and environments/${environment}.tfvars. It changes nothing.`,
      needs: ['build', 'init'],
      run: () => makePlan(deployment, plan),
    },
    {
      name: 'summary',
      explanation: 'Says what the plan creates, changes and destroys. A plan that destroys data is refused.',
      needs: ['plan'],
      run: () => summarize(deployment, plan),
    },
    {
      name: 'apply',
      explanation:
        'Does what the plan says and no more. Functions take requests all the while: a new one replaces the old when it answers.',
      needs: ['summary', 'tree'],
      appliesOnly: true,
      run: () => apply(deployment, plan),
    },
    {
      name: 'smoke',
      explanation:
        'Sends a canary campaign through Pub/Sub, functions, Firestore and BigQuery, and looks for its rows. It sells nothing.',
      needs: ['apply'],
      appliesOnly: true,
      run: () => smoke(deployment),
    },
  ];
}

function terraform(deployment: Deployment, [command, ...args]: [string, ...string[]], isLoud = false): Promise<Ran> {
  const { root, env, progress } = deployment;
  return runTool('terraform', ['-chdir=terraform', command, '-no-color', ...args], {
    cwd: root,
    env: { ...env, TF_IN_AUTOMATION: '1', TF_INPUT: '0' },
    ...(isLoud ? { onOutput: (text: string) => progress(text.trimEnd()) } : {}),
  });
}

async function checkTools({ root, env }: Deployment): Promise<StepResult> {
  const ran = await runTool('terraform', ['version', '-json'], { cwd: root, env });
  const install = 'install Terraform 1.9 or later: https://developer.hashicorp.com/terraform/install';
  if (ran.isMissing) return { state: 'undone', seen: 'terraform is not on PATH', mend: install };
  const [, version, major, minor] = /"terraform_version":\s*"((\d+)\.(\d+)[^"]*)"/.exec(ran.stdout) ?? [];
  if (version === undefined) return undone('terraform does not say its version', ran, install);
  const isOld = Number(major) < 1 || (major === '1' && Number(minor) < 9);
  if (isOld) return { state: 'undone', seen: `terraform is ${version}`, mend: install };
  return { state: 'done', seen: `node ${process.version.slice(1)}, terraform ${version}` };
}

async function checkTree({ root, env, isPlan }: Deployment): Promise<StepResult> {
  const status = await runTool('git', ['status', '--porcelain'], { cwd: root, env });
  const head = await runTool('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, env });
  if (status.exit !== 0 || head.exit !== 0)
    return undone('git knows no commit here', status, 'deploy from a clone of the repository');
  const changed = status.stdout.split('\n').filter((line) => line !== '');
  if (changed.length === 0) return { state: 'done', seen: `commit ${head.stdout.trim()}, nothing beside it` };
  const seen = `${changed.length} files are not as in commit ${head.stdout.trim()}`;
  // A plan may show what is being worked on.
  return { state: isPlan ? 'warned' : 'undone', seen, mend: 'commit or stash them' };
}

async function checkCredentials({ root, env }: Deployment): Promise<StepResult> {
  const file = env['GOOGLE_APPLICATION_CREDENTIALS'];
  if (file !== undefined && file !== '') return { state: 'done', seen: 'those of GOOGLE_APPLICATION_CREDENTIALS' };
  const ran = await runTool('gcloud', ['auth', 'application-default', 'print-access-token'], { cwd: root, env });
  if (ran.exit === 0) return { state: 'done', seen: 'those of gcloud auth application-default login' };
  return {
    // Terraform may find some where we do not look, such as a metadata server.
    state: 'warned',
    seen: ran.isMissing ? 'gcloud is not on PATH' : 'gcloud has none for applications, or could not reach Google',
    mend: 'gcloud auth application-default login; without gcloud, set GOOGLE_APPLICATION_CREDENTIALS',
  };
}

async function build({ root, progress, build: make }: Deployment): Promise<StepResult> {
  const bundles = await make(resolve(root, 'dist'), ({ name, zipBytes, sha256 }) =>
    progress(`  ${name.padEnd(24)} ${(zipBytes / 1024).toFixed(0).padStart(6)} KiB  sha256 ${sha256}`),
  );
  return { state: 'done', seen: `${bundles.length} bundles; whose code is in them: dist/sbom.json` };
}

async function init(deployment: Deployment): Promise<StepResult> {
  const file = `environments/${deployment.environment}.gcs.tfbackend`;
  const ran = await terraform(deployment, ['init', '-input=false', '-reconfigure', `-backend-config=${file}`]);
  if (ran.exit === 0) return { state: 'done', seen: `state of ${file}` };
  const bucket = /bucket\s*=\s*"([^"]+)"/.exec(
    await readFile(resolve(deployment.root, 'terraform', file), 'utf8'),
  )?.[1];
  if (/find default credentials/i.test(ran.stderr))
    return undone('the state could not be opened', ran, 'gcloud auth application-default login');
  const isRegistry = /registry|provider packages?|plugin/i.test(ran.stderr);
  return isRegistry
    ? undone(
        'the provider could not be fetched',
        ran,
        'allow https to registry.terraform.io, or name a mirror in .terraformrc',
      )
    : undone(
        'the state could not be opened',
        ran,
        `is bucket ${bucket ?? '?'} there, and may you read it? gcloud storage buckets create gs://${bucket ?? '?'} --uniform-bucket-level-access`,
      );
}

async function makePlan(deployment: Deployment, plan: string): Promise<StepResult> {
  const { environment, project, region } = deployment;
  const ran = await terraform(deployment, [
    'plan',
    '-input=false',
    '-lock-timeout=120s',
    `-var-file=environments/${environment}.tfvars`,
    ...(project === undefined ? [] : ['-var', `project_id=${project}`]),
    ...(region === undefined ? [] : ['-var', `region=${region}`]),
    `-out=${plan}`,
  ]);
  if (ran.exit === 0) return { state: 'done', seen: `saved as dist/${environment}.tfplan` };
  return undone(
    'Terraform could not plan',
    ran,
    'terraform/README.md explains variables, APIs and roles that it needs',
  );
}

async function summarize(deployment: Deployment, plan: string): Promise<StepResult> {
  const ran = await terraform(deployment, ['show', '-json', plan]);
  if (ran.exit !== 0) return undone('Terraform could not show its plan', ran, 'plan again');
  const summary = summarizePlan(ran.stdout);
  const said = describePlan(summary);
  if (summary.losesData.length === 0 || deployment.allowDataLoss) return { state: 'done', seen: said, summary };
  return {
    state: 'refused',
    seen: `${said}\ndata would be lost with ${summary.losesData.join(', ')}`,
    mend: 'find out why: a region, a name or a subscription’s topic cannot change in place. If the data is to go, say --allow-data-loss',
  };
}

async function apply(deployment: Deployment, plan: string): Promise<StepResult> {
  const ran = await terraform(deployment, ['apply', '-input=false', '-lock-timeout=120s', plan], true);
  if (ran.exit === 0) return { state: 'done', seen: 'applied' };
  const mend = 'what was made so far is in the state: mend what Terraform says and deploy again';
  return { ...undone('Terraform stopped on the way', ran, mend), state: 'failed' };
}

async function smoke({ root, env, project, environment, progress }: Deployment): Promise<StepResult> {
  const variables = await readFile(resolve(root, 'terraform/environments', `${environment}.tfvars`), 'utf8');
  const own = project ?? /^project_id\s*=\s*"([^"]+)"/m.exec(variables)?.[1];
  const topology = await readFile(resolve(root, 'terraform/topology.json'), 'utf8');
  const { dataset } = JSON.parse(topology) as { dataset: string };
  const ran = await runTool(process.execPath, ['shared/cli/andante.ts', 'smoke', '--timeout', '300'], {
    cwd: root,
    env: { ...env, GOOGLE_CLOUD_PROJECT: own, BIGQUERY_DATASET: dataset },
    onOutput: (text) => progress(text.trimEnd()),
  });
  if (ran.exit === 0) return { state: 'done', seen: 'the canary went all the way' };
  const mend = `the deployment stands; to go back, deploy the commit before. Again: GOOGLE_CLOUD_PROJECT=${own ?? 'PROJECT'} BIGQUERY_DATASET=${dataset} npm run andante -- smoke`;
  return { state: 'failed', seen: 'the canary stuck, or could not be sent', mend };
}

/** What a program said last, under what it means. */
function undone(what: string, { stdout, stderr }: Ran, mend: string): StepResult & { mend: string } {
  const said = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').slice(-20);
  return { state: 'undone', seen: [what, ...said.map((line) => `  ${line}`)].join('\n'), mend };
}
