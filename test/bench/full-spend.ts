// The probability of full spend beside the quote that knows how far its market's forecasts are off, and beside quotes that
// leave an uncertainty out: on synthetic markets, or on settled quotes from a file.
import type { SupplyLaw } from '../../shared/forecasting/click-law.ts';
import { estimateSpread, supplyLaw } from '../../shared/forecasting/error-spread.ts';
import { fullSpend } from '../../shared/forecasting/full-spend.ts';
import { ForecastError } from '../../shared/forecasting/forecast-error.ts';
import { normalCdf } from '../../shared/forecasting/normal-cdf.ts';
import { scoreProbabilities, type ProbabilityScore } from '../../shared/forecasting/score-probability.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { readQuotes, type FileQuote } from './full-spend-file.ts';
import { measurePools } from './full-spend-pool.ts';
import { createQuotes, spreadLaws, type SettledQuote, type SpreadLaw } from './full-spend-world.ts';
import { learnSpreadPrior } from '../../shared/forecasting/spread-prior.ts';
import { UsageError } from './usage-error.ts';

const QUOTES = 20_000;
const PAST_ERRORS = 10;
const CALIBRATED = { atMost: 0.02 };
const NEAR_TRUTH = { atMost: 0.003 };

/** @throws UsageError for a file that makes no sense */
export async function run({ rounds = 1, own = {} }: BenchOptions): Promise<BenchResult> {
  if (typeof own['file'] === 'string') return scoreFile(own['file']);
  const laws = Object.keys(spreadLaws) as SpreadLaw[];
  const seeds = Array.from({ length: rounds }, (_, index) => index + 1);
  const figures = laws.flatMap((law) => {
    console.error(`full-spend: markets of spread ${law}`);
    return measureLaw(law, seeds);
  });
  console.error('full-spend: what quotes leave out, few errors, several markets');
  return { figures: [...figures, ...measureOthers(), ...measureFewErrors(), ...measurePools()], notes: [NOTE] };
}

const NOTE = [
  `Synthetic markets (test/bench/full-spend-world.ts): ${QUOTES} quotes of each kind; each sees ten past errors of its own market, never the spread.`,
  'Campaigns of a market share its luck in each period; click rates are known from 1,000 to 30,000 trials; clicks come by chance; budgets are .5 to 2 times the expected.',
  'With --rounds N the figures are the worst of N seeds. ECE in ten bins of one width; in brackets, ten bins of one count.',
  'The quote that knows the truth knows the spread of its market, and neither its luck nor its click rate.',
].join('\n');

/** How a quote arrives at its probability. */
type Method = (quote: SettledQuote) => number;

const estimated: Method = (quote) => fullSpendOf(quote, supplyLaw(quote.supply, estimateSpread(quote.errors)));
const knowing: Method = (quote) => fullSpendOf(quote, [{ weight: 1, median: quote.supply, sigma: quote.sigma }]);

/** The worst of all seeds. */
function measureLaw(law: SpreadLaw, seeds: readonly number[]): Figure[] {
  const scores = seeds.map((seed) => {
    const quotes = createQuotes({ law, seed, quotes: QUOTES, pastErrors: PAST_ERRORS });
    return { ours: scoreOf(quotes, estimated), truth: scoreOf(quotes, knowing) };
  });
  const worst = (value: (score: (typeof scores)[number]) => number) => Math.max(...scores.map(value));
  const name = `spread ${law}:`;
  return [
    { name: `${name} ECE`, measured: worst(({ ours }) => ours.ece), unit: '', bar: CALIBRATED },
    {
      name: `${name} ECE (equal counts)`,
      measured: worst(({ ours }) => ours.eceOfEqualCounts),
      unit: '',
      bar: CALIBRATED,
    },
    {
      name: `${name} Brier above the truth's`,
      measured: worst(({ ours, truth }) => ours.brier - truth.brier),
      unit: '',
      bar: NEAR_TRUTH,
    },
    { name: `${name} Brier of the truth`, measured: worst(({ truth }) => truth.brier), unit: '' },
  ];
}

/** What it costs to leave out an uncertainty. */
function measureOthers(): Figure[] {
  const quotes = createQuotes({ law: 'inverse gamma at .25', seed: 1, quotes: QUOTES, pastErrors: PAST_ERRORS });
  const truth = scoreOf(quotes, knowing);
  const methods: Record<string, Method> = {
    'supply taken as certain': (quote) => fullSpendOf(quote, [{ weight: 1, median: quote.supply, sigma: 0 }]),
    'plugged-in spread': (quote) => fullSpendOf(quote, [{ weight: 1, median: quote.supply, sigma: pluggedIn(quote) }]),
    'plain normal law of clicks': plainNormal,
  };
  return Object.entries(methods).flatMap(([name, method]) => {
    const score = scoreOf(quotes, method);
    return [
      { name: `${name}: ECE`, measured: score.ece, unit: '' },
      { name: `${name}: Brier above the truth's`, measured: score.brier - truth.brier, unit: '' },
    ];
  });
}

/** Young markets: what is lost while there are few errors, beside plugging them in. */
function measureFewErrors(): Figure[] {
  return [0, 1, 3].flatMap((pastErrors) => {
    const quotes = createQuotes({ law: 'log-uniform .1-.5', seed: 1, quotes: QUOTES / 2, pastErrors });
    const [ours, truth] = [scoreOf(quotes, estimated), scoreOf(quotes, knowing)];
    const name = pastErrors === 1 ? '1 past error' : `${pastErrors} past errors`;
    const figures: Figure[] = [
      { name: `${name}: ECE`, measured: ours.ece, unit: '' },
      { name: `${name}: Brier above the truth's`, measured: ours.brier - truth.brier, unit: '' },
    ];
    if (pastErrors === 0) return [...figures, ...measureBorrowed(quotes, truth)];
    const plugged = scoreOf(quotes, (quote) =>
      fullSpendOf(quote, [{ weight: 1, median: quote.supply, sigma: pluggedIn(quote) }]),
    );
    return [
      ...figures,
      { name: `${name}, plugged in: Brier above the truth's`, measured: plugged.brier - truth.brier, unit: '' },
    ];
  });
}

/** A market without errors that borrows the spread of a hundred others. */
function measureBorrowed(quotes: readonly SettledQuote[], truth: ProbabilityScore): Figure[] {
  const others = createQuotes({ law: 'log-uniform .1-.5', seed: 2, quotes: 600, pastErrors: PAST_ERRORS });
  const prior = learnSpreadPrior([...new Set(others.map(({ errors }) => errors))]);
  const spread = estimateSpread([], prior);
  const score = scoreOf(quotes, (quote) => fullSpendOf(quote, supplyLaw(quote.supply, spread)));
  return [
    { name: '0 past errors, prior of 100 markets: ECE', measured: score.ece, unit: '' },
    {
      name: "0 past errors, prior of 100 markets: Brier above the truth's",
      measured: score.brier - truth.brier,
      unit: '',
    },
  ];
}

function scoreOf(quotes: readonly SettledQuote[], method: Method): ProbabilityScore {
  return scoreProbabilities(quotes.map((quote) => ({ probability: method(quote), happened: quote.spentInFull })));
}

function fullSpendOf({ rate, clickPriceMicros, budgetMicros }: FileQuote, supply: SupplyLaw): number {
  return fullSpend({ supply, rate, clickPriceMicros }, budgetMicros);
}

function pluggedIn({ errors }: SettledQuote): number {
  return Math.sqrt(errors.reduce((sum, { logError }) => sum + logError ** 2, 0) / errors.length);
}

/** Mean and variance of clicks with the plugged-in spread, and a normal law of both. */
function plainNormal(quote: SettledQuote): number {
  const { supply, rate, clickPriceMicros, budgetMicros } = quote;
  const { alpha, beta } = rate;
  const mean = (supply * alpha) / (alpha + beta);
  const deviation = mean * Math.sqrt(pluggedIn(quote) ** 2 + beta / alpha / (alpha + beta + 1) + 1 / mean);
  return normalCdf((mean - Math.ceil(budgetMicros / clickPriceMicros) + 0.5) / deviation);
}

async function scoreFile(path: string): Promise<BenchResult> {
  const quotes = await readQuotes(path);
  const settled = quotes.map((quote, index) => {
    try {
      const supply = supplyLaw(quote.supply, estimateSpread(quote.errors));
      return { probability: fullSpendOf(quote, supply), happened: quote.spentInFull };
    } catch (error) {
      if (error instanceof ForecastError) throw new UsageError(`${path}: quote ${index + 1}: ${error.message}`);
      throw error;
    }
  });
  const { count, brier, ece, eceOfEqualCounts, logScore } = scoreProbabilities(settled);
  const figures: Figure[] = [
    { name: 'quotes', measured: count, unit: '' },
    { name: 'Brier', measured: brier, unit: '' },
    { name: 'ECE', measured: ece, unit: '' },
    { name: 'ECE (equal counts)', measured: eceOfEqualCounts, unit: '' },
    { name: 'log score', measured: logScore, unit: 'nats' },
  ];
  return { figures, notes: [], fields: { quotes: count, brier, ece, logScore } };
}
