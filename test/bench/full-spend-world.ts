// Worlds in which quotes are made and settled: markets whose forecasts are off by a spread of their own that no quote is
// told, campaigns that share their market's luck, click rates known from finite trials, and clicks that come by chance.
import { drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { ClickRate } from '../../shared/forecasting/click-law.ts';
import type { PastError } from '../../shared/forecasting/spread-likelihood.ts';

export interface SettledQuote {
  supply: number;
  /** Of the quote's own market, before it was made. */
  errors: PastError[];
  rate: ClickRate;
  clickPriceMicros: number;
  budgetMicros: number;
  spentInFull: boolean;
  /** What only the world knows. */
  sigma: number;
}

/** How the spreads of markets are spread themselves; the estimate's own prior is like none of them. */
export const spreadLaws = {
  'log-uniform .1-.5': (random) => 0.1 * 5 ** random(),
  'inverse gamma at .25': (random) => 0.25 * Math.sqrt(2 / drawGamma(random, 3)),
  'all .25': () => 0.25,
  'all .5': () => 0.5,
  '.1 or .5': (random) => (random() < 0.5 ? 0.1 : 0.5),
  'half-normal .3': (random) => 0.02 + Math.abs(0.3 * drawNormal(random)),
  'log-uniform .03-1': (random) => 0.03 * (1 / 0.03) ** random(),
} satisfies Record<string, (random: Random) => number>;

export type SpreadLaw = keyof typeof spreadLaws;

export interface WorldOptions {
  law: SpreadLaw;
  seed: number;
  quotes: number;
  pastErrors: number;
}

const CAMPAIGNS_OF_A_PERIOD = 2;
const PERIODS = 3;

/** Quotes in the order of their markets: in each market some periods, in each period campaigns that share its factor. */
export function createQuotes({ law, seed, quotes, pastErrors }: WorldOptions): SettledQuote[] {
  const random = createRandom('full-spend', law, seed, pastErrors);
  const settled: SettledQuote[] = [];
  while (settled.length < quotes) {
    const sigma = spreadLaws[law](random);
    const share = 0.1 + 0.5 * random();
    const errorsOf = createErrors(random, sigma, share);
    const errors: PastError[] = [];
    for (let period = 0; errors.length < pastErrors; period++) {
      const logErrors = errorsOf(Math.min(CAMPAIGNS_OF_A_PERIOD, pastErrors - errors.length));
      errors.push(...logErrors.map((logError) => ({ logError, period })));
    }
    for (let period = 0; period < PERIODS; period++) {
      for (const logError of errorsOf(CAMPAIGNS_OF_A_PERIOD)) {
        if (settled.length < quotes) settled.push(settle(random, { errors, sigma, logError }));
      }
    }
  }
  return settled;
}

/** Errors of a market's next period. */
function createErrors(random: Random, sigma: number, share: number): (count: number) => number[] {
  return (count) => {
    const factor = Math.sqrt(share) * drawNormal(random);
    return Array.from({ length: count }, () => sigma * (factor + Math.sqrt(1 - share) * drawNormal(random)));
  };
}

interface Luck {
  errors: PastError[];
  sigma: number;
  logError: number;
}

/** A campaign of a size of its own, with a budget from half to double what it can be expected to spend. */
function settle(random: Random, { errors, sigma, logError }: Luck): SettledQuote {
  const supply = Math.round(10 ** (3 + 2 * random()));
  const trials = Math.round(10 ** (3 + 1.5 * random()));
  const rate = 0.005 + 0.03 * random();
  const alpha = 1 + drawPoisson(random, trials * rate);
  const beta = Math.max(1, trials - alpha + 1);
  const clicks = drawPoisson(random, supply * Math.exp(logError) * drawBeta(random, alpha, beta));
  const clickPriceMicros = 100_000 + 10_000 * Math.floor(90 * random());
  const expectedMicros = ((supply * alpha) / (alpha + beta)) * clickPriceMicros;
  const budgetMicros = Math.max(1, Math.round(expectedMicros * 2 ** (2 * random() - 1)));
  const spentInFull = clicks * clickPriceMicros >= budgetMicros;
  return { supply, errors, rate: { alpha, beta }, clickPriceMicros, budgetMicros, spentInFull, sigma };
}

/** Beta law as two gamma draws. */
export function drawBeta(random: Random, alpha: number, beta: number): number {
  const first = drawGamma(random, alpha);
  return first / (first + drawGamma(random, beta));
}

/** Gamma law of scale 1 (Marsaglia and Tsang, ACM TOMS 26, 2000). */
export function drawGamma(random: Random, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
