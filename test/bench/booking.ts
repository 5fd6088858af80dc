// Bookings on the emulators, over HTTP and the bus as in production, 1,000 campaigns in one call, watched by
// a reader; then pairs of bulks of 20 that race for the same scarce supply, each flow at a process of its own. What was sold and held is
// counted from the books, by arithmetic of its own.
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Firestore } from '@google-cloud/firestore';
import { freePort } from '../../emulators/free-port.ts';
import { startStack } from '../../emulators/stack.ts';
import { supervise, type Supervised } from '../../emulators/supervise.ts';
import type { BookingAnswer, BookingRequestWire } from '../../shared/contracts/bookings.ts';
import type { BookEntry, Hold } from '../../shared/contracts/documents.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import type { BenchOptions } from './bench.ts';
import {
  MARKETS,
  SOLD_TENANT,
  START_MS,
  drawRace,
  largeBooking,
  seedMarkets,
  seedRace,
  type Race,
} from './booking-load.ts';
import type { BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';
import { UsageError } from './usage-error.ts';

const TRIALS = 200;
const LARGE = 1_000;
const BULK = 20;
/** Races that run at once, each in a market of its own. */
const AT_ONCE = 3;
/** A request that takes longer waits for what never comes. */
const DEADLOCK_MS = 60_000;
/** Until all that was published is applied. */
const APPLY_TIMEOUT_MS = 600_000;
const POLL_MS = 100;

/** @throws UsageError for a number of trials that is none */
export async function run({ own = {} }: BenchOptions): Promise<BenchResult> {
  const trials = Number(own['trials'] ?? TRIALS);
  if (!(Number.isInteger(trials) && trials >= 1 && trials <= 10_000))
    throw new UsageError(`--trials takes a whole number from 1 to 10000, not ${String(own['trials'])}`);
  const running: { stop(): Promise<unknown> }[] = [];
  try {
    console.error('starting the stack');
    const logFile = resolve(tmpdir(), `andante-bench-${process.pid}.log`);
    const stack = await startStack({ tickIntervalMs: 60_000, virtualTime: true, logFile });
    running.push({ stop: () => rm(logFile, { force: true }) }, stack);
    const firestore = new Firestore({ projectId: stack.projectId, host: stack.firestoreHost, ssl: false });
    running.push({ stop: () => firestore.terminate() });
    const store = createFirestoreStore(firestore);
    const door = `${stack.functionsUrl}/v1/bookings`;
    const other = await startOther(stack.env);
    running.push(other.program);
    const large = await bookLarge(door, store);
    const races = await race([door, `${other.url}/v1/bookings`], store, trials);
    return { figures: [...largeFigures(large), ...raceFigures(races)], notes: [about(trials)] };
  } finally {
    for (const part of running.reverse()) await part.stop();
  }
}

/** Another process of all functions on the same emulators; the bus knows the first alone. */
async function startOther(env: Record<string, string>): Promise<{ url: string; program: Supervised }> {
  const port = await freePort();
  const listening = Promise.withResolvers<void>();
  const program = await supervise({
    name: 'other functions',
    command: process.execPath,
    args: [resolve(import.meta.dirname, '../../emulators/gateway.ts'), '--port', String(port)],
    env,
    onLine: (line) => {
      if (line.startsWith('{"url"')) listening.resolve();
    },
  });
  void program.exited.then(() =>
    listening.reject(new Error(`the other functions ended:\n${program.lastLines().join('\n')}`)),
  );
  await listening.promise;
  return { url: `http://127.0.0.1:${port}`, program };
}

interface Large {
  seconds: number;
  appliedSeconds: number;
  /** How far it was, each time that a reader saw it at another place while it was being decided and held. */
  seen: Set<number>;
  /** Times that a reader found something sold, or a campaign of it told, before all of it was confirmed. */
  partial: number;
  /** Campaigns that were accepted and are not sold as they were, or are held still. */
  lost: number;
  isConfirmed: boolean;
}

async function bookLarge(door: string, store: AllocationStore): Promise<Large> {
  await seedMarkets(store);
  const request = largeBooking(LARGE, 1);
  const startedAtMs = performance.now();
  const since = () => (performance.now() - startedAtMs) / 1000;
  const seen = new Set<number>();
  const call = { isOver: false, partial: 0 };
  const watch = async () => {
    while (!call.isOver) {
      await delay(POLL_MS);
      // Books first: what is sold then was confirmed before we look.
      const sold = (await booksOf(store, MARKETS)).entries.length;
      const { status, body } = await ask(`${door}/large`, { tenant: 'large' });
      if (status === 404) continue;
      if (body.status === 'staging' && body.progress.held > 0 && body.progress.held < LARGE)
        seen.add(body.progress.held);
      const isWhole = body.status === 'confirmed' && body.progress.held === LARGE;
      if (!isWhole && (sold > 0 || body.lines !== undefined)) call.partial += 1;
    }
  };
  const watching = watch();
  const { body } = await post(door, 'large', 'large', request).finally(() => (call.isOver = true));
  await watching;
  const seconds = since();
  console.error(
    `${LARGE} campaigns in one call: ${body.status} after ${seconds.toFixed(1)} s, seen at ${seen.size} places`,
  );
  const lines = body.lines ?? [];
  const lost = await untilApplied(async () => missing(lines, await booksOf(store, MARKETS)), 'of the large booking');
  const appliedSeconds = since() - seconds;
  return { seconds, appliedSeconds, seen, partial: call.partial, lost, isConfirmed: body.status === 'confirmed' };
}

interface Raced {
  race: Race;
  answers: BookingAnswer[];
  seconds: number[];
}

interface Races {
  seconds: number[];
  oversold: number;
  deadlocks: number;
  lost: number;
  notOne: number;
  unexplained: number;
}

async function race(doors: readonly [string, string], store: AllocationStore, trials: number): Promise<Races> {
  const raced: Raced[] = [];
  const total: Races = { seconds: [], oversold: 0, deadlocks: 0, lost: 0, notOne: 0, unexplained: 0 };
  const waiting = Array.from({ length: trials }, (_, trial) => drawRace(trial, BULK));
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const one = next;
      await seedRace(store, one);
      const runs = await Promise.allSettled(
        one.bulks.map((bulk, index) => bookOne(doors[index] as string, one, bulk, index)),
      );
      const failed = runs.filter((run) => run.status === 'rejected');
      for (const { reason } of failed) console.error(`${one.market}: ${String(reason)}`);
      total.deadlocks += failed.length;
      const done = runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
      const answers = done.map(({ body }) => body);
      raced.push({ race: one, answers, seconds: done.map(({ seconds }) => seconds) });
      if (isOversold(one, await booksOf(store, [one.market]))) total.oversold += 1;
      if (raced.length % 20 === 0) console.error(`${raced.length} of ${trials} races`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (const { race: one, answers, seconds } of raced) {
    total.seconds.push(...seconds);
    if (answers.filter(({ status }) => status === 'confirmed').length !== 1) total.notOne += 1;
    const refused = answers.filter(({ status }) => status === 'refused').flatMap(({ lines = [] }) => lines);
    const isExplained = refused.every(({ code, reason }) => code !== undefined && reason !== undefined);
    if (!isExplained || (refused.length > 0 && !refused.some(({ counterOffers = [] }) => counterOffers.length > 0)))
      total.unexplained += 1;
    const confirmed = answers.filter(({ status }) => status === 'confirmed').flatMap(({ lines = [] }) => lines);
    total.lost += await untilApplied(
      async () => missing(confirmed, await booksOf(store, [one.market])),
      `in ${one.market}`,
    );
    if (isOversold(one, await booksOf(store, [one.market]))) total.oversold += 1;
  }
  return total;
}

/** Books a bulk or, where it is held first, holds and confirms it. */
async function bookOne(door: string, { market, isHeld }: Race, bulk: BookingRequestWire, index: number) {
  const startedAtMs = performance.now();
  const tenant = `tenant-${index}`;
  let { body } = await post(door, market, tenant, bulk);
  if (isHeld && body.status === 'held')
    ({ body } = await insist(() => ask(`${door}/${market}/confirm`, { tenant, method: 'POST' })));
  return { body, seconds: (performance.now() - startedAtMs) / 1000 };
}

async function post(door: string, key: string, tenant: string, request: BookingRequestWire) {
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' };
  const body = JSON.stringify(request);
  return insist(() => ask(door, { tenant, method: 'POST', headers, body }));
}

/** The same request again until it is answered: what is busy, or away for a moment, is asked again as any client does. */
async function insist(send: () => Promise<Answered>): Promise<Answered> {
  for (const startedAtMs = performance.now(); ; await delay(200)) {
    const answered = await send();
    if (answered.status < 300) return answered;
    const isPassing = answered.status === 503 || answered.body.code === 'BOOKING_BUSY';
    if (!isPassing || performance.now() - startedAtMs > DEADLOCK_MS)
      throw new Error(`answered ${answered.status} ${answered.body.code}: ${answered.body.detail}`);
  }
}

interface Answered {
  status: number;
  body: BookingAnswer & { code?: string; detail?: string };
}

async function ask(
  url: string,
  {
    tenant,
    headers = {},
    ...rest
  }: { tenant: string; method?: string; headers?: Record<string, string>; body?: string },
): Promise<Answered> {
  const response = await fetch(url, {
    ...rest,
    headers: { ...headers, authorization: `Bearer tenant:${tenant}`, 'andante-at': formatInstant(START_MS) },
    signal: AbortSignal.timeout(5 * DEADLOCK_MS),
  });
  return { status: response.status, body: (await response.json()) as Answered['body'] };
}

interface Books {
  entries: BookEntry[];
  holds: Hold[];
}

async function booksOf(store: AllocationStore, markets: readonly string[]): Promise<Books> {
  const found = await store.read(markets.map(refs.market));
  const pages = await store.read(
    found.flatMap((market) => market?.pages.map(({ page }) => refs.page(market.market, page)) ?? []),
  );
  return {
    entries: pages.flatMap((page) => page?.entries ?? []),
    holds: pages.flatMap((page) => page?.holds ?? []),
  };
}

/** Accepted parts that are not sold once, as they were accepted, and holds that are left. */
function missing(lines: NonNullable<BookingAnswer['lines']>, { entries: all, holds }: Books): number {
  const entries = all.filter(({ tenantId }) => tenantId !== SOLD_TENANT);
  const sold = new Map<string, number[]>();
  for (const { campaignId, subcampaignId, budgetMicros } of entries) {
    const key = `${campaignId}/${subcampaignId}`;
    sold.set(key, [...(sold.get(key) ?? []), budgetMicros]);
  }
  const parts = lines.flatMap(({ campaignId, subcampaigns = [] }) =>
    subcampaigns.map(({ subcampaignId, budgetMicros }) => ({ key: `${campaignId}/${subcampaignId}`, budgetMicros })),
  );
  const lost = parts.filter(({ key, budgetMicros }) => String(sold.get(key)) !== String(budgetMicros)).length;
  return lost + holds.length + Math.max(0, entries.length - parts.length);
}

async function untilApplied(countMissing: () => Promise<number>, where: string): Promise<number> {
  for (const startedAtMs = performance.now(); ; await delay(POLL_MS)) {
    const left = await countMissing();
    if (left === 0) return 0;
    if (performance.now() - startedAtMs > APPLY_TIMEOUT_MS) {
      console.error(`${left} campaigns or holds are wrong ${where}`);
      return left;
    }
  }
}

/** Sold and firmly held fit a market of two segments: each alone, and both together (Hall's condition). */
function isOversold({ cellMicros }: Race, { entries, holds }: Books): boolean {
  const taken = [...entries, ...holds];
  const within = (segments: readonly string[]) =>
    taken
      .filter((one) => one.segments.every((segment) => segments.includes(segment)))
      .reduce((sum, { budgetMicros }) => sum + budgetMicros, 0);
  return within(['a']) > cellMicros || within(['b']) > cellMicros || within(['a', 'b']) > 2 * cellMicros;
}

function largeFigures({ seconds, appliedSeconds, seen, partial, lost, isConfirmed }: Large): Figure[] {
  const unit = 'campaigns';
  return [
    {
      name: `${LARGE} campaigns in one call: confirmed`,
      measured: Number(isConfirmed),
      unit: 'booking',
      bar: { atLeast: 1 },
    },
    { name: 'seconds until it is confirmed', measured: seconds, unit: 's' },
    { name: 'seconds from then until all are in the books', measured: appliedSeconds, unit: 's' },
    { name: 'places at which a reader saw it', measured: seen.size, unit: 'places', bar: { atLeast: 5 } },
    { name: 'looks that saw a part of it booked', measured: partial, unit: 'looks', bar: { atMost: 0 } },
    { name: 'campaigns lost, doubled or still held', measured: lost, unit, bar: { atMost: 0 } },
  ];
}

function raceFigures({ seconds, oversold, deadlocks, lost, notOne, unexplained }: Races): Figure[] {
  const slowest = seconds.reduce((most, one) => Math.max(most, one), 0);
  return [
    {
      name: `two bulks of ${BULK} for the same supply: oversold`,
      measured: oversold,
      unit: 'looks',
      bar: { atMost: 0 },
    },
    { name: 'requests that never ended', measured: deadlocks, unit: 'requests', bar: { atMost: 0 } },
    { name: 'holds lost, doubled or left', measured: lost, unit: 'parts', bar: { atMost: 0 } },
    { name: 'races that not exactly one won', measured: notOne, unit: 'races', bar: { atMost: 0 } },
    { name: 'losers without reason or counter-offer', measured: unexplained, unit: 'races', bar: { atMost: 0 } },
    { name: 'a bulk, median', measured: median(seconds), unit: 's' },
    { name: 'a bulk, slowest', measured: slowest, unit: 's' },
  ];
}

function about(trials: number): string {
  return [
    `Google's Firestore and Pub/Sub emulators, each flow of a race at a process of its own; ${trials} races, every other one held first and then confirmed.`,
    'A request that is told to come again is sent again. What was sold is read from the books and compared with what was answered.',
  ].join('\n');
}
