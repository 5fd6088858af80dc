// `npm start`: brings the stack up, plays days of campaigns on it, prints what became of them, and stays up.
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { AllocationStore } from '../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../shared/store/firestore-store.ts';
import { firestoreClient, readDay } from './day-readings.ts';
import { reportDay, type DayReport } from './day-report.ts';
import { renderDay } from './day-table.ts';
import { startIdleTicks } from './idle-ticks.ts';
import { showProgress } from './progress.ts';
import { runQuery } from './run-query.ts';
import { findingOf } from './scenario-finding.ts';
import { spendChart, spendOverview } from './spend-chart.ts';
import { cacheDir, startStack, type Stack } from './stack.ts';
import { USAGE, UsageError, parseStartOptions, type StartOptions } from './start-options.ts';
import { forecastWorld, watchSupply, type SupplyWatch } from './world-forecast.ts';
import { idleDays, nudge, openPopulation, playWorld, seedSupply, type PlayResult } from './world-stack.ts';
import { setServing } from './world-serving.ts';
import type { Population } from './world/population.ts';
import { type Scenario, scenarios } from './world/scenarios.ts';

const DAY_MS = 86_400_000;
/** Virtual ticks of ten minutes: a day is 144 of them, and plays in about a minute on two cores. */
const TICK_INTERVAL_MS = 600_000;
/** The first virtual day, a Monday: the same on every machine. */
const START_AT_MS = Date.parse('2026-03-02T00:00:00Z');

const stopped = new AbortController();

async function main(args: string[]): Promise<number> {
  const options = parseStartOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  // Before anything starts: a file that cannot be read is not worth a stack.
  const scenario: Scenario = scenarios[options.scenario];
  const population = await openPopulation({ ...options, scenario, startAtMs: START_AT_MS });
  if (options.charts !== undefined) await openFolder(options.charts);
  if (options.report !== undefined) await refuseFolder(options.report);
  const startedAtMs = performance.now();
  const stack = await startStack({
    tickIntervalMs: TICK_INTERVAL_MS,
    virtualTime: true,
    port: options.port,
    retry: { minBackoffSeconds: 1, maxBackoffSeconds: 10 },
    onStep: (step, ms) => console.error(`  ${step.padEnd(16)} ${(ms / 1000).toFixed(1)} s`),
    onAlarm: (line) => console.error(line),
  });
  try {
    stopped.signal.throwIfAborted();
    await announce(stack);
    console.error(
      `Ready after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s. Functions ${stack.functionsUrl}, log ${stack.logFile}`,
    );
    return options.idle ? await idle(stack, population, options) : await play(stack, population, options);
  } finally {
    await withdraw();
    await stack.stop();
  }
}

async function idle(stack: Stack, population: Population, options: StartOptions): Promise<number> {
  const { startAtMs, endAtMs } = idleDays(Date.now());
  await seedSupply(storeOf(stack), population, startAtMs, endAtMs);
  const onError = (error: unknown) => console.error(`A tick was not published: ${String(error)}`);
  const ticks = options.ticks
    ? startIdleTicks(stack, { ...options, tickIntervalMs: TICK_INTERVAL_MS, onError })
    : undefined;
  console.log(JSON.stringify(placesOf(stack)));
  await untilStopped();
  await ticks?.stop();
  return 0;
}

async function play(stack: Stack, population: Population, options: StartOptions): Promise<number> {
  const store = storeOf(stack);
  const { seed, campaigns, days, tickFaults } = options;
  const scenario: Scenario = scenarios[options.scenario];
  const newMarket = scenario.hasNewMarket ? population.markets.at(-1) : undefined;
  const endAtMs = START_AT_MS + days * DAY_MS;
  const forecastAtMs = performance.now();
  await forecastWorld(stack, store, population, { seed, startAtMs: START_AT_MS, newMarket, signal: stopped.signal });
  await setServing(store, population.markets);
  const seconds = ((performance.now() - forecastAtMs) / 1000).toFixed(1);
  console.error(`Forecast ${population.markets.length} markets from eight weeks of reports in ${seconds} s.`);
  const supply = watchSupply(store, population, { startAtMs: START_AT_MS, endAtMs: endAtMs + DAY_MS });
  const progress = showProgress(days);
  const played = await playWorld(stack, population, {
    seed,
    startAtMs: START_AT_MS,
    campaigns,
    days,
    tickIntervalMs: TICK_INTERVAL_MS,
    tickFaults,
    scenario,
    look: () => supply.look(),
    onProgress: (reached) => progress.update(reached),
    signal: stopped.signal,
  }).finally(() => progress.stop());
  await runQuery(stack, 'close_supply_hours', endAtMs);
  const { report, readings } = await settledReport({ stack, store, population, played, supply });
  console.log(renderDay(report));
  const finding = findingOf(options.scenario, { report, readings, played, population, startAtMs: START_AT_MS });
  console.log(`\n${options.scenario}: ${finding}`);
  if (options.report !== undefined) await writeReport(options.report, { options, finding, ...report });
  if (options.charts !== undefined) await drawCharts(options.charts, report);
  if (options.once) return report.violations.length === 0 ? 0 : 1;
  console.error(
    'Everything stays up; Ctrl-C stops it. Look around with: npm run andante -- inspect market ' +
      (population.markets[0] ?? ''),
  );
  await untilStopped();
  return 0;
}

/** Ticks and drains that a world which has ended may still need: its last reports can be on their way. */
const LAST_ROUNDS = 10;

interface Played {
  stack: Stack;
  store: AllocationStore;
  population: Population;
  played: PlayResult;
  supply: SupplyWatch;
}

/** The report once nothing is on its way any more, or what is still wrong after some more ticks. */
async function settledReport({ stack, store, population, played, supply }: Played) {
  for (let round = 1; ; round++) {
    const readings = await readDay(stack, store, played, supply.most());
    const report = reportDay(readings, played, population, TICK_INTERVAL_MS);
    if (report.violations.length === 0 || round === LAST_ROUNDS) return { report, readings };
    await nudge(stack, played.reachedAtMs + round * TICK_INTERVAL_MS);
    await pauseFor(500, undefined, { signal: stopped.signal });
  }
}

async function writeReport(
  file: string,
  report: DayReport & { options: StartOptions; finding: string },
): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.error(`Report written to ${file}`);
}

/** @throws UsageError when there cannot be a folder of this name */
async function openFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`--charts takes a folder, and ${folder} cannot be one`, { cause: error });
  }
}

/** @throws UsageError when a file cannot have this name: a day is long to find that out at its end */
async function refuseFolder(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`--report takes a file, and ${file} is a folder`);
}

async function drawCharts(folder: string, { campaigns }: DayReport): Promise<void> {
  await writeFile(join(folder, 'overview.svg'), spendOverview(campaigns));
  for (const campaign of campaigns) await writeFile(join(folder, `${campaign.campaignId}.svg`), spendChart(campaign));
  console.error(`Charts of ${campaigns.length} campaigns drawn in ${folder}`);
}

function storeOf({ projectId, firestoreHost }: Stack): AllocationStore {
  return createFirestoreStore(firestoreClient(projectId, firestoreHost));
}

/** Where everything is, for programs. */
function placesOf({ projectId, firestoreHost, pubsubHost, bigqueryEndpoint, functionsUrl, topology }: Stack) {
  const { topics, subscriptions, dataset, tables } = topology;
  return {
    projectId,
    firestoreHost,
    pubsubHost,
    bigqueryEndpoint,
    functionsUrl,
    topics,
    subscriptions: Object.keys(subscriptions),
    dataset,
    tables: Object.keys(tables),
  };
}

const announcement = resolve(cacheDir, 'stack.json');

/** Tells the command line where the stack is. The latest stack wins. */
async function announce(stack: Stack): Promise<void> {
  await writeFile(
    announcement,
    `${JSON.stringify({ ...placesOf(stack), tickIntervalMs: TICK_INTERVAL_MS, pid: process.pid })}\n`,
  );
}

async function withdraw(): Promise<void> {
  await rm(announcement, { force: true });
}

function untilStopped(): Promise<void> {
  return new Promise((done) => {
    if (stopped.signal.aborted) done();
    else stopped.signal.addEventListener('abort', () => done());
  });
}

function stop(): void {
  if (stopped.signal.aborted) return;
  console.error('\nStopping: nothing is left running.');
  stopped.abort();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

// npm passes on what it is asked to end with; killed outright it cannot, and we would stay behind.
if (process.env['npm_lifecycle_event'] !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 500).unref();
}

main(process.argv.slice(2)).then(
  (code) => process.exit(stopped.signal.aborted ? 0 : code),
  (error: unknown) => {
    if (stopped.signal.aborted) process.exit(130);
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof UsageError) console.error('\n`npm start -- --help` lists the options.');
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
