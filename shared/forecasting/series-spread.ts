// How far the truth may lie from a forecast, from how far it lay at past origins: split conformal in logarithms.
import { SMALL, logRatio, roundTo6, type SeriesHistory } from './series-history.ts';
import type { SeriesSpread } from './series-model.ts';
import type { SeriesTrials } from './series-trials.ts';
import { totalSpreads } from './series-total-spread.ts';

/** Steps to either side whose errors are pooled, in seasons. */
const POOLED_SEASONS = 0.25;
/** Steps ahead at which widths are kept, in seasons; the last one tried is kept too. */
const KNOTS_SEASONS = [0.25, 0.5, 1, 2, 4, 7, 14];
/** How much wider relative errors may be where the forecast is low: exponents of the forecast that are tried. */
const TILTS = [0, 0.25, 0.5, 0.75, 1];
/** Steps ahead whose errors choose among them, in seasons. */
const TILT_SEASONS = 2;
/** A tilt must score better than less of it by this factor. */
const CLEARLY = 0.999;
/** No interval is wider than this factor either way, as a logarithm. */
export const WIDEST = Math.log(1000);
/** Half an interval without any past error: a factor of e either way for 95%, and what a normal law has for 80%. */
const UNKNOWN = { wide: 1, narrow: 0.65 };
/** What the mix errs more than at the origins its weights are from. */
const UNSEEN = 1.05;
/** Independent seasons of errors that the growth assumed counts for. */
const CARRIED = 1;
/** The exponent of steps ahead by which widths are assumed to grow where errors are few. */
const GROWTH = 0.25;

/**
 * Quantiles of |log(truth / forecast)| x forecast^tilt by steps ahead, pooled over near steps, never falling with the
 * steps ahead; where few origins reach so far, drawn to what the step before says.
 * @param mixes the forecast at each origin, in units, as far as the history goes
 */
export function spreadOf(
  mixes: readonly Float64Array[],
  { origins, horizon }: Pick<SeriesTrials, 'origins' | 'horizon'>,
  history: SeriesHistory,
): SeriesSpread {
  const { truths, season } = history;
  const errors = mixes.map((mix, index) =>
    mix.map((said, step) => logRatio(truths[(origins[index] as number) + step] as number, said)),
  );
  const tilt = tiltOf(mixes, errors, TILT_SEASONS * season);
  const tilted = errors.map((own, index) =>
    own.map((error, step) => Math.abs(error) * (((mixes[index] as Float64Array)[step] as number) + SMALL) ** tilt),
  );
  const steps = knotsOf(season, horizon);
  const reach = Math.max(1, Math.round(POOLED_SEASONS * season));
  const wide: number[] = [];
  const narrow: number[] = [];
  steps.forEach((step, knot) => {
    const from = Math.max(0, step - 1 - reach);
    const pooled = flat(tilted.map((own) => own.subarray(from, step + reach))).sort();
    const reached = tilted.filter(({ length }) => length > from);
    // Origins within one horizon of each other were wrong together.
    const independent = reached.length / Math.max(1, step / season);
    const grown = (step / (steps[knot - 1] ?? step)) ** GROWTH;
    for (const [widths, share, unknown] of [
      [wide, 0.95, UNKNOWN.wide],
      [narrow, 0.8, UNKNOWN.narrow],
    ] as const) {
      const before = widths.at(-1);
      const carried = before === undefined ? unknown : before * grown;
      const seen = pooled.length === 0 ? carried : UNSEEN * quantileOf(pooled, share);
      const weight = before === undefined ? (pooled.length === 0 ? 0 : 1) : independent / (independent + CARRIED);
      widths.push(roundTo6(Math.max(before ?? 0, carried + weight * (seen - carried))));
    }
  });
  return { tilt, steps, wide, narrow, totals: totalSpreads(mixes, origins, history, narrow.at(-1) as number) };
}

function knotsOf(season: number, horizon: number): number[] {
  const knots = KNOTS_SEASONS.map((seasons) => Math.round(seasons * season)).filter(
    (step) => step > 1 && step < horizon,
  );
  return [...new Set([1, ...knots, horizon])];
}

/** The exponent with the least interval score (Gneiting and Raftery 2007) of one width for all the steps. */
function tiltOf(mixes: readonly Float64Array[], errors: readonly Float64Array[], steps: number): number {
  const levels = flat(mixes.map((mix) => mix.subarray(0, steps).map((said) => said + SMALL)));
  const flatErrors = flat(errors.map((own) => own.subarray(0, steps)));
  let [best, least] = [0, Infinity];
  for (const tilt of TILTS) {
    const scales = levels.map((level) => level ** -tilt);
    const tilted = flatErrors.map((error, at) => Math.abs(error) / (scales[at] as number)).sort();
    const width = quantileOf(tilted, 0.95);
    let score = 0;
    flatErrors.forEach((error, at) => {
      const half = Math.min(WIDEST, width * (scales[at] as number));
      const missed = Math.abs(error) > half ? Math.abs(Math.exp(error) - Math.exp(Math.sign(error) * half)) : 0;
      score += (levels[at] as number) * (2 * Math.sinh(half) + 40 * missed);
    });
    if (score < least * CLEARLY) [best, least] = [tilt, score];
  }
  return best;
}

function flat(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Split conformal: the quantile of one more error than there are, the largest where that is beyond them. */
function quantileOf(sorted: Float64Array, share: number): number {
  const rank = Math.ceil((sorted.length + 1) * share);
  return sorted[Math.min(sorted.length, rank) - 1] ?? 0;
}
