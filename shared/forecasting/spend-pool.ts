// Several parts of one campaign as one: its money moves between them, so the whole budget is spent where they can spend it together.
import type { ClickRate, SupplyLaw } from './click-law.ts';
import { supplyLaw, type ErrorSpread } from './error-spread.ts';
import { ForecastError } from './forecast-error.ts';
import type { SpendTerms } from './full-spend.ts';

/** A part of a campaign: one market, with the segments and surfaces that it buys there. */
export interface SpendPart {
  market: string;
  /** Opportunities that it would get, as forecast; 0 or more. */
  forecast: number;
  /** Of this market's past forecasts. */
  spread: ErrorSpread;
  /** What the spread is multiplied by where input could not be trusted; 1 when absent. */
  widening?: number;
  rate: ClickRate;
  clickPriceMicros: number;
}

/** Relative variances below this are as good as none. */
const LEAST_VARIANCE = 1e-12;

/**
 * The terms of all parts together, in money: an opportunity of a part counts as much as it would earn beside the mean one.
 *
 * Parts of one market share its factor (their `sharedShare` of the variance), markets are independent, and so are click
 * rates. The sum of log-normal parts is taken as log-normal with the same mean and variance (Fenton, IRE Transactions on
 * Communications Systems 8, 1960), at every node of the spreads: how wide errors are is taken as one question for all.
 * @throws ForecastError `INVALID_QUOTE` without parts, spreads without a node, and amounts that make no sense
 */
export function poolParts(asked: readonly SpendPart[]): SpendTerms {
  assertParts(asked);
  const parts = withLikeNodes(asked);
  if (parts.length === 1) return alone(parts[0] as SpendPart);
  const clicks = parts.map(({ forecast, spread, rate }) => forecast * Math.exp(spread.bias) * meanRate(rate));
  const micros = parts.map(({ clickPriceMicros }, index) => (clicks[index] as number) * clickPriceMicros);
  const [allClicks, allMicros] = [sumOf(clicks), sumOf(micros)];
  const opportunities = sumOf(parts.map(({ forecast, spread }) => forecast * Math.exp(spread.bias)));
  if (allClicks === 0) return alone(parts[0] as SpendPart);
  const shares = micros.map((amount) => amount / allMicros);
  return {
    supply: pooledSupply(parts, shares, opportunities),
    rate: pooledRate(parts, shares, allClicks / opportunities),
    clickPriceMicros: allMicros / allClicks,
  };
}

function alone({ forecast, spread, widening = 1, rate, clickPriceMicros }: SpendPart): SpendTerms {
  return { supply: supplyLaw(forecast, spread, widening), rate, clickPriceMicros };
}

/** Of each node the sum's mean and variance, with all opportunities at the medians as the unit. */
function pooledSupply(parts: readonly SpendPart[], shares: readonly number[], opportunities: number): SupplyLaw {
  const nodes = (parts[0] as SpendPart).spread.nodes;
  return nodes.map(({ weight }, node) => {
    const sigmas = parts.map(({ spread, widening = 1 }) => (spread.nodes[node] as { sigma: number }).sigma * widening);
    const means = shares.map((share, index) => share * Math.exp((sigmas[index] as number) ** 2 / 2));
    let variance = 0;
    parts.forEach((part, index) => {
      parts.forEach((other, at) => {
        if (part.market !== other.market) return;
        const shared = index === at ? 1 : Math.sqrt(part.spread.sharedShare * other.spread.sharedShare);
        const covariance = shared * (sigmas[index] as number) * (sigmas[at] as number);
        variance += (means[index] as number) * (means[at] as number) * Math.expm1(covariance);
      });
    });
    const mean = sumOf(means);
    const logVariance = Math.log1p(variance / mean ** 2);
    return { weight, median: opportunities * mean * Math.exp(-logVariance / 2), sigma: Math.sqrt(logVariance) };
  });
}

/** The Beta law with the rates' mean and the variance of their weighted sum. */
function pooledRate(parts: readonly SpendPart[], shares: readonly number[], mean: number): ClickRate {
  const variance = sumOf(parts.map(({ rate }, index) => (shares[index] as number) ** 2 * relativeVariance(rate)));
  const size = (1 - mean) / mean / Math.max(LEAST_VARIANCE, variance) - 1;
  return size > 0 ? { alpha: mean * size, beta: (1 - mean) * size } : { alpha: 1, beta: 0 };
}

function meanRate({ alpha, beta }: ClickRate): number {
  return alpha === 0 ? 0 : alpha / (alpha + beta);
}

function relativeVariance({ alpha, beta }: ClickRate): number {
  return alpha === 0 ? 0 : beta / alpha / (alpha + beta + 1);
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

/** Spreads that were estimated by different releases have different nodes: each counts as the one of its mean square then. */
function withLikeNodes(parts: readonly SpendPart[]): readonly SpendPart[] {
  const isAlike = new Set(parts.map(({ spread }) => spread.nodes.length)).size === 1;
  return isAlike
    ? parts
    : parts.map((part) => ({ ...part, spread: { ...part.spread, nodes: [meanNode(part.spread)] } }));
}

function meanNode({ nodes }: ErrorSpread): ErrorSpread['nodes'][number] {
  const weights = sumOf(nodes.map(({ weight }) => weight));
  const square = sumOf(nodes.map(({ weight, sigma }) => weight * sigma ** 2));
  return { weight: 1, sigma: weights > 0 ? Math.sqrt(square / weights) : 0 };
}

function assertParts(parts: readonly SpendPart[]): void {
  const invalid = (message: string) => new ForecastError('INVALID_QUOTE', message);
  if (parts.length === 0) throw invalid('a campaign needs a part to spend in');
  parts.forEach(({ forecast, spread, widening = 1, rate, clickPriceMicros }, index) => {
    const amounts = { forecast, widening, alpha: rate.alpha, beta: rate.beta, clickPriceMicros };
    for (const [name, amount] of Object.entries(amounts)) {
      if (!(amount >= 0 && amount < Infinity))
        throw invalid(`the ${name} of part ${index} must be 0 or more, not ${amount}`);
    }
    if (spread.nodes.length === 0) throw invalid(`the spread of part ${index} has no node`);
  });
}
