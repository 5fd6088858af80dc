// What the whole platform makes of a day: markets played through its own handlers, ad servers that decide with the shipped
// auction, late clicks, doubled messages; as a share of the most that could have been made of the same requests in hindsight,
// beside rules that know no prices.
import { Worker } from 'node:worker_threads';
import { availableParallelism } from 'node:os';
import { GUARANTEE_WORTH } from '../../shared/planning/guarantee-worth.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import type { LoopSeed, SeedResult } from './loop-seed.ts';
import { REQUEST_IMPRESSIONS } from './loop-world.ts';
import { UsageError } from './usage-error.ts';

const SEEDS = [1, 2, 3];
const MIN_SHARE = 0.97;
/** Where rules without prices do better than this, the world is too easy and says nothing. */
const EASY_SHARE = 0.94;
const MAX_SLACK = 0.002;
const MAX_DAYS = 7;

/** @throws UsageError for a seed or a number of days that make no sense */
export async function run({ own = {} }: BenchOptions): Promise<BenchResult> {
  const days = readWhole('days', own['days'] ?? '1', { least: 1, most: MAX_DAYS });
  const seeds =
    own['seed'] === undefined ? SEEDS : [readWhole('seed', own['seed'], { least: 0, most: Number.MAX_SAFE_INTEGER })];
  const results = await playAll(seeds.map((seed, index) => ({ seed, days, isCompared: index === 0 })));
  const sum = (of: (result: SeedResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const figures: Figure[] = [
    ...shareFigures('loop', results, ({ values }) => values.loop, { atLeast: MIN_SHARE }),
    {
      name: 'loop: by the clicks that came instead of those expected',
      measured: sum(({ confirmed }) => confirmed) / sum(({ bound }) => bound),
      unit: 'of bound',
    },
    {
      name: 'loop: least of a market',
      measured: Math.min(...results.map((result) => result.leastMarket)),
      unit: 'of bound',
    },
    ...shareFigures('greedy', results, ({ values }) => values.greedy, { atMost: EASY_SHARE }),
    ...shareFigures('first come', results, ({ values }) => values.firstCome, { atMost: EASY_SHARE }),
    ...shareFigures('hourly planner as Revive has it', results, ({ values }) => values.revive),
    {
      name: 'billed over budget',
      measured: sum((result) => result.overBilledMicros),
      unit: 'micros',
      bar: { atMost: 0 },
    },
    {
      name: 'lines whose counts are not what was reported',
      measured: sum((result) => result.miscounted),
      unit: 'lines',
      bar: { atMost: 0 },
    },
    {
      name: 'states that doubled messages changed',
      measured: sum((result) => result.differences),
      unit: 'states',
      bar: { atMost: 0 },
    },
    { name: 'messages refused', measured: sum((result) => result.quarantined), unit: 'messages', bar: { atMost: 0 } },
    {
      name: 'part of the bound not proven possible, at most',
      measured: Math.max(...results.map(({ bound, possible }) => 1 - possible / bound)),
      unit: 'of bound',
      bar: { atMost: MAX_SLACK },
    },
    {
      name: 'guaranteed money delivered',
      measured: sum(({ guaranteed }) => guaranteed.delivered) / sum(({ guaranteed }) => guaranteed.sold),
      unit: 'of sold',
    },
    { name: 'spot demand', measured: sum(({ spot }) => spot) / sum(({ bound }) => bound), unit: 'of bound' },
    {
      name: 'served above budgets',
      measured: sum(({ unpaid }) => unpaid) / sum(({ bound }) => bound),
      unit: 'of bound',
    },
    {
      name: 'clicks confirmed above budgets, which nobody pays',
      measured: sum(({ overrunShare }) => overrunShare) / results.length,
      unit: 'of budgets',
    },
  ];
  return { figures, notes: [aboutOf(results, days)] };
}

function readWhole(name: string, text: string | boolean, { least, most }: { least: number; most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(String(text)) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not ${String(text)}`);
}

/** As many seeds at a time as there are processors. */
async function playAll(wanted: readonly LoopSeed[]): Promise<SeedResult[]> {
  const waiting = [...wanted.entries()];
  const results: SeedResult[] = [];
  const threads = Array.from({ length: Math.min(availableParallelism(), wanted.length) }, async () => {
    const worker = new Worker(new URL('./loop-worker.ts', import.meta.url));
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, seed] = next;
      console.error(`seed ${seed.seed}: playing`);
      results[index] = await ask(worker, seed);
    }
    await worker.terminate();
  });
  await Promise.all(threads);
  return results;
}

function ask(worker: Worker, seed: LoopSeed): Promise<SeedResult> {
  const { promise, resolve, reject } = Promise.withResolvers<SeedResult>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.postMessage(seed);
  return promise;
}

/** Of all seeds together, and of the seed that misses a bar first. */
function shareFigures(
  name: string,
  results: readonly SeedResult[],
  valueOf: (result: SeedResult) => number,
  bar?: { atLeast: number } | { atMost: number },
): Figure[] {
  const shares = results.map((result) => valueOf(result) / result.bound);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const isUpper = bar !== undefined && 'atMost' in bar;
  return [
    { name: `${name}: mean`, measured: mean, unit: 'of bound', ...(bar && { bar }) },
    {
      name: `${name}: ${isUpper ? 'most' : 'least'} of a seed`,
      measured: isUpper ? Math.max(...shares) : Math.min(...shares),
      unit: 'of bound',
      ...(bar && { bar }),
    },
  ];
}

function aboutOf(results: readonly SeedResult[], days: number): string {
  const total = (of: (result: SeedResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
  return [
    `Seeds ${results.map(({ seed }) => seed).join(', ')}: 6 markets of 32 cells and 200 subcampaigns each, ${days} day(s), loads 1 to 1.3, response sigma 0.3 to 0.8,`,
    `${(total((result) => result.requests) / results.length).toFixed(0)} requests a seed, each standing for ${REQUEST_IMPRESSIONS} impressions; supply off by 14% for the market and 14% for each cell, hours by 10%.`,
    `Ticks and reports of 5 minutes; ${total((result) => result.messages)} messages, ${total((result) => result.copies)} of them twice. Clicks come after 10 to 60 minutes (median, log-normal, sigma 1); half of the lines are sold about 220 or fewer.`,
    `Value: worth of the money of expected clicks within budgets (guaranteed ${GUARANTEE_WORTH}, auctioned 1) and the money of spot demand, on the requests that came;`,
    'the bound is the dual of the exact programme over all of them at its best prices. The other rules know at once what they served and what it costs.',
  ].join('\n');
}
