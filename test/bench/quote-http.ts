// How many quotes the quote function answers in a second over HTTP, and how long the slowest take, beside a bare function on
// the same framework that answers with the same bytes. One process each, asked in turns over loopback and kept connections.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { QuoteRequestWire } from '../../shared/contracts/quotes.ts';
import type { Figure } from './figure.ts';
import { openConnection, requestOf, type KeptConnection } from './kept-connection.ts';
import { median } from './median.ts';
import { drawRequests, type QuoteInstance } from './quote-instances.ts';

const CONNECTIONS = 50;
/** Requests, all different; a measurement asks each once. */
const REQUESTS = 2_000;
const BATCH = 100;
const MIN_RATIO = 0.3;
const MAX_P99_RATIO = 3;
const MIN_BATCHED = 5_000;

export const HTTP_NOTE = [
  `Over HTTP: ${CONNECTIONS} kept connections to one process a side, in turns, each with one request on it at a time; ${REQUESTS} requests a turn,`,
  'no two alike. The bare function runs on the same framework and answers with the bytes that ours gave. Ours also authenticates,',
  `counts, checks, quotes and logs. Batches: ${BATCH} lines each, by the time that the server's process had of its core.`,
].join('\n');

interface Side {
  url: URL;
  connections: KeptConnection[];
  process: ChildProcess;
}

/** One turn of one side. */
interface Turn {
  perSecond: number;
  /** Of the time that the server's process had of its core. */
  perOwnSecond: number;
  p99Ms: number;
}

/** Figures of one instance's markets and requests. */
export async function measureHttp(instance: QuoteInstance, rounds: number, isJudged: boolean): Promise<Figure[]> {
  const requests = drawRequests(instance, REQUESTS);
  const ours = await open('quote-server.ts', instance);
  const sides = [ours];
  try {
    const single = singles(ours, requests);
    const answers = await answersOf(ours, single);
    const bare = await open('quote-bare.ts', answers);
    sides.push(bare);
    const bareSingle = singles(bare, requests);
    const turns: { ours: Turn; bare: Turn; batched: number }[] = [];
    const batches = batchesOf(ours, requests);
    // The first rounds compile and do not count.
    for (let round = -2; round < rounds; round++) {
      console.error(`over HTTP, ${instance.name}: round ${round + 1} of ${rounds}`);
      const first = round % 2 === 0;
      const early = first ? await turnOf(ours, single) : await turnOf(bare, bareSingle);
      const late = first ? await turnOf(bare, bareSingle) : await turnOf(ours, single);
      const batched = await batchedOf(ours, batches);
      if (round >= 0) turns.push({ ours: first ? early : late, bare: first ? late : early, batched });
    }
    const bytes = answers.reduce((sum, answer) => sum + answer.length, 0) / answers.length;
    return figuresOf(instance.name, turns, { bytes, isJudged });
  } finally {
    for (const { connections, process } of sides) {
      for (const connection of connections) connection.close();
      process.kill();
    }
  }
}

function figuresOf(
  name: string,
  turns: readonly { ours: Turn; bare: Turn; batched: number }[],
  { bytes, isJudged }: { bytes: number; isJudged: boolean },
): Figure[] {
  const judged = (bar: Figure['bar']) => (isJudged && bar ? { bar } : {});
  const middle = (of: (turn: (typeof turns)[number]) => number) => median(turns.map(of));
  return [
    {
      name: `${name}: requests beside a bare function`,
      measured: middle(({ ours, bare }) => ours.perSecond / bare.perSecond),
      unit: 'ratio',
      ...judged({ atLeast: MIN_RATIO }),
    },
    {
      name: `${name}: 99th percentile beside a bare function`,
      measured: middle(({ ours, bare }) => ours.p99Ms / bare.p99Ms),
      unit: 'ratio',
      ...judged({ atMost: MAX_P99_RATIO }),
    },
    {
      name: `${name}: quotes in batches of ${BATCH}`,
      measured: middle(({ batched }) => batched),
      unit: 'a second of its core',
      ...judged({ atLeast: MIN_BATCHED }),
    },
    {
      name: `${name}: the same requests in processor time`,
      measured: middle(({ ours, bare }) => ours.perOwnSecond / bare.perOwnSecond),
      unit: 'ratio',
    },
    { name: `${name}: requests`, measured: middle(({ ours }) => ours.perSecond), unit: 'a second' },
    { name: `${name}: 99th percentile`, measured: middle(({ ours }) => ours.p99Ms), unit: 'ms' },
    { name: `${name}: bytes of an answer`, measured: Math.round(bytes), unit: 'bytes' },
  ];
}

async function open(script: string, message: object): Promise<Side> {
  const child = fork(resolve(import.meta.dirname, script), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(message);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const connections = Array.from({ length: CONNECTIONS }, () => openConnection(new URL(url)));
  return { url: new URL(url), connections: await Promise.all(connections), process: child };
}

function singles({ url }: Side, requests: readonly QuoteRequestWire[]): Buffer[] {
  return requests.map((request, index) =>
    requestOf(url, `${url.pathname}?n=${index}`, { type: 'application/json', body: JSON.stringify(request) }),
  );
}

function batchesOf({ url }: Side, requests: readonly QuoteRequestWire[]): Buffer[] {
  return Array.from({ length: Math.floor(requests.length / BATCH) }, (_, batch) => {
    const lines = requests.slice(batch * BATCH, (batch + 1) * BATCH).map((request) => `${JSON.stringify(request)}\n`);
    return requestOf(url, url.pathname, { type: 'application/x-ndjson', body: lines.join('') });
  });
}

/** What each request is answered; a figure of refusals would be none. */
async function answersOf(side: Side, requests: readonly Buffer[]): Promise<string[]> {
  const answers = requests.map(() => '');
  await askAll(side, requests, (body, index) => {
    answers[index] = body.toString('utf8');
  });
  return answers;
}

async function turnOf(side: Side, requests: readonly Buffer[]): Promise<Turn> {
  const tookMs = new Float64Array(requests.length);
  const [usedMs, startedAtMs] = [await cpuMsOf(side), performance.now()];
  await askAll(side, requests, (_body, index, ms) => {
    tookMs[index] = ms;
  });
  const passedMs = performance.now() - startedAtMs;
  const ownMs = (await cpuMsOf(side)) - usedMs;
  tookMs.sort();
  return {
    perSecond: (requests.length * 1000) / passedMs,
    perOwnSecond: (requests.length * 1000) / ownMs,
    p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] as number,
  };
}

/** Quotes of batches in a second of the server's core. */
async function batchedOf(side: Side, batches: readonly Buffer[]): Promise<number> {
  let quotes = 0;
  const startedMs = await cpuMsOf(side);
  await askAll({ ...side, connections: side.connections.slice(0, 2) }, batches, (body) => {
    quotes += body.toString('latin1').split('"quoteId"').length - 1;
  });
  const usedMs = (await cpuMsOf(side)) - startedMs;
  if (quotes !== batches.length * BATCH) throw new Error(`${quotes} of ${batches.length * BATCH} lines were quoted`);
  return (quotes * 1000) / usedMs;
}

/** Each request once, on whichever connection is free. */
async function askAll(
  { connections }: Side,
  requests: readonly Buffer[],
  onAnswer: (body: Buffer, index: number, ms: number) => void,
): Promise<void> {
  let next = 0;
  const work = async (connection: KeptConnection) => {
    while (next < requests.length) {
      const index = next++;
      const startedAtMs = performance.now();
      const body = await connection.ask(requests[index] as Buffer);
      onAnswer(body, index, performance.now() - startedAtMs);
    }
  };
  await Promise.all(connections.map(work));
}

async function cpuMsOf({ process }: Side): Promise<number> {
  const answered = once(process, 'message');
  process.send('how long?');
  const [{ cpuMs }] = (await answered) as [{ cpuMs: number }];
  return cpuMs;
}
