// How many decisions a core makes in a second, and how long the slowest take, in process; and how many lines of batches the
// function answers over HTTP.
import { compilePlan, type CompiledPlan } from '../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../shared/auction/decide-opportunity.ts';
import type { DecisionRequest } from '../../shared/contracts/decision.ts';
import type { BenchOptions } from './bench.ts';
import { HTTP_NOTE, measureHttp } from './decision-http.ts';
import { drawPlan, drawRequests, GROUP, type DecisionInstance } from './decision-instances.ts';
import type { BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';

const MIN_PER_SECOND = 200_000;
const MAX_P99_US = 50;
const ROUNDS = 9;
const REQUESTS = 20_000;

const JUDGED: DecisionInstance = {
  name: '1,000 subcampaigns, 20 eligible',
  seed: 1,
  lines: 1_000,
  eligible: 20,
  history: 20,
  offers: 6,
  slots: 2,
};
/** What is likely to be slow, for comparison. */
const OTHERS: DecisionInstance[] = [
  { ...JUDGED, name: 'the same, nothing known of listeners', seed: 2, history: 0, offers: 0, slots: 1 },
  { ...JUDGED, name: '3,200 subcampaigns, 200 eligible', seed: 3, lines: 3_200, eligible: 200 },
  { ...JUDGED, name: 'histories up to 200, 50 offers, 8 slots', seed: 4, history: 200, offers: 50, slots: 8 },
];

export async function run({ rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const judged = measure(JUDGED, rounds);
  const http = [
    ...(await measureHttp(JUDGED, rounds, true)),
    ...(await measureHttp(OTHERS[0] as DecisionInstance, rounds, false)),
  ];
  return {
    figures: [
      ...figuresOf(judged, true),
      { name: `${JUDGED.name}, explained: decisions`, measured: judged.explainedPerSecond, unit: 'a second' },
      ...OTHERS.flatMap((instance) => figuresOf(measure(instance, rounds), false)),
      ...http,
      { name: `compiling a plan of ${JUDGED.lines} subcampaigns`, measured: judged.compileMs, unit: 'ms' },
    ],
    notes: [
      [
        `A request: a listener with up to ${JUDGED.history} lines seen, as many releases and artists, age, full screens; up to ${JUDGED.offers}`,
        `offers; every fourth ${JUDGED.slots} slots. The market: caps, floors, adjustments, second price, 1% explored. ${REQUESTS} requests, all`,
        'different, decoded before the clock starts. Decisions a second: by the time that the process had of its core, garbage',
        `collection with it; 99th percentile: by the clock, each decision by itself. Medians of ${rounds} rounds.`,
      ].join('\n'),
      HTTP_NOTE,
    ],
  };
}

interface Measured {
  instance: DecisionInstance;
  perSecond: number;
  explainedPerSecond: number;
  p99Us: number;
  compileMs: number;
}

function figuresOf({ instance, perSecond, p99Us }: Measured, isJudged: boolean): Figure[] {
  return [
    {
      name: `${instance.name}: decisions`,
      measured: perSecond,
      unit: 'a second',
      ...(isJudged && { bar: { atLeast: MIN_PER_SECOND } }),
    },
    {
      name: `${instance.name}: 99th percentile`,
      measured: p99Us,
      unit: 'us',
      ...(isJudged && { bar: { atMost: MAX_P99_US } }),
    },
  ];
}

function measure(instance: DecisionInstance, rounds: number): Measured {
  console.error(instance.name);
  const plan = drawPlan(instance);
  const requests = drawRequests(plan, instance, REQUESTS);
  const explained = requests.map((request): DecisionRequest => ({ ...request, explain: true }));
  const startedAtMs = performance.now();
  const compiled = compilePlan(plan, 'hash', GROUP);
  const compileMs = performance.now() - startedAtMs;
  const samples = Array.from({ length: rounds }, () => ({
    perSecond: perSecond(compiled, requests),
    explainedPerSecond: perSecond(compiled, explained),
    p99Us: p99Us(compiled, requests),
  }));
  const middle = (name: keyof (typeof samples)[number]) => median(samples.map((sample) => sample[name]));
  return {
    instance,
    perSecond: middle('perSecond'),
    explainedPerSecond: middle('explainedPerSecond'),
    p99Us: middle('p99Us'),
    compileMs,
  };
}

function perSecond(compiled: CompiledPlan, requests: readonly DecisionRequest[]): number {
  let awards = 0;
  const started = process.cpuUsage();
  for (const request of requests) awards += decideOpportunity(compiled, request).awards.length;
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  if (awards < requests.length) throw new Error(`${requests.length} requests had ${awards} awards`);
  return requests.length / seconds;
}

function p99Us(compiled: CompiledPlan, requests: readonly DecisionRequest[]): number {
  const tookMs = Float64Array.from(requests, (request) => {
    const startedAtMs = performance.now();
    decideOpportunity(compiled, request);
    return performance.now() - startedAtMs;
  }).sort();
  return (tookMs[Math.floor(tookMs.length * 0.99)] as number) * 1000;
}
