// What a cold start costs: loading each function's bundle beside a bare function, bundled the same way, that imports the
// same Google clients and does nothing. Every sample is a fresh process; the two take turns.
//
//   load    importing the bundle until its function is registered with the framework
//   ready   load, and what the first event waits for before it can do I/O: configuration, log and clients
//   memory  resident set when ready
//
// What ours carry beyond the bare ones: the generated validators of contracts, pino, and the function itself.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildFunctions, bundleOptions } from '../../functions/build.ts';
import { readTopology } from '../../terraform/topology.ts';
import { bareSource, clientsOf, preparedSource, type Client } from './coldstart-sources.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const ROUNDS = 9;
const MAX_RATIO = 1.3;
/** No emulator is asked anything: nothing is sent. */
const env = {
  GOOGLE_CLOUD_PROJECT: 'demo-andante',
  BIGQUERY_DATASET: 'andante',
  FIRESTORE_EMULATOR_HOST: '127.0.0.1:1',
  PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
  METADATA_SERVER_DETECTION: 'none',
};

interface Sample {
  loadMs: number;
  readyMs: number;
  memoryMb: number;
}

interface Subject {
  name: string;
  clients: Client[];
  files: { ours: string; oursReady: string; bare: string };
}

export async function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  // Inside the project: the bundles find the framework there, as they do in a deployment.
  const cache = resolve(root, 'node_modules/.cache/andante');
  await mkdir(cache, { recursive: true });
  const dir = await mkdtemp(resolve(cache, 'coldstart-'));
  try {
    console.error('bundling');
    const subjects = await bundleAll(dir);
    const figures: Figure[] = [];
    const notes: string[] = [];
    for (const subject of subjects) {
      console.error(`${subject.name}: ${rounds} rounds`);
      const { ours, bare } = await measure(subject, rounds);
      figures.push(...figuresOf(subject.name, ours, bare));
      notes.push(absolute(subject, ours, bare));
    }
    return { figures, notes: [notes.join('\n'), `Medians of ${rounds} fresh processes a side, in turns.`] };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Ours as they are deployed, ours with a door to what the first event prepares, and the bare ones. */
async function bundleAll(dir: string): Promise<Subject[]> {
  const bundles = await buildFunctions(resolve(dir, 'ours'));
  const { functions } = await readTopology();
  await writeFile(resolve(dir, 'package.json'), '{"type":"module"}');
  const subjects: Subject[] = [];
  for (const { name, file } of bundles) {
    const isHttp = functions[name]?.trigger.kind === 'http';
    const clients = await clientsOf(resolve(root, 'functions', name, 'index.ts'));
    const oursReady = resolve(dir, 'ready', `${name}.js`);
    const bare = resolve(dir, 'bare', `${name}.js`);
    await bundleSource(preparedSource(name, clients), oursReady);
    await bundleSource(bareSource(name, clients, isHttp), bare);
    subjects.push({ name, clients, files: { ours: file, oursReady, bare } });
  }
  return subjects;
}

async function bundleSource(source: string, outfile: string): Promise<void> {
  await mkdir(resolve(outfile, '..'), { recursive: true });
  await build({ ...bundleOptions, stdin: { contents: source, resolveDir: root, loader: 'ts' }, outfile });
}

async function measure({ files }: Subject, rounds: number): Promise<{ ours: Sample; bare: Sample }> {
  const samples = { ours: [] as Sample[], oursReady: [] as Sample[], bare: [] as Sample[] };
  const sides = ['ours', 'bare', 'oursReady'] as const;
  // The first of each fills the page cache and does not count.
  for (let round = -1; round < rounds; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const sample = await sampleOf(files[side]);
      if (round >= 0) samples[side].push(sample);
    }
  }
  const middle = (side: keyof typeof samples, of: keyof Sample) => median(samples[side].map((sample) => sample[of]));
  return {
    ours: {
      loadMs: middle('ours', 'loadMs'),
      readyMs: middle('oursReady', 'readyMs'),
      memoryMb: middle('oursReady', 'memoryMb'),
    },
    bare: {
      loadMs: middle('bare', 'loadMs'),
      readyMs: middle('bare', 'readyMs'),
      memoryMb: middle('bare', 'memoryMb'),
    },
  };
}

/** One fresh process that imports one bundle and, where the bundle has it, prepares what its first event needs. */
async function sampleOf(file: string): Promise<Sample> {
  const program = `
    const from = performance.now();
    const bundle = await import(${JSON.stringify(file)});
    const loadMs = performance.now() - from;
    bundle.prepare?.();
    const readyMs = performance.now() - from;
    console.log(JSON.stringify({ loadMs, readyMs, memoryMb: process.memoryUsage().rss / 2 ** 20 }));
    process.exit(0);`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await execute(process.execPath, args, { env: { ...process.env, ...env }, timeout: 60_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Sample;
}

function figuresOf(name: string, ours: Sample, bare: Sample): Figure[] {
  const ratio = (what: string, of: keyof Sample): Figure => ({
    name: `${name}: ${what}`,
    measured: ours[of] / bare[of],
    unit: 'ratio',
    bar: { atMost: MAX_RATIO },
  });
  return [ratio('load', 'loadMs'), ratio('ready', 'readyMs'), ratio('memory', 'memoryMb')];
}

function absolute({ name, clients }: Subject, ours: Sample, bare: Sample): string {
  const of = ({ loadMs, readyMs, memoryMb }: Sample) =>
    `load ${loadMs.toFixed(0)} ms, ready ${readyMs.toFixed(0)} ms, ${memoryMb.toFixed(0)} MB`;
  return `${name} (${clients.join(', ')}): ours ${of(ours)}; bare ${of(bare)}`;
}
