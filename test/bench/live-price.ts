// What one live price per line makes of a day of requests, beside what publishers do today, as a share of the most that
// could have been made of it in hindsight; and how long solving the prices takes beside the exact programme.
import { loadHighsSolver, type HighsSolver } from '../../shared/cli/highs-solver.ts';
import { solveLivePrices } from '../../shared/planning/live-price.ts';
import type { RequestSample } from '../../shared/planning/offer-curve.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { hindsightBound } from './live-price-bound.ts';
import { playDay, type Policy } from './live-price-day.ts';
import { bestValue, type Request } from './live-price-oracle.ts';
import { cellDraw, greedy, livePrices, strictPriority } from './live-price-policies.ts';
import { drawWorld, type LivePriceWorld } from './live-price-world.ts';
import { median } from './median.ts';

const SEEDS = [1, 2, 3, 4, 5];
const LOADS = [0.9, 1, 1.1, 1.2, 1.3];
const RESPONSE_SIGMAS = [0.1, 0.4, 0.8];
const SAMPLED = 1_000;
const SAMPLED_MORE = 15_000;
const MIN_SHARE = 0.985;
/** The bound is an upper one: so much of it is possible, or the shares of it say little. */
const MAX_SLACK = 0.001;
const ROUNDS = 5;

const policies: Record<string, (world: LivePriceWorld) => Policy> = {
  'strict priority': strictPriority,
  greedy,
  'draw per cell, re-planned hourly': cellDraw,
  'live price without its draw': (world) => livePrices(world, SAMPLED, 'best'),
  [`live price, ${SAMPLED} requests`]: (world) => livePrices(world, SAMPLED),
  [`live price, ${SAMPLED_MORE} requests`]: (world) => livePrices(world, SAMPLED_MORE),
};
const JUDGED = `live price, ${SAMPLED} requests`;

export async function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const solver = await loadHighsSolver({ crossover: true });
  const shares = new Map(Object.keys(policies).map((name) => [name, [] as number[]]));
  let slack = 0;
  let requests = 0;
  for (const [index, seed] of SEEDS.entries()) {
    for (const responseSigma of RESPONSE_SIGMAS) {
      console.error(`world ${seed}: load ${LOADS[index]}, response sigma ${responseSigma}`);
      const world = drawWorld({ seed, responseSigma, load: LOADS[index] as number });
      const bound = hindsightBound(solver, allRequests(world), world.lines);
      slack = Math.max(slack, 1 - bound.possible / bound.value);
      requests += world.requests.cell.length;
      for (const [name, create] of Object.entries(policies)) {
        shares.get(name)?.push(playDay(world, create(world)) / bound.value);
      }
    }
  }
  const times = await measureTimes(rounds);
  const worlds = SEEDS.length * RESPONSE_SIGMAS.length;
  return {
    figures: [...[...shares].flatMap(shareFigures), ...timeFigures(times), slackFigure(slack)],
    notes: [
      [
        `${worlds} worlds of one market: 32 cells, 100 money budgets, ${(requests / worlds).toFixed(0)} requests in a day, spot demand,`,
        `loads ${LOADS.join(', ')}, response sigma ${RESPONSE_SIGMAS.join(', ')}; supply off by 14% for the market and 14% for each cell.`,
        'Value: worth of the money delivered within budgets, and the money of spot demand, over the hindsight bound.',
      ].join('\n'),
      `Prices of ${SAMPLED} requests: ${times.coldMs.toFixed(2)} ms cold, ${times.warmMs.toFixed(2)} ms warm; medians of ${rounds} rounds, in turns.`,
    ],
  };
}

function shareFigures([name, shares]: [string, number[]]): Figure[] {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return [
    {
      name: `${name}: mean`,
      measured: mean,
      unit: 'of bound',
      ...(name === JUDGED && { bar: { atLeast: MIN_SHARE } }),
    },
    { name: `${name}: minimum`, measured: Math.min(...shares), unit: 'of bound' },
  ];
}

function slackFigure(slack: number): Figure {
  return {
    name: 'part of the bound not proven possible, at most',
    measured: slack,
    unit: 'of bound',
    bar: { atMost: MAX_SLACK },
  };
}

interface Times {
  coldMs: number;
  warmMs: number;
  moreMs: number;
  exactMs: number;
}

/** The same market and sample priced from nothing, from prices of another sample, and by the exact programme. */
async function measureTimes(rounds: number): Promise<Times> {
  const solver = await loadHighsSolver({ crossover: false });
  const world = drawWorld({ seed: 6, responseSigma: 0.4, load: 1.1 });
  const { lines, clickRate, forecast } = world;
  const opportunities = clickRate.map((_, cell) =>
    forecast.reduce((sum, count, at) => sum + (at % clickRate.length === cell ? count : 0), 0),
  );
  const cells = { opportunities, clickRate };
  const [some, others, more] = [
    everyNth(world, SAMPLED, 0),
    everyNth(world, SAMPLED, 1),
    everyNth(world, SAMPLED_MORE, 0),
  ];
  const start = solveLivePrices(others, lines, { cells });
  const samples: Times[] = [];
  for (let round = 0; round < rounds; round++) {
    console.error(`times: round ${round + 1} of ${rounds}`);
    samples.push({
      exactMs: exactMs(solver, world, some),
      coldMs: timeOf(() => solveLivePrices(some, lines, { cells })),
      warmMs: timeOf(() => solveLivePrices(some, lines, { cells, start })),
      moreMs: timeOf(() => solveLivePrices(more, lines, { cells })),
    });
  }
  const middle = (name: keyof Times) => median(samples.map((sample) => sample[name]));
  return { coldMs: middle('coldMs'), warmMs: middle('warmMs'), moreMs: middle('moreMs'), exactMs: middle('exactMs') };
}

function timeFigures({ coldMs, warmMs, moreMs, exactMs }: Times): Figure[] {
  return [
    { name: `exact programme of ${SAMPLED} requests beside their prices`, measured: exactMs / coldMs, unit: 'times' },
    { name: 'the same, prices from a warm start', measured: exactMs / warmMs, unit: 'times' },
    { name: `prices of ${SAMPLED_MORE} requests beside ${SAMPLED}`, measured: moreMs / coldMs, unit: 'times' },
  ];
}

/** The programme of the sampled requests alone, scaled to the day: HiGHS's own time, without handing it over. */
function exactMs(solver: HighsSolver, world: LivePriceWorld, sample: RequestSample): number {
  const scale = world.requests.cell.length / sample.cell.length;
  bestValue(solver, requestsOf(world, sample, scale), world.lines);
  return solver.lastRunMs();
}

/** The mean of some runs in a row, so that the clock is read seldom. */
function timeOf(work: () => void): number {
  const runs = 20;
  const startedAtMs = performance.now();
  for (let run = 0; run < runs; run++) work();
  return (performance.now() - startedAtMs) / runs;
}

function allRequests(world: LivePriceWorld): Request[] {
  return requestsOf(world, world.requests, 1);
}

function requestsOf(
  { clickRate }: LivePriceWorld,
  { cell, multiplier, offer }: RequestSample,
  count: number,
): Request[] {
  return Array.from(cell, (of, request) => ({
    cell: of,
    count,
    clicks: (clickRate[of] as number) * (multiplier[request] as number),
    offer: offer?.[request] as number,
  }));
}

function everyNth({ requests }: LivePriceWorld, count: number, first: number): RequestSample {
  const step = Math.floor(requests.cell.length / count);
  const sampled = Uint32Array.from({ length: count }, (_, index) => first + index * step);
  const take = (values: Float64Array) => Float64Array.from(sampled, (request) => values[request] as number);
  const cell = sampled.map((request) => requests.cell[request] as number);
  return { cell, multiplier: take(requests.multiplier), offer: take(requests.offer) };
}
