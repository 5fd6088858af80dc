// One run: the stack with two workers, events through Pub/Sub, kills while they are worked on, quiet, and the verifier.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BigQuery } from '@google-cloud/bigquery';
import type { Firestore } from '@google-cloud/firestore';
import { PubSub } from '@google-cloud/pubsub';
import { firestoreClient } from '../../emulators/day-readings.ts';
import { startStack } from '../../emulators/stack.ts';
import { createPubSubBus } from '../../shared/bus/pubsub-bus.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { DAY_MS, START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { drawCrashLoad, FLIGHT_DAYS, FLIGHT_END_MS, REPORTED_TICKS } from './crash-load.ts';
import { publishDrain, publishTick, type CrashRun } from './publish.ts';
import { killWhileFlowing, type KillCounts } from './kill-while-flowing.ts';
import { readCampaigns, readLedger, readLive, readRows } from './readings.ts';
import { verify } from './verify.ts';

export interface CrashResult extends KillCounts {
  seed: number;
  /** Different events. */
  events: number;
  /** Requests that Pub/Sub made: copies, ticks and retries too. */
  deliveries: number;
  /** Ledger entries whose rows outcome-drain appended: their handlers died between commit and append, or were slower. */
  drainedLater: number;
  seconds: number;
  ledgerEntries: number;
  rows: number;
  violations: string[];
}

export interface CrashContext extends Pick<CrashRun, 'signal' | 'say'> {
  /** A project of its own where emulators are shared. */
  projectId?: string;
}

/** A tick of the live reading: later than every tick before it. */
const LIVE_TICK_MS = START_MS + (REPORTED_TICKS + 2) * TICK_MS;
/** By then every click window is closed and every silent lease is over. */
const LAST_TICK_MS = FLIGHT_END_MS + 3 * DAY_MS;
/**
 * How long all may take to come to rest: a killed process keeps its locks for about 64 s, whoever waits for them tries for
 * 18 s and is called again a second later. With the longest run it stays below five minutes.
 */
const REST_MS = 165_000;

/** @throws Error when the stack does not start, or when the signal aborts */
export async function runCrash(
  { seed, events, seconds }: { seed: number; events: number; seconds: number },
  { signal, say, projectId }: CrashContext,
): Promise<CrashResult> {
  const startedAtMs = performance.now();
  const elapsed = () => Math.round((performance.now() - startedAtMs) / 1000);
  const saySoFar = (line: string) => say(`${String(elapsed()).padStart(4)} s  ${line}`);
  const alarms: string[] = [];
  const load = drawCrashLoad({ seed, count: events });
  const stack = await startStack({
    tickIntervalMs: TICK_MS,
    virtualTime: true,
    workers: 2,
    // Without a policy the emulator retries every second.
    retry: { minBackoffSeconds: 0 },
    onAlarm: (line) => alarms.push(line),
    ...(projectId === undefined ? {} : { projectId }),
  });
  const db = firestoreClient(stack.projectId, stack.firestoreHost);
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true });
  try {
    const store = createFirestoreStore(db);
    const run: CrashRun = { stack, store, db, bus: createPubSubBus(pubsub), load, signal, say: saySoFar };
    for (const market of load.markets)
      await persistSupply(store, market, [...supplyDays(FLIGHT_DAYS + 1, { market }).values()]);
    const places = stack.workers.map(({ port }) => port).join(' and ');
    saySoFar(`ready: workers on ports ${places}, log ${stack.logFile}`);
    signal.throwIfAborted();
    const counts = await killWhileFlowing(run, { seed, seconds });
    const { readings, violations } = await settle(run);
    return {
      seed,
      events,
      deliveries: stack.door?.requests() ?? 0,
      ...counts,
      drainedLater: await drainedLater(stack.logFile),
      seconds: elapsed(),
      ledgerEntries: readings.ledger.length,
      rows: readings.rows.length,
      violations: [
        ...violations,
        ...verify(load.events, readings),
        ...alarms.map((line) => `log: ${line.slice(0, 500)}`),
      ],
    };
  } finally {
    await Promise.allSettled([db.terminate(), pubsub.close()]);
    await stack.stop();
  }
}

/** Lets everything come to rest, ticks, lets every flight end, drains; reads what is stored on the way. */
async function settle(run: CrashRun) {
  const { stack, store, db, load } = run;
  const late: string[] = [];
  const deadlineMs = performance.now() + REST_MS;
  const until = async (what: string, missing: () => Promise<number>) => {
    const left = await untilNothing(run, { what, deadlineMs, missing });
    if (left > 0) late.push(`rest: ${left} ${what} ${REST_MS / 1000} s after the last kill`);
  };
  await until('events are not in the ledger', async () => load.events.length - (await eventsInLedger(db)));
  await publishTick(run, LIVE_TICK_MS);
  await until('reports are not folded', () => waitingOf(db));
  const live = await readLive(store, load);
  await publishTick(run, LAST_TICK_MS);
  await until('campaigns have not ended', async () => {
    const campaigns = await readCampaigns(store, load);
    return load.campaigns.length - campaigns.filter(({ status }) => status === 'ended').length;
  });
  await publishDrain(run);
  await until('entries are not drained', async () => (await store.undrained(1_000)).length);
  const client = new BigQuery({ projectId: stack.projectId, apiEndpoint: stack.bigqueryEndpoint });
  const quarantined = (await store.quarantined(1_000)).map(({ document: { code, eventId, message } }) =>
    [code, eventId, message].join(' '),
  );
  const ended = await readCampaigns(store, load);
  const ledger = await readLedger(db);
  return { readings: { live, ended, ledger, quarantined, ...(await readRows(client, stack)) }, violations: late };
}

/** Nothing was asked or answered for this long: Pub/Sub has no message left that it would send again. */
const QUIET_MS = 2_500;
const SAY_EVERY_MS = 5_000;

interface Rest {
  what: string;
  deadlineMs: number;
  missing: () => Promise<number>;
}

/** Waits until nothing is missing and nothing is on its way; returns what is missing when time is up. */
async function untilNothing({ signal, say, stack }: CrashRun, { what, deadlineMs, missing }: Rest): Promise<number> {
  for (let saidMs = performance.now(); ;) {
    const left = await missing();
    const isQuiet = (stack.door?.quietMs() ?? QUIET_MS) >= QUIET_MS;
    if (left === 0 && isQuiet) return 0;
    if (performance.now() > deadlineMs) return left;
    if (performance.now() > saidMs + SAY_EVERY_MS) {
      saidMs = performance.now();
      say(left > 0 ? `${left} ${what} yet` : 'waiting until nothing is delivered any more');
    }
    await delay(500, undefined, { signal });
  }
}

/** From the functions' log: what a drain did is said nowhere else. */
async function drainedLater(logFile: string): Promise<number> {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  const counts = lines.map((line) => Number(/"function":"outcome-drain".*"entries":(\d+)/.exec(line)?.[1] ?? 0));
  return counts.reduce((sum, entries) => sum + entries, 0);
}

async function eventsInLedger(db: Firestore): Promise<number> {
  const ofEvents = db.collection('ledger').where('eventType', '!=', 'andante.delivery-tick.v1');
  return (await ofEvents.count().get()).data().count;
}

async function waitingOf(db: Firestore): Promise<number> {
  const waiting = db.collection('ledger').where('waitingFor', '>', '');
  return (await waiting.count().get()).data().count;
}
