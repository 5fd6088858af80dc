// How good ranges were, now that it is known what came: coverage, sharpness, bias.
import { ForecastError } from './forecast-error.ts';

/** A forecast at its tenth, fiftieth and ninetieth percentile, and what came; all 0 or more. */
export interface SettledRange {
  low: number;
  mid: number;
  high: number;
  actual: number;
}

export interface RangeScore {
  count: number;
  /** Share of what came inside its range, ends included: .8 is right. */
  coverage: number;
  /** Shares that came below and above the range: .1 each is right. */
  below: number;
  above: number;
  /** Median of ln(came / mid): above 0 when more comes than is forecast. Half a unit is added to both, so that 0 has a logarithm. */
  bias: number;
  /** Median of |came / mid - 1|, half a unit added to both. */
  error: number;
  /** Mean pinball loss of the three percentiles, in units of the forecast. */
  pinball: number;
  /** The continuous ranked probability score as the three percentiles show it: twice the mean pinball loss. */
  crps: number;
}

const HALF = 0.5;

/**
 * Scores of settled ranges.
 * Sources: pinball loss and CRPS in Gneiting and Raftery (JASA 102, 2007).
 * @throws ForecastError `INVALID_QUOTE` for nothing to score, amounts that are negative or no numbers, and percentiles that fall
 */
export function scoreRanges(settled: readonly SettledRange[]): RangeScore {
  if (settled.length === 0) throw new ForecastError('INVALID_QUOTE', 'there is no settled range to score');
  settled.forEach(assertRange);
  const count = settled.length;
  const shareOf = (test: (range: SettledRange) => boolean) => settled.filter(test).length / count;
  const ratios = settled.map(({ actual, mid }) => (actual + HALF) / (mid + HALF));
  const loss = settled.reduce(
    (sum, { low, mid, high, actual }) =>
      sum + (pinball(actual, low, 0.1) + pinball(actual, mid, 0.5) + pinball(actual, high, 0.9)) / 3,
    0,
  );
  return {
    count,
    coverage: shareOf(({ low, high, actual }) => actual >= low && actual <= high),
    below: shareOf(({ low, actual }) => actual < low),
    above: shareOf(({ high, actual }) => actual > high),
    bias: medianOf(ratios.map(Math.log)),
    error: medianOf(ratios.map((ratio) => Math.abs(ratio - 1))),
    pinball: loss / count,
    crps: (2 * loss) / count,
  };
}

function pinball(actual: number, forecast: number, level: number): number {
  return actual >= forecast ? level * (actual - forecast) : (1 - level) * (forecast - actual);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

function assertRange({ low, mid, high, actual }: SettledRange, index: number): void {
  const isRising = low >= 0 && low <= mid && mid <= high && high < Infinity;
  if (isRising && actual >= 0 && actual < Infinity) return;
  throw new ForecastError(
    'INVALID_QUOTE',
    `range ${index} must rise from 0 on and be settled by 0 or more: ${low}, ${mid}, ${high}, came ${actual}`,
  );
}
