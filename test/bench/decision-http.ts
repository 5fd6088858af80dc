// How many lines of batches the decision function answers in a second, beside a bare function on the same framework that
// parses and serialises the same lines. One process each, asked in turns over loopback and kept connections.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { resolve } from 'node:path';
import type { DecisionRequest, DecisionRequestWire } from '../../shared/contracts/decision.ts';
import { encodeInstants, formatInstant } from '../../shared/contracts/instants.ts';
import { canonicalJson, sha256 } from '../../shared/store/ledger-key.ts';
import { drawPlan, drawRequests, GROUP, type DecisionInstance } from './decision-instances.ts';
import type { Figure } from './figure.ts';
import { median } from './median.ts';

const LINES = 100;
const BATCHES = 30;
/** Batches of a measurement: some tenths of a second. */
const MEASURED = 150;
/** In flight: while one is answered the next is there. */
const WIDTH = 2;
const MIN_RATIO = 0.5;
const MIN_EXPLAINED_RATIO = 0.15;

interface Side {
  url: string;
  agent: Agent;
  process: ChildProcess;
}

export const HTTP_NOTE = [
  `Over HTTP: batches of ${LINES} lines over ${WIDTH} kept connections to one process a side, in turns, beside a function on the same framework`,
  'that parses each line and serialises it again. Ours also authenticates, checks, decides and logs. Where nothing is known of',
  'listeners a line is 270 bytes, and an explanation of its 20 lines 18 times as long.',
].join('\n');

/** Lines of a second that passes, and of one of the process's own. */
interface Speed {
  passing: number;
  own: number;
}

/** Figures of one instance's plan and requests, explained and not. */
export async function measureHttp(instance: DecisionInstance, rounds: number, isJudged: boolean): Promise<Figure[]> {
  const plan = drawPlan(instance);
  const requests = drawRequests(plan, instance, LINES * BATCHES);
  const body = canonicalJson(encodeInstants(plan));
  const { market, planVersion, slot } = plan;
  const stored = { schemaVersion: 1, market, planVersion, slot, hash: sha256(body), body };
  const ours = await open('decision-server.ts', stored);
  const bare = await open('decision-bare.ts');
  try {
    const figures: Figure[] = [];
    for (const isExplained of [false, true]) {
      const name = `over HTTP, ${instance.name}${isExplained ? ', explained' : ''}`;
      console.error(`${name}: ${rounds} rounds`);
      const batches = batchesOf(requests, isExplained);
      await checkAnswers(ours, batches[0] as Buffer);
      const samples: { ours: Speed; bare: Speed }[] = [];
      // The first rounds compile and do not count.
      for (let round = -2; round < rounds; round++) {
        const [first, second] = round % 2 === 0 ? [ours, bare] : [bare, ours];
        const speeds = new Map([[first, await speedOf(first, batches)]]);
        speeds.set(second, await speedOf(second, batches));
        if (round >= 0) samples.push({ ours: speeds.get(ours) as Speed, bare: speeds.get(bare) as Speed });
      }
      const atLeast = isExplained ? MIN_EXPLAINED_RATIO : MIN_RATIO;
      figures.push(...figuresOf(name, samples, isJudged ? { bar: { atLeast } } : {}));
    }
    return figures;
  } finally {
    for (const { agent, process } of [ours, bare]) {
      agent.destroy();
      process.kill();
    }
  }
}

function figuresOf(
  name: string,
  samples: readonly { ours: Speed; bare: Speed }[],
  judged: Pick<Figure, 'bar'>,
): Figure[] {
  const ratio = (of: keyof Speed) => median(samples.map(({ ours, bare }) => ours[of] / bare[of]));
  return [
    { name: `${name}: beside a bare function`, measured: ratio('passing'), unit: 'ratio', ...judged },
    { name: `${name}: the same in processor time`, measured: ratio('own'), unit: 'ratio' },
    { name: `${name}: lines`, measured: median(samples.map(({ ours }) => ours.passing)), unit: 'a second' },
  ];
}

async function open(script: string, message?: object): Promise<Side> {
  const child = fork(resolve(import.meta.dirname, script), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  if (message) child.send(message);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return { url, agent: new Agent({ keepAlive: true, maxSockets: WIDTH }), process: child };
}

function batchesOf(requests: readonly DecisionRequest[], isExplained: boolean): Buffer[] {
  return Array.from({ length: BATCHES }, (_, batch) => {
    const lines = requests.slice(batch * LINES, (batch + 1) * LINES).map(({ atMs, ...request }) => {
      const wire: DecisionRequestWire = { ...request, at: formatInstant(atMs), ...(isExplained && { explain: true }) };
      return `${JSON.stringify(wire)}\n`;
    });
    return Buffer.from(lines.join(''));
  });
}

/** A figure of refusals would be none. */
async function checkAnswers(side: Side, batch: Buffer): Promise<void> {
  const lines = (await post(side, batch)).toString('utf8').trimEnd().split('\n');
  const decided = lines.filter((line) => 'awards' in (JSON.parse(line) as object));
  if (decided.length !== LINES)
    throw new Error(`${LINES - decided.length} of ${LINES} lines were refused: ${lines[0]}`);
}

async function speedOf(side: Side, batches: readonly Buffer[]): Promise<Speed> {
  let next = 0;
  const knock = async () => {
    while (next < MEASURED) await post(side, batches[next++ % batches.length] as Buffer);
  };
  const [usedMs, startedAtMs] = [await cpuMsOf(side), performance.now()];
  await Promise.all(Array.from({ length: WIDTH }, knock));
  const passedMs = performance.now() - startedAtMs;
  const ownMs = (await cpuMsOf(side)) - usedMs;
  return { passing: (MEASURED * LINES * 1000) / passedMs, own: (MEASURED * LINES * 1000) / ownMs };
}

async function cpuMsOf({ process }: Side): Promise<number> {
  const answered = once(process, 'message');
  process.send('how long?');
  const [{ cpuMs }] = (await answered) as [{ cpuMs: number }];
  return cpuMs;
}

function post({ url, agent }: Side, body: Buffer): Promise<Buffer> {
  return new Promise((done, failed) => {
    const headers = {
      authorization: `Bearer group:${GROUP}`,
      'content-type': 'application/x-ndjson',
      'content-length': body.byteLength,
    };
    const request = send(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        const answer = Buffer.concat(chunks);
        if (response.statusCode === 200) done(answer);
        else failed(new Error(`${response.statusCode} ${answer.toString('utf8').slice(0, 300)}`));
      });
    });
    request.on('error', failed);
    request.end(body);
  });
}
