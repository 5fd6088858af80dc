// How far the total of many steps may lie from its forecast, from the totals at past origins.
import { logRatio, roundTo6, type SeriesHistory } from './series-history.ts';

/** Lengths of totals, in seasons. */
const TOTAL_SEASONS = [1, 7, 10, 14];
/** Independent totals that the growth assumed counts for. */
const CARRIED = 0.5;
/** How the spread of 7 seasons is assumed to be beside that of one: days err to either side. */
const WEEK_GROWTH = 0.65;
/** The exponent of the length by which spreads are assumed to grow beyond. */
const GROWTH = 0.45;
/** What the mix errs more than at the origins its weights are from. */
const UNSEEN = 1.08;
/** From mean absolute errors to half an 80% interval, for a normal law. */
const NARROW = UNSEEN * 1.2815515655446004 * Math.sqrt(Math.PI / 2);

/**
 * Half the 80% interval of the logarithm of a total, by its length: from the mean absolute error of totals at past
 * origins (they overlap: they count as many as fit one after another), drawn to a growth from the length before.
 * @param unknown half the 80% interval of one step, for a history too short for any total
 */
export function totalSpreads(
  mixes: readonly Float64Array[],
  origins: readonly number[],
  { truths, season }: SeriesHistory,
  unknown: number,
): { steps: number; narrow: number }[] {
  let before = 0;
  return TOTAL_SEASONS.map((seasons, index) => {
    const length = seasons * season;
    const { mean, independent } = totalErrors(mixes, origins, truths, length);
    const isFirst = index === 0;
    const growth = seasons <= 7 ? WEEK_GROWTH : (seasons / (TOTAL_SEASONS[index - 1] as number)) ** GROWTH;
    const carried = isFirst ? unknown / NARROW : before * growth;
    const weight = isFirst && independent > 0 ? 1 : independent / (independent + CARRIED);
    before = carried + weight * (mean - carried);
    return { steps: length, narrow: roundTo6(NARROW * before) };
  });
}

/** Of the origins that lie at least `length` back: their mean absolute error, and how many fit one after another. */
function totalErrors(
  mixes: readonly Float64Array[],
  origins: readonly number[],
  truths: Float64Array,
  length: number,
): { mean: number; independent: number } {
  let [sum, count, first, last] = [0, 0, 0, 0];
  mixes.forEach((mix, index) => {
    if (mix.length < length) return;
    const origin = origins[index] as number;
    let [truth, said] = [0, 0];
    for (let step = 0; step < length; step++) {
      truth += truths[origin + step] as number;
      said += mix[step] as number;
    }
    sum += Math.abs(logRatio(truth / length, said / length));
    if (count === 0) first = origin;
    count++;
    last = origin;
  });
  return count === 0 ? { mean: 0, independent: 0 } : { mean: sum / count, independent: 1 + (last - first) / length };
}
