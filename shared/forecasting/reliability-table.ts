// Of all the times that about this probability was told: how often did it happen?
import { ForecastError } from './forecast-error.ts';
import type { SettledProbability } from './score-probability.ts';

export interface ReliabilityBin {
  /** Probabilities from `low` to `high`. */
  low: number;
  high: number;
  count: number;
  meanProbability: number;
  /** The share that happened, and its 95% interval (Wilson, JASA 22, 1927). */
  rate: number;
  rateLow: number;
  rateHigh: number;
}

/** The bins of one width, or of as near one count as whole numbers allow. */
export interface Binning {
  bins: number;
  by: 'width' | 'count';
}

/**
 * The reliability table, lowest probabilities first; a bin that nothing fell into is left out.
 * @throws ForecastError `INVALID_QUOTE` for probabilities outside 0 to 1 and a number of bins that is no whole one above 0
 */
export function reliabilityTable(
  settled: readonly SettledProbability[],
  { bins, by }: Binning = { bins: 10, by: 'width' },
): ReliabilityBin[] {
  if (!(Number.isSafeInteger(bins) && bins > 0)) {
    throw new ForecastError('INVALID_QUOTE', `a table needs 1 bin or more, not ${bins}`);
  }
  settled.forEach(({ probability }, index) => {
    if (probability >= 0 && probability <= 1) return;
    throw new ForecastError('INVALID_QUOTE', `probability ${index} must be from 0 to 1, not ${probability}`);
  });
  const sorted = [...settled].sort((a, b) => a.probability - b.probability);
  const groups = new Map<number, SettledProbability[]>();
  sorted.forEach((one, place) => {
    const share = by === 'width' ? one.probability : place / sorted.length;
    const bin = Math.min(bins - 1, Math.floor(share * bins));
    const group = groups.get(bin);
    if (group) group.push(one);
    else groups.set(bin, [one]);
  });
  return [...groups].map(([bin, group]) => {
    const edges =
      by === 'width'
        ? { low: bin / bins, high: (bin + 1) / bins }
        : { low: (group[0] as SettledProbability).probability, high: (group.at(-1) as SettledProbability).probability };
    return { ...edges, ...rateOf(group) };
  });
}

/** The 97.5th percentile of a standard normal law. */
const Z975 = 1.959963984540054;

function rateOf(group: readonly SettledProbability[]) {
  const count = group.length;
  const rate = group.filter(({ happened }) => happened).length / count;
  const meanProbability = group.reduce((sum, { probability }) => sum + probability, 0) / count;
  const square = Z975 ** 2 / count;
  const centre = (rate + square / 2) / (1 + square);
  const half = (Z975 * Math.sqrt((rate * (1 - rate)) / count + square / (4 * count))) / (1 + square);
  // The interval always holds the rate; its ends may miss it by rounding.
  return {
    count,
    meanProbability,
    rate,
    rateLow: Math.max(0, Math.min(rate, centre - half)),
    rateHigh: Math.min(1, Math.max(rate, centre + half)),
  };
}
