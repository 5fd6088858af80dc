// Delivery reports and budget changes from publish to committed state and appended rows: our functions beside bare ones
// that make the same reads, writes and appends. Both sides are one process of the same framework behind equal push
// subscriptions on the same emulators, each with its own project, and take turns round by round. A round ends when no
// report waits, no ledger entry owes a row, and every row is in BigQuery.
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { BigQuery } from '@google-cloud/bigquery';
import { Firestore } from '@google-cloud/firestore';
import { PubSub, type Topic } from '@google-cloud/pubsub';
import { PassThroughClient } from 'google-auth-library';
import { freePort } from '../../emulators/free-port.ts';
import { provision } from '../../emulators/provision.ts';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { supervise, type Supervised } from '../../emulators/supervise.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import type { BenchOptions } from './bench.ts';
import { eventCosts } from './event-costs.ts';
import {
  EVENTS_PER_ROUND,
  MARKETS,
  REPORTS_PER_ROUND,
  ROWS_PER_ROUND,
  TICK_INTERVAL_MS,
  roundEvents,
  roundTick,
  seed,
  type OutgoingEvent,
} from './event-load.ts';
import type { BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';

const ROUNDS = 7;
/** Until the compilers of four processes have seen every path. */
const WARM_UP_ROUNDS = 2;
const ROUND_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
const retry = { minBackoffSeconds: 1, maxBackoffSeconds: 2, maxDeliveryAttempts: 100 };

export async function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const running: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    for (const part of running.splice(0).reverse()) await part.stop();
  };
  try {
    const costs = costFigures(await eventCosts());
    console.error('starting the stack');
    const logFile = resolve(tmpdir(), `andante-bench-${process.pid}.log`);
    const stack = await startStack({ tickIntervalMs: TICK_INTERVAL_MS, virtualTime: true, retry, logFile });
    running.push({ stop: () => rm(logFile, { force: true }) }, stack);
    const bare = await startBare(stack);
    running.push({ stop: () => bare.program.stop() });
    const sides = { ours: openSide(stack, stack.projectId), bare: openSide(stack, bare.projectId) };
    running.push(sides.ours, sides.bare);
    await Promise.all([seed(sides.ours.store), seed(sides.bare.store)]);

    const seconds = { ours: [] as number[], bare: [] as number[] };
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
      // Who goes first takes turns too.
      for (const name of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
        const ofRound = await playRound(sides[name], round);
        if (round >= WARM_UP_ROUNDS) seconds[name].push(ofRound.seconds);
        const phase = round < WARM_UP_ROUNDS ? 'warm-up' : `round ${round - WARM_UP_ROUNDS + 1} of ${rounds}`;
        console.error(
          `${phase}, ${name}: ${(EVENTS_PER_ROUND / ofRound.seconds).toFixed(0)} events a second (${ofRound.parts})`,
        );
      }
    }
    await assertSameDelivery(sides);
    return { figures: [...throughputFigures(seconds), ...costs], notes: [about(rounds)] };
  } finally {
    await stopAll();
  }
}

async function startBare(stack: Stack): Promise<{ projectId: string; program: Supervised }> {
  const projectId = `${stack.projectId}-bare`;
  const port = await freePort();
  const listening = Promise.withResolvers<void>();
  const program = await supervise({
    name: 'bare functions',
    command: process.execPath,
    args: [resolve(import.meta.dirname, 'bare-functions.ts'), '--port', String(port)],
    env: { ...stack.env, GOOGLE_CLOUD_PROJECT: projectId },
    onLine: (line) => {
      if (line.startsWith('{"url"')) listening.resolve();
      else console.error(line);
    },
  });
  void program.exited.then(() =>
    listening.reject(new Error(`the bare functions ended:\n${program.lastLines().join('\n')}`)),
  );
  await listening.promise;
  const { topology, pubsubHost, bigqueryEndpoint } = stack;
  await provision({
    projectId,
    topology,
    functionsUrl: `http://127.0.0.1:${port}`,
    pubsubHost,
    bigqueryEndpoint,
    retry,
  });
  return { projectId, program };
}

/** One side's clients, for publishing to it and for watching it. */
function openSide(stack: Stack, projectId: string) {
  const [host = '', port = ''] = stack.firestoreHost.split(':');
  const firestore = new Firestore({ projectId, host: `${host}:${port}`, ssl: false });
  const pubsub = new PubSub({ projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true });
  const bigquery = new BigQuery({
    projectId,
    apiEndpoint: stack.bigqueryEndpoint,
    authClient: new PassThroughClient(),
  });
  const { dataset } = stack.topology;
  const tables = ['outcomes', 'deliveries', 'supply_observations'];
  const counts = tables.map((table) => `(SELECT COUNT(DISTINCT row_id) FROM \`${projectId}.${dataset}.${table}\`)`);
  const ledger = firestore.collection('ledger');
  const topics = new Map(
    stack.topology.topics.map((name) => [name, pubsub.topic(name, { batching: { maxMilliseconds: 2 } })]),
  );
  return {
    store: createFirestoreStore(firestore),
    publish: async (events: readonly OutgoingEvent[]) => {
      await Promise.all(
        events.map(({ topic, body }) =>
          (topics.get(topic) as Topic).publishMessage({
            json: body,
            attributes: { type: body.type, tenantId: body.tenantId },
          }),
        ),
      );
    },
    waiting: async () => (await ledger.where('waitingFor', 'in', MARKETS).count().get()).data().count,
    undrained: async () => (await ledger.where('undrained', '==', true).count().get()).data().count,
    rows: async () => {
      const [[row]] = (await bigquery.query(`SELECT ${counts.join(' + ')} AS n`)) as unknown as [{ n: number }[]];
      return Number(row?.n);
    },
    /** Forgets what is done: the emulator's queries walk over all that was ever filed. */
    forget: async () => {
      const writer = firestore.bulkWriter();
      for (const ref of await ledger.listDocuments()) void writer.delete(ref);
      await writer.close();
    },
    stop: async () => void (await Promise.allSettled([pubsub.close(), firestore.terminate()])),
  };
}
type Side = ReturnType<typeof openSide>;

/** The seconds from the first publish to the last row, and those of its parts. */
async function playRound(side: Side, round: number): Promise<{ seconds: number; parts: string }> {
  const startedAtMs = performance.now();
  const deadlineMs = startedAtMs + ROUND_TIMEOUT_MS;
  const seconds = () => (performance.now() - startedAtMs) / 1000;
  await side.publish(roundEvents(round));
  await until('reports are filed', deadlineMs, async () => (await side.waiting()) === REPORTS_PER_ROUND);
  const filed = seconds();
  await side.publish([roundTick(round)]);
  await until('reports are folded', deadlineMs, async () => (await side.waiting()) === 0);
  const folded = seconds();
  await until('entries are drained', deadlineMs, async () => (await side.undrained()) === 0);
  await until('rows are there', deadlineMs, async () => (await side.rows()) >= ROWS_PER_ROUND * (round + 1));
  const all = seconds();
  await side.forget();
  const parts = `filed in ${filed.toFixed(2)} s, folded in ${(folded - filed).toFixed(2)} s, recorded in ${(all - folded).toFixed(2)} s`;
  return { seconds: all, parts };
}

async function until(what: string, deadlineMs: number, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    if (performance.now() > deadlineMs)
      throw new Error(`a round took more than ${ROUND_TIMEOUT_MS / 1000} s until ${what}`);
    await delay(POLL_MS);
  }
}

/** Both sides folded every report once, or the comparison means nothing. */
async function assertSameDelivery(sides: { ours: Side; bare: Side }): Promise<void> {
  const delivered = async ({ store }: Side) => {
    const pages = await store.read(MARKETS.map((market) => refs.page(market, 'p00')));
    return pages.flatMap((page) => page?.entries ?? []).reduce((sum, entry) => sum + entry.impressions, 0);
  };
  const [ours, bare] = [await delivered(sides.ours), await delivered(sides.bare)];
  if (ours !== bare)
    throw new Error(`the sides do not compare: ours folded ${ours} impressions, the bare functions ${bare}`);
}

function throughputFigures({ ours, bare }: { ours: number[]; bare: number[] }): Figure[] {
  const perSecond = (seconds: number[]) => EVENTS_PER_ROUND / median(seconds);
  return [
    { name: 'throughput, ours', measured: perSecond(ours), unit: 'events a second' },
    { name: 'throughput, bare', measured: perSecond(bare), unit: 'events a second' },
    {
      name: 'throughput, ours beside bare, median of pairs',
      measured: median(ours.map((own, round) => (bare[round] as number) / own)),
      unit: 'ratio',
    },
    {
      name: 'throughput, ours beside bare',
      measured: perSecond(ours) / perSecond(bare),
      unit: 'ratio',
      bar: { atLeast: 0.7 },
    },
  ];
}

function costFigures({ report, change, tick, idleTick }: Awaited<ReturnType<typeof eventCosts>>): Figure[] {
  const both = (name: string, { reads, writes }: { reads: number; writes: number }): Figure[] => [
    { name: `${name}: reads`, measured: reads, unit: 'documents' },
    { name: `${name}: writes`, measured: writes, unit: 'documents' },
  ];
  return [
    { name: 'delivery report: reads', measured: report.reads, unit: 'documents', bar: { atMost: 2 } },
    { name: 'delivery report: writes', measured: report.writes, unit: 'documents', bar: { atMost: 3 } },
    ...both('budget change, half of them raises', change),
    ...both('tick of a market of one page, fixed', tick),
    ...both('tick of a market of one page, nothing waiting', idleTick),
  ];
}

function about(rounds: number): string {
  return [
    `${EVENTS_PER_ROUND} events a round (${REPORTS_PER_ROUND} reports of 8 lines, ${EVENTS_PER_ROUND - REPORTS_PER_ROUND} budget changes) over 64 campaigns in ${MARKETS.length} markets,`,
    `one tick that folds them, ${ROWS_PER_ROUND} rows; medians of ${rounds} rounds a side in turns, after ${WARM_UP_ROUNDS} to warm up.`,
    'A bare function makes the same reads, writes and appends with the plain clients: no validation, decision, log or port.',
    'Reads and writes are counted on the functions’ own handlers over a metered store.',
  ].join('\n');
}
