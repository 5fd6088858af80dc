// Publishes the load in bursts and kills a worker in the middle of each: which one and when is drawn by the seed.
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { Worker } from '../../emulators/stack.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { REPORTED_TICKS } from './crash-load.ts';
import { readCampaigns } from './readings.ts';
import { publishAll, publishDrain, publishTick, type CrashRun } from './publish.ts';

export interface KillCounts {
  kills: number;
  /** Requests that died with their worker. */
  inFlightWhenKilled: number;
  /** The same by function. */
  inFlightByFunction: Record<string, number>;
}

interface Burst {
  /** When it is published, since the first; at once where the machine is late. */
  atMs: number;
  /** How long after its publication a worker is killed. */
  killAfterMs: number;
  worker: number;
}

const SHORTEST_GAP_MS = 2_000;
const LONGEST_GAP_MS = 5_000;
/** A burst is worked on for about as long. */
const LONGEST_WAIT_MS = 600;
/** Markets ticked in each burst. */
const TICKED_MARKETS = 6;
const DRAIN_EVERY = 3;

export async function killWhileFlowing(
  run: CrashRun,
  { seed, seconds }: { seed: number; seconds: number },
): Promise<KillCounts> {
  const { stack, signal, say } = run;
  const random = createRandom(seed, 'kills');
  const bursts = drawBursts(random, seconds * 1_000, stack.workers.length);
  const counts: KillCounts = { kills: 0, inFlightWhenKilled: 0, inFlightByFunction: {} };
  const ready = createReadiness(run);
  const startedAtMs = performance.now();
  const starting = stack.workers.map(() => Promise.resolve());
  try {
    for (const [index, { atMs, killAfterMs, worker }] of bursts.entries()) {
      await delay(Math.max(0, startedAtMs + atMs - performance.now()), undefined, { signal });
      await publishBurst(run, index, bursts.length, drawMarkets(random, await ready()));
      await delay(killAfterMs, undefined, { signal });
      // One that is still starting works on nothing.
      await starting[worker];
      const dying = stack.door?.inFlight(worker) ?? [];
      starting[worker] = restart(stack.workers[worker]);
      count(counts, dying);
      const share = Math.round((100 * (index + 1)) / bursts.length);
      const lost = [...Map.groupBy(dying, (name) => name)].map(([name, own]) => `${own.length} ${name}`);
      say(`${share}% published, kill ${counts.kills}: worker ${worker} over ${lost.join(', ') || 'nothing'}`);
    }
    await Promise.all(starting);
    return counts;
  } finally {
    // Whoever stops the stack is to stop all of it.
    await Promise.allSettled(starting);
  }
}

/** The next part of the load, ticks of some markets, and now and then a drain. */
async function publishBurst(run: CrashRun, index: number, bursts: number, markets: readonly string[]): Promise<void> {
  const { publications } = run.load;
  const [from, to] = [index, index + 1].map((at) => Math.floor((publications.length * at) / bursts));
  await publishAll(run, publications.slice(from, to));
  const tickAtMs = START_MS + Math.floor(((index + 1) * REPORTED_TICKS) / bursts) * TICK_MS;
  for (const market of markets) await publishTick(run, tickAtMs, market);
  if (index % DRAIN_EVERY === 0) await publishDrain(run);
}

function count(counts: KillCounts, dying: readonly string[]): void {
  counts.kills += 1;
  counts.inFlightWhenKilled += dying.length;
  for (const name of dying) counts.inFlightByFunction[name] = (counts.inFlightByFunction[name] ?? 0) + 1;
}

/** A worker that does not come up again is said when it is waited for. */
function restart(worker: Worker | undefined): Promise<void> {
  const started = (async () => {
    await worker?.crash();
    await worker?.start();
  })();
  started.catch(() => undefined);
  return started;
}

function drawBursts(random: Random, lengthMs: number, workers: number): Burst[] {
  const bursts: Burst[] = [];
  for (let atMs = 0; atMs < lengthMs; atMs += SHORTEST_GAP_MS + random() * (LONGEST_GAP_MS - SHORTEST_GAP_MS))
    bursts.push({ atMs, killAfterMs: random() * LONGEST_WAIT_MS, worker: Math.floor(random() * workers) });
  return bursts;
}

/** Markets whose campaigns are all accepted: a tick before that would find reports of campaigns it does not know. */
function createReadiness(run: CrashRun): () => Promise<string[]> {
  const accepted = new Set<string>();
  const { campaigns, markets } = run.load;
  return async () => {
    if (accepted.size < campaigns.length) {
      for (const { campaignId, status } of await readCampaigns(run.store, run.load))
        if (status !== 'expected') accepted.add(campaignId);
    }
    const waiting = new Set(
      campaigns.filter(({ campaignId }) => !accepted.has(campaignId)).flatMap((campaign) => campaign.markets),
    );
    return markets.filter((market) => !waiting.has(market));
  };
}

function drawMarkets(random: Random, markets: readonly string[]): string[] {
  const first = Math.floor(random() * markets.length);
  return [...markets, ...markets].slice(first, first + Math.min(TICKED_MARKETS, markets.length));
}
