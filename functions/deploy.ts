// `npm run deploy`: from a commit to a project that runs it, step by step, each explained before it is taken. With --plan
// it stops before anything is changed. What cannot be done here is said, with what to do, and what follows is still explained.
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '../shared/runtime/config.ts';
import { buildFunctions } from './build.ts';
import { deploySteps, type Deployment, type Step, type StepResult } from './deploy-steps.ts';
import type { PlanSummary } from './plan-summary.ts';

const exitCodes = { done: 0, refused: 1, usage: 2, undone: 3, failed: 4 } as const;

const USAGE = `npm run deploy -- --environment NAME [options]

Checks, builds, plans with Terraform, says what the plan does, applies it, and sends a canary through what runs then.

  --environment NAME   of terraform/environments: NAME.tfvars and NAME.gcs.tfbackend
  --plan               change nothing: stop after the plan, and explain what would follow
  --project P          instead of project_id of NAME.tfvars
  --region R           instead of region of NAME.tfvars
  --allow-data-loss    apply a plan that destroys a database, a dataset, a table or a subscription
  --json               print one JSON object as the last line
  --help               this text

Exit codes:
  0  done: with --plan, a plan was made and shown
  1  refused: the plan destroys data
  2  the command line is wrong
  3  something is missing here, such as terraform, its registry or credentials; with --plan too, so that nobody takes an
     explanation for a plan
  4  it was applied in part, or the canary stuck`;

export interface DeployDeps {
  stdout: (line: string) => void;
  stderr: (line: string) => void;
  root: string;
  env: Deployment['env'];
  build: Deployment['build'];
}

interface Report {
  step: string;
  state: StepResult['state'] | 'skipped';
  seen: string;
  mend?: string;
}

/** Runs one deployment and resolves to its exit code. */
export async function deploy(args: readonly string[], deps: DeployDeps): Promise<number> {
  let deployment: (Deployment & { isJson: boolean }) | 'help';
  try {
    deployment = await parse(args, deps);
  } catch (error) {
    deps.stderr(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return exitCodes.usage;
  }
  if (deployment === 'help') {
    deps.stdout(USAGE);
    return exitCodes.done;
  }
  const reports: Report[] = [];
  let summary: PlanSummary | undefined;
  const steps = deploySteps(deployment);
  for (const [index, step] of steps.entries()) {
    deployment.progress(`\n${index + 1} of ${steps.length}: ${step.name}. ${step.explanation}`);
    const result = await take(step, reports, deployment);
    reports.push(result);
    if (result.summary) summary = result.summary;
    deployment.progress(`  ${result.state}: ${result.seen.replaceAll('\n', '\n  ')}`);
    if (result.mend !== undefined) deployment.progress(`  to mend it: ${result.mend}`);
  }
  const verdict = verdictOf(reports);
  deployment.progress(`\n${nextOf(verdict, reports, deployment)}`);
  if (deployment.isJson) {
    const steps = reports.map(({ step, state, seen, mend }) => ({ step, state, seen, ...(mend ? { mend } : {}) }));
    deps.stdout(
      JSON.stringify({ environment: deployment.environment, verdict, steps, ...(summary ? { summary } : {}) }),
    );
  }
  return exitCodes[verdict];
}

/** Takes a step, unless `--plan` leaves it out or one that it needs was not taken. */
async function take(
  { name: step, needs, appliesOnly = false, run }: Step,
  before: readonly Report[],
  { isPlan }: Deployment,
): Promise<Report & { summary?: PlanSummary }> {
  if (appliesOnly && isPlan) return { step, state: 'skipped', seen: 'not with --plan' };
  const missing = before.filter((report) => needs.includes(report.step) && !['done', 'warned'].includes(report.state));
  if (missing.length > 0)
    return { step, state: 'skipped', seen: `it needs ${missing.map((report) => report.step).join(' and ')}` };
  try {
    return { step, ...(await run()) };
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    return {
      step,
      state: appliesOnly ? 'failed' : 'undone',
      seen,
      mend: 'this was not foreseen: the message is all that is known',
    };
  }
}

type Verdict = Exclude<keyof typeof exitCodes, 'usage'>;

function verdictOf(reports: readonly Report[]): Verdict {
  const states = reports.map(({ state }) => state);
  return (['failed', 'refused', 'undone'] as const).find((state) => states.includes(state)) ?? 'done';
}

function nextOf(verdict: Verdict, reports: readonly Report[], deployment: Deployment): string {
  const { environment, isPlan } = deployment;
  const names = (state: Report['state']) => reports.filter((report) => report.state === state).map(({ step }) => step);
  switch (verdict) {
    case 'done':
      return isPlan
        ? `Nothing was changed. Next: npm run deploy -- --environment ${environment} applies a plan made in the same way.`
        : `${environment} runs this commit. Next: watch its dashboard; terraform/RUNBOOK.md explains its alerts.`;
    case 'refused':
      return 'Nothing was changed: the plan destroys data.';
    case 'failed':
      return `Stopped at ${names('failed').join(' and ')}: see above.`;
    case 'undone':
      return `Nothing was changed. Could not be done here: ${names('undone').join(', ')}. Skipped for it, or left out: ${names('skipped').join(', ')}.`;
    default:
      return verdict;
  }
}

/** @throws Error saying what is wrong with the command line */
async function parse(args: readonly string[], deps: DeployDeps): Promise<(Deployment & { isJson: boolean }) | 'help'> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      environment: { type: 'string' },
      plan: { type: 'boolean', default: false },
      project: { type: 'string' },
      region: { type: 'string' },
      'allow-data-loss': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const files = await readdir(resolve(deps.root, 'terraform/environments')).catch((): string[] => []);
  const known = files.flatMap((file) => /^([a-z0-9-]+)\.tfvars$/.exec(file)?.[1] ?? []);
  const { environment, project, region } = values;
  if (environment === undefined || !known.includes(environment))
    throw new Error(`--environment is one of ${known.join(', ')}, not ${environment ?? 'nothing'}`);
  if (!files.includes(`${environment}.gcs.tfbackend`))
    throw new Error(`terraform/environments/${environment}.gcs.tfbackend is missing: it names the bucket of the state`);
  if (project !== undefined && !/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project))
    throw new Error(`--project is the id of a project, not "${project}"`);
  if (region !== undefined && !/^[a-z]+-[a-z]+[0-9]+$/.test(region))
    throw new Error(`--region is one region, such as europe-west1, not "${region}"`);
  return {
    isPlan: values.plan,
    environment,
    project,
    region,
    allowDataLoss: values['allow-data-loss'],
    isJson: values.json,
    root: deps.root,
    env: deps.env,
    build: deps.build,
    // With --json, stdout is for programs.
    progress: values.json ? deps.stderr : deps.stdout,
  };
}

if (import.meta.main) {
  process.exitCode = await deploy(process.argv.slice(2), {
    stdout: (line) => void process.stdout.write(`${line}\n`),
    stderr: (line) => void process.stderr.write(`${line}\n`),
    root: resolve(import.meta.dirname, '..'),
    env: readEnvironment(),
    build: buildFunctions,
  });
}
