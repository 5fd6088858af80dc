// What hostile input costs: how long its senders wait beside those of good requests, on the same server in the same run,
// and how long any pattern of the code can be kept busy by 64 KiB of text made for it.
import { createRandom } from '../../emulators/world/random.ts';
import { createConnection, isOneOff, type Connection } from '../hostile/connection.ts';
import { doors as names, openDoors, type Door } from '../hostile/doors.ts';
import { findPatterns, slowestMs, type Pattern } from '../hostile/patterns.ts';
import { goodRequest, hostileRequest } from '../hostile/requests.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';

const SEED = 1;
const ROUNDS = 10;
/** Requests of each side in a round. */
const REQUESTS = 1_000;
const MAX_RATIO = 3;
const MAX_PATTERN_MS = 5;

type Side = 'good' | 'hostile';
const sides: readonly Side[] = ['good', 'hostile'];

export async function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const waited = await measureWaits(rounds);
  const patterns = await measurePatterns();
  const slowest = patterns[0] as Measured;
  const ratio = (share: number): Figure => ({
    name: `p${share * 100} of hostile requests beside good ones`,
    measured: quantile(waited.hostile, share) / quantile(waited.good, share),
    unit: 'ratio',
    bar: { atMost: MAX_RATIO },
  });
  const absolute = sides.map((side) => {
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(waited[side], share).toFixed(2));
    return `${side}: p50 ${p50} ms, p99 ${p99} ms`;
  });
  return {
    figures: [
      ratio(0.5),
      ratio(0.99),
      {
        name: 'slowest pattern over 64 KiB',
        measured: slowest.ms,
        unit: 'ms',
        bar: { atMost: MAX_PATTERN_MS },
      },
      { name: 'patterns measured', measured: patterns.length, unit: 'patterns' },
    ],
    notes: [
      `${absolute.join('; ')}; ${rounds * REQUESTS} requests a side, in turns, one in flight, seed ${SEED}.`,
      `Slowest patterns:\n${patterns
        .slice(0, 5)
        .map(({ pattern: { source, where }, ms }) => `  ${ms.toFixed(2)} ms  ${where}  /${source}/`)
        .join('\n')}`,
    ],
  };
}

/** How long each side's requests waited for their answers, at all doors in turn. */
async function measureWaits(rounds: number): Promise<Record<Side, number[]>> {
  const waited: Record<Side, number[]> = { good: [], hostile: [] };
  const doors = await openDoors();
  const connections = new Map(names.map((door) => [door, createConnection(doors.ports[door])]));
  // The first round compiles and does not count.
  for (let round = -1; round < rounds; round++) {
    if (round % 5 === 0) console.error(`round ${round} of ${rounds}`);
    await doors.renew();
    const measured = await measureRound(connections, round);
    if (round >= 0) for (const side of sides) waited[side].push(...measured[side]);
  }
  for (const connection of connections.values()) connection.close();
  await doors.close();
  return waited;
}

async function measureRound(
  connections: ReadonlyMap<Door, Connection>,
  round: number,
): Promise<Record<Side, number[]>> {
  const random = createRandom(SEED, 'bench', round);
  const waited: Record<Side, number[]> = { good: [], hostile: [] };
  for (let number = 0; number < REQUESTS; number++) {
    const door = names[number % names.length] as Door;
    const connection = connections.get(door) as Connection;
    const about = { campaignId: `c${Math.floor(random() * 300)}`, market: 'SE' };
    const requests = { good: goodRequest(random, door, about), hostile: hostileOn(random, door) };
    for (const side of number % 2 === 0 ? sides : sides.toReversed())
      waited[side].push((await connection.send(requests[side])).ms);
  }
  return waited;
}

/** A hostile request that takes the connection that good ones take: opening one is none of the door's doing. */
function hostileOn(random: Parameters<typeof hostileRequest>[0], door: Door): ReturnType<typeof hostileRequest> {
  for (;;) {
    const wire = hostileRequest(random, door);
    if (!isOneOff(wire)) return wire;
  }
}

interface Measured {
  pattern: Pattern;
  ms: number;
}

/** Every pattern, the slowest first. */
async function measurePatterns(): Promise<Measured[]> {
  console.error('patterns');
  const patterns = await findPatterns();
  return patterns
    .map((pattern) => ({ pattern, ms: slowestMs(pattern, MAX_PATTERN_MS) }))
    .sort((left, right) => right.ms - left.ms);
}

/** The value that this share of the others is below. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
