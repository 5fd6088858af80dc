// How much of their luck campaigns of the same market and weeks share, from how they turned out.
import { normalCdf } from '../../shared/forecasting/normal-cdf.ts';
import type { SettledChance } from './season-score.ts';

const BINS = 10;
/** Nothing is learned from what is all but certain. */
const LEAST = 1e-3;

/**
 * The part of the luck, as variance of a normal law, that weeks decide, 0 to 1: outcomes are taken as signs of normal variables
 * whose correlation is that part times the weeks that two have in common (see `nullError`), of which the first term of the tetrachoric
 * series (Pearson, 1900) is fitted by least squares to the products of what happened less what was expected. What probabilities are
 * wrong by on average is no luck: it is taken out by tenths first.
 */
export function sharedLuck(seasons: readonly (readonly SettledChance[])[]): number {
  let [product, square] = [0, 0];
  for (const settled of seasons) {
    const expected = meansOf(settled);
    const ones = settled.map((one, at) => {
      const mean = expected[at] as number;
      return { weeks: one.weeks, away: Number(one.happened) - mean, density: densityOf(mean) };
    });
    ones.forEach((one, at) => {
      for (const other of ones.slice(at + 1)) {
        const common = one.weeks.filter((week) => other.weeks.includes(week)).length;
        if (common === 0) continue;
        const slope = (common / Math.sqrt(one.weeks.length * other.weeks.length)) * one.density * other.density;
        product += slope * one.away * other.away;
        square += slope * slope;
      }
    });
  }
  return square > 0 ? Math.max(0, Math.min(1, product / square)) : 0;
}

/** Of each, how often those of its tenth happened. */
function meansOf(settled: readonly SettledChance[]): number[] {
  const binOf = ({ probability }: SettledChance) => Math.min(BINS - 1, Math.floor(BINS * probability));
  const [counts, happened] = [new Float64Array(BINS), new Float64Array(BINS)];
  for (const one of settled) {
    counts[binOf(one)] = (counts[binOf(one)] as number) + 1;
    happened[binOf(one)] = (happened[binOf(one)] as number) + Number(one.happened);
  }
  return settled.map((one) => (happened[binOf(one)] as number) / (counts[binOf(one)] as number));
}

/** Of the standard normal law where so much of it lies below. */
function densityOf(probability: number): number {
  if (probability < LEAST || probability > 1 - LEAST) return 0;
  let [low, high] = [-4, 4];
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return Math.exp((-low * low) / 2) / Math.sqrt(2 * Math.PI);
}
