// Whether availability is exact (beside the linear programme), and whether its fast tier is fast and never promises more
// than there is: markets of 960 cells and 1,000 lines at loads .5, .9 and .98.
import { createRandom } from '../../emulators/world/random.ts';
import { prepareSnapshot, type AvailabilitySnapshot } from '../../shared/planning/availability-snapshot.ts';
import { bracket } from '../../shared/planning/bracket.ts';
import { exactAvailability } from '../../shared/planning/exact-availability.ts';
import { copyFlow, openFlow, route } from '../../shared/planning/flow.ts';
import { openGainFlow, routeGain } from '../../shared/planning/gain-flow.ts';
import type { AllocationProblem } from '../../shared/planning/problem.ts';
import { problemOf } from '../support/flow-problems.ts';
import { drawInstance, kinds, type InstanceShape } from './availability-instances.ts';
import { loadHighs, mostByLp } from './availability-lp.ts';
import { drawCells, drawMarket, type Market, type MarketShape } from './availability-market.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';

const SEED = 'availability';
const LOADS = [0.3, 0.6, 0.9, 0.98, 1.15];
const SIZES = [
  { cells: 12, lines: 20, instances: 6 },
  { cells: 60, lines: 80, instances: 2 },
];
const MARKET = { segments: 8, surfaces: 4, days: 30, lines: 1000 };
const MARKET_LOADS = [0.5, 0.9, 0.98];
const MIXES = [
  { exponent: 0.5, skew: 0 },
  { exponent: 1, skew: 0 },
  { exponent: 0.8, skew: 1 },
];
const REQUESTS = 800;
const ROUNDS = 3;
/** Of what is available, or of all eligible supply where next to nothing is: where the programme's own tolerance ends. */
const LEAST_SHARE = 1e-3;

export async function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const figures = await besideProgramme();
  const asked = MARKET_LOADS.flatMap((load) => MIXES.map((mix) => prepare({ ...MARKET, ...mix, load })));
  figures.push(...timed(asked, rounds), ...judged(asked), ...fromScratch(asked));
  return {
    figures,
    notes: [
      [
        'Beside the programme (HiGHS, tolerance 1e-10): the difference over what it finds, or over a thousandth of all eligible supply where it finds less.',
        `Loads ${LOADS.join(', ')} of all supply; at 1.15 what is owed is what a maximum flow delivers. Matched, possible (three priorities) and available each.`,
      ].join('\n'),
      [
        `Timed: ${asked.length} markets of ${MARKET.segments} segments x ${MARKET.surfaces} surfaces x ${MARKET.days} days and ${MARKET.lines} lines, ${REQUESTS} requests each, each asked three ways:`,
        'for all there is (a bracket), for what lines of the book asked for, and for half to one and a half times what is truly left (decided to the end).',
        `After a round of warm-up, the median of ${rounds} rounds. For the longest, the best of its rounds counts of each request, so that a hiccup of the machine does not;`,
        'beside it the longest of the best round. Times are absolute and depend on the machine.',
      ].join('\n'),
      'Cuts alone: the upper bound promised. Matched minus booked: each line takes the same share of all its cells; off by, over matched supply.',
    ],
  };
}

/** The worst differences from the linear programmes, of each kind. */
async function besideProgramme(): Promise<Figure[]> {
  const highs = await loadHighs();
  return kinds.flatMap((kind) =>
    [false, true].map((hasCaps): Figure => {
      let [worst, count] = [0, 0];
      for (const { instances, ...size } of SIZES) {
        for (const load of LOADS) {
          for (let instance = 0; instance < instances; instance++) {
            const shape: InstanceShape = { kind, hasCaps, load, ...size };
            worst = Math.max(worst, difference(highs, shape, instance));
            count++;
          }
        }
      }
      const name = `${kind}${hasCaps ? ' with caps' : ''}: off the linear programme, worst of ${count}`;
      console.error(name);
      return { name, measured: worst, unit: 'relative', bar: { atMost: 1e-6 } };
    }),
  );
}

function difference(highs: Awaited<ReturnType<typeof loadHighs>>, shape: InstanceShape, instance: number): number {
  const random = createRandom(SEED, ...Object.values(shape).map(String), instance);
  const problem = drawInstance(random, shape);
  const line = shape.lines - 1;
  const book = openGainFlow(problem);
  const delivered = problem.demand.map((demand, index) => routeGain(book, index, demand));
  const priority = delivered.map(() => Math.floor(random() * 3));
  const found = exactAvailability(problem, { line, delivered, priority });
  const programme = (isKept: (other: number) => boolean) =>
    mostByLp(highs, problem, line, (other) => (isKept(other) ? delivered[other] : undefined));
  const isAbove = (other: number) => (priority[other] as number) < (priority[line] as number);
  const pairs = [
    [found.matched, programme(() => false)],
    [found.possible, programme(isAbove)],
    [found.available, programme(() => true)],
  ] as const;
  const least = LEAST_SHARE * found.matched;
  return Math.max(...pairs.map(([own, lp]) => (own === lp ? 0 : Math.abs(own - lp) / Math.max(lp, least))));
}

interface Asked {
  market: Market;
  snapshot: AvailabilitySnapshot;
  prepareMs: number;
  requests: { cells: Uint32Array; exact: number; asked: (number | undefined)[] }[];
}

/** A market, its snapshot, and requests with what the flow from scratch says is left for them. */
function prepare(shape: MarketShape): Asked {
  console.error(nameOf(shape));
  const random = createRandom(SEED, nameOf(shape));
  const market = drawMarket(random, shape);
  const { problem, delivered } = market;
  const startedAtMs = performance.now();
  const snapshot = prepareSnapshot(problem, delivered);
  const prepareMs = performance.now() - startedAtMs;
  const drawn = Array.from({ length: REQUESTS }, () => drawCells(random, shape));
  const flow = openFlow(withLines(problem, drawn));
  delivered.forEach((owed, line) => route(flow, line, owed));
  const requests = drawn.map((cells, index) => {
    const exact = route(copyFlow(flow), problem.demand.length + index, Infinity);
    const likeALine = problem.demand[Math.floor(random() * problem.demand.length)] as number;
    return { cells, exact, asked: [undefined, likeALine, exact * (0.5 + random())] };
  });
  return { market, snapshot, prepareMs, requests };
}

function nameOf({ load, exponent, skew }: MarketShape): string {
  return `load ${load}, power ${exponent}, skew ${skew}`;
}

function withLines(problem: AllocationProblem, more: readonly Uint32Array[]): AllocationProblem {
  const { lineStart, edgeCell, demand, supply } = problem;
  const sold = Array.from(demand, (_, line) => edgeCell.subarray(lineStart[line], lineStart[line + 1]));
  const lines = [...sold, ...more].map((cells) => ({ demand: 0, edges: Array.from(cells, (cell) => ({ cell })) }));
  return problemOf([...supply], lines);
}

const WAYS = ['all there is', 'like a line of the book', 'around what is left'];

/** How long requests wait, and whether any answer is wrong. */
function timed(asked: readonly Asked[], rounds: number): Figure[] {
  const questions = asked.flatMap(({ snapshot, requests }) =>
    requests.flatMap((request) => request.asked.map((amount) => ({ snapshot, request, amount }))),
  );
  const best = new Float64Array(questions.length).fill(Infinity);
  const ofRounds: Float64Array[] = [];
  let [overPromises, wrong] = [0, 0];
  for (let round = 0; round <= rounds; round++) {
    console.error(round === 0 ? 'warm-up' : `round ${round} of ${rounds}`);
    const times = new Float64Array(questions.length);
    questions.forEach(({ snapshot, request: { cells, exact }, amount }, index) => {
      const startedAtMs = performance.now();
      const { lower, upper } = bracket(snapshot, { cells }, amount);
      times[index] = 1000 * (performance.now() - startedAtMs);
      if (lower > exact * (1 + 1e-9)) overPromises++;
      if (upper < exact * (1 - 1e-9) || (amount !== undefined && amount > lower && amount <= upper)) wrong++;
    });
    if (round === 0) continue;
    ofRounds.push(times);
    times.forEach((time, index) => (best[index] = Math.min(time, best[index] as number)));
  }
  const middle = (share: number, way?: number) =>
    median(
      ofRounds.map((times) =>
        quantile(way === undefined ? times : times.filter((_, at) => at % WAYS.length === way), share),
      ),
    );
  const [count, unit] = [questions.length * (rounds + 1), 'microseconds'];
  return [
    { name: 'over-promised', measured: overPromises, unit: `of ${count}`, bar: { atMost: 0 } },
    { name: 'undecided, or refused wrongly', measured: wrong, unit: `of ${count}`, bar: { atMost: 0 } },
    { name: '90% of requests within', measured: middle(0.9), unit, bar: { atMost: 50 } },
    { name: 'every request within, best of its rounds', measured: quantile(best, 1), unit, bar: { atMost: 5000 } },
    {
      name: 'every request within, best round',
      measured: Math.min(...ofRounds.map((times) => quantile(times, 1))),
      unit,
    },
    { name: '99% of requests within', measured: middle(0.99), unit },
    ...WAYS.map((way, index) => ({ name: `90% of requests for ${way} within`, measured: middle(0.9, index), unit })),
  ];
}

/** What the bracket alone decides, and what simpler rules would say. */
function judged(asked: readonly Asked[]): Figure[] {
  return asked.flatMap(({ market, snapshot, requests }) => {
    const proportional = freeByProportion(market);
    let [decided, questions, byCuts, byRule, error] = [0, 0, 0, 0, 0];
    for (const request of requests) {
      const { lower, upper } = bracket(snapshot, request);
      for (const amount of request.asked) {
        if (amount === undefined) continue;
        questions++;
        if (amount <= lower || amount > upper) decided++;
      }
      if (upper > request.exact * (1 + 1e-9)) byCuts++;
      const matched = sum(request.cells, (cell) => market.problem.supply[cell] as number);
      const free = sum(request.cells, (cell) => proportional[cell] as number);
      if (free > request.exact * (1 + 1e-9)) byRule++;
      error += Math.abs(free - request.exact) / matched;
    }
    const name = (what: string) => `${nameOf(market.shape)}: ${what}`;
    const share = (part: number) => part / requests.length;
    return [
      { name: name('decided by the bracket alone'), measured: decided / questions, unit: 'share' },
      { name: name('cuts alone would over-promise'), measured: share(byCuts), unit: 'share' },
      { name: name('matched minus booked would over-promise'), measured: share(byRule), unit: 'share' },
      { name: name('matched minus booked is off by'), measured: share(error), unit: 'of matched' },
    ];
  });
}

/** What is left of each cell when every line takes the same share of all its cells. */
function freeByProportion({ problem, delivered }: Market): Float64Array {
  const { supply, lineStart, edgeCell } = problem;
  const load = new Float64Array(supply.length);
  delivered.forEach((owed, line) => {
    const cells = edgeCell.subarray(lineStart[line], lineStart[line + 1]);
    const matched = sum(cells, (cell) => supply[cell] as number);
    for (const cell of cells) load[cell] = (load[cell] as number) + owed / matched;
  });
  return supply.map((units, cell) => units * Math.max(0, 1 - (load[cell] as number)));
}

/** The same question answered by booking everything again, in turns with the fast tier. */
function fromScratch(asked: readonly Asked[]): Figure[] {
  const ratios: number[] = [];
  for (const { market, snapshot, requests } of asked) {
    for (const request of requests.slice(0, 5)) {
      const problem = withLines(market.problem, [request.cells]);
      const startedAtMs = performance.now();
      const flow = openFlow(problem);
      market.delivered.forEach((owed, line) => route(flow, line, owed));
      route(flow, market.delivered.length, Infinity);
      const bookedAtMs = performance.now();
      for (const amount of request.asked) bracket(snapshot, request, amount);
      ratios.push(((bookedAtMs - startedAtMs) * request.asked.length) / (performance.now() - bookedAtMs));
    }
  }
  return [
    { name: 'faster than exact from scratch', measured: median(ratios), unit: 'times' },
    { name: 'a snapshot is prepared in', measured: median(asked.map(({ prepareMs }) => prepareMs)), unit: 'ms' },
  ];
}

function quantile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] as number;
}

function sum(cells: Uint32Array, value: (cell: number) => number): number {
  return cells.reduce((total, cell) => total + value(cell), 0);
}
