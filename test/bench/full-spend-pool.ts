// Campaigns of several parts in several markets: is the probability that all of their money is spent calibrated?
import { drawNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { estimateSpread } from '../../shared/forecasting/error-spread.ts';
import { fullSpend } from '../../shared/forecasting/full-spend.ts';
import { scoreProbabilities } from '../../shared/forecasting/score-probability.ts';
import { poolParts, type SpendPart } from '../../shared/forecasting/spend-pool.ts';
import type { Figure } from './figure.ts';
import { drawBeta } from './full-spend-world.ts';

const CAMPAIGNS = 4_000;

/** Pooled quotes, and what is told when parts are taken as independent of each other. */
export function measurePools(): Figure[] {
  const random = createRandom('full-spend-pool', 1);
  const campaigns = Array.from({ length: CAMPAIGNS }, () => createCampaign(random));
  const pooled = scoreProbabilities(
    campaigns.map(({ parts, budgetMicros, spentInFull }) => ({
      probability: fullSpend(poolParts(parts), budgetMicros),
      happened: spentInFull,
    })),
  );
  const apart = scoreProbabilities(
    campaigns.map(({ parts, budgetMicros, spentInFull }) => ({
      probability: fullSpend(poolParts(parts.map((part, index) => ({ ...part, market: String(index) }))), budgetMicros),
      happened: spentInFull,
    })),
  );
  return [
    { name: 'several parts, pooled: ECE', measured: pooled.ece, unit: '' },
    { name: 'several parts, as if independent: ECE', measured: apart.ece, unit: '' },
    { name: 'several parts, pooled: Brier', measured: pooled.brier, unit: '' },
    { name: 'several parts, as if independent: Brier', measured: apart.brier, unit: '' },
  ];
}

interface SettledCampaign {
  parts: SpendPart[];
  budgetMicros: number;
  spentInFull: boolean;
}

/** One to three markets of one to four parts; half of each market's variance is shared. */
function createCampaign(random: Random): SettledCampaign {
  const parts: SpendPart[] = [];
  let [spentMicros, expectedMicros] = [0, 0];
  const markets = 1 + Math.floor(3 * random());
  for (let market = 0; market < markets; market++) {
    const sigma = 0.1 * 5 ** random();
    const errorAt = createErrors(random, sigma);
    const errors = Array.from({ length: 10 }, (_, index) => ({
      logError: errorAt(index >> 1),
      period: index >> 1,
    }));
    const spread = estimateSpread(errors);
    const count = 1 + Math.floor(4 * random());
    for (let part = 0; part < count; part++) {
      const forecast = Math.round(10 ** (3 + 1.5 * random()));
      const alpha = 10 + Math.floor(50 * random());
      const rate = { alpha, beta: alpha * (20 + 100 * random()) };
      const clickPriceMicros = 100_000 + 10_000 * Math.floor(90 * random());
      const supply = forecast * Math.exp(errorAt(-1));
      spentMicros += clickPriceMicros * drawPoisson(random, supply * drawBeta(random, rate.alpha, rate.beta));
      expectedMicros += (clickPriceMicros * forecast * rate.alpha) / (rate.alpha + rate.beta);
      parts.push({ market: String(market), forecast, spread, rate, clickPriceMicros });
    }
  }
  const budgetMicros = Math.round(expectedMicros * 2 ** (1.4 * random() - 0.7));
  return { parts, budgetMicros, spentInFull: spentMicros >= budgetMicros };
}

/** Errors of campaigns by period. */
function createErrors(random: Random, sigma: number): (period: number) => number {
  const factors = new Map<number, number>();
  return (period) => {
    const factor = factors.get(period) ?? drawNormal(random);
    factors.set(period, factor);
    return sigma * Math.SQRT1_2 * (factor + drawNormal(random));
  };
}
